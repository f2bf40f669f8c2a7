"""A referral as far as somebody may read it; a duplicate that was merged is answered with what it was merged into."""

from collections.abc import Mapping
from typing import Any

from app.gate import Gate, Opened
from app.records.rows import one, rows
from app.services.reached import MOVE, REFERRAL, version_of
from app.vocabulary import Category


async def referral_in_reach(gate: Gate, opened: Opened, referral_id: str) -> Mapping[str, Any] | None:
    """Its row as answers show it, or that of the one it was merged into; None for one that is out of reach."""
    if Category.REFERRAL not in opened.permit.openings:
        return None
    content = await gate.records.read(opened.permit, Category.REFERRAL)
    within = {row["id"]: row for row in content["referrals"]}
    if referral_id in within:
        return within[referral_id]
    asked = await one(gate.records, opened.permit, REFERRAL, referral_id)
    return within.get(asked["merged_into"]) if asked and asked["merged_into"] else None


async def tag_of(gate: Gate, opened: Opened, row: Mapping[str, Any]) -> str:
    """The entity tag of a referral that was read."""
    return version_of(row, await rows(gate.records, opened.permit, MOVE, referral_id=row["id"]))
