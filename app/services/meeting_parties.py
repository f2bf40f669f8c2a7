"""What each side says of a three-way meeting for itself: whether it comes, and that the record is as it was.

Nobody answers for another or signs for another. A signature is on one version: what is changed afterwards is unsigned.
"""

from dataclasses import replace

from app.gate import Act, Gate, Unacceptable
from app.records import rows
from app.records.rows import Found
from app.services.answers import Answer, document
from app.services.consents import ConsentService
from app.services.meeting_rows import HELD, MEETING, PLANNED, RESPONSE, SHARING, SIGN_OFF, belonging, found, tell
from app.vocabulary import Category, Party, Question


class MeetingParties:
    """Answers and signatures; every method leaves an entry, and raises AccessRefused or Unacceptable with it made."""

    def __init__(self, gate: Gate, consents: ConsentService) -> None:
        self._gate, self._consents = gate, consents

    async def respond(self, question: Question, meeting: str, response: str, tag: str | None) -> Answer:
        """A member of staff who is invited says whether they come, to the time that stands now."""
        async with self._gate.act(question) as act:
            row = await found(self._gate, act, meeting, tag)
            if row["status"] != PLANNED:
                raise Unacceptable("meeting-state", "it was held or cancelled already")
            staff = signatory_of(question, row)[1]
            said = {"response": response, "held_at": row["held_at"], "responded_at": question.at}
            before = await rows.rows(self._gate.records, act.permit, RESPONSE, meeting_id=meeting, staff=staff)
            act.changes.append(self._gate.writer.unchanged(MEETING, {"id": meeting}, [row]))
            if before:
                seen = {name: before[0][name] for name in ("id", "response", "responded_at")}
                act.changes.append(self._gate.writer.update(RESPONSE, seen, {**said, "recorded_at": question.at}))
            else:
                whose = {"staff": staff, "party": question.caller.party.value}
                act.changes.append(belonging(self._gate, RESPONSE, act, meeting, question.at, {**said, **whose}))
            tell(act, question, "meeting-answered", meeting)
            act.details |= {"change": "answered", "table": RESPONSE}
            act.answer = document({"id": meeting, "response": response, "startsAt": row["held_at"]})
        return Answer(act.answer, act.receipt)

    async def sign(self, question: Question, meeting: str, signatory: str | None, tag: str | None) -> Answer:
        """Sign the version that was read, for oneself or, as they were told, for the person; once more is the same.

        A clinician's own signature countersigns what was recorded there of sharing from health (E3).
        """
        by_clinician = question.caller.party is Party.HEALTH
        subjects = (Category.MEETING, Category.CONSENT) if by_clinician else (Category.MEETING,)
        question = replace(question, subjects=subjects)
        async with self._gate.act(question) as act:
            row = await found(self._gate, act, meeting, tag)
            if row["status"] != HELD:
                raise Unacceptable("meeting-state", "it is signed once it was held and recorded")
            own, staff = signatory_of(question, row)
            if signatory not in (None, own, "person"):
                raise Unacceptable("signature-of-another", field="signatory")
            signed = {"signatory": signatory or own, "version": row["source_version"]}
            known = await rows.rows(self._gate.records, act.permit, SIGN_OFF, meeting_id=meeting, **signed)
            at, countersigned = known[0]["signed_at"] if known else question.at, []
            if not known:
                act.changes.append(self._gate.writer.unchanged(MEETING, {"id": meeting}, [row]))
                made = {**signed, "recorded_by": staff, "signed_at": at}
                act.changes.append(belonging(self._gate, SIGN_OFF, act, meeting, question.at, made))
                act.details |= {"change": "signed", "table": SIGN_OFF, "signatory": signed["signatory"]}
            if by_clinician and signed["signatory"] == own:
                consents = await self._agreed(act, meeting)
                countersigned = await self._consents.countersign_awaiting(act, question, consents)
            act.answer = document({"id": meeting, **signed, "signedAt": at, "countersigned": countersigned})
        return Answer(act.answer, act.receipt)

    async def _agreed(self, act: Act, meeting: str) -> list[str]:
        shared = await rows.rows(self._gate.records, act.permit, SHARING, meeting_id=meeting, decision="permit")
        return list(dict.fromkeys(row["consent_id"] for row in shared if row["consent_id"]))


def signatory_of(question: Question, row: Found) -> tuple[str, str]:
    """As what the caller takes part, and their username; Unacceptable for who does not."""
    own = "offender_manager" if question.caller.party is Party.JUSTICE else "therapist"
    staff = question.caller.staff
    if staff is None or row[own] != staff:
        raise Unacceptable("not-a-participant")
    return own.replace("_", "-"), staff
