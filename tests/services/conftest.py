"""What the tests of services stand on."""

from tests.routers.cast import (
    cast_in_postgres,
    cast_on_both,
    cast_postgres_url,
    cast_template,
    cast_url,
)

__all__ = ["cast_in_postgres", "cast_on_both", "cast_postgres_url", "cast_template", "cast_url"]
