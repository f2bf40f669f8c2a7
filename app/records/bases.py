"""What a referral can rest on today: which of its legal bases runs for a person. No row of a sentence leaves here."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, and_, bindparam, case, literal_column, or_, select

from app.records.predicates import LONDON, TODAY, ZERO, T, running, word
from app.records.reading import Records

PERSON = bindparam("person", type_=String(), required=True)
MHTR, ACTIVITY, LICENCE = (
    "mental-health-treatment-requirement", "rehabilitation-activity-requirement", "licence-condition",
)  # fmt: skip
READ = frozenset({"supervision", "requirement", "licence_condition"})
_LICENCES = ("post-custody-licence", "post-sentence-supervision")


class _BasesWarrant:
    """As facts are: computed from protected rows, of which no column leaves the statement."""

    def covers(self, tables: frozenset[str]) -> bool:
        """Sentences, their requirements, and licence conditions."""
        return tables <= READ


def _requirement(kind: str) -> Any:
    requirement, sentence = T.Requirement, T.Supervision
    return (
        select(literal_column("1"))
        .select_from(requirement.__table__.join(sentence.__table__, sentence.id == requirement.supervision_id))
        .where(
            requirement.person_id == PERSON,
            sentence.person_id == requirement.person_id,
            requirement.requirement_type == word(kind),
            running(requirement),
            running(sentence),
        )
        .exists()
    )


def _licence() -> Any:
    """A condition of a licence that runs; an exclusion zone or a curfew is no condition to be treated."""
    sentence, condition = T.Supervision, T.LicenceCondition
    on_licence = (
        select(literal_column("1"))
        .where(
            sentence.person_id == PERSON,
            sentence.sentence_type.in_([word(kind) for kind in _LICENCES]),
            running(sentence),
        )
        .exists()
    )
    bound = (
        select(literal_column("1"))
        .where(
            condition.person_id == PERSON,
            condition.kind == word(LICENCE),
            condition.start_date <= TODAY,
            or_(condition.end_date.is_(None), condition.end_date >= TODAY),
        )
        .exists()
    )
    return and_(on_licence, bound)


def _bases() -> Select[Any]:
    conditions = {
        MHTR: _requirement("mental-health-treatment"),
        ACTIVITY: _requirement("rehabilitation-activity"),
        LICENCE: _licence(),
    }
    return select(*(case((each, literal_column("1")), else_=ZERO) for each in conditions.values()))


async def running_bases(records: Records, person: str, at: datetime) -> frozenset[str]:
    """The bases besides the person's own wish that hold on the day of `at` in London."""
    values = {"person": person, "today": at.astimezone(LONDON).date()}
    (row,) = await records.database.fetch(records.prepared("bases", _bases), values, _BasesWarrant())
    return frozenset(base for base, holds in zip((MHTR, ACTIVITY, LICENCE), row, strict=True) if holds)
