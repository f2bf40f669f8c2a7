"""What suits a person, as they told the service that treats them: theirs to be booked by, and nobody else's to read."""

from dataclasses import dataclass
from typing import Any

from app.gate import Act, Gate, Unacceptable
from app.pathway.diary.weekly import FORM, weekly
from app.records import rows
from app.records.rows import Found
from app.records.writing import OWN, next_version, own_version
from app.services.answers import Answer, document
from app.services.entity_tags import check_tag, tag_of
from app.services.referred import Referred
from app.vocabulary import Category, Question

PREFERENCE = "diary_preference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Weekly hours that suit, whom they would rather see, whether stairs are a hindrance, whether to remind them."""

    suits: str | None = None
    therapist_gender: str | None = None
    ground_floor: bool = False
    reminders: bool = False

    def columns(self) -> dict[str, Any]:
        """As they are kept."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class PreferenceService:
    """Reads and writes what suits; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._referred = Referred(gate)

    async def of(self, question: Question, referral_id: str) -> tuple[Answer, str | None]:
        """What is known, and its entity tag; nothing is known of who said nothing, and that has none.

        The question asks to read the attendance; nobody but the service of the referral reaches it.
        """
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            await self._referred.referral(act, question, referral_id)
            found = await self._found(act, referral_id)
            known = {name: found[name] for name in Preferences.__dataclass_fields__} if found else {}
            act.released = (
                {Category.ATTENDANCE.value: [f"preferences.{name}" for name in sorted(known)]} if known else {}
            )
            act.answer = _document(referral_id, Preferences(**known))
        return Answer(act.answer, act.receipt), tag_of(found) if found else None

    async def write(self, question: Question, referral_id: str, said: Preferences, tag: str | None
                    ) -> tuple[Answer, str]:  # fmt: skip
        """Write all of it, in place of what was said before if `tag` (If-Match) is its version.

        Unacceptable for hours that are none.
        """
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            await self._referred.referral(act, question, referral_id)
            found = await self._found(act, referral_id)
            if found is not None:
                check_tag(tag_of(found), tag)
            _check(said)
            row = said.columns() | {"recorded_by": question.caller.staff}
            version = next_version(found, question.at) if found else own_version(question.at)
            if found is None:
                made = {"id": referral_id, "source": OWN, "source_id": referral_id, "referral_id": referral_id}
                whole = row | version | made | {"person_id": act.standing.person_id}
                act.changes.append(self._gate.writer.insert(PREFERENCE, whole))
            else:
                seen = {"id": referral_id, "source_version": found["source_version"]}
                act.changes.append(self._gate.writer.update(PREFERENCE, seen, row | version))
            act.details |= {"change": "recorded", "table": PREFERENCE}
            act.answer = _document(referral_id, said)
        return Answer(act.answer, act.receipt), tag_of(version)

    async def _found(self, act: Act, referral_id: str) -> Found | None:
        return await rows.one(self._gate.records, act.permit, PREFERENCE, referral_id)


def _check(said: Preferences) -> None:
    if said.suits is not None:
        try:
            weekly(said.suits)
        except ValueError as fault:
            raise Unacceptable("body-invalid", FORM, "suits") from fault


def _document(referral_id: str, known: Preferences) -> bytes:
    return document(
        {
            "referralId": referral_id,
            "suits": known.suits,
            "therapistGender": known.therapist_gender,
            "groundFloor": known.ground_floor,
            "reminders": known.reminders,
        }
    )
