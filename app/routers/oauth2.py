"""POST /oauth2/token: a form in, an access token or an OAuth 2 error out."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.identity import FORM_BYTES, TokenRefused, TokenService, read_form

router = APIRouter(tags=["tokens"])

_TEXT = {"type": "string"}
_FIELDS = ("client_id", "client_secret", "client_assertion_type", "client_assertion", "username")
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": ["client_credentials"]},
        **dict.fromkeys(_FIELDS, _TEXT),
    },
}
_TOKEN: dict[str, Any] = {
    "type": "object",
    "required": ["access_token", "token_type", "expires_in"],
    "properties": {"access_token": _TEXT, "token_type": _TEXT, "expires_in": {"type": "integer"}},
}
_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error", "error_description"],
    "properties": {"error": _TEXT, "error_description": _TEXT},
}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _json("A token, good for as many seconds as it says", _TOKEN),
    400: _json("The form asks for what cannot be", _ERROR),
    401: _json("Not a running client's id and secret or key", _ERROR),
    413: _json("The form is too long", _ERROR),
    503: _json("Too many clients ask at once, or the database is gone", _ERROR),
}
_BODY = {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}}}


@router.post("/oauth2/token", responses=_RESPONSES, openapi_extra=_BODY)
async def token(request: Request) -> JSONResponse:
    """Ask for an access token: for the client itself, or for the member of staff that `username` names."""
    tokens: TokenService = request.app.state.tokens
    try:
        form = read_form(request.headers.get("content-type"), await _body(request))
        issued = await tokens.issue(form, request.headers.get("authorization"))
    except TokenRefused as refusal:
        return _refused(refusal)
    return JSONResponse(issued.document(), headers={"Cache-Control": "no-store"})


async def _body(request: Request) -> bytes:
    """The body, or as much of it as shows that it is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            break
    return body


def _refused(refusal: TokenRefused) -> JSONResponse:
    headers = {"Cache-Control": "no-store"}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="openmind", charset="UTF-8"'
    if refusal.status == 503:
        headers["Retry-After"] = "1"
    content = {"error": refusal.error, "error_description": refusal.description}
    return JSONResponse(content, refusal.status, headers)
