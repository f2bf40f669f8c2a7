"""What a clinical lead may take out of their service's records as a national submission (B2): a person at a time.

Each person leaves an entry of their own, and nothing of them is handed out before it is durable. Of referrals that no
clause opens any more, nothing is read: the lead learns how many there are, as a figure about the service (G7).
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.gate import REFERRALS, AccessRefused, Gate, Opened
from app.records import national
from app.records.rows import rows
from app.records.writing import OWN
from app.services.answers import document
from app.services.national_fields import Period
from app.services.national_rows import Tables, tables_of
from app.vocabulary import Category, Purpose, Question, Register

EXPORTED = (
    Category.IDENTITY,
    Category.CONTACT,
    Category.REFERRAL,
    Category.ATTENDANCE,
    Category.SCORES,
    Category.CLINICAL,
)
NEEDED = (Category.IDENTITY, Category.REFERRAL)
"""Without these there is no row of the person to hang another on."""
HELD = {
    Category.IDENTITY: ("patient",),
    Category.REFERRAL: ("referral",),
    Category.ATTENDANCE: ("appointment",),
    Category.SCORES: ("outcome_score",),
    Category.CLINICAL: ("care_activity", "clinical_record", "presentation", "onward_referral", "waiting_pause"),
}
MADE_HERE = ("outcome_score",)
"""What staff record here under a provider's referral goes out with it."""
PAGE = 100


class NationalExportService:
    """Exports of the national tables; every method leaves an entry."""

    def __init__(self, gate: Gate, clock: Callable[[], datetime]) -> None:
        self._gate, self._clock = gate, clock

    async def people(self, question: Question, wanted: Period) -> list[str]:
        """The CRNs of everybody with a referral of the period that is open to the caller; AccessRefused by the gate."""
        asked, after = replace(question, subjects=(Category.REFERRAL,)), None
        found: dict[str, None] = {}
        while True:
            async with self._gate.ask_many(asked, REFERRALS, {}, after, PAGE) as listed:
                for row in listed.rows:
                    listed.answers.append(document({"crn": row.crn, **row.fields}))
                    ours = row.fields["serviceId"] == wanted.service
                    if ours and wanted.covers(row.fields["receivedOn"], row.fields["closedOn"]):
                        found[row.crn] = None
            if not listed.has_more:
                return sorted(found)
            after = listed.rows[-1].key

    async def each(
        self, question: Question, crns: Sequence[str], wanted: Period, names: Collection[str]
    ) -> AsyncIterator[Tables | None]:
        """The rows of each person by table, of these tables, after their entry; None of whom nothing is open any more.

        The entry names the tables: they hold what the provider registered, which no other answer to a lead does.
        """
        for crn in crns:
            try:
                async with self._gate.ask(replace(question, subjects=EXPORTED, crn=crn, at=self._clock())) as opened:
                    held = tables_of(await self._held(opened, wanted), crn, wanted)
                    tables = {name: rows for name, rows in held.items() if name in names and rows}
                    opened.answer = document(tables)
                    opened.details = {
                        "export": "iapt",
                        "from": wanted.starts_on.isoformat(),
                        "to": wanted.ends_on.isoformat(),
                        "tables": sorted(tables),
                    }
            except AccessRefused:
                yield None
            else:
                yield tables

    async def _held(self, opened: Opened, wanted: Period) -> Mapping[str, list[dict[str, Any]]]:
        """What is open of the person and came from the provider's system, without what was taken back."""
        open_ = {category for category, opening in opened.permit.openings.items() if opening.caveat == "all"}
        held: dict[str, list[dict[str, Any]]] = {table: [] for tables in HELD.values() for table in tables}
        if not open_.issuperset(NEEDED):
            return held
        for category, tables in HELD.items():
            for table in tables if category in open_ else ():
                who = {"person_id": opened.permit.person_id, "source": wanted.provider}
                found = await rows(self._gate.records, opened.permit, table, **who)
                if table in MADE_HERE:
                    found += await rows(self._gate.records, opened.permit, table, **who | {"source": OWN})
                held[table] = [row for row in found if row.get("withdrawn_at") is None]
        if Category.CONTACT not in open_:
            held["patient"] = [national.without_contact(row) for row in held["patient"]]
        return held

    async def referrals(self, question: Question, wanted: Period) -> int:
        """How many referrals of the period the service has, whoever may read them (G7)."""
        asked = replace(question, purpose=Purpose.SERVICE_EVALUATION, subjects=(Register.AGGREGATE_FIGURES,))
        async with self._gate.act(asked) as act:
            return await national.count(
                self._gate.records, act.permit, wanted.service, wanted.starts_on, wanted.ends_on
            )
