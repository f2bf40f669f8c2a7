"""What a caller may know of a person: the whole, or one category; and lists of people."""

from collections.abc import Mapping
from typing import Any

from app.gate import PEOPLE, Gate, Opened
from app.services.answers import Answer, document, page, reasons
from app.services.cursors import decode, encode
from app.vocabulary import CATEGORIES, Category, Question


class PeopleService:
    """Reads about people; every method leaves an entry, and raises AccessRefused with its entry made."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def whole(self, question: Question) -> Answer:
        """Everything that the caller may see, by category, and why the rest is withheld."""
        async with self._gate.ask(question) as opened:
            open_ = [category for category in CATEGORIES if category in opened.permit.openings]
            content = {category.value: await self._gate.records.read(opened.permit, category) for category in open_}
            opened.answer = document(
                {
                    "crn": opened.permit.crn,
                    "purpose": question.purpose.value,
                    "categories": content,
                    "withheld": reasons(opened.withheld()),
                }
            )
        return _answered(opened)

    async def category(self, question: Question, category: Category) -> Answer:
        """One category, as far as it is open."""
        async with self._gate.ask(question) as opened:
            content = await self._gate.records.read(opened.permit, category)
            answer: dict[str, Any] = {"crn": opened.permit.crn, "category": category.value, "data": content}
            caveat = opened.permit.openings[category].caveat
            if caveat != "all":
                answer["caveat"] = {"code": caveat, "text": opened.agreement.caveats[caveat]}
            opened.answer = document(answer)
        return _answered(opened)

    async def page(self, question: Question, filters: Mapping[str, Any], cursor: str | None, size: int) -> Answer:
        """People whose identity is open to the caller, by CRN; CursorInvalid for a cursor from elsewhere."""
        after = decode(cursor, (str,), "people", filters) if cursor else None
        async with self._gate.ask_many(question, PEOPLE, filters, after, size) as listed:
            for row in listed.rows:
                shown = {} if row.is_limited else row.fields
                limited = {"limited": True} if row.is_limited else {}
                listed.answers.append(document({"crn": row.crn, **shown, **limited}))
        following = encode(listed.rows[-1].key, "people", filters) if listed.has_more else None
        return Answer(page(listed.answers, following, size), listed.receipts)


def _answered(opened: Opened) -> Answer:
    if opened.answer is None or opened.receipt is None:
        raise RuntimeError("an answer left the gate without its entry")
    return Answer(opened.answer, opened.receipt)
