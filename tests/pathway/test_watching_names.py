"""Looking at colleagues and namesakes: what a display name tells, how rare a surname has to be, and who is excepted."""

import pytest

from app.config import Watch
from app.pathway.watching import Likeness, Named, surnames
from app.vocabulary import WatchRule
from tests.pathway.looking import look, tripped

STAFF = {"anna": "Dr Anna van der Berg", "olga": "Olga O'Brien", "theo": "Theo Winter", "solo": "Solo"}


def likeness(*people: tuple[str, str], **thresholds: object) -> Likeness:
    """Between the staff and people of these given and family names, whose ids are p0, p1 …"""
    on_file = [Named(f"p{n}", *names) for n, names in enumerate(people)]
    by_surname = {
        surname: [each for each in on_file if each.family_name.casefold() == surname.casefold()]
        for name in STAFF.values()
        for surname in surnames(name)
    }
    return Likeness.between(STAFF, by_surname, Watch(**thresholds))


def others(staff: str = "olga", person: str = "p0", **values: object) -> object:
    """A look at somebody who is not the looker's own."""
    return look(staff=staff, person=person, **({"own": False} | values))


def test_what_of_a_display_name_can_be_a_surname() -> None:
    assert surnames("Dr Anna van der Berg") == ["van der Berg", "der Berg", "Berg"]
    assert surnames("Solo") == []
    assert surnames("Dr Winter") == []


@pytest.mark.parametrize(
    ("staff", "given", "family", "rule"),
    [
        pytest.param("olga", "Sean", "O'Brien", WatchRule.NAMESAKE, id="their own surname"),
        pytest.param("olga", "Sean", "o'brien", WatchRule.NAMESAKE, id="in other capitals"),
        pytest.param("anna", "Jan", "van der Berg", WatchRule.NAMESAKE, id="a surname of three words"),
        pytest.param("anna", "Jan", "Berg", WatchRule.NAMESAKE, id="what could be a surname"),
        pytest.param("olga", "Theo", "Winter", WatchRule.COLLEAGUE, id="a colleague's whole name"),
        pytest.param("olga", "Theo James", "Winter", WatchRule.COLLEAGUE, id="and a further given name"),
        pytest.param("olga", "Theo", "Winters", None, id="another surname"),
        pytest.param("olga", "Thea", "Winter", None, id="a colleague's surname alone"),
        pytest.param("theo", "Theo", "Winter", WatchRule.NAMESAKE, id="their own whole name"),
        pytest.param("solo", "Solo", "Solo", None, id="a display name of one word has no surname"),
    ],
)
def test_a_name_is_compared_as_far_as_the_register_has_it(staff, given, family, rule) -> None:
    alerts = tripped([others(staff)], likeness((given, family)))
    assert [each.rule for each in alerts] == ([] if rule is None else [rule])
    for alert in alerts:
        assert (alert.entries, alert.key) == ((0,), "0")
        assert alert.once == f"{rule.value}:2026-03:{staff}:p0"
        assert family.casefold() not in (alert.explanation + str(alert.figures)).casefold()


def test_accents_make_no_difference() -> None:
    found = Likeness.between({"jose": "José Núñez"}, {"Núñez": [Named("p0", "Ana", "Nuñez")]}, Watch())
    assert found.namesakes == {"p0": {"jose"}}


@pytest.mark.parametrize(("bearers", "alerts"), [(5, 1), (6, 0)])
def test_a_surname_that_too_many_have_tells_nothing(bearers: int, alerts: int) -> None:
    everybody = [("Sean", "O'Brien")] * bearers
    found = tripped([others()], likeness(*everybody))
    assert len(found) == alerts
    assert [each.figures["people"] for each in found] == [bearers] * alerts


def test_a_colleagues_whole_name_is_compared_however_common_the_surname_is() -> None:
    common = [("Theo", "Winter"), *[("Other", "Winter")] * 9]
    (alert,) = tripped([others("olga")], likeness(*common))
    assert alert.rule is WatchRule.COLLEAGUE
    assert "no dates of birth" in alert.explanation


def test_their_own_people_are_no_alert() -> None:
    assert tripped([others(own=True)], likeness(("Sean", "O'Brien"))) == []
    assert len(tripped([others(related=True)], likeness(("Sean", "O'Brien")))) == 1


def test_one_alert_a_month_for_each_of_them_at_each_person() -> None:
    from datetime import datetime

    from tests.pathway.looking import LONDON

    times = [datetime(2026, 3, 2, 10, tzinfo=LONDON), datetime(2026, 3, 31, 23, 59, tzinfo=LONDON),
             datetime(2026, 4, 1, 0, 0, tzinfo=LONDON)]  # fmt: skip
    looks = [others(at=moment) for moment in times] + [others(person="p1", at=times[1])]
    alerts = tripped(looks, likeness(("Sean", "O'Brien"), ("Mary", "O'Brien")), hours_people=9)
    assert [each.once for each in alerts] == [
        "namesake:2026-03:olga:p0", "namesake:2026-03:olga:p1", "namesake:2026-04:olga:p0"]  # fmt: skip


@pytest.mark.parametrize("rule", [WatchRule.COLLEAGUE, WatchRule.NAMESAKE])
def test_each_of_the_two_can_be_left_out(rule: WatchRule) -> None:
    alerts = tripped(
        [others("olga", "p0"), others("olga", "p1")], likeness(("Sean", "O'Brien"), ("Theo", "Winter")), rules={rule}
    )
    assert [each.rule for each in alerts] == [rule]
