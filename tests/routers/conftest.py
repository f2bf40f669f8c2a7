"""What the tests of the endpoints stand on."""

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
from tests.routers.proving import proving

__all__ = [
    "cast_in_postgres",
    "cast_on_both",
    "cast_postgres_url",
    "cast_template",
    "cast_url",
    "key_file",
    "proving",
    "service",
    "service_alone",
    "service_on_both",
    "shared_service",
]
