"""What is sent about the life of a referral, and the same as the services take it."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app.pathway.lifecycle import DECLINED, END_CODES, ONWARD, RETURNED
from app.pathway.suitability import SIGNS
from app.routers.asking import BadRequest
from app.routers.bodies import Body, Crn, text, word_of
from app.routers.moments import Day
from app.services.moving import BY_STATUS, Ending, Moving
from app.services.presenting import PRIMARY, SCHEMES, Presented
from app.services.reached import Note
from app.services.referring import Wanted
from app.services.triaging import TOOLS, Decided, Onward, TriageFound
from app.vocabulary.words import BASES, SOURCES_OF_REFERRAL

ReferralId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,36}$")]
Basis = Annotated[str, *word_of(BASES)]
Source = Annotated[str, *word_of(sorted(SOURCES_OF_REFERRAL))]
ServiceId = Annotated[str, text(40)]
Step = Annotated[int, Field(ge=1, le=4)]
TherapyType = Annotated[str, text(100)]


class AProblem(Body):
    """The primary problem, by its code."""

    scheme: Literal["icd-10", "snomed-ct"]
    code: Annotated[str, StringConstraints(pattern=r"^([A-Z][0-9]{2}(\.?[0-9A-Z]{1,2})?|[0-9]{6,18})$")]
    description: Annotated[str, text(300)] | None = None


class NewReferral(Body):
    """Whom to refer, on what basis and why; `status` says whether it is sent at once or stays a draft."""

    crn: Crn
    status: Literal["draft", "received"] = "received"
    basis: Basis
    reason: Annotated[str, text(1000)] | None = None
    service: ServiceId | None = None
    sourceOfReferral: Source | None = None  # noqa: N815  # as it stands in JSON
    earlierReferralId: ReferralId | None = None  # noqa: N815  # as it stands in JSON

    def wanted(self) -> Wanted:
        """As the service takes it."""
        named = {name: value for name, value in self.model_dump().items() if name not in ("crn", "status")}
        return Wanted(named, sends=self.status == "received")


class _Treated(Body):
    """Step of care and kind of therapy."""

    step: Step | None = None
    therapyType: TherapyType | None = None  # noqa: N815  # as it stands in JSON

    def said(self, **also: Any) -> Presented | None:
        """What of it was said, as columns of the clinical record; None for nothing."""
        columns = {"step": self.step, "therapy_type": self.therapyType}
        found = {name: value for name, value in columns.items() if value is not None} | also
        return Presented(found) if found else None


class _Noted(Body):
    """Words about the person, with whether they name somebody else and whether reading them could harm."""

    note: Annotated[str, text(2000)] | None = None
    thirdParty: bool | None = None  # noqa: N815  # as it stands in JSON
    seriousHarm: bool | None = None  # noqa: N815  # as it stands in JSON

    def noted(self) -> Note | None:
        """The note; BadRequest for one of which it is not said whom it names and whether it could harm."""
        flags = {"thirdParty": self.thirdParty, "seriousHarm": self.seriousHarm}
        for name, flag in flags.items():
            if (flag is None) != (self.note is None):
                raise BadRequest("body-invalid", "with a note and with nothing else", name)
        return None if self.note is None else Note(self.note, bool(self.thirdParty), bool(self.seriousHarm))


class ReferralChange(_Treated):
    """What is to be different; what is left out stays. `step`, `therapyType` and `problem` are clinical."""

    basis: Basis = Field(default_factory=str)
    reason: Annotated[str, text(1000)] = Field(default_factory=str)
    service: ServiceId = Field(default_factory=str)
    sourceOfReferral: Source = Field(default_factory=str)  # noqa: N815  # as it stands in JSON
    earlierReferralId: ReferralId | None = None  # noqa: N815  # as it stands in JSON
    problem: AProblem | None = None

    def given(self) -> dict[str, Any]:
        """What was sent of the referral itself; BadRequest for nothing at all."""
        if not self.model_fields_set:
            raise BadRequest("body-invalid", "name at least one field to change", "body")
        named = self.model_fields_set - {"step", "therapyType", "problem"}
        return {name: getattr(self, name) for name in named}

    def presented(self) -> Presented | None:
        """What was sent of the clinical record."""
        return self.said(**_problem(self.problem))


class AMeasure(Body):
    """A questionnaire's total."""

    tool: Annotated[str, *word_of(sorted(TOOLS))]
    total: Annotated[float, Field(ge=0, le=1000, strict=False)]


class NewTriage(_Noted):
    """What was found: totals, or ids of scores that there are; the problem; signs. All of it may be left out."""

    measures: list[AMeasure] = Field(default_factory=list, max_length=20)
    scores: list[ReferralId] = Field(default_factory=list, max_length=10)
    problem: AProblem | None = None
    signs: list[Annotated[str, *word_of(SIGNS)]] = Field(default_factory=list, max_length=len(SIGNS))
    on: Day | None = None

    def found(self) -> TriageFound:
        """As the service takes it."""
        said, totals = _problem(self.problem), [(each.tool, each.total) for each in self.measures]
        note = self.noted()
        return TriageFound(
            totals, self.scores, Presented(said) if said else None, self.signs,
            serious_harm=note is not None and note.serious_harm, note=note, on=self.on,
        )  # fmt: skip


class OnwardGiven(Body):
    """To whom: the kind of service, its ODS code, and the national OnwardReferReason where there is one."""

    to: Annotated[str, *word_of(ONWARD)]
    receiving: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3,12}$")] | None = None
    reason: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2}$")] | None = None


class NewDecision(_Noted, _Treated):
    """Suitable or not; not suitable with a reason. A note is needed against the recommendation."""

    outcome: Literal["suitable", "not-suitable"]
    reason: Annotated[str, *word_of(DECLINED)] | None = None
    onward: OnwardGiven | None = None
    endCode: Annotated[str, *word_of(END_CODES)] | None = None  # noqa: N815  # as it stands in JSON
    on: Day | None = None

    def decided(self) -> Decided:
        """As the service takes it."""
        to = self.onward
        onward = Onward(to.to, to.receiving, to.reason) if to is not None else None
        return Decided(self.outcome, self.on, self.reason, self.noted(), onward, self.endCode, self.said())


class NewMove(_Noted, _Treated):
    """Where it goes, on which day; `reason` of who goes back to the list, `step` and `therapyType` of treatment."""

    to: Annotated[str, *word_of(sorted(BY_STATUS))]
    on: Day | None = None
    reason: Annotated[str, *word_of(RETURNED)] | None = None

    def moving(self) -> Moving:
        """As the service takes it."""
        return Moving(self.to, self.on, self.reason, self.noted(), self.said())


class NewDischarge(_Noted):
    """The national EndCode, and on which day."""

    endCode: Annotated[str, *word_of(END_CODES)]  # noqa: N815  # as it stands in JSON
    on: Day | None = None

    def ending(self) -> Ending:
        """As the service takes it."""
        return Ending(self.endCode, self.on, self.noted())


class NewMerge(Body):
    """The duplicate that this referral is to stand for."""

    duplicate: ReferralId


def _problem(problem: AProblem | None) -> dict[str, Any]:
    if problem is None:
        return {}
    named = {"problem_scheme": SCHEMES[problem.scheme], "problem_code": problem.code, "problem": problem.description}
    return named | {"significance": PRIMARY}
