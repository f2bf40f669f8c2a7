"""What holds of every clause alike: one example that it permits, and each way in which it stops permitting.

A file for each family of clauses calls these with its own lines, and says besides what is particular to them.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from app.policies import CompiledAgreement, compile_agreement
from app.policies.load import read_agreement
from app.vocabulary import UNFAVOURABLE, Facts, Party, Role, names_of, parties_of
from tests.many import many
from tests.policies.asking import asks, facts, ruled, standing
from tests.policies.law import FIELDS, OF_NOBODY, ROWS, Line, lines

FILE = Path(__file__).parents[2] / "app" / "policies" / "agreements" / "leicester-2012.toml"
AFTER = datetime(2027, 4, 1, tzinfo=UTC)


@cache
def ended() -> CompiledAgreement:
    """The agreement with a last day that has passed by `AFTER`."""
    text = FILE.read_text().replace("in_force_from = 2012-11-01", "last_day = 2027-03-31\nin_force_from = 2012-11-01")
    return compile_agreement(read_agreement(text, "ended.toml"))


def just(line: Line) -> Facts:
    """Exactly what the clause needs, S1 included."""
    return standing(line.role) | facts(" ".join(line.needs))


def _same(line: Line) -> list[Line]:
    """Every line of the law that can permit the same."""
    return [
        one
        for one in lines()
        if (one.role, one.purpose, one.action, one.subject) == (line.role, line.purpose, line.action, line.subject)
    ]


def expected(line: Line, holding: Facts, *, over: bool = False) -> tuple[str, ...]:
    """The clauses that permit with these facts, by the law as written by hand."""
    if line.subject not in OF_NOBODY and holding & facts("excluded"):
        return ()
    return tuple(
        one.clause
        for one in _same(line)
        if holding & just(one) == just(one)
        and (one.subject in OF_NOBODY or one.despite_restriction or not _is_shut(holding))
        and not (one.objection and holding & facts(one.objection))
        and (one.despite_end or not over)
    )


def _is_shut(holding: Facts) -> bool:
    return bool(holding & facts("restricted")) and not holding & facts("listed")


def agrees(line: Line, holding: Facts, *, over: bool = False) -> None:
    """The ruling at every party where the role can be is the one that the law gives."""
    permitting = expected(line, holding, over=over)
    agreement, at = (ended(), AFTER) if over else (None, datetime(2026, 3, 2, tzinfo=UTC))
    for party in parties_of(Role(line.role)):
        question = asks(line.role, line.purpose, line.action, line.subject, party=Party(party).value, at=at)
        ruling = ruled(question, holding, agreement)
        assert ruling.permitted == bool(permitting), ruling
        if permitting:
            assert ruling.clauses == permitting
            assert ruling.missing == ()
            assert ruling.rows == {ROWS.get(clause, "sent") for clause in permitting}
            full = [clause for clause in permitting if clause not in FIELDS]
            assert ruling.fields == (() if full else FIELDS[permitting[0]])


def specification(family: str) -> Callable[[type], type]:
    """A class decorator: its tests run for each line of the family, named after what the line says."""
    of_each = many("line", lines(family), ids=lambda line: line.name)

    def decorate(example: type) -> type:
        for name in dir(example):
            if name.startswith("test_"):
                setattr(example, name, of_each(getattr(example, name)))
        return example

    return decorate


class EveryClause:
    """What each line of the law is held to."""

    def test_permits_with_exactly_what_it_needs(self, line: Line) -> None:
        assert line.clause in expected(line, just(line))
        agrees(line, just(line))

    def test_lacks_each_need_in_turn_and_says_which(self, line: Line) -> None:
        for need in line.needs:
            holding = just(line) & ~facts(need)
            agrees(line, holding)
            ruling = ruled(asks(line.role, line.purpose, line.action, line.subject), holding)
            if not ruling.permitted:
                assert line.clause in ruling.clauses
                missing = [each for each in ruling.missing if each.clause == line.clause]
                assert [need] in [[fact.value for fact in each.lacks] for each in missing if each.stopped_by == ()]
                assert len(missing) == len([each for each in _same(line) if each.clause == line.clause])

    def test_names_everything_that_is_missing_at_once(self, line: Line) -> None:
        ruling = ruled(asks(line.role, line.purpose, line.action, line.subject), 0)
        missing = [(each.clause, {fact.value for fact in each.lacks}) for each in ruling.missing]
        assert ruling.clauses == ("S1",)
        assert (line.clause, line.needs | set(_names(standing(line.role)))) in missing
        assert {clause for clause, _ in missing} == {one.clause for one in _same(line)}

    def test_stops_without_employment_or_sharing_training(self, line: Line) -> None:
        for lacking in _names(standing(line.role)):
            ruling = ruled(asks(line.role, line.purpose, line.action, line.subject), just(line) & ~facts(lacking))
            assert (ruling.permitted, ruling.clauses) == (False, ("S1",))
            assert all(lacking in {fact.value for fact in each.lacks} for each in ruling.missing)

    def test_stops_for_the_excluded_whatever_else_holds(self, line: Line) -> None:
        agrees(line, just(line) | facts("excluded"))
        agrees(line, just(line) | facts("excluded listed break-glass mhtr supervised"))
        ruling = ruled(asks(line.role, line.purpose, line.action, line.subject), just(line) | facts("excluded"))
        if line.subject in OF_NOBODY:
            assert ruling.permitted
        else:
            assert "S3" in ruling.clauses
            assert ["excluded"] in [[fact.value for fact in each.stopped_by] for each in ruling.missing]

    def test_a_restriction_leaves_what_s3_leaves_and_the_listed(self, line: Line) -> None:
        question = asks(line.role, line.purpose, line.action, line.subject)
        shut = ruled(question, just(line) | facts("restricted"))
        agrees(line, just(line) | facts("restricted"))
        agrees(line, just(line) | facts("restricted listed"))
        assert shut.permitted == (line.despite_restriction or line.subject in OF_NOBODY)
        if not shut.permitted:
            assert "S3" in shut.clauses
            assert {"restricted"} in [{fact.value for fact in each.stopped_by} for each in shut.missing]
        is_announced = shut.permitted and line.subject not in OF_NOBODY and not line.role.endswith("-system")
        assert shut.announce == is_announced
        assert not ruled(question, just(line) | facts("restricted listed")).announce
        assert not ruled(question, just(line)).announce

    def test_an_objection_stops_what_s4_says_and_no_more(self, line: Line) -> None:
        mine = f"objection:{line.subject}"
        every = [fact for fact in _names(UNFAVOURABLE) if fact.startswith("objection:")]
        others = " ".join(fact for fact in every if fact != mine)
        agrees(line, just(line) | facts(others))
        assert ruled(asks(line.role, line.purpose, line.action, line.subject), just(line) | facts(others)).permitted
        if mine in every:
            agrees(line, just(line) | facts(mine))
            ruling = ruled(asks(line.role, line.purpose, line.action, line.subject), just(line) | facts(mine))
            assert ruling.permitted == (line.objection is None)
            if not ruling.permitted:
                assert "S4" in ruling.clauses

    def test_an_agreement_that_has_ended_leaves_oversight_subject_access_and_withdrawal(self, line: Line) -> None:
        agrees(line, just(line), over=True)
        question = asks(line.role, line.purpose, line.action, line.subject, at=AFTER)
        ruling = ruled(question, just(line), ended())
        assert ruling.permitted == line.despite_end
        if not ruling.permitted:
            assert ruling.clauses == (line.clause if any(one.despite_end for one in _same(line)) else "S2",)


def _names(holding: Facts) -> list[str]:
    return [fact.value for fact in names_of(holding)]
