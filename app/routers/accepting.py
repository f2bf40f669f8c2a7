"""What a caller accepts, and how much of it each is wanted."""

from collections.abc import Mapping
from typing import TypeVar

from fastapi import Request

from app.routers.asking import BadRequest

Form = TypeVar("Form")


def chosen(request: Request, media_types: Mapping[Form, str]) -> Form:
    """The form that the header Accept wants most, the first where that is anything; BadRequest for none of them."""
    wanted = weights(request, "accept") if "accept" in request.headers else {"*/*": 1.0}
    for kind, weight in sorted(wanted.items(), key=lambda each: -each[1]):
        for form, media_type in media_types.items():
            if weight > 0 and kind in ("*/*", f"{media_type.partition('/')[0]}/*", media_type.partition(";")[0]):
                return form
    names = ", ".join(media_type.partition(";")[0] for media_type in media_types.values())
    raise BadRequest("not-acceptable", f"accept one of {names}", "Accept")


def weights(request: Request, header: str) -> dict[str, float]:
    """What a header such as Accept names, and how much each is wanted."""
    found = {}
    for word in ",".join(request.headers.getlist(header)).lower().split(","):
        name, *parameters = (part.strip() for part in word.split(";"))
        found[name] = min((_weight(each[2:]) for each in parameters if each.startswith("q=")), default=1.0)
    return found


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
