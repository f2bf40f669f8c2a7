"""The people whose records show one rule each, with what makes them show it."""

from dataclasses import dataclass
from datetime import date

THORLEY, BRAYFIELD, SOLANVI, ASHMARROW = "hannah.thorley", "callum.brayfield", "meera.solanvi", "joel.ashmarrow"
CORRIGWELL, VELMANI, PENHALLAM, OKONWEI = "niamh.corrigwell", "tariq.velmani", "ruth.penhallam", "daniel.okonwei"
LINDQVALE, MOSSVALE, STANWICK = "peter.lindqvale", "kieran.mossvale", "eleanor.stanwick"
WINTERBOURNE, DHALVANI, FENLOW = "alice.winterbourne", "samir.dhalvani", "bridget.fenlow"
HATHERSAGE, KAVADRI, TARRANT, ELLERBY = "marcus.hathersage", "priya.kavadri", "lewis.tarrant", "joan.ellerby"
OFFENDER_MANAGERS = (THORLEY, BRAYFIELD, SOLANVI, ASHMARROW, CORRIGWELL, VELMANI, PENHALLAM, OKONWEI)

COMMUNITY, SUSPENDED, LICENCE = "community-order", "suspended-sentence-order", "post-custody-licence"
VOLUNTARY, MHTR = "voluntary", "mental-health-treatment-requirement"
RAR, CONDITION = "rehabilitation-activity-requirement", "licence-condition"
LIVE, COMPLETED, DROPPED, ABSENT, UNSUITABLE = "live", "completed", "dropped", "absent", "unsuitable"


@dataclass(frozen=True)
class Part:
    """One cast member; `codes` are what came of the first contacts, in order."""

    crn: str
    shows: str
    received: date | None = None
    course: str = LIVE
    offender_manager: str = THORLEY
    therapist: str = WINTERBOURNE
    sentence: str = COMMUNITY
    basis: str = VOLUNTARY
    codes: str = ""
    sentence_ends: date | None = None
    closed: date | None = None


def _day(month: int, day: int) -> date:
    return date(2013, month, day)


CAST = (
    Part("X320741", "live consent to attendance; attended and missed appointments", _day(3, 18), codes="5535265335"),
    Part("X320742", "no consent to anything", _day(4, 8)),
    Part("X320743", "a running treatment requirement and no consent", _day(4, 15), basis=MHTR, codes="553565"),
    Part("X320744", "consent to attendance that ended with yesterday, 14 July", _day(4, 22)),
    Part("X320745", "consent to attendance withdrawn on 1 July", _day(3, 25), sentence=SUSPENDED),
    Part("X320746", "a permission of 18 April outweighed by a refusal of 3 June", _day(4, 9)),
    Part("X320747", "a restricted record: three names are listed", _day(4, 29), sentence=LICENCE, basis=CONDITION),
    Part("X320748", "an exclusion of their own offender manager", _day(5, 7), offender_manager=BRAYFIELD),
    Part("X320749", "an objection to attendance beside a live consent", _day(4, 30)),
    Part("X320750", "a safety alert, not yet acknowledged, and no consent", _day(5, 13), sentence=LICENCE),
    Part("X320751", "live consents to attendance, progress and scores", _day(2, 25), sentence=SUSPENDED),
    Part("X320752", "a chain: permission, refusal in its place, permission in its place", _day(3, 11), codes="655355"),
    Part("X320753", "an open subject access request; notes with third parties and harm", _day(4, 2)),
    Part(
        "X320754",
        "live consent, but the sentence ended on 30 June",
        _day(3, 12),
        sentence_ends=_day(6, 30),
        therapist=DHALVANI,
    ),
    Part(
        "X320755",
        "a treatment requirement that ended on 31 May, and no consent",
        _day(2, 4),
        basis=MHTR,
        therapist=DHALVANI,
    ),
    Part("X320756", "consent given without capacity", _day(5, 20), therapist=DHALVANI),
    Part("X320757", "consent that the offender manager recorded, neither signed nor countersigned", _day(5, 28)),
    Part("X320758", "closed 40 days ago, consent live", _day(1, 14), COMPLETED, closed=_day(6, 5)),
    Part("X320759", "closed 10 days ago, consent live", _day(2, 18), COMPLETED, closed=_day(7, 5)),
    Part("X320760", "on probation and never referred"),
    Part("X320761", "missed the first appointment; referral still open, consent live", _day(6, 17), ABSENT),
    Part(
        "X320762",
        "consents to sharing the offence, to the health trainer and to meetings",
        _day(4, 18),
        sentence=LICENCE,
    ),
    Part("X320763", "moved from one caseload to another on 3 June", _day(4, 23)),
    Part("X320764", "consent that starts on 1 August", _day(6, 3), therapist=DHALVANI),
    Part(
        "X320765",
        "an appointment that clashes, a zone around one site, two staff needed",
        _day(5, 21),
        sentence=LICENCE,
    ),
    Part("X320766", "consent that ends today at five", _day(5, 14), therapist=FENLOW),
    Part("X320767", "treated by a therapist whose authorisation was revoked", _day(5, 8), therapist=DHALVANI),
    Part("X320768", "treated by a therapist who was never authorised", _day(4, 24), therapist=FENLOW),
    Part(
        "X320769",
        "an offender manager whose training lapsed; consent live",
        _day(5, 1),
        offender_manager=SOLANVI,
        therapist=FENLOW,
    ),
    Part("X320770", "a running treatment requirement beside a refusal", _day(5, 22), basis=MHTR),
    Part(
        "X320771",
        "consents that the offender manager recorded: attendance and progress by signed form, "
        "scores countersigned by the therapist the next day",
        _day(6, 10),
    ),
    Part("X320772", "not suitable: step 4, referred onward", _day(5, 29), UNSUITABLE, sentence=LICENCE),
    Part("X320773", "on probation and never referred, with another offender manager", offender_manager=ASHMARROW),
)
BY_CRN = {part.crn: part for part in CAST}
