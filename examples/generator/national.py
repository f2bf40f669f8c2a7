"""The health side's records in the terms of the national data set (IAPT v2.1)."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from examples.generator.cast import BY_CRN, DHALVANI, FENLOW, UNSUITABLE, WINTERBOURNE
from examples.generator.measures import PHQ9, WSAS, Measured
from examples.generator.moments import LAST_PAST_DAY, stamp
from examples.generator.people import Person
from examples.generator.sessions import Pathway
from examples.generator.writing import Files, Row

PROVIDER, COMMISSIONER = "RT5", "QK1"
CBT, OTHER_HIGH = "304891004", "1026131000000100"
THERAPY = {FENLOW: OTHER_HIGH}
CARE_STAFF = {WINTERBOURNE: "CP01", DHALVANI: "CP02", FENLOW: "CP03"}
Measures = dict[str, list[Measured]]
"""By referral."""


def header() -> Row:
    """The extract's own row."""
    return {
        "DatSetVer": "2.1",
        "OrgIDProv": PROVIDER,
        "OrgIDSubmit": PROVIDER,
        "PrimSystemInUse": "Example clinical system",
        "ReportingPeriodStartDate": "2012-11-01",
        "ReportingPeriodEndDate": "2013-07-31",
        "DateTimeDatSetCreate": "2013-07-15T06:00:00",
    }


def patients(people: dict[str, Person]) -> tuple[Sequence[Row], Sequence[Row]]:
    """IDS001MPI and IDS002GP of everybody who was ever referred."""
    known = [person for person in people.values() if person.patient_id]
    index = [
        {
            "LocalPatientId": person.patient_id,
            "OrgIDLocalPatientId": PROVIDER,
            "NHSNumber": person.nhs_number,
            "NHSNumberStatus": "01",
            "PersonBirthDate": person.born.isoformat(),
            "Postcode": person.postcode,
            "Gender": "1" if person.sex == "M" else "2",
            "EthnicCategory": person.ethnic,
            "LanguageCodePreferred": person.language,
        }
        for person in known
    ]
    practices = [
        {
            "LocalPatientId": person.patient_id,
            "GMPCodeReg": person.practice,
            "StartDateGMPRegistration": f"{max(person.born.year + 1, 2009)}-03-01",
            "EndDateGMPRegistration": "",
        }
        for person in known
    ]
    return index, practices


def tables(pathways: list[Pathway], people: dict[str, Person], problems: dict[str, Any], measures: Measures,
           dice: Random) -> Files:  # fmt: skip
    """Every national table, in its order."""
    index, practices = patients(people)
    activities = [row for pathway in pathways for row in _activities(pathway, dice)]
    of_contact = {row["CareContactId"]: row["CareActId"] for row in activities}
    onward, pauses = _onward(pathways), _pauses(pathways)
    return {
        "health/IDS000Header.csv": [header()],
        "health/IDS001MPI.csv": index,
        "health/IDS002GP.csv": practices,
        "health/IDS101Referral.csv": [_referral(pathway, people, dice) for pathway in pathways],
        "health/IDS105OnwardReferral.csv": onward,
        "health/IDS108WaitingTimePauses.csv": pauses,
        "health/IDS201CareContact.csv": [
            _contact(pathway, contact, people) for pathway in pathways for contact in pathway.contacts
        ],
        "health/IDS202CareActivity.csv": activities,
        "health/IDS603PresentingComplaints.csv": [
            {
                "ServiceRequestId": pathway.referral_id,
                "FindSchemeInUse": "01",
                "PresComp": problems[pathway.referral_id][0],
                "PresCompCodSig": "1",
                "PresCompDate": pathway.seen[0].starts.date().isoformat(),
            }
            for pathway in pathways
            if pathway.seen
        ],
        "health/IDS606CodedScoreAssessmentRefer.csv": _outside(pathways, measures),
        "health/IDS607CodedScoreAssessmentAct.csv": [
            {"CareActId": of_contact[taken.contact_id], "CodedAssToolType": tool, "PersScore": score}
            for pathway in pathways
            for taken in measures[pathway.referral_id]
            for tool, score in [*taken.totals.items(), *zip(WSAS, taken.wsas, strict=True)]
        ],
    }


def _referral(pathway: Pathway, people: dict[str, Person], dice: Random) -> Row:
    return {
        "ServiceRequestId": pathway.referral_id,
        "LocalPatientId": people[pathway.case.crn].patient_id,
        "OrgIDComm": COMMISSIONER,
        "ReferralRequestReceivedDate": pathway.received.isoformat(),
        "SourceOfReferralIAPT": "E3",
        "OnsetDate": f"{dice.randint(2009, 2011)}-{dice.randint(1, 12):02}",
        "PrevDiagCondInd": dice.choice("YN"),
        "EndCode": pathway.end_code,
        "ServDischDate": pathway.closed.isoformat() if pathway.closed else "",
    }


def _onward(pathways: list[Pathway]) -> list[Row]:
    """Those found unsuitable and signposted: most to the trust's own secondary care."""
    sent = [pathway for pathway in pathways if pathway.end_code == "11"]
    return [
        {
            "ServiceRequestId": pathway.referral_id,
            "OnwardReferDate": pathway.closed.isoformat(),
            "OnwardReferReason": "01",
            "OrgIDReceiving": PROVIDER if number % 3 < 2 else "RT5SM",
        }
        for number, pathway in enumerate(sent)
        if pathway.closed
    ]


def _pauses(pathways: list[Pathway]) -> list[Row]:
    """A week between a referral and its first appointment in every ninth case with room for one."""
    waits = [p for p in pathways if p.contacts and (p.contacts[0].starts.date() - p.received).days > 18][::9]
    return [
        {
            "PauseID": f"PA{number:04}",
            "ServiceRequestId": pathway.referral_id,
            "PauseStartDate": (pathway.received + timedelta(days=1)).isoformat(),
            "PauseEndDate": (pathway.received + timedelta(days=8)).isoformat(),
            "PauseReason": ("01", "02", "03")[number % 3],
        }
        for number, pathway in enumerate(waits, 1)
    ]


def _contact(pathway: Pathway, contact: Any, people: dict[str, Person]) -> Row:
    return {
        "CareContactId": contact.contact_id,
        "ServiceRequestId": pathway.referral_id,
        "CareContDate": contact.starts.date().isoformat(),
        "CareContTime": contact.starts.strftime("%H:%M:%S"),
        "PlannedCareContIndicator": "Y",
        "AttendOrDNACode": contact.code,
        "Cancellation": contact.short_notice,
        "ClinContDurOfCareCont": contact.minutes if contact.attended else "",
        "AppType": contact.kind,
        "ConsMechanism": "01",
        "CareContPatientTherMode": "1",
        "PsychMed": "" if not contact.attended else ("01", "02", "03", "03")[int(pathway.referral_id[2:]) % 4],
        "ActLocTypeCode": "M02",
        "SiteIDOfTreat": contact.site,
        "InterpreterPresentInd": "N" if people[pathway.case.crn].language == "en" else "Y",
    }


def _activities(pathway: Pathway, dice: Random) -> list[dict[str, Any]]:
    """One activity for each attended appointment; an assessment carries no therapy."""
    return [
        {
            "CareActId": f"CA{contact.contact_id[2:]}",
            "CareContactId": contact.contact_id,
            "CarePersLocalId": CARE_STAFF[contact.therapist],
            "CodeProcAndProcStatus": THERAPY.get(contact.therapist, CBT) if contact.treats else "",
            "CodeFind": "",
            "CodeObs": "",
            "ObsValue": "",
            "UnitMeasure": "",
        }
        for contact in pathway.seen
    ]


def _outside(pathways: list[Pathway], measures: Measures) -> list[Row]:
    """A PHQ-9 that came by post before the first appointment, for every sixth who was then seen."""
    posted = [p for p in pathways if p.seen and p.case.course != UNSUITABLE and p.case.crn not in BY_CRN][::6]
    return [
        {
            "ServiceRequestId": pathway.referral_id,
            "CodedAssToolType": PHQ9,
            "PersScore": min(27, measures[pathway.referral_id][0].totals[PHQ9] + number % 3),
            "AssToolCompDate": min(pathway.contacts[0].booked.date(), LAST_PAST_DAY).isoformat(),
            "AssToolCompTime": "12:00:00",
        }
        for number, pathway in enumerate(posted)
    ]


def modified(pathway: Pathway) -> str | None:
    """When the newest thing about a referral was written."""
    past = [contact.starts for contact in pathway.contacts if contact.code] + [c.booked for c in pathway.contacts]
    return stamp(max(past))
