"""Who they are: every name is made up, and no number or address can be anybody's."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from app.vocabulary.identifiers import cro_letter, nhs_check_digit, nhs_number, pnc_letter, pnc_number
from examples.generator.cast import LICENCE
from examples.generator.plan import Case


def words(text: str) -> list[str]:
    """Its words, one by one."""
    return text.split()


MEN = words("""
Adam Aidan Ashok Ben Bilal Callum Carl Craig Damian Darren Dean Devan Emeka Gareth Gavin Hamza Ian Imran Jamal Jason
Jay Joshua Kamil Karl Kyle Lee Liam Luke Mark Mohan Nathan Neil Omari Paul Ravi Reece Rohan Ryan Scott Shaun Simon
Tomasz Tyrone Wayne Yusuf Zane
""")
WOMEN = words("""
Amy Beth Carly Chantelle Dawn Donna Gemma Jade Kayleigh Kelly Leanne Lisa Megan Nadia Nisha Shannon Stacey Tanya
Zara
""")
FAMILY_NAMES = words("""
Abberleyne Adebarra Ainscombe Alderwyke Amblecroft Arkenfold Ashgrovely Babworthen Barnswick Barrowlea Beechamly
Benthorp Birstallow Blackmeade Bramcotely Brinsworthy Broadmarsh Burrowby Calverdyke Carnforthy Castlebeck Chaudhel
Chilvers-Moat Claybrooke-Lund Cobdenby Coltersham Cranmoreton Croftwell Dalbycote Darvali Desforde Dunmarrow
Eastrope Edmonley Elmhirst Enderbeck Evingtonby Fairbrass Farrowmere Fosseway Foxtonby Galbreyth Garendyne Gilmorton
Glenfielder Goadbury Granbeck Hallatonby Hamiltree Harboroughby Hathernby Highfold Hinckleton Holwellyn Humbercote
Illstonby Jarromby Kavesham Kegworthen Kibworthy Kilbyrne Knightonby Langhamly Leesthorp Lindridgeby Loddingtree
Lutterbeck Markfielde Marlowick Mehrandi Melbourney Mirzande Mowsleyan Narborowe Newboldt Norringham Nosleywood
Oadbeck Okonfray Orstonby Osgathorn Oxendyne Pailtonby Peatlingham Penyarrow Pickwellyn Prestwoldt Quenbyrne
Quornwood Rahmick Ratbyrne Rearsbeck Rothleyan Rutlandby Saddingworth Saxelbyrne Scraptoft Shangtonby Sheepyard
Sibsonby Skeffingley Solanvey Sproxtonby Stathernby Stonesbyrne Swanningtree Swithlandby Syston-Hale Tallowby
Thornbeck Thrussington Thurcastle Tugbyrne Twycrossby Ullesthorn Velmanday Walcoteby Walthamly Wanlipper Wartnabye
Westcoteby Whetstonely Wigstonby Wisnowick Withcotely Wymeswoldt Zouchley
""")
STREETS = (
    "Anstey Furlong", "Bellwether Row", "Candlemas Street", "Dyers Garth", "Elder Wharf", "Framework Street",
    "Garters Lane", "Hosiery Terrace", "Ironmonger Close", "Jubilee Croft", "Knitters Yard", "Lantern Street",
    "Marigold Avenue", "Needlers Rise", "Old Weir Road", "Pike Meadow", "Quarterdeck Street", "Ropewalk Close",
    "Skein Street", "Tannery Rise", "Upper Loom Street", "Woolcomber Road",
)  # fmt: skip
PRACTICES = ("C82901", "C82902", "C82903", "C82904", "C82905", "C82906")
ETHNIC = ("A", "A", "A", "A", "A", "B", "C", "D", "H", "H", "J", "M", "N", "Z")
NEEDS = ("large print letters", "step-free room", "text message reminders, reads with difficulty", "hearing loop")


@dataclass(frozen=True)
class Person:
    """One made-up person, as both sides know them."""

    crn: str
    patient_id: str | None
    nhs_number: str
    pnc_number: str
    cro_number: str | None
    noms_number: str | None
    forename: str
    surname: str
    sex: str
    born: date
    address: str
    postcode: str
    phone: str | None
    email: str | None
    practice: str
    language: str
    needs: str | None
    ethnic: str


def people(cases: list[Case], dice: Random) -> dict[str, Person]:
    """Everybody by CRN, those who were referred with a patient id."""
    crns = sorted({case.crn for case in cases})
    referred = {case.crn for case in cases if case.received}
    in_custody = {case.crn for case in cases if case.sentence == LICENCE}
    surnames = dice.sample(FAMILY_NAMES, len(crns))
    numbers = dice.sample(range(999_000_000, 999_999_999), 2 * len(crns))
    issued = [head + str(digit) for head in map(str, numbers) if (digit := nhs_check_digit(head)) is not None]
    nhs = iter([number for number in issued if number != number[::-1]])
    patients = iter(range(1, len(crns) + 1))
    return {
        crn: _person(crn, f"LPT{next(patients):05}" if crn in referred else None, nhs_number(next(nhs)), surname,
                     crn in in_custody, dice)
        for crn, surname in zip(crns, surnames, strict=True)
    }  # fmt: skip


def _person(crn: str, patient: str | None, nhs: str, surname: str, custody: bool,  # noqa: FBT001  # a fact of theirs
            dice: Random) -> Person:  # fmt: skip
    sex = "M" if dice.random() < 0.86 else "F"
    born = date(1993, 6, 30) - timedelta(days=int(dice.betavariate(1.4, 2.6) * 40 * 365))
    first_record = f"{dice.randint(born.year + 15, 2012)}"
    serial = str(dice.randint(1_000, 999_999))
    forename = dice.choice(MEN if sex == "M" else WOMEN)
    number = int(crn[1:]) % 1000
    return Person(
        crn=crn,
        patient_id=patient,
        nhs_number=nhs,
        pnc_number=pnc_number(f"{first_record}/{serial}{pnc_letter(first_record, serial)}"),
        cro_number=_cro(first_record[2:], dice) if dice.random() < 0.4 else None,
        noms_number=_noms(dice) if custody else None,
        forename=forename,
        surname=surname,
        sex=sex,
        born=born,
        address=f"{dice.randint(1, 140)} {dice.choice(STREETS)}, Leicester",
        postcode=f"LE{dice.randint(1, 5)} {dice.randint(1, 9)}{dice.choice('CIKMOV')}{dice.choice('CIKMOV')}",
        phone=f"07700 900{number:03}" if dice.random() < 0.9 else None,
        email=f"{forename}.{surname}@example.org".lower() if dice.random() < 0.4 else None,
        practice=dice.choice(PRACTICES),
        language=dice.choices(("en", "gu", "pl", "pa"), (40, 2, 1, 1))[0],
        needs=dice.choice(NEEDS) if dice.random() < 0.15 else None,
        ethnic=dice.choice(ETHNIC),
    )


def _cro(year: str, dice: Random) -> str:
    if dice.random() < 0.5:
        serial = f"{dice.randint(1_000, 99_999):06}"
        return f"{serial}/{year}{cro_letter(year, serial)}"
    serial = str(dice.randint(100_000, 499_999))
    return f"SF{year}/{serial}{cro_letter(year, serial)}"


def _noms(dice: Random) -> str:
    return f"A{dice.randint(1000, 9999)}{dice.choice('CDEFG')}{dice.choice('ACEFJKRTVWXYZ')}"
