"""What an import wrote can be decided again: each entry says what it was about."""

from app.audit.history import open_history
from app.db import Address
from app.policies import shipped_versions
from app.policies.review.replay import Replay
from app.policies.review.simulation import Simulation
from tests.policies.drafts import draft
from tests.sync.folder import load, whole, write
from tests.world import entries

_H5 = (
    'categories = ["identity", "contact", "supervision", "offence", "risk", "obligations"]\ndespite_restriction = true'
)
WITHOUT_OFFENCE = (_H5, _H5.replace('"offence", ', ""))


async def test_every_change_is_made_again_and_a_draft_without_a_category_stops_its_changes_alone(
    database_url, tmp_path
):
    await load(database_url, write(tmp_path / "folder", whole()))
    replaying, simulation = Replay(shipped_versions()), Simulation(draft(WITHOUT_OFFENCE), shipped_versions())
    async with open_history(Address(database_url), None) as history:
        async for page in history.read(await history.between()):
            simulation.add(page)
            for entry in page:
                replaying.add(entry)
    assert replaying.report.disagreements == []
    assert replaying.report.decisions > 20
    said = await entries(database_url)
    offences = [seq for seq, entry in enumerate(said) if (entry["details"] or {}).get("table") == "offence"]
    assert simulation.result.uncertain == []
    ((group, numbers),) = simulation.result.groups.items()
    assert (group[0], group[1], group[5]) == ("closes", "case-management-system", "offence")
    assert numbers == offences
    assert offences
