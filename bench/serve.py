"""`python -m bench.serve SIDE URL KEY PORT`: one side of a race as a server process, each with the same options."""

import sys
from pathlib import Path
from typing import Any

import uvicorn

SIDES = ("ours", "plain", "naive")


def application(side: str, url: str, key: str) -> Any:
    """The application of this side."""
    if side != "ours":
        from bench.rivals import create_rival

        return create_rival(url, naive=side == "naive")
    from app.audit.ddl import SERVICE_ROLE  # here, so that the rivals run without any of it
    from app.main import create_app
    from tests.world import settings_for

    role = None if url.startswith("sqlite") else SERVICE_ROLE
    return create_app(settings_for(url, Path(key), database_role=role))


def main() -> None:
    """Serve until stopped."""
    side, url, key, port = sys.argv[1:]
    uvicorn.run(
        application(side, url, key),
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
