"""Identifiers of people and organisations: what a well-formed one is, and how it is written.

Each function takes what somebody typed and returns the canonical form, or raises `IdentifierInvalid`, which says what
was wrong and what would be right and never repeats what was typed: an NHS number in the wrong field stays out too.
"""

import re
from datetime import UTC, datetime

CHECK_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"
"""The letter of PNC ids and CRO numbers by remainder; I, O and S are left out."""


class IdentifierInvalid(ValueError):
    """This is no such identifier: `wrong` says why, `remedy` what to do about it."""

    def __init__(self, wrong: str, remedy: str) -> None:
        super().__init__(f"{wrong}; {remedy}")
        self.wrong = wrong
        self.remedy = remedy


def crn(text: str) -> str:
    """A case reference number of the probation service, such as X320741."""
    return _matched(
        r"[A-Z]\d{6}", text, "this is not a CRN", "a CRN is one letter and six digits, such as X320741"
    ).string


def noms_number(text: str) -> str:
    """A prison number, such as A1234AA."""
    remedy = "a NOMS number is a letter, four digits and two letters, such as A1234AA"
    return _matched(r"[A-Z]\d{4}[A-Z]{2}", text, "this is not a NOMS number", remedy).string


def pnc_number(text: str, *, this_year: int | None = None) -> str:
    """A Police National Computer id as YYYY/NNNNNNNL; a two-digit year up to this one is 20YY, otherwise 19YY."""
    remedy = "a PNC id is a year, a serial of up to seven digits and a letter, such as 1981/0000034U"
    found = _matched(r"(\d+)(/?)(\d*)([A-Z])", text, "this is not a PNC id", remedy)
    year_or_all, slash, after, letter = found.groups()
    splits = [(year_or_all, after)] if slash else [(year_or_all[:size], year_or_all[size:]) for size in (4, 2)]
    formed = [(year, serial) for year, serial in splits if len(year) in (2, 4) and 1 <= len(serial) <= 7]
    if not formed:
        raise IdentifierInvalid("this is not a PNC id", remedy)
    checked = [(year, serial) for year, serial in formed if pnc_letter(year, serial) == letter]
    if not checked:
        raise IdentifierInvalid("the PNC id's letter does not fit its digits", "check each digit and the letter")
    if len(checked) > 1:
        raise IdentifierInvalid("this PNC id can be read in two ways", "write the slash between year and serial")
    year, serial = checked[0]
    return f"{_full_year(year, this_year or datetime.now(UTC).year)}/{serial:0>7}{letter}"


def cro_number(text: str) -> str:
    """A Criminal Records Office number: serial/year as 065656/91H, or from a file as SF05/482703J."""
    remedy = "a CRO number is a serial, the year and a letter, such as 065656/91H, or SF05/482703J from a file"
    shape = r"(?:(?P<serial>\d{1,6})/(?P<year>\d{2})|SF(?P<file_year>\d{2})/(?P<file_serial>\d{1,6}))(?P<letter>[A-Z])"
    found = _matched(shape, text, "this is not a CRO number", remedy).groupdict()
    if found["serial"]:
        serial, year = found["serial"].rjust(6, "0"), found["year"]
        canonical = f"{serial}/{year}{found['letter']}"
    else:
        serial, year = found["file_serial"], found["file_year"]
        canonical = f"SF{year}/{serial}{found['letter']}"
    if cro_letter(year, serial) != found["letter"]:
        raise IdentifierInvalid("the CRO number's letter does not fit its digits", "check each digit and the letter")
    return canonical


def nhs_number(text: str) -> str:
    """An NHS number as ten digits without spaces."""
    remedy = "an NHS number has ten digits, of which the last checks the others: ask for the number again"
    digits = _matched(r"\d{10}", text, "this is not an NHS number", remedy).string
    if nhs_check_digit(digits[:9]) != int(digits[9]):
        raise IdentifierInvalid("the NHS number's last digit does not fit the others", remedy)
    if digits == digits[::-1]:
        raise IdentifierInvalid("an NHS number that reads the same backwards is never issued", remedy)
    return digits


def ods_provider(text: str) -> str:
    """An organisation's ODS code, such as RT5."""
    remedy = "a provider's code has three to six letters or digits, such as RT5"
    return _matched(r"[A-Z\d]{3,6}", text, "this is not a provider's ODS code", remedy).string


def ods_site(text: str) -> str:
    """A site's ODS code: five to nine letters or digits."""
    remedy = "a site's code has five to nine letters or digits"
    return _matched(r"[A-Z\d]{5,9}", text, "this is not a site's ODS code", remedy).string


def gp_practice(text: str) -> str:
    """A GP practice's ODS code: six letters or digits."""
    remedy = "a practice's code has six letters or digits"
    return _matched(r"[A-Z\d]{6}", text, "this is not a GP practice's ODS code", remedy).string


def postcode(text: str) -> str:
    """A postcode with one space before its last three characters."""
    remedy = "a postcode looks like LE1 1AA"
    found = _matched(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})", text, "this is not a postcode", remedy)
    return f"{found[1]} {found[2]}"


def pnc_letter(year: str, serial: str) -> str:
    """The letter of a PNC id: from the year's last two digits and the serial padded to seven."""
    return CHECK_LETTERS[int(year[-2:] + serial.rjust(7, "0")) % 23]


def cro_letter(year: str, serial: str) -> str:
    """The letter of a CRO number: from its two-digit year and the serial as the canonical form writes it."""
    return CHECK_LETTERS[int(year + serial) % 23]


def nhs_check_digit(nine: str) -> int | None:
    """The tenth digit of an NHS number; None where the nine digits cannot begin one."""
    rest = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), nine, strict=True)) % 11
    return None if rest == 1 else (11 - rest) % 11


def _matched(shape: str, text: str, wrong: str, remedy: str) -> re.Match[str]:
    """The whole text in capitals and without spaces; ASCII alone, since \\d and upper() reach far beyond it."""
    plain = "".join(text.split())
    found = re.fullmatch(shape, plain.upper()) if plain.isascii() else None
    if found is None:
        raise IdentifierInvalid(wrong, remedy)
    return found


def _full_year(year: str, this_year: int) -> str:
    """All four digits of a year that may have been written with two."""
    if len(year) == 4:
        return year
    return f"20{year}" if int(year) <= this_year % 100 else f"19{year}"
