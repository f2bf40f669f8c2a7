"""The health side's records for which the national data set has no table."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from examples.generator import prose
from examples.generator.cast import FENLOW, HATHERSAGE, MHTR, UNSUITABLE
from examples.generator.measures import PHQ9
from examples.generator.moments import LAST_PAST_DAY, at, not_later, stamp
from examples.generator.national import Measures, modified
from examples.generator.people import FAMILY_NAMES, MEN, Person
from examples.generator.responsible import Responsible
from examples.generator.sessions import SITES, Contact, Pathway
from examples.generator.writing import Files, Row

SERVICE = "open-mind-leicester"
YES_NO = {True: "Y", False: "N"}


def tables(pathways: list[Pathway], people: dict[str, Person], problems: dict[str, Any], measures: Measures,
           consents: Sequence[Row], responsible: Responsible, dice: Random) -> Files:  # fmt: skip
    """Every local table."""
    seen = [pathway for pathway in pathways if pathway.seen]
    safety = [row for pathway in seen if pathway.treated for row in _safety(pathway, measures, dice)]
    return {
        "health/LocalPatientLink.csv": _links(pathways, people),
        "health/LocalReferral.csv": [_referral(pathway, responsible, dice) for pathway in pathways],
        "health/LocalAllocation.csv": [row for pathway in pathways for row in _allocations(pathway)],
        "health/LocalContact.csv": [_contact(contact) for pathway in pathways for contact in pathway.contacts],
        "health/LocalScoreItems.csv": [row for pathway in seen for row in _items(pathway, measures)],
        "health/LocalCore10.csv": [row for pathway in seen for row in _core10(pathway, measures)],
        "health/LocalProgress.csv": [row for pathway in seen for row in _progress(pathway, dice)],
        "health/LocalClinical.csv": [_clinical(pathway, problems[pathway.referral_id], dice) for pathway in seen],
        "health/LocalNotes.csv": [row for pathway in seen for row in _notes(pathway, dice)],
        "health/LocalSafety.csv": safety,
        "health/LocalSafetyAlert.csv": [row for pathway in pathways for row in _alerts(pathway)],
        "health/LocalMeeting.csv": _meetings(pathways, consents, responsible, dice),
    }


def _times(recorded: datetime, changed: str | None = None) -> dict[str, str | None]:
    written = stamp(not_later(recorded))
    return {"RecordedAt": written, "ModifiedAt": max(written or "", changed or "")}


def _links(pathways: list[Pathway], people: dict[str, Person]) -> list[Row]:
    """Which patient is whose CRN, agreed when the first referral came."""
    first: dict[str, Pathway] = {}
    for pathway in pathways:
        first.setdefault(pathway.case.crn, pathway)
    return [
        {
            "LocalPatientId": people[crn].patient_id,
            "CRN": crn,
            "ServiceRequestId": pathway.referral_id,
            **_times(at(pathway.received, "09:20")),
        }
        for crn, pathway in sorted(first.items())
    ]


def _referral(pathway: Pathway, responsible: Responsible, dice: Random) -> Row:
    unsuitable, suitable = pathway.case.course == UNSUITABLE, bool(pathway.treated)
    assessed = pathway.seen[0].starts.date().isoformat() if pathway.seen else ""
    return {
        "ServiceRequestId": pathway.referral_id,
        "Service": SERVICE,
        "Status": pathway.status,
        "Basis": pathway.case.basis,
        "ReferrerUsername": responsible.manager(pathway.case.crn, at(pathway.received, "09:20")),
        "Reason": dice.choice(prose.REASONS),
        "SuitabilityOutcome": "not-suitable" if unsuitable else "suitable" if suitable else "",
        "SuitabilityReason": _why_not(pathway, dice) if unsuitable else "",
        "SuitabilityDate": assessed if unsuitable or suitable else "",
        **_times(at(pathway.received, "09:20"), _closing(pathway) or modified(pathway)),
    }


def _why_not(pathway: Pathway, dice: Random) -> str:
    return prose.TOO_COMPLEX[0] if pathway.end_code == "11" else dice.choice(prose.TOO_COMPLEX)


def _closing(pathway: Pathway) -> str | None:
    return stamp(at(pathway.closed, "16:45")) if pathway.closed else None


def _allocations(pathway: Pathway) -> Iterator[Row]:
    """From the day the first appointment was booked; X320752 was handed on once."""
    start = at(pathway.received + timedelta(days=1), "10:00")
    spans: list[tuple[str, datetime, datetime | None]] = [(pathway.case.therapist, start, None)]
    if handed_on := pathway.handed_on:
        spans = [(pathway.treated_by(start), start, handed_on), (pathway.case.therapist, handed_on, None)]
    for number, (therapist, begins, ends) in enumerate(spans, 1):
        yield {
            "AllocationId": f"AL{pathway.referral_id[2:]}-{number}",
            "ServiceRequestId": pathway.referral_id,
            "TherapistUsername": therapist,
            "StartDateTime": stamp(begins),
            "EndDateTime": stamp(ends) or "",
            **_times(begins, stamp(ends)),
        }


def _contact(contact: Contact) -> Row:
    return {
        "CareContactId": contact.contact_id,
        "TherapistUsername": contact.therapist,
        "PlannedMinutes": contact.planned,
        "Place": SITES[contact.site],
        **_times(contact.booked, stamp(contact.starts + timedelta(minutes=contact.planned)) if contact.code else None),
    }


def _after(contact: Contact, minutes: int) -> datetime:
    return contact.starts + timedelta(minutes=contact.planned + minutes)


def _items(pathway: Pathway, measures: Measures) -> Iterator[Row]:
    for contact, taken in zip(pathway.seen, measures[pathway.referral_id], strict=True):
        for tool, answers in taken.answers.items():
            yield {
                "CareActId": f"CA{contact.contact_id[2:]}",
                "CodedAssToolType": tool,
                "Answers": " ".join(map(str, answers)),
                **_times(_after(contact, 0)),
            }


def _core10(pathway: Pathway, measures: Measures) -> Iterator[Row]:
    for contact, taken in zip(pathway.seen, measures[pathway.referral_id], strict=True):
        if taken.core10:
            yield {
                "LocalScoreId": f"C10-{contact.contact_id[2:]}",
                "CareContactId": contact.contact_id,
                "PersScore": sum(taken.core10),
                "Answers": " ".join(map(str, taken.core10)),
                **_times(_after(contact, 0)),
            }


def _progress(pathway: Pathway, dice: Random) -> Iterator[Row]:
    """After the second and the seventh treatment appointment, in words agreed with the person."""
    for number, contact in enumerate(pathway.treated):
        if number in (1, 6):
            yield {
                "ProgressId": f"PR{contact.contact_id[2:]}",
                "ServiceRequestId": pathway.referral_id,
                "WrittenOn": contact.starts.date().isoformat(),
                "AuthorUsername": contact.therapist,
                "EngagementSummary": dice.choice(prose.ENGAGEMENT),
                "Goals": dice.choice(prose.GOALS),
                **_times(_after(contact, 5)),
            }


def _clinical(pathway: Pathway, problem: tuple[str, str, int], dice: Random) -> Row:
    contact, unsuitable = pathway.seen[0], pathway.case.course == UNSUITABLE
    kind = "integrative therapy" if pathway.case.therapist == FENLOW else "cognitive behavioural therapy"
    return {
        "ClinicalId": f"CL{pathway.referral_id[2:]}",
        "ServiceRequestId": pathway.referral_id,
        "WrittenOn": contact.starts.date().isoformat(),
        "AuthorUsername": contact.therapist,
        "FindSchemeInUse": "01",
        "ProblemCode": problem[0],
        "ProblemDescriptor": problem[1],
        "StepOfCare": 4 if unsuitable else 3,
        "Medication": dice.choice(prose.MEDICATION),
        "TherapyType": "" if unsuitable else kind,
        **_times(_after(contact, 10)),
    }


def _notes(pathway: Pathway, dice: Random) -> Iterator[Row]:
    """A note for each appointment attended, a formulation at the second."""
    for number, contact in enumerate(pathway.seen):
        yield _note("N", pathway, contact, "session", dice.choice(prose.NOTES))
        if number == 1:
            yield _note("F", pathway, contact, "formulation", prose.FORMULATION)
        if number == 2 and (pathway.case.crn == "X320753" or dice.random() < 0.15):
            name = f"{dice.choice(MEN)} {dice.choice(FAMILY_NAMES)}"
            yield _note("T", pathway, contact, "session", prose.THIRD_PARTY.format(name=name), third_party="Y")
        if number == 3 and pathway.case.crn == "X320753":
            yield _note("H", pathway, contact, "session", prose.SERIOUS_HARM, serious_harm="Y")


def _note(mark: str, pathway: Pathway, contact: Contact, kind: str, text: str, third_party: str = "N",
          serious_harm: str = "N") -> Row:  # fmt: skip
    return {
        "NoteId": f"N{mark}{contact.contact_id[2:]}",
        "ServiceRequestId": pathway.referral_id,
        "CareContactId": contact.contact_id,
        "AuthorUsername": contact.therapist,
        "WrittenAt": stamp(_after(contact, 8)),
        "Kind": kind,
        "Text": text,
        "ThirdParty": third_party,
        "SeriousHarm": serious_harm,
        **_times(_after(contact, 8)),
    }


def _safety(pathway: Pathway, measures: Measures, dice: Random) -> Iterator[Row]:
    """At the first appointment; again where the last answer of the PHQ-9 is 2 or more at the fourth."""
    for number, (contact, taken) in enumerate(zip(pathway.seen, measures[pathway.referral_id], strict=True)):
        dark = taken.answers[PHQ9][8] >= 2
        if number == 0 or (number == 3 and (dark or pathway.case.crn in prose.ALERTS)):
            yield {
                "SafetyId": f"SF{contact.contact_id[2:]}",
                "ServiceRequestId": pathway.referral_id,
                "AuthorUsername": contact.therapist,
                "WrittenAt": stamp(_after(contact, 12)),
                "RiskToSelf": prose.TO_SELF[2] if dark else dice.choice(prose.TO_SELF[:2]),
                "RiskToOthers": dice.choice(prose.TO_OTHERS),
                "SafetyPlan": prose.PLAN if dark or number else "",
                "ThirdParty": "N",
                "SeriousHarm": YES_NO[pathway.case.crn == "X320753" and number == 3],
                **_times(_after(contact, 12)),
            }


def _alerts(pathway: Pathway) -> Iterator[Row]:
    """What a clinician has let out; one waits for acknowledgement, one has it."""
    if pathway.case.crn not in prose.ALERTS:
        return
    summary, reason, urgency = prose.ALERTS[pathway.case.crn]
    released = at(LAST_PAST_DAY - timedelta(days=2), "16:20")
    acknowledged = released + timedelta(hours=17) if urgency == "routine" else None
    yield {
        "SafetyAlertId": f"SA{pathway.referral_id[2:]}",
        "ServiceRequestId": pathway.referral_id,
        "Summary": summary,
        "Reason": reason,
        "Urgency": urgency,
        "RecipientUsername": pathway.case.offender_manager,
        "ReleasedBy": HATHERSAGE if urgency == "urgent" else pathway.case.therapist,
        "ReleasedAt": stamp(released),
        "AcknowledgedBy": pathway.case.offender_manager if acknowledged else "",
        "AcknowledgedAt": stamp(acknowledged) or "",
        **_times(released, stamp(acknowledged)),
    }


def _meetings(pathways: list[Pathway], consents: Sequence[Row], responsible: Responsible,
              dice: Random) -> list[Row]:  # fmt: skip
    """Of the person, the offender manager and the therapist: where something was agreed, and to review it."""
    held: dict[tuple[str, str], Pathway] = {}
    newest = {pathway.case.crn: pathway for pathway in pathways}
    for row in consents:
        if row["givenHow"] == "three-way-meeting":
            held[row["crn"], row["recordedAt"]] = newest[row["crn"]]
    for pathway in pathways:
        if len(pathway.treated) > 5 and (pathway.case.basis == MHTR or dice.random() < 0.5):
            held[pathway.case.crn, stamp(_after(pathway.treated[5], 5)) or ""] = pathway
    ordered = sorted(held.items(), key=lambda item: (item[0][1], item[0][0]))
    return [
        _meeting(f"MT{number:04}", moment, pathway, responsible, dice)
        for number, ((_, moment), pathway) in enumerate(ordered, 1)
    ]


def _meeting(identifier: str, moment: str, pathway: Pathway, responsible: Responsible, dice: Random) -> Row:
    held = datetime.fromisoformat(moment)
    again = held.date() + timedelta(days=42)
    return {
        "MeetingId": identifier,
        "ServiceRequestId": pathway.referral_id,
        "HeldAt": moment,
        "Place": dice.choice(tuple(SITES.values())),
        "OffenderManagerUsername": responsible.manager(pathway.case.crn, held),
        "TherapistUsername": pathway.treated_by(held),
        "Agreed": dice.choice(prose.AGREED),
        "NextDate": again.isoformat() if again > LAST_PAST_DAY and not pathway.closed else "",
        "ThirdParty": "N",
        "SeriousHarm": "N",
        **_times(held + timedelta(minutes=35)),
    }
