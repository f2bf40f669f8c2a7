"""What the sentences about answers stand on."""

from tests.routers.cast import cast_template, key_file, service, shared_service

__all__ = ["cast_template", "key_file", "service", "shared_service"]
