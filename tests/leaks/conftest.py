"""What the tests of leaks stand on."""

from tests.routers.cast import (
    cast_in_postgres,
    cast_on_both,
    cast_postgres_url,
    cast_template,
    cast_url,
    key_file,
    service,
    service_alone,
    service_on_both,
    shared_service,
)

__all__ = [
    "cast_in_postgres",
    "cast_on_both",
    "cast_postgres_url",
    "cast_template",
    "cast_url",
    "key_file",
    "service",
    "service_alone",
    "service_on_both",
    "shared_service",
]
