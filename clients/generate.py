"""Writes the Python client's shapes from the API's own description: `python -m clients.generate`.

What the sync addresses answer and refuse with, and nothing else. A test writes them again and compares.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.routers.problems import MEDIA_TYPE
from tests.documented import unstarted

MODELS = Path(__file__).parent / "python" / "openmind_client" / "models.py"
PREFIX = "/v1/sync/"
_SAYS = (
    '"""What the service answers neighbouring systems; written by `python -m clients.generate`, never by hand."""\n\n'
)


def excerpt(document: dict[str, Any]) -> dict[str, Any]:
    """The schemas that the sync addresses' answers and problems are made of."""
    schemas = document["components"]["schemas"]
    wanted: set[str] = set()
    waiting = [*_named({path: said for path, said in document["paths"].items() if path.startswith(PREFIX)})]
    waiting += _named(
        [
            each["content"][MEDIA_TYPE]
            for each in document["components"]["responses"].values()
            if MEDIA_TYPE in each["content"]
        ]
    )
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += _named(schemas[name])
    return {
        "openapi": document["openapi"],
        "info": {"title": "sync", "version": document["info"]["version"]},
        "paths": {},
        "components": {"schemas": {name: schemas[name] for name in sorted(wanted)}},
    }


def _named(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref" and value.startswith("#/components/schemas/"):
                yield value.rpartition("/")[2]
            yield from _named(value)
    elif isinstance(part, list):
        for each in part:
            yield from _named(each)


def models(document: dict[str, Any]) -> str:
    """The module's text."""
    # here, since importing it takes a second, and every worker of a test run imports this module
    from datamodel_code_generator import DataModelType, GenerateConfig, InputFileType, PythonVersion, generate
    from datamodel_code_generator.format import Formatter

    made = generate(
        json.dumps(excerpt(document)),
        config=GenerateConfig(
            input_file_type=InputFileType.OpenAPI,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            snake_case_field=True,
            use_standard_collections=True,
            use_union_operator=True,
            use_schema_description=True,
            use_annotated=True,
            disable_timestamp=True,
            allow_population_by_field_name=True,
            enum_field_as_literal="all",
            formatters=[Formatter.RUFF_FORMAT],
        ),
    )
    return _tidied(_tidied(_SAYS + str(made), "check", "--fix", "--quiet"), "format")


def _tidied(code: str, *verb: str) -> str:
    """As the project's other code is kept."""
    command = [sys.executable, "-m", "ruff", *verb, "--stdin-filename", str(MODELS), "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, check=True).stdout  # noqa: S603  # ours


if __name__ == "__main__":
    MODELS.write_text(models(unstarted().openapi()))
