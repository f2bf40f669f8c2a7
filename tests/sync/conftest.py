"""What the tests of batches stand on besides a database."""

from tests.routers.cast import key_file

__all__ = ["key_file"]
