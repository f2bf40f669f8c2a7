"""Referrals that a caller may know of: one by its id, and lists."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.gate import REFERRALS, Gate, NotOnFile
from app.services.answers import Answer, document, page
from app.services.cursors import decode, encode
from app.services.reads import referral_in_reach, tag_of
from app.vocabulary import Question


class ReferralService:
    """Reads about referrals; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def one(self, question: Question, referral: str) -> Answer:
        """One referral and its entity tag; one that the caller may not reach is answered like one that does not exist.

        A duplicate that was merged is answered with the referral that it was merged into.
        """
        async with self._gate.ask(question, referral=referral) as opened:
            found, tag = await referral_in_reach(self._gate, opened, referral), None
            if found is None:
                opened.unfound()
                opened.answer = b""
            else:
                opened.answer = document({"crn": opened.permit.crn, **found})
                tag = await tag_of(self._gate, opened, found)
        if found is None:
            raise NotOnFile
        return Answer(opened.answer, opened.receipt, tag)

    async def page(self, question: Question, filters: Mapping[str, Any], cursor: str | None, size: int) -> Answer:
        """Referrals that are open to the caller, drafts first, then newest first."""
        after = decode(cursor, (date, str), "referrals", filters) if cursor else None
        async with self._gate.ask_many(question, REFERRALS, filters, after, size) as listed:
            listed.answers.extend(document({"crn": row.crn, **row.fields}) for row in listed.rows)
        following = encode(listed.rows[-1].key, "referrals", filters) if listed.has_more else None
        return Answer(page(listed.answers, following, size), listed.receipts)
