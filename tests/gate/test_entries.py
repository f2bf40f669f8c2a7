"""What the log keeps of each answer and each refusal, before the one leaves and before the other is raised."""

import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import app.tables as t
from app.audit.submission import LogUnavailable
from app.db import UnpermittedRead
from app.gate import PEOPLE, AccessRefused, DecisionMismatch, Gate, NotOnFile, SessionRevoked
from app.policies import AgreementVersions, compile_agreement, decide
from app.policies.load import read_agreement
from app.records.reading import released_fields
from app.records.writing import person_id
from app.services.people import PeopleService
from app.vocabulary import CATEGORIES, Action, Category, Fact, Question, Role, facts_of
from tests import world
from tests.gate.house import agreed, announced, asks, entries, gate_over, put
from tests.policies.clauses import FILE
from tests.world import NOW

CRN, OTHER, NOBODY = "X000001", "X000002", "X999999"
IDENTITY, ATTENDANCE = Category.IDENTITY, Category.ATTENDANCE
OLIVES_OWN = ("identity", "contact", "supervision", "offence", "risk", "obligations", "consent")


def patient(crn: str = CRN) -> list[Any]:
    """Supervised by olive, in treatment, and content that she knows whether they attend."""
    return [world.person(crn), world.caseload(crn, "olive"), world.supervision(crn), world.referral(crn)]


async def ask(gate: Gate, question: Question, answer: bytes = b'{"a":1}') -> None:
    async with gate.ask(question) as opened:
        opened.answer = answer


class TestASingleRead:
    """One entry, which says all that is needed to make the decision again."""

    async def test_what_it_says(self, database_url: str) -> None:
        given = world.consent(CRN, "attendance")
        other = world.consent(CRN, "health-trainer")
        await put(database_url, patient(), given, other)
        async with gate_over(database_url) as gate:
            question = asks("olive", "supervision", *CATEGORIES, crn=CRN, request_id="request-7")
            async with gate.ask(question) as opened:
                opened.answer = b'{"some":"answer"}'
                assert await entries(database_url) == []
        (entry,) = await entries(database_url)
        holding = facts_of(
            *(Fact.EMPLOYED, Fact.TRAINED_SHARING, Fact.TRAINED_JUSTICE_DATA, Fact.TRAINED_AWARENESS),
            *(Fact.CASELOAD, Fact.SUPERVISED, Fact.CONSENT_ATTENDANCE),
        )
        open_ = {*OLIVES_OWN, "referral", "attendance"}
        assert entry["facts"]["bits"] == holding
        assert entry["released"] == {word: list(released_fields(Category(word), "all")) for word in open_}
        assert entry["released"]["identity"][:3] == ["person.id", "person.crn", "person.familyName"]
        assert set(entry["withheld"]) == {category.value for category in CATEGORIES} - open_
        assert entry["withheld"]["notes"] == {"clauses": ["P3"], "missing": [], "stoppedBy": []}
        assert entry["withheld"]["scores"] == {"clauses": ["D4"], "missing": ["consent:scores"], "stoppedBy": []}
        assert entry["clauses"] == ["A1", "D1", "D6", "E3"]
        assert entry["agreement"] == agreed().at(NOW).digest
        assert (entry["outcome"], entry["reason"], entry["announce"]) == ("partly-permitted", None, None)
        assert (entry["purpose"], entry["action"], entry["resource"]) == ("supervision", "read", "/v1/test")
        assert (entry["requestId"], entry["type"]) == ("request-7", "access")
        assert entry["caller"]["staff"] == "olive"
        assert entry["person"] == {"personId": person_id(CRN), "crn": CRN, "consents": [given[0].id]}
        assert entry["answerDigest"] == hmac.digest(entry["salt"], b'{"some":"answer"}', "sha256").hex()
        body = {key: value for key, value in entry.items() if key not in ("person", "salt")}
        assert CRN not in json.dumps(body), "whom it is about stands in the part that can be erased"
        assert opened.receipt is not None
        assert str(opened.receipt).startswith("0:")

    @pytest.mark.parametrize(
        ("rows", "clauses", "relies"),
        [
            pytest.param(("mhtr",), ["D2"], False, id="on a court's order alone"),
            pytest.param(("mhtr", "consent"), ["D1", "D2"], True, id="on both, of which one needs the consent"),
            pytest.param(("consent",), ["D1"], True, id="on the consent"),
        ],
    )
    async def test_the_consents_relied_on(self, sqlite_url: str, rows: Any, clauses: Any, relies: bool) -> None:
        given, sentence = world.consent(CRN, "attendance"), world.supervision(CRN)
        more = {"mhtr": [sentence, world.requirement(CRN, sentence)], "consent": given}
        await put(sqlite_url, patient(), *(more[name] for name in rows))
        async with gate_over(sqlite_url) as gate:
            await ask(gate, asks("olive", "supervision", ATTENDANCE, crn=CRN))
        (entry,) = await entries(sqlite_url)
        assert entry["clauses"] == clauses
        assert entry["person"]["consents"] == ([given[0].id] if relies else [])

    async def test_a_caveat_narrows_the_fields(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient(), world.consent(CRN, "scores"))
        async with gate_over(sqlite_url) as gate:
            await ask(gate, asks("olive", "supervision", Category.SCORES, crn=CRN))
        (entry,) = await entries(sqlite_url)
        assert entry["released"] == {"scores": list(released_fields(Category.SCORES, "totals"))}
        assert set(entry["released"]["scores"]) < set(released_fields(Category.SCORES, "all"))

    async def test_an_exception_in_the_block_leaves_no_entry_and_a_closed_permit(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient())
        async with gate_over(sqlite_url) as gate:
            with pytest.raises(ZeroDivisionError):
                async with gate.ask(asks("olive", "supervision", IDENTITY, crn=CRN)) as opened:
                    raise ZeroDivisionError
            assert not opened.permit.live
            assert opened.receipt is None
            with pytest.raises(UnpermittedRead):
                await gate.records.read(opened.permit, IDENTITY)
        assert await entries(sqlite_url) == []

    async def test_a_permit_is_dead_after_its_block(self, database_url: str) -> None:
        await put(database_url, patient())
        async with gate_over(database_url) as gate:
            async with gate.ask(asks("olive", "supervision", IDENTITY, crn=CRN)) as opened:
                assert (await gate.records.read(opened.permit, IDENTITY))["person"][0]["crn"] == CRN
            with pytest.raises(UnpermittedRead):
                await gate.records.read(opened.permit, IDENTITY)

    async def test_a_permit_opens_what_was_decided_and_nothing_else(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient())
        async with (
            gate_over(sqlite_url) as gate,
            gate.ask(asks("olive", "supervision", IDENTITY, ATTENDANCE, crn=CRN)) as opened,
        ):
            assert set(opened.permit.openings) == {IDENTITY}
            with pytest.raises(KeyError):
                await gate.records.read(opened.permit, ATTENDANCE)


class TestAList:
    """One entry for each person shown, in one submission; one for the page where nobody is."""

    async def test_one_for_each_person(self, database_url: str) -> None:
        given = world.consent(CRN, "attendance")
        limited = world.limit(OTHER, "exclusion", "somebody.else")
        third = [world.person("X000003"), world.supervision("X000003")]
        await put(database_url, patient(), patient(OTHER), given, world.consent(OTHER, "attendance"), limited, third)
        async with gate_over(database_url) as gate:
            question = asks("probation", "records-sync", IDENTITY, request_id="request-8")
            answer = await PeopleService(gate).page(question, {}, None, 5)
        rows = json.loads(answer.body)["data"]
        one, two = await entries(database_url)
        assert one["released"] == {"identity": ["crn", "dateOfBirth", "familyName", "givenNames", "sex"]}
        assert two["released"] == {"identity": ["crn"]}
        assert [each["person"]["crn"] for each in (one, two)] == [CRN, OTHER] == [row["crn"] for row in rows]
        assert one["person"]["consents"] == [given[0].id]
        assert {each["requestId"] for each in (one, two)} == {"request-8"}
        assert {tuple(each["clauses"]) for each in (one, two)} == {("H3",)}
        for entry, row in zip((one, two), rows, strict=True):
            shown = json.dumps(row, separators=(",", ":")).encode()
            assert entry["answerDigest"] == hmac.digest(entry["salt"], shown, "sha256").hex()
            assert set(entry["released"]["identity"]) == set(row) - {"limited"}
        assert [receipt.seq for receipt in answer.receipts] == [0, 1]

    async def test_nobody(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient())
        async with gate_over(sqlite_url) as gate:
            answer = await PeopleService(gate).page(asks("omar", "supervision", IDENTITY), {}, None, 5)
        (entry,) = await entries(sqlite_url)
        assert json.loads(answer.body)["data"] == []
        assert (entry["outcome"], entry["reason"], entry["person"]) == ("permitted", "nobody-listed", None)

    async def test_an_exception_leaves_no_entry(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient())
        async with gate_over(sqlite_url) as gate:
            with pytest.raises(ZeroDivisionError):
                async with gate.ask_many(asks("olive", "supervision", IDENTITY), PEOPLE, {}, None, 5):
                    raise ZeroDivisionError
        assert await entries(sqlite_url) == []

    async def test_a_row_that_the_decision_refuses_is_a_fault(
        self, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "app.gate.listing.decide", lambda question, facts, law: decide(question, facts | Fact.EXCLUDED.bit, law)
        )
        await put(sqlite_url, patient())
        async with gate_over(sqlite_url) as gate:
            with pytest.raises(DecisionMismatch, match="S3"):
                await PeopleService(gate).page(asks("olive", "supervision", IDENTITY), {}, None, 5)
        assert await entries(sqlite_url) == []

    @pytest.mark.parametrize(
        ("who", "purpose", "filters", "code"),
        [
            pytest.param("gus", "oversight", {"postcode": "LE1 1AA"}, "filter-not-permitted", id="a filter never open"),
            pytest.param("audrey", "oversight", {}, "not-permitted-for-role", id="a list never open"),
            pytest.param("carl", "service-evaluation", {}, "not-permitted-for-role", id="no person is open"),
            pytest.param("olive", "direct-care", {}, "purpose-not-for-role", id="a purpose of others"),
        ],
    )
    async def test_refused(self, sqlite_url: str, who: str, purpose: str, filters: Any, code: str) -> None:
        await put(sqlite_url, patient())
        async with gate_over(sqlite_url) as gate:
            with pytest.raises(AccessRefused) as refused:
                await PeopleService(gate).page(asks(who, purpose, IDENTITY), filters, None, 5)
        (entry,) = await entries(sqlite_url)
        assert refused.value.code == entry["reason"] == code
        assert (entry["outcome"], entry["released"], entry["person"]) == ("refused", {}, None)

    async def test_a_caller_whose_training_lapsed(self, sqlite_url: str) -> None:
        newcomer = world.staff("newcomer", Role.OFFENDER_MANAGER, "")
        await put(sqlite_url, newcomer, world.person(CRN), world.caseload(CRN, "newcomer"))
        async with gate_over(sqlite_url) as gate:
            question = asks("olive", "supervision", IDENTITY)
            theirs = replace(question, caller=replace(question.caller, staff="newcomer"))
            with pytest.raises(AccessRefused) as refused:
                await PeopleService(gate).page(theirs, {}, None, 5)
        assert refused.value.code == "standing-lapsed"
        (entry,) = await entries(sqlite_url)
        assert entry["facts"]["bits"] == Fact.EMPLOYED.bit


class TestRefusals:
    """Durable before it is raised, with the true reason, whatever the caller is told."""

    @pytest.mark.parametrize(
        ("who", "purpose", "crn", "reason", "told"),
        [
            pytest.param("omar", "supervision", CRN, "not-permitted", NotOnFile, id="nothing at all is open"),
            pytest.param("omar", "supervision", NOBODY, "not-on-file", NotOnFile, id="nobody is there"),
            pytest.param("olive", "supervision", CRN, "not-permitted", AccessRefused, id="another category is open"),
            pytest.param(
                "olive", "direct-care", CRN, "purpose-not-for-role", AccessRefused, id="the purpose of others"
            ),
        ],
    )
    async def test_before_it_is_raised(
        self, database_url: str, who: str, purpose: str, crn: str, reason: str, told: type[AccessRefused]
    ) -> None:
        await put(database_url, patient())
        async with gate_over(database_url) as gate:
            with pytest.raises(AccessRefused) as refused:
                await ask(gate, asks(who, purpose, ATTENDANCE, crn=crn))
            (entry,) = await entries(database_url)  # while the gate is open, from another connection
        assert type(refused.value) is told
        known = person_id(CRN) if reason == "not-permitted" else None
        assert (entry["outcome"], entry["reason"], entry["released"]) == ("refused", reason, {})
        assert entry["person"] == {"personId": known, "crn": crn, "consents": []}
        assert entry["answerDigest"] is None

    async def test_reasons_are_for_those_to_whom_something_else_is_open(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient())
        async with gate_over(sqlite_url) as gate:
            with pytest.raises(AccessRefused) as refused:
                await ask(gate, asks("olive", "supervision", ATTENDANCE, crn=CRN))
            assert [each.subject for each in refused.value.withheld] == [ATTENDANCE]
            with pytest.raises(NotOnFile) as unknown:
                await ask(gate, asks("omar", "supervision", ATTENDANCE, crn=CRN))
            assert unknown.value.withheld == ()
        assert (await entries(sqlite_url))[0]["withheld"] == {
            "attendance": {"clauses": ["D1", "D2"], "missing": ["consent:attendance", "mhtr"], "stoppedBy": []}
        }

    async def test_a_revoked_token(self, database_url: str) -> None:
        revoked = t.RevokedToken(token="token-olive", expires_at=NOW + timedelta(days=1), revoked_at=NOW)
        await put(database_url, patient(), revoked)
        async with gate_over(database_url) as gate:
            with pytest.raises(SessionRevoked):
                await ask(gate, asks("olive", "supervision", IDENTITY, crn=CRN))
            with pytest.raises(SessionRevoked):
                await PeopleService(gate).page(asks("olive", "supervision", IDENTITY), {}, None, 5)
        assert [(each["reason"], each["outcome"]) for each in await entries(database_url)] == [
            ("session-revoked", "refused"),
            ("session-revoked", "refused"),
        ]

    async def test_a_referral_that_is_not_there(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient())
        async with gate_over(sqlite_url) as gate:
            with pytest.raises(NotOnFile):
                async with gate.ask(asks("adam", "direct-care", Category.REFERRAL), referral="R-0"):
                    pytest.fail("it was opened")
        (entry,) = await entries(sqlite_url)
        assert (entry["reason"], entry["person"]) == ("not-on-file", {"personId": None, "crn": None, "consents": []})


class TestTheLogIsGone:
    """Nothing leaves that is not in the log: neither an answer nor a refusal."""

    async def test_on_the_way_out(self, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        await put(database_url, patient())
        async with gate_over(database_url) as gate:
            with pytest.raises(LogUnavailable):  # noqa: PT012  # the log goes away within the block
                async with gate.ask(asks("olive", "supervision", IDENTITY, crn=CRN)) as opened:
                    opened.answer = b"{}"
                    await gate.log.close()
            assert opened.receipt is None
            assert not opened.permit.live
            for attempt in (
                PeopleService(gate).category(asks("olive", "supervision", IDENTITY, crn=CRN), IDENTITY),
                PeopleService(gate).page(asks("olive", "supervision", IDENTITY), {}, None, 5),
                PeopleService(gate).category(asks("omar", "supervision", IDENTITY, crn=CRN), IDENTITY),
                PeopleService(gate).category(asks("olive", "direct-care", IDENTITY, crn=CRN), IDENTITY),
                gate.change(asks("probation", "records-sync", IDENTITY, crn=CRN), (), {}),
            ):
                with pytest.raises(LogUnavailable):
                    await attempt
            monkeypatch.setattr(gate.log, "close", nothing)
        assert await entries(database_url) == []


async def nothing() -> None:
    """The log is closed already."""


class TestAnnouncements:
    """S3: a restricted record used by somebody who is not listed is told to its owner, with the entry or not at all."""

    @pytest.mark.parametrize(
        ("who", "purpose", "about", "told"),
        [
            pytest.param("olive", "public-protection", "restricted", True, id="P1"),
            pytest.param("lena", "public-protection", "restricted", True, id="P2"),
            pytest.param("theo", "emergency", "restricted", True, id="F1"),
            pytest.param("olive", "emergency", "restricted", True, id="F2"),
            pytest.param("rory", "subject-access", "restricted", True, id="G3"),
            pytest.param("olive", "public-protection", "listed", False, id="somebody who is listed"),
            pytest.param("olive", "public-protection", "open", False, id="a record that is not restricted"),
            pytest.param("olive", "public-protection", "excluding others", False, id="an exclusion of others"),
        ],
    )
    async def test_a_single_read(self, database_url: str, who: str, purpose: str, about: str, told: bool) -> None:
        limits: dict[str, list[Any]] = {
            "restricted": world.limit(CRN, "restriction", "somebody.else"),
            "listed": world.limit(CRN, "restriction", "olive"),
            "excluding others": world.limit(CRN, "exclusion", "somebody.else"),
            "open": [],
        }
        grants = [world.grant(CRN, name) for name in ("theo", "olive")]
        await put(database_url, patient(), grants, world.subject_request(CRN), limits[about])
        async with gate_over(database_url) as gate:
            await ask(gate, asks(who, purpose, IDENTITY, crn=CRN))
        (entry,) = await entries(database_url)
        assert entry["announce"] == ("justice" if told else None)
        expected = [(entry["eventId"], "restricted-record-used", "justice")] if told else []
        assert await announced(database_url) == expected

    async def test_a_refusal_is_not_announced(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient(), world.limit(CRN, "restriction"))
        async with gate_over(sqlite_url) as gate:
            with pytest.raises(NotOnFile):
                await ask(gate, asks("olive", "supervision", IDENTITY, crn=CRN))
        assert (len(await entries(sqlite_url)), await announced(sqlite_url)) == (1, [])

    async def test_a_system_is_not_announced(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient(), world.limit(CRN, "restriction"))
        async with gate_over(sqlite_url) as gate:
            question = asks("probation", "records-sync", IDENTITY, crn=CRN, action=Action.WRITE)
            await gate.change(question, (), {})
        (entry,) = await entries(sqlite_url)
        assert (entry["outcome"], entry["announce"], await announced(sqlite_url)) == ("permitted", None, [])

    async def test_each_person_on_a_page(self, database_url: str) -> None:
        await put(database_url, patient(), patient(OTHER), world.limit(OTHER, "restriction"))
        async with gate_over(database_url) as gate:
            await PeopleService(gate).page(asks("lena", "public-protection", IDENTITY), {}, None, 5)
        one, two = await entries(database_url)
        assert (one["announce"], two["announce"]) == (None, "justice")
        assert [event for event, _, _ in await announced(database_url)] == [two["eventId"]]

    async def test_with_the_entry_or_not_at_all(self, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The announcement cannot be written: then there is no entry, and no answer leaves."""
        event = "00000000-0000-7000-8000-000000000000"
        taken = t.Announcement(number=1000, id=event, event_id=event, kind="other", party="justice", created_at=NOW)
        await put(database_url, patient(), world.limit(CRN, "restriction"), taken)
        monkeypatch.setattr("app.gate.door.event_id", lambda: event)
        async with gate_over(database_url) as gate:
            with pytest.raises(Exception, match="refuses the change"):
                await ask(gate, asks("olive", "public-protection", IDENTITY, crn=CRN))
        assert await entries(database_url) == []


class TestAnAgreementThatHasEnded:
    """Everything is refused but oversight and subject access."""

    @pytest.mark.parametrize(
        ("who", "purpose", "category", "is_open"),
        [
            pytest.param("olive", "supervision", "identity", False, id="supervision"),
            pytest.param("theo", "direct-care", "identity", False, id="direct care"),
            pytest.param("theo", "emergency", "safety", False, id="an emergency"),
            pytest.param("lena", "public-protection", "identity", False, id="public protection"),
            pytest.param("probation", "records-sync", "identity", False, id="systems"),
            pytest.param("gus", "oversight", "consent", True, id="oversight"),
            pytest.param("rory", "subject-access", "notes", True, id="subject access"),
        ],
    )
    async def test_reads(self, sqlite_url: str, who: str, purpose: str, category: str, is_open: bool) -> None:
        given, grant = world.consent(CRN, "attendance"), world.grant(CRN, "theo")
        await put(sqlite_url, patient(), given, grant, world.subject_request(CRN))
        question = asks(who, purpose, Category(category), crn=CRN)
        for versions, expected in ((agreed(), True), (over(), is_open)):
            async with gate_over(sqlite_url, versions) as gate:
                assert await opens(gate, question) is expected
        assert (await entries(sqlite_url))[-1]["agreement"] == over().at(NOW).digest

    async def test_lists(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient(), world.subject_request(CRN))
        async with gate_over(sqlite_url, over()) as gate:
            with pytest.raises(AccessRefused):
                await PeopleService(gate).page(asks("olive", "supervision", IDENTITY), {}, None, 5)
            theirs = await PeopleService(gate).page(asks("rory", "subject-access", IDENTITY), {}, None, 5)
            assert [row["crn"] for row in json.loads(theirs.body)["data"]] == [CRN]

    async def test_changes(self, sqlite_url: str) -> None:
        await put(sqlite_url, patient())
        async with gate_over(sqlite_url, over()) as gate:
            with pytest.raises(NotOnFile):
                await gate.change(asks("probation", "records-sync", IDENTITY, crn=CRN, action=Action.WRITE), (), {})


def over() -> AgreementVersions:
    """The agreement with a last day that has passed."""
    day = (NOW - timedelta(days=1)).date()
    text = FILE.read_text().replace("in_force_from", f"last_day = {day}\nin_force_from")
    return AgreementVersions([compile_agreement(read_agreement(text, "over.toml"))])


async def opens(gate: Gate, question: Question) -> bool:
    try:
        await ask(gate, question)
    except AccessRefused:
        return False
    return True
