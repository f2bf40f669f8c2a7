"""What each category of a record consists of: sections of rows, drawn from the tables' own tags and nothing else.

A column is in an answer because it says which category it belongs to; a new column without a tag stops the build, and a
new column with one is in no other category's answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, String, Table, case, literal_column
from sqlmodel import SQLModel

import app.tables
from app.db import PROTECTED
from app.tables import CATEGORY, FOR_SUBJECT, OUTPUT, TAKEN_BACK, THIRD_PARTY, TOTALS, Instant
from app.vocabulary import CATEGORIES, Category, Register, Subject

ALL, BY_TOTAL, WITHOUT_THIRD_PARTIES = "all", "totals", "third-parties-withheld"
CAVEATS = (ALL, BY_TOTAL, WITHOUT_THIRD_PARTIES)
"""What can be left of a category's fields: everything, totals and bands alone, or all that names no third party."""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one table within one category: its name in answers, and the columns that belong there."""

    name: str
    category: Category
    table: Table
    columns: tuple[Column[Any], ...]

    def fields(self, caveat: str = ALL) -> tuple[str, ...]:
        """The names of its fields in answers, in camelCase, under a caveat."""
        return tuple(camel(column.name) for column in self.columns if _kept(column, caveat))

    def released(self, caveat: str = ALL) -> tuple[str, ...]:
        """Those of them that an answer under the caveat can have a value in, for the log."""
        shown = (
            column for column in self.columns if _kept(column, caveat) and not self._is_always_null(column, caveat)
        )
        return tuple(camel(column.name) for column in shown)

    def selected(self, caveat: str = ALL) -> tuple[ColumnElement[Any], ...]:
        """What is selected under a caveat; what names a third party comes as null where it may not be seen.

        A text does if its row says so; a column of a table that cannot say so always does.
        """
        return tuple(self._column(column, caveat) for column in self.columns if _kept(column, caveat))

    def _column(self, column: Column[Any], caveat: str) -> ColumnElement[Any]:
        if self._is_always_null(column, caveat):
            return literal_column("NULL", column.type).label(column.name)
        if caveat == WITHOUT_THIRD_PARTIES and column.info.get(THIRD_PARTY):
            return case((self.table.c.third_party, literal_column("NULL")), else_=column).label(column.name)
        return column

    def _is_always_null(self, column: Column[Any], caveat: str) -> bool:
        """What may name a third party, in a table whose rows cannot say whether they do."""
        may_name = caveat == WITHOUT_THIRD_PARTIES and bool(column.info.get(THIRD_PARTY))
        return may_name and "third_party" not in self.table.c

    def is_shown(self, rows: frozenset[str]) -> bool:
        """Whether an answer that reaches these rows has it: what is for the person alone, only one with all of them."""
        return "all" in rows or not self.table.info.get(FOR_SUBJECT)

    @property
    def taken_back(self) -> ColumnElement[Any] | None:
        """When its sender took a row back; None of a table whose rows nobody takes back."""
        return next((column for column in self.table.c if column.info.get(TAKEN_BACK)), None)

    @property
    def harmful(self) -> bool:
        """Whether its rows can be marked as likely to cause serious harm (DPA 2018 Sch 3)."""
        return "serious_harm" in self.table.c


def _kept(column: Column[Any], caveat: str) -> bool:
    return caveat != BY_TOTAL or bool(column.info.get(TOTALS))


@cache
def camel(name: str) -> str:
    """`date_of_birth` as an answer spells it: `dateOfBirth`."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


@cache
def sections(category: Category) -> tuple[Section, ...]:
    """The sections of a category, in the order in which the tables were declared."""
    found = []
    for table in SQLModel.metadata.tables.values():
        if not table.info.get(PROTECTED) or table.info.get("section") is None:
            continue
        columns = tuple(column for column in table.columns if _answers(column, category))
        if columns:
            found.append(Section(table.info["section"], category, table, columns))
    return tuple(sorted(found, key=lambda section: _DECLARED.index(section.table.name)))


def _answers(column: Column[Any], category: Category) -> bool:
    return bool(column.info[CATEGORY] == category and column.info[OUTPUT])


def value_type(column: Column[Any]) -> type:
    """The Python type of a column's values."""
    if isinstance(column.type, Instant):
        return datetime
    return str if isinstance(column.type, String) else column.type.python_type  # which says object


_DECLARED = [
    "person",
    "patient",
    "supervision",
    "requirement",
    "offence",
    "risk_assessment",
    "risk_alert",
    "licence_condition",
    "obligation",
    "referral",
    "referral_move",
    "move_reason",
    "triage",
    "triage_measure",
    "triage_risk",
    "appointment",
    "corrected_outcome",
    "engagement_mark",
    "appointment_booking",
    "diary_preference",
    "progress_summary",
    "outcome_score",
    "clinical_record",
    "care_activity",
    "presentation",
    "onward_referral",
    "waiting_pause",
    "session_note",
    "safety_record",
    "safety_prompt_mark",
    "safety_alert",
    "safety_alert_chase",
    "three_way_meeting",
    "meeting_response",
    "meeting_sharing",
    "meeting_sign_off",
    "consent",
    "consent_recipient",
    "objection",
]


@cache
def tables_of(category: Category) -> frozenset[str]:
    """The tables that a permit for this category lets be read."""
    own = {section.table.name for section in sections(category)}
    return frozenset(own | _ALSO.get(category, frozenset()))


@cache
def tables_about(subjects: tuple[Subject, ...]) -> frozenset[str]:
    """The protected tables with a column that belongs to one of these categories or registers."""
    own = (
        table.name
        for table in SQLModel.metadata.tables.values()
        if table.info.get(PROTECTED) and any(column.info.get(CATEGORY) in subjects for column in table.columns)
    )
    return frozenset(own).union(*(_NARROWED_BY.get(subject, ()) for subject in subjects))


COUNTED = ("referral", "supervision", "appointment", "clinical_record", "outcome_score")
"""What figures are made of."""
LIMITED_BY = ("access_limit", "access_limit_name", "merged_person")
"""What says whom a record is kept from."""
_NARROWED_BY: Mapping[Subject, tuple[str, ...]] = {
    Category.OBLIGATIONS: ("merged_person",),  # what keeps somebody from being elsewhere does under each of their CRNs
    Category.RISK: ("merged_person",),
    Category.ATTENDANCE: ("referral", "allocation"),  # whose service's it is, whether it is open; who treats under it
    Category.SCORES: ("referral", "clinical_record"),  # and which anxiety measure is right for the problem
    Category.NOTES: ("referral",),
    Category.SAFETY: ("referral", "outcome_score"),  # and what a prompt rests on
    Register.EMERGENCY_GRANT: ("person", *LIMITED_BY),  # nobody lists who excludes them (S3)
    Register.AUDIT_LOG: (  # nor reads their entries; and by the others is found whose entries are asked for
        "person",
        "patient",
        "person_identifier",
        "person_alias",
        "consent",
        "emergency_grant",
        *LIMITED_BY,
        "sync_event",  # which events speak of records that have not come since, by their versions alone
        "supervision",
        "offence",
        "risk_assessment",
        "risk_alert",
        "obligation",
        "allocation",
        "feed_person",  # how many people a system has been given, and how many it still has to drop (H6)
        "feed_removal",
    ),
    Register.AGGREGATE_FIGURES: COUNTED,
    Register.PUBLISHED_FIGURES: COUNTED,
    Category.SAFETY_ALERT: ("referral",),
    Register.IDENTITY_LINK: LIMITED_BY,  # nor a pair with them
    Register.ACCESS_ALERT: LIMITED_BY,  # nor an alert about them
}


_ALSO = {
    Category.REFERRAL: frozenset({"referral_history"}),  # where it was before, as far as no move says
    Category.SUPERVISION: frozenset({"allocation", "allocation_history"}),  # the offender manager is part of it
    Category.CONSENT: frozenset({"consent"}),
}

for _category in CATEGORIES:
    if not sections(_category):
        raise TypeError(f"category {_category} has no table")
T: Any = app.tables
