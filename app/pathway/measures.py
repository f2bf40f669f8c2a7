"""Outcome measures: the range of each, how a score is written, its severity bands, its cut-off and reliable change.

A table with a source beside each row, to be read and corrected by clinicians; nothing else in the code holds a cut-off.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

Band = tuple[Decimal, str]
"""The lowest total of a band, and the band's name."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One questionnaire: its name, the code that stands for it, its range and its bands, lowest first."""

    name: str
    code: str
    highest: int
    bands: tuple[Band, ...]
    source: str
    lowest: int = 0
    items: int | None = None
    highest_item: int | None = None
    has_decimals: bool = False
    by_item: bool = False
    """Whether it is recorded here by its answers alone: a total says nothing of which were given."""
    may_miss: int = 0
    """How many answers may be missing: they are taken to be the mean of those that were given."""
    safety_item: int | None = None
    """The answer, counted from 1, that says whether somebody thinks of dying: any above 0 is for a clinician to see."""
    case_at: Decimal | None = None
    """The lowest total at caseness; None for a measure that no outcome rests on."""
    reliable_change: Decimal | None = None
    """By how much two totals must differ for the change to be more than the questionnaire's own error."""

    def is_case(self, total: Decimal) -> bool:
        """Whether a total is at caseness."""
        return self.case_at is not None and total >= self.case_at

    def score(self, text: str) -> Decimal | None:
        """The score that somebody wrote, in range or not; None if it is no number as this measure writes them."""
        shape = r"\d{1,3}(?:\.\d{1,2})?" if self.has_decimals else r"\d{1,3}"
        return Decimal(text) if re.fullmatch(shape, text, re.ASCII) else None

    def is_in_range(self, total: Decimal) -> bool:
        """Whether the questionnaire can come to this total."""
        return self.lowest <= total <= self.highest

    def band(self, total: Decimal) -> str | None:
        """The severity band; None for a total out of range or a measure without bands."""
        if not self.is_in_range(total):
            return None
        names = [name for lowest, name in self.bands if lowest <= total]
        return names[-1] if names else None

    def answers(self, text: str) -> tuple[int, ...] | None:
        """The answers of one questionnaire, separated by spaces; None unless each one is there and possible."""
        parts = text.split()
        if not parts or not all(re.fullmatch(r"\d", part, re.ASCII) for part in parts):
            return None
        answers = tuple(map(int, parts))
        whole = self.items is None or len(answers) == self.items
        possible = self.highest_item is None or max(answers) <= self.highest_item
        return answers if whole and possible else None


def _bands(*bands: tuple[str, str]) -> tuple[Band, ...]:
    return tuple((Decimal(lowest), name) for lowest, name in bands)


def _with_cut_off(name: str, code: str, highest: int, cut_off: str, reliable: str, **more: bool) -> Measure:
    """A measure with no bands but its cut-off."""
    bands = _bands(("0", "below caseness"), (cut_off, "at caseness"))
    return Measure(
        name, code, highest, bands, _FROM_MEMORY,
        case_at=Decimal(cut_off), reliable_change=Decimal(reliable), **more,
    )  # fmt: skip


_NATIONAL = "national data set v2.1, range; "
_DICTIONARY = "NHS Data Model and Dictionary (NHS England)"
_FROM_MEMORY = _NATIONAL + "cut-off and reliable change from memory, to be confirmed by the service's clinicians"

MEASURES: tuple[Measure, ...] = (
    Measure(
        "PHQ-9",
        "720433000",
        27,
        _bands(("0", "minimal"), ("5", "mild"), ("10", "moderate"), ("15", "moderately severe"), ("20", "severe")),
        _NATIONAL
        + "bands: Kroenke, Spitzer and Williams 2001; up to two missing answers, and caseness from 10: "
        + _DICTIONARY
        + ", Patient Health Questionnaire-9",
        items=9,
        highest_item=3,
        by_item=True,
        may_miss=2,
        safety_item=9,
        case_at=Decimal(10),
        reliable_change=Decimal(6),
    ),
    Measure(
        "GAD-7",
        "445455005",
        21,
        _bands(("0", "minimal"), ("5", "mild"), ("10", "moderate"), ("15", "severe")),
        _NATIONAL
        + "bands: Spitzer, Kroenke, Williams and Löwe 2006; up to two missing answers, and caseness from 8: "
        + _DICTIONARY
        + ", Generalised Anxiety Disorder Questionnaire",
        items=7,
        highest_item=3,
        by_item=True,
        may_miss=2,
        case_at=Decimal(8),
        reliable_change=Decimal(4),
    ),
    Measure(
        "SPIN",
        "445552006",
        68,
        _bands(("0", "none"), ("21", "mild"), ("31", "moderate"), ("41", "severe"), ("51", "very severe")),
        _FROM_MEMORY + "; bands: Connor and others 2000",
        items=17,
        highest_item=4,
        case_at=Decimal(19),
        reliable_change=Decimal(10),
    ),
    _with_cut_off("OCI", "450324005", 168, "40", "32"),
    _with_cut_off("HAI", "446793008", 54, "18", "4"),
    _with_cut_off("PDSS", "450326007", 28, "8", "5"),
    _with_cut_off("PCL-5", "491581000000104", 80, "32", "10"),
    _with_cut_off("MI-A", "473354003", 5, "2.3", "0.73", has_decimals=True),
    _with_cut_off("MI-B", "473355002", 5, "2.3", "0.73", has_decimals=True),
    Measure("PSWQ", "446517006", 80, (), _NATIONAL + "no bands", lowest=16),
    Measure(
        "PHQ-15",
        "1065441000000103",
        30,
        _bands(("0", "minimal"), ("5", "low"), ("10", "medium"), ("15", "high")),
        _NATIONAL + "bands: Kroenke, Spitzer and Williams 2002",
        items=15,
        highest_item=2,
    ),
)
BY_CODE: Mapping[str, Measure] = {measure.code: measure for measure in MEASURES}
"""The measures that the national data set gives as one score each."""

PHQ_9, GAD_7 = BY_CODE["720433000"], BY_CODE["445455005"]
_BY_PROBLEM = {
    "F40.0": BY_CODE["473354003"],
    "F40.1": BY_CODE["445552006"],
    "F41.0": BY_CODE["450326007"],
    "F42": BY_CODE["450324005"],
    "F43.1": BY_CODE["491581000000104"],
    "F45.2": BY_CODE["446793008"],
}
"""By the primary problem in ICD-10; of the mobility inventory the form for being alone. Clark, "Realizing the Mass
Public Benefit of Evidence-Based Psychological Therapies: The IAPT Program" (Annual Review of Clinical Psychology 2018),
has the same table with IES-R for F43.1, which the national list has given up for PCL-5.
"""
ICD_10 = "01"


@cache
def anxiety_measure(scheme: str | None, code: str | None) -> Measure:
    """The anxiety measure of a problem: its own where it has one, GAD-7 for every other problem and for none."""
    plain = (code or "").strip().upper().replace(".", "") if scheme == ICD_10 else ""
    own = [measure for problem, measure in _BY_PROBLEM.items() if plain.startswith(problem.replace(".", ""))]
    return own[0] if own else GAD_7


CORE_10 = Measure(
    "CORE-10",
    "CORE-10",
    40,
    _bands(
        ("0", "healthy"),
        ("6", "low level"),
        ("11", "mild"),
        ("15", "moderate"),
        ("20", "moderate to severe"),
        ("25", "severe"),
    ),
    "Connell and Barkham 2007; not in the national list, so that its name is its code; one missing answer, and one item"
    " of risk, the sixth (plans to end one's life): CORE-10 information (CORE System Trust)",
    items=10,
    highest_item=4,
    by_item=True,
    may_miss=1,
    safety_item=6,
)

WSAS = Measure(
    "WSAS",
    "WSAS",
    40,
    _bands(("0", "subclinical"), ("10", "significant"), ("21", "moderately severe or worse")),
    "Mundt and others 2002; the national list has its five items alone, so that its name is its code; one missing"
    " answer, or work that does not apply, never both: " + _DICTIONARY + ", Work and Social Adjustment Scale",
    items=5,
    highest_item=8,
    by_item=True,
    may_miss=1,
)
WSAS_WORK = "932621000000100"
WSAS_ITEMS = (WSAS_WORK, "932581000000100", "932611000000106", "932591000000103", "932601000000109")
"""Work, home management, social leisure, private leisure, relationships."""
NOT_APPLICABLE = 9
"""What the work item says of somebody for whom work does not apply."""


def wsas_item_is_in_range(code: str, answer: Decimal) -> bool:
    """Whether one of the five items can have this answer."""
    return 0 <= answer <= 8 or (code == WSAS_WORK and answer == NOT_APPLICABLE)


def pro_rated(answered: Sequence[int], of: int) -> int:
    """The total of so many answers if the others were the mean of those that were given; half a point counts up."""
    return (2 * sum(answered) * of + len(answered)) // (2 * len(answered))


def wsas_total(answers: Sequence[int | None]) -> tuple[int, str | None] | None:
    """The total over the five, and its band; None where more is missing than the mean of the others may stand for."""
    applying = [answer for answer in answers if answer not in (None, NOT_APPLICABLE)]
    missing = answers.count(None) + (answers[0] == NOT_APPLICABLE)
    if missing > WSAS.may_miss or not applying:
        return None
    total = pro_rated([answer for answer in applying if answer is not None], len(WSAS_ITEMS))
    return total, WSAS.band(Decimal(total))


ALL: tuple[Measure, ...] = (*MEASURES, CORE_10, WSAS)
BY_WORD: Mapping[str, Measure] = {word: measure for measure in ALL for word in (measure.name, measure.code)}
"""Every measure that can be recorded here, by its code and by its name."""
ANXIETY = frozenset({GAD_7, *_BY_PROBLEM.values()})
ABOUT_SAFETY: tuple[Measure, ...] = tuple(measure for measure in ALL if measure.safety_item is not None)
"""Those with an answer that a clinician has to see at once."""
