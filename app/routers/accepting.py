"""What a caller accepts, and how much of it each is wanted."""

from fastapi import Request


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
