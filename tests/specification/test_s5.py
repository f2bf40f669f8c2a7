"""S5. Nobody learns from a refusal that a person exists: where no category at all is permitted, the answer is the same
as for a person who is not on file. The log still records the true reason.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.leaks.telling_apart import looks
from tests.routers.cast import (
    CARE,
    EMERGENCY,
    EXCLUDED,
    FULL,
    NOBODY,
    OLGA,
    OTTO,
    PATHS,
    RESTRICTED,
    SUBJECT,
    TARA,
    WORK,
    told,
)
from tests.routers.cast import COURT as UNASKED
from tests.routers.cast import ELSEWHERE as OTHER_SERVICE
from tests.routers.cast import RORY as OFFICER
from tests.world import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True)
class Answered:
    """Somebody asks for a person's record, and is told of somebody on file what they are told of nobody."""

    says: str
    who: Any
    purpose: str
    crn: str
    is_permitted: bool = False


EXAMPLES = [
    Answered("Who is excluded is told what is told of somebody not on file, caseload or not", OLGA, WORK, EXCLUDED),
    Answered("So is who is not on the list of a restricted record", OLGA, WORK, RESTRICTED),
    Answered("So is an offender manager who asks for somebody on a colleague's caseload", OTTO, WORK, FULL),
    Answered("So is a therapist who asks for somebody of another service", TARA, CARE, OTHER_SERVICE),
    Answered("So is, in an emergency, whoever has not opened a grant", OLGA, EMERGENCY, FULL),
    Answered("So is a records officer whom the person has not asked for anything", OFFICER, SUBJECT, UNASKED),
]


@pytest.mark.parametrize("example", [pytest.param(example, id=example.says) for example in EXAMPLES])
async def test_s5(service: Service, example: Answered) -> None:
    for path in PATHS:
        there = await looks(service, "GET", path.format(crn=example.crn), example.who, example.purpose)
        nobody = await looks(service, "GET", path.format(crn=NOBODY), example.who, example.purpose)
        assert there == nobody
        assert there[0] == 404
    entries = await service.entries()
    assert [entry["reason"] for entry in entries] == ["not-permitted", "not-on-file"] * len(PATHS)


SOMETHING = Answered(
    "Whoever may see something of the person is told what else there is and why not", OLGA, WORK, FULL, True
)
EXAMPLES.append(SOMETHING)


async def test_s5_says_no_more_than_this(service: Service) -> None:
    """To whoever something is open, the person is no secret, and refusals have reasons."""
    answer = await service.get(f"/v1/people/{FULL}/notes", *OLGA, WORK)
    assert (answer.status_code, told(answer)["withheld"][0]["clauses"]) == (403, ["P3"])
    nobody = await service.get(f"/v1/people/{NOBODY}/notes", *OLGA, WORK)
    assert (nobody.status_code, told(nobody)["code"]) == (404, "not-found")
