"""What bodies are made of: texts that both databases keep, names of staff, and words of closed lists."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

STORABLE = r"^[^\x00]*$"
USERNAME = r"^[!-~]{1,60}$"


class Body(BaseModel):
    """A body with no field beyond those named."""

    model_config = ConfigDict(extra="forbid")


def text(longest: int) -> StringConstraints:
    """What makes a text one that is not blank and can be stored."""
    return StringConstraints(min_length=1, max_length=longest, strip_whitespace=True, pattern=STORABLE)


CRN = {"type": "string", "pattern": r"^\s*[A-Za-z]\s*([0-9]\s*){6}$", "examples": ["X320741"]}
"""A CRN in the OpenAPI document, as far as stray spaces and small letters are accepted."""
Crn = Annotated[str, Field(max_length=40), WithJsonSchema(CRN)]
Username = Annotated[str, StringConstraints(pattern=USERNAME)]
"""A name of staff; its letters' case says nothing."""


def word_of(words: Iterable[str]) -> tuple[Any, ...]:
    """What makes a text one of these words."""
    known = tuple(words)

    def checked(value: str) -> str:
        if value not in known:
            raise PydanticCustomError("word", "one of {words}", {"words": ", ".join(known)})
        return value

    return AfterValidator(checked), WithJsonSchema({"type": "string", "enum": list(known)})


def body(model: type[BaseModel]) -> dict[str, Any]:
    """The body in the OpenAPI document; what it is made of, it brings along until `document.complete`."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"content": {"application/json": {"schema": schema}}, "required": True}}


def parameter(name: str, says: str, **schema: Any) -> dict[str, Any]:
    """A query parameter in the OpenAPI document."""
    return {"name": name, "in": "query", "description": says, "schema": {"type": "string", **schema}}


PAGED_BY = (
    parameter("cursor", "where to go on: `next` of the page before"),
    parameter("pageSize", "how many on a page", type="integer", minimum=1, maximum=200, default=50),
)
"""What every list takes."""


def left_out(kind: type[Any]) -> Any:
    """A field that may be left out and must not be null: what stands here is never looked at."""
    return Field(default_factory=kind)
