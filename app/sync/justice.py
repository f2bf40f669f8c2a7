"""justice/*.jsonl: what the case-management system holds, written by it under H5, caseloads and limits under H8.

Not kept, since nothing here has a place for it: a sentence's event number, court and conviction date; a requirement's
hours; an offence's category and sentence. A licence condition, an exclusion zone or a curfew ends by its end date; one
that a later assessment leaves out stays until then.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.pathway.diary.weekly import weekly
from app.services.registers import person_id, record_id
from app.sync.callers import Callers
from app.sync.fields import Fields
from app.sync.reading import Source
from app.sync.records import Act, Incoming, Inner, origins_of
from app.sync.registered import times
from app.sync.report import ImportReport
from app.sync.standing import person
from app.vocabulary import Category, Register, Role
from app.vocabulary.identifiers import crn, cro_number, nhs_number, noms_number, pnc_number, postcode
from app.vocabulary.justice import OBLIGATIONS, REQUIREMENTS, SENTENCES, TREATMENT

SOURCE = "probation"
SEXES = {
    "M": "male",
    "1": "male",
    "F": "female",
    "2": "female",
    "0": "not-known",
    "U": "not-known",
    "X": "not-known",
    "9": "not-specified",
    "N": "not-specified",
}
OUTCOMES = ("ATTC", "AFTC", "AFTA", "UAAB", "AAME", "AAEM", "AAFC", "ATSS")
ROSH = {"RLRH": "LOW", "RMRH": "MEDIUM", "RHRH": "HIGH", "RVHR": "VERY_HIGH"}
ALIASES = {"RVRH": "RVHR"}
"""Registration codes as they are met in the wild."""


def aliases(identity: str, own: str, into: str | None) -> list[Mapping[str, Any]]:
    """That a person's record was merged into that of another CRN, seen from both; none where it was not."""
    pairs = [] if into is None else [(own, into), (into, own)]
    return [{"said_by": identity, "crn": one, "other_crn": other, "parted_at": None} for one, other in pairs]


class Justice:
    """Turns the justice side's rows into records."""

    def __init__(self, report: ImportReport, callers: Callers) -> None:
        self._report, self._callers = report, callers

    def is_registered(self) -> bool:
        """Whether there is a system that may write any of this."""
        return self._callers.system(Role.CASE_MANAGEMENT_SYSTEM) is not None

    def _by(self, *subjects: Category | Register) -> Act | None:
        return self._callers.synced(Role.CASE_MANAGEMENT_SYSTEM, *subjects)

    def readers(self) -> Mapping[str, Callable[[Source], Incoming | None]]:
        """What reads each kind of row, by the names of the files of an import."""
        return {
            "people": self.person,
            "limits": self.limit,
            "supervisions": self.supervision,
            "allocations": self.allocation,
            "offences": self.offence,
            "risk": self.risk,
            "registrations": self.registration,
            "obligations": self.obligation,
        }

    def person(self, source: Source) -> Incoming | None:
        """Somebody whom the probation service supervises: who they are and how to reach them."""
        fields = Fields(source, self._report)
        found = fields.needed("crn", fields.identifier("crn", crn))
        sex = fields.needed("sex", fields.code("sex", SEXES))
        for name in ("contactDetails", "contactDetails.address"):
            fields.check_object(name)
        row = {
            "id": found and person_id(found),
            "crn": found,
            "family_name": fields.required("name.surname", 100),
            "given_names": fields.required("name.forename", 200),
            "date_of_birth": fields.needed("dateOfBirth", fields.day("dateOfBirth")),
            "sex": sex and SEXES[sex],
            "nhs_number": fields.identifier("nhsNumber", nhs_number),
            "pnc_number": fields.identifier("pncNumber", pnc_number),
            "cro_number": fields.identifier("croNumber", cro_number),
            "noms_number": fields.identifier("nomsNumber", noms_number),
            "address": fields.text("contactDetails.address.line", 300),
            "postcode": fields.identifier("contactDetails.address.postcode", postcode),
            "phone": fields.text("contactDetails.telephone", 30),
            "email": fields.text("contactDetails.email", 254),
            "interpreter_language": fields.text("interpreterLanguage", 10),
            "access_needs": fields.text("accessNeeds", 500),
        }
        into = fields.identifier("mergedInto", crn)
        if into is not None and into == found:
            fields.fault("mergedInto", "merged-into-itself")
        when = times(fields)
        if fields.is_broken:
            return None
        return Incoming(
            origins=origins_of(fields),
            table="person",
            row=row,
            recorded_at=when.recorded_at,
            modified_at=when.modified_at,
            inner=(Inner("person_alias", "said_by", aliases(row["id"], row["crn"], into), is_parted=True),),
            crn=found,
            first=self._by(Category.IDENTITY, Category.CONTACT),
        )

    def supervision(self, source: Source) -> Incoming | None:
        """A sentence with its requirements."""
        fields = Fields(source, self._report)
        row = {
            **_keys(fields, "supervision", "supervisionId"),
            "sentence_type": fields.needed("sentenceType", fields.code("sentenceType", SENTENCES)),
            "sentence_code": fields.text("sentenceCode", 20),
            **_period(fields),
            "terminated_on": fields.day("terminationDate"),
        }
        requirements = [self._requirement(fields, name, row) for name in fields.each("requirements")]
        inner = Inner("requirement", "supervision_id", requirements)
        return self._record(fields, "supervision", row, Category.SUPERVISION, inner=(inner,), keeps_past=True)

    def _requirement(self, fields: Fields, name: str, of: Mapping[str, Any]) -> Mapping[str, Any]:
        kind = fields.needed(f"{name}.type", fields.code(f"{name}.type", REQUIREMENTS))
        willing = fields.flag(f"{name}.willing")
        if kind == TREATMENT and not willing:
            fields.fault(f"{name}.willing", "willingness-missing")
        return {
            **_inner_keys(fields, "requirement", f"{name}.requirementId", of["person_id"]),
            "supervision_id": of["id"],
            "requirement_type": kind,
            "source_code": fields.text(f"{name}.sourceCode", 20),
            **_period(fields, f"{name}."),
            "terminated_on": fields.day(f"{name}.terminationDate"),
            "days": fields.number(f"{name}.days", 1, 10_000),
            "practitioner": fields.text(f"{name}.practitioner", 200),
        }

    def offence(self, source: Source) -> Incoming | None:
        """The index offence or a previous conviction."""
        fields = Fields(source, self._report)
        row = {
            **_keys(fields, "offence", "offenceId"),
            "kind": fields.needed("kind", fields.code("kind", ("index", "previous"))),
            "code": fields.required("code", 20),
            "description": fields.required("description", 300),
            "offence_date": fields.day("offenceDate"),
            "conviction_date": fields.day("convictionDate"),
            "court": fields.text("court", 100),
        }
        return self._record(fields, "offence", row, Category.OFFENCE)

    def risk(self, source: Source) -> Incoming | None:
        """An assessment, with the licence's conditions and the places to keep away from."""
        fields = Fields(source, self._report)
        fields.check_object("mappa")
        row = {
            **_keys(fields, "risk_assessment", "riskId"),
            "rosh_level": _rosh(fields),
            "mappa_category": fields.number("mappa.category", 1, 4),
            "mappa_level": fields.number("mappa.level", 1, 3),
            "assessed_on": fields.needed("assessedOn", fields.day("assessedOn")),
        }
        conditions = [
            _condition(fields, name, kind, identity, row["person_id"])
            for kind, names, identity in (
                ("licence-condition", "licenceConditions", "conditionId"),
                ("exclusion-zone", "exclusionZones", "zoneId"),
                ("curfew", "curfews", "curfewId"),
            )
            for name in fields.each(names)
        ]
        inner = (Inner("licence_condition", None, conditions),)
        return self._record(fields, "risk_assessment", row, Category.RISK, inner=inner)

    def registration(self, source: Source) -> Incoming | None:
        """An alert, live until it is taken off."""
        fields = Fields(source, self._report)
        code = fields.required("type.code", 10)
        start = fields.needed("startDate", fields.day("startDate"))
        off = fields.day("deregistrationDate")
        fields.in_order(start, off, "deregistrationDate")
        row = {
            **_keys(fields, "risk_alert", "registrationId"),
            "code": code and ALIASES.get(code, code),
            "description": fields.required("type.description", 300),
            "start_date": start,
            "next_review_date": fields.day("nextReviewDate"),
            "deregistered_on": off,
        }
        return self._record(fields, "risk_alert", row, Category.RISK)

    def obligation(self, source: Source) -> Incoming | None:
        """Something that the person has to attend."""
        fields = Fields(source, self._report)
        starts = fields.needed("startDateTime", fields.moment("startDateTime"))
        ends = fields.needed("endDateTime", fields.moment("endDateTime"))
        fields.in_order(starts, ends, "endDateTime")
        outcome = fields.text("outcomeCode", 10)
        if outcome is not None:
            fields.code("outcomeCode", OUTCOMES, "outcome-unknown")
        row = {
            **_keys(fields, "obligation", "obligationId"),
            "kind": fields.needed("type", fields.code("type", OBLIGATIONS)),
            "description": fields.required("description", 300),
            "starts_at": starts,
            "ends_at": ends,
            "place": fields.text("place", 200),
            "outcome_code": outcome,
        }
        return self._record(fields, "obligation", row, Category.OBLIGATIONS)

    def allocation(self, source: Source) -> Incoming | None:
        """Whose caseload the person is on."""
        fields = Fields(source, self._report)
        username = fields.needed("username", fields.username("username"))
        member = self._callers.members.get(username) if username else None
        if username and member is None:
            fields.fault("username", "staff-unknown")
        row = {
            **_keys(fields, "allocation", "allocationId"),
            "staff_id": member and member.id,
            "kind": "caseload",
            "referral_id": None,
            **_validity(fields),
        }
        return self._record(fields, "allocation", row, Register.ALLOCATION, keeps_past=True)

    def limit(self, source: Source) -> Incoming | None:
        """An exclusion or a restriction with its list of names; a name that nobody has is kept all the same."""
        fields = Fields(source, self._report)
        row = {
            **_keys(fields, "access_limit", "limitId"),
            "kind": fields.needed("type", fields.code("type", ("exclusion", "restriction"))),
            "message": fields.required("message", 500),
            **_validity(fields),
        }
        names = [fields.needed(name, fields.username(name)) for name in fields.each("usernames")]
        listed = [{"limit_id": row["id"], "username": name} for name in dict.fromkeys(names)]
        inner = (Inner("access_limit_name", "limit_id", listed),)
        return self._record(fields, "access_limit", row, Register.LIMITS, inner=inner, keeps_past=True)

    def _record(self, fields: Fields, table: str, row: dict[str, Any], subject: Category | Register, *,
                inner: Sequence[Inner] = (), keeps_past: bool = False) -> Incoming | None:  # fmt: skip
        found, needs = person(fields)
        when = times(fields)
        if fields.is_broken:
            return None
        return Incoming(
            origins=origins_of(fields),
            table=table,
            row=row,
            recorded_at=when.recorded_at,
            modified_at=when.modified_at,
            crn=found,
            first=self._by(subject),
            needs=needs,
            inner=tuple(inner),
            keeps_past=keeps_past,
        )


def _keys(fields: Fields, table: str, name: str) -> dict[str, Any]:
    """The record's id, and the person whose it is; what is wrong with the CRN is noted where it is required."""
    identity = fields.required(name, 40)
    return {
        "id": identity and record_id(table, SOURCE, identity),
        "source": SOURCE,
        "source_id": identity,
        "person_id": _person_of(fields),
    }


def _person_of(fields: Fields) -> str | None:
    given = fields.given("crn")
    return person_id("".join(given.split()).upper()) if isinstance(given, str) else None


def _inner_keys(fields: Fields, table: str, name: str, of: str | None) -> dict[str, Any]:
    identity = fields.required(name, 40)
    return {
        "id": identity and record_id(table, SOURCE, identity),
        "source": SOURCE,
        "source_id": identity,
        "person_id": of,
    }


def _period(fields: Fields, inside: str = "") -> dict[str, Any]:
    start = fields.needed(f"{inside}startDate", fields.day(f"{inside}startDate"))
    end = fields.day(f"{inside}endDate")
    fields.in_order(start, end, f"{inside}endDate")
    return {"start_date": start, "end_date": end}


def _validity(fields: Fields) -> dict[str, datetime | None]:
    start, end = fields.needed("startDateTime", fields.start("startDateTime")), fields.end("endDateTime")
    fields.in_order(start, end, "endDateTime")
    return {"valid_from": start, "valid_until": end}


def _rosh(fields: Fields) -> str | None:
    """The level, or the level that its registration code stands for."""
    level = fields.code("rosh", tuple(ROSH.values()))
    code = fields.text("roshRegistrationCode", 10)
    named = ROSH.get(ALIASES.get(code, code)) if code else None
    if code and named is None:
        fields.fault("roshRegistrationCode", "code-unknown")
    if level and named and level != named:
        fields.fault("roshRegistrationCode", "codes-disagree")
    found: str | None = level or (named if fields.given("rosh") is None else None)
    return found if found or fields.given("rosh") else fields.needed("rosh", found)


def _condition(fields: Fields, name: str, kind: str, identity: str, of: str | None) -> Mapping[str, Any]:
    return {
        **_inner_keys(fields, "licence_condition", f"{name}.{identity}", of),
        "kind": kind,
        "description": fields.required(f"{name}.description", 500),
        "area": fields.text(f"{name}.area", 300),
        "hours": _hours(fields, f"{name}.hours") if kind == "curfew" else None,
        "sites": _listed(fields, f"{name}.sites", 300) if kind == "exclusion-zone" else None,
        "postcodes": _listed(fields, f"{name}.postcodes", 1000) if kind == "exclusion-zone" else None,
        **_period(fields, f"{name}."),
    }


def _hours(fields: Fields, name: str) -> str | None:
    """Weekly hours: without them nobody's diary could keep clear of a curfew."""
    text = fields.needed(name, fields.text(name, 500))
    if text is not None:
        try:
            weekly(text)
        except ValueError:
            fields.fault(name, "value-malformed")
    return text if isinstance(text, str) else None


def _listed(fields: Fields, name: str, longest: int) -> str | None:
    """Codes apart by commas, as the diary compares them."""
    found = [fields.text(each, 9) for each in fields.each(name)]
    joined = ",".join(each.upper() for each in found if each)
    if len(joined) > longest:
        fields.fault(name, "value-too-long")
    return joined or None
