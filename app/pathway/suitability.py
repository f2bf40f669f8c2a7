"""Whether talking therapy fits, as far as a triage record tells: a recommendation with its reasons, never a decision.

The remit is mild to moderately severe depression and anxiety. A clinician decides, and may overrule what stands here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from app.pathway.measures import GAD_7, ICD_10, PHQ_9
from app.vocabulary import Category


class Fit(StrEnum):
    """What is recommended."""

    SUITABLE = "suitable"
    DISCUSS = "discuss"
    REFER_ON = "refer-on"


PSYCHOSIS, PERSONALITY = "psychosis", "severe-personality-disorder"
DEPENDENCE, BIPOLAR = "substance-dependence", "bipolar-disorder"
TO_SELF, TO_OTHERS, CRISIS = "risk-to-self", "risk-to-others", "crisis"
CLINICAL_SIGNS = (PSYCHOSIS, BIPOLAR, PERSONALITY, DEPENDENCE)
"""Signs in the problem itself; substance dependence only where it is the primary problem."""
RISK_SIGNS = (TO_SELF, TO_OTHERS, CRISIS)
"""Signs that are part of the clinician's record of risk."""
SIGNS = CLINICAL_SIGNS + RISK_SIGNS


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that spoke: its name, what it says, and to which category that belongs."""

    rule: str
    text: str
    category: Category
    fit: Fit
    step: int | None = None
    onward: str | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which totals on; to be confirmed by the service's clinicians."""

    severe: Decimal = Decimal(20)
    """PHQ-9: severe, beyond the remit's 'moderately severe' (Kroenke, Spitzer and Williams 2001)."""
    high_intensity: Decimal = Decimal(15)
    """PHQ-9 or GAD-7: from here on step 3 (from memory: NICE CG123, stepped care)."""
    symptoms: Decimal = Decimal(5)
    """PHQ-9 or GAD-7: mild; below it there is nothing that the remit covers."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What is recommended, and every reason, the weightiest first."""

    fit: Fit
    step: int | None
    onward: str | None
    reasons: tuple[Reason, ...]

    def of(self, category: Category) -> tuple[Reason, ...]:
        """The reasons that belong to a category."""
        return tuple(each for each in self.reasons if each.category is category)


@dataclass(frozen=True, slots=True)
class Triage:
    """What was found: totals by the code of the measure, the primary problem, signs."""

    totals: Mapping[str, Decimal] = field(default_factory=dict)
    scheme: str | None = None
    problem: str | None = None
    signs: Sequence[str] = ()


_BEYOND: Mapping[str, Reason] = {
    CRISIS: Reason(CRISIS, "somebody is in danger now", Category.SAFETY, Fit.REFER_ON, 4, "crisis"),
    PSYCHOSIS: Reason(PSYCHOSIS, "signs of psychosis", Category.CLINICAL, Fit.REFER_ON, 4, "secondary-care"),
    BIPOLAR: Reason(
        BIPOLAR, "signs of bipolar disorder", Category.CLINICAL, Fit.REFER_ON, 4, "secondary-care"
    ),
    PERSONALITY: Reason(
        PERSONALITY, "signs of a severe personality disorder", Category.CLINICAL, Fit.REFER_ON, 4, "step-4"
    ),
    DEPENDENCE: Reason(
        DEPENDENCE, "the primary problem is dependence on a substance", Category.CLINICAL, Fit.REFER_ON, None,
        "substance-misuse",
    ),
}  # fmt: skip
_RISK = Reason("risk", "risk that the clinician has to weigh", Category.SAFETY, Fit.DISCUSS)
_SEVERE_WITH_RISK = Reason(
    "severe-with-risk", "severe symptoms together with risk", Category.SAFETY, Fit.REFER_ON, 4, "step-4"
)
_SEVERE = Reason("severe", "PHQ-9 is severe, beyond moderately severe", Category.SCORES, Fit.DISCUSS, 3)
_STEP_3 = Reason("moderately-severe", "symptoms for high-intensity therapy", Category.SCORES, Fit.SUITABLE, 3)
_STEP_2 = Reason("mild-to-moderate", "symptoms for low-intensity therapy", Category.SCORES, Fit.SUITABLE, 2)
_BELOW = Reason("below-remit", "hardly any symptoms on either measure", Category.SCORES, Fit.DISCUSS, 1)
_UNMEASURED = Reason("not-measured", "neither PHQ-9 nor GAD-7 was taken", Category.SCORES, Fit.DISCUSS)
_OTHER_PROBLEM = Reason(
    "other-problem", "the problem is no depression or anxiety that the remit names", Category.CLINICAL, Fit.DISCUSS
)
_WITHIN = ("F32", "F33", "F34", "F38", "F39", "F40", "F41", "F42", "F43", "F45", "F48", "F99")
_BY_CHAPTER: Mapping[str, str] = {
    **{f"F1{digit}": DEPENDENCE for digit in "0123456789"},
    **{f"F2{digit}": PSYCHOSIS for digit in "0123456789"},
    "F30": BIPOLAR,
    "F31": BIPOLAR,
    "F60": PERSONALITY,
    "F61": PERSONALITY,
}
"""ICD-10 chapters of the primary problem that are themselves a sign; from memory, to be confirmed by clinicians."""


def recommend(triage: Triage, thresholds: Thresholds | None = None) -> Recommendation:
    """What the record speaks for; where reasons disagree the gravest prevails, and all of them are given."""
    found = sorted(_reasons(triage, thresholds or Thresholds()), key=lambda each: _WEIGHT[each.fit], reverse=True)
    first = found[0]
    steps = [each.step for each in found if each.step is not None and each.fit is first.fit]
    return Recommendation(first.fit, max(steps, default=None), first.onward, tuple(found))


_WEIGHT = {Fit.SUITABLE: 0, Fit.DISCUSS: 1, Fit.REFER_ON: 2}


def _reasons(triage: Triage, thresholds: Thresholds) -> Iterator[Reason]:
    signs = set(triage.signs)
    icd = (triage.problem or "").strip().upper().replace(".", "") if triage.scheme == ICD_10 else ""
    signs |= {sign for chapter, sign in _BY_CHAPTER.items() if icd.startswith(chapter)}
    yield from (reason for sign, reason in _BEYOND.items() if sign in signs)
    phq, gad = triage.totals.get(PHQ_9.code), triage.totals.get(GAD_7.code)
    is_severe = phq is not None and phq >= thresholds.severe
    if signs & {TO_SELF, TO_OTHERS}:
        yield _SEVERE_WITH_RISK if is_severe else _RISK
    if icd and not icd.startswith((*_WITHIN, *_BY_CHAPTER)):
        yield _OTHER_PROBLEM
    yield _by_totals([each for each in (phq, gad) if each is not None], thresholds, is_severe=is_severe)


def _by_totals(totals: Sequence[Decimal], thresholds: Thresholds, *, is_severe: bool) -> Reason:
    if not totals:
        return _UNMEASURED
    if is_severe:
        return _SEVERE
    if max(totals) >= thresholds.high_intensity:
        return _STEP_3
    return _STEP_2 if max(totals) >= thresholds.symptoms else _BELOW


REASONS: Mapping[str, Reason] = {
    each.rule: each
    for each in (
        *_BEYOND.values(), _RISK, _SEVERE_WITH_RISK, _SEVERE, _STEP_3, _STEP_2, _BELOW, _UNMEASURED, _OTHER_PROBLEM,
    )
}  # fmt: skip


def is_overruled(recommended: Fit, *, suitable: bool) -> bool:
    """Whether a decision goes against the recommendation; what was to be discussed is decided either way."""
    return recommended is (Fit.REFER_ON if suitable else Fit.SUITABLE)
