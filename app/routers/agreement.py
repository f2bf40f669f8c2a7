"""The agreement in force. Public: both parties publish it, and it names nobody."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.routers.asking import answered, services_of

router = APIRouter(prefix="/v1/agreement", tags=["agreement"])


@router.get("")
async def agreement(request: Request) -> Response:
    """Parties, purposes, roles, categories and clauses, each in its own words, with the digest that entries cite."""
    return answered(services_of(request).agreements.current())
