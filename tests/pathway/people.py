"""Records of people to compare: whole ones, and changes of them."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from app.pathway.matching import Side

NHS, OTHER_NHS = "9990000018", "9990000026"
CRN, OTHER_CRN = "X320741", "X320742"
BORN = date(1984, 3, 7)
WHOLE: dict[str, Any] = {
    "nhs_number": NHS, "crn": CRN, "pnc_number": "1981/0000034U", "date_of_birth": BORN, "family_name": "Okafor",
    "given_names": "Daniel Peter", "postcode": "LE1 1AA", "sex": "male",
}  # fmt: skip


def person(identity: str = "p", **values: Any) -> Side:
    return Side(**WHOLE | {"id": identity} | values)


def registration(identity: str = "r", **values: Any) -> Side:
    """Without what a clinical system does not send by itself."""
    about = {"id": identity, "source": "RT5", "crn": None, "pnc_number": None, "family_name": None}
    return Side(**WHOLE | about | {"given_names": None} | values)


def sides() -> st.SearchStrategy[Side]:
    """Few values of each kind, so that many agree."""
    names = st.sampled_from(
        [None, "Okafor", "Okafer", "Smith", "Smith-Okafor", "O'Brien", "J", "Jo Ann", "Ann Jo", "É"]
    )
    days = st.sampled_from([None, BORN, date(1984, 7, 3), date(1984, 3, 8), date(1990, 1, 1)])
    return st.builds(
        Side,
        id=st.sampled_from("abc"),
        source=st.sampled_from(["RT5", "RXX"]),
        nhs_number=st.sampled_from([None, NHS, OTHER_NHS]),
        crn=st.sampled_from([None, CRN, OTHER_CRN]),
        pnc_number=st.sampled_from([None, "1981/0000034U", "2002/0073319Z"]),
        date_of_birth=days,
        family_name=names,
        given_names=names,
        postcode=st.sampled_from([None, "LE1 1AA", "LE1 1AB", "NG2 3CD"]),
        sex=st.sampled_from([None, "male", "female"]),
    )
