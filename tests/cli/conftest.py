"""What the tests of the commands stand on."""

from tests.routers.cast import key_file

__all__ = ["key_file"]
