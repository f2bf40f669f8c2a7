"""Tokens made here: who they say is asking, for how long that is remembered, and by which keys."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from app.db import SqliteDatabase
from app.identity import Authenticator, Keys, NotAuthenticated, load_keys, write_private_key
from app.identity import authenticate as module
from app.vocabulary import Caller, Party, Role
from tests.identity.making import NOW, STAFF_CLAIMS, SYSTEM_CLAIMS, Signer, bearer, pem_of, settings_for


@pytest.fixture
def fresh(key_file: Path, keys: Keys) -> Authenticator:
    return Authenticator(settings_for(key_file), keys, SqliteDatabase(":memory:"))


def test_a_member_of_staff(authenticator: Authenticator, signer: Signer) -> None:
    caller = authenticator.authenticate(bearer(signer.forged(STAFF_CLAIMS)), NOW)
    token = str(STAFF_CLAIMS["jti"])
    assert caller == Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "case-system", token, "olive.manager")


def test_a_system_for_itself_with_its_service(authenticator: Authenticator, signer: Signer) -> None:
    claims = SYSTEM_CLAIMS | {"party": "health", "role": "clinical-system", "service": "leicester"}
    caller = authenticator.authenticate(bearer(signer.forged(claims)), NOW)
    assert (caller.is_system, caller.staff, caller.service) == (True, None, "leicester")


def test_the_scheme_has_no_case(authenticator: Authenticator, signer: Signer) -> None:
    assert authenticator.authenticate(f"bEARER {signer.forged(STAFF_CLAIMS)}", NOW).staff == "olive.manager"


async def test_our_own_tokens_need_no_preparation(fresh: Authenticator, signer: Signer) -> None:
    header = bearer(signer.forged(STAFF_CLAIMS))
    await fresh.prepare(header, NOW)
    await fresh.prepare(None, NOW)
    assert fresh.authenticate(header, NOW).staff == "olive.manager"


def test_a_verified_token_is_verified_once(
    fresh: Authenticator, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = bearer(signer.forged(STAFF_CLAIMS))
    first = fresh.authenticate(header, NOW)
    monkeypatch.setattr(module, "verify", None)
    assert fresh.authenticate("".join(list(header)), NOW) is first


def test_what_is_remembered_never_outlives_the_expiry(fresh: Authenticator, signer: Signer) -> None:
    header = bearer(signer.forged(STAFF_CLAIMS))
    fresh.authenticate(header, NOW + timedelta(seconds=899, microseconds=999_999))
    with pytest.raises(NotAuthenticated) as refused:
        fresh.authenticate(header, NOW + timedelta(seconds=900))
    assert refused.value.code == "token-expired"


def test_a_refused_token_is_not_remembered(fresh: Authenticator, signer: Signer) -> None:
    header = bearer(signer.forged(STAFF_CLAIMS | {"aud": "elsewhere"}))
    for _ in range(2):
        with pytest.raises(NotAuthenticated):
            fresh.authenticate(header, NOW)


def test_only_so_many_are_remembered_and_the_least_used_goes_first(
    fresh: Authenticator, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    used, idle, new = (bearer(signer.forged(STAFF_CLAIMS | {"jti": name})) for name in ("used", "idle", "new"))
    for header in (used, idle, used, new):
        fresh.authenticate(header, NOW)
    assert set(fresh._known) == {used, new}


async def test_closing_forgets_every_token(fresh: Authenticator, signer: Signer) -> None:
    fresh.authenticate(bearer(signer.forged(STAFF_CLAIMS)), NOW)
    await fresh.close()
    assert not fresh._known


@pytest.fixture
def rotated(key_file: Path, tmp_path: Path) -> Keys:
    """A new current key `2`; the one of before, `1`, is still accepted."""
    write_private_key(tmp_path / "new.pem")
    private = load_pem_private_key(key_file.read_bytes(), None)
    previous = tmp_path / "previous.pem"
    previous.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return load_keys(settings_for(tmp_path / "new.pem", signing_key_id="2", previous_public_keys={"1": previous}))


def test_a_previous_key_is_still_accepted(rotated: Keys, signer: Signer, key_file: Path) -> None:
    after = Authenticator(settings_for(key_file), rotated, SqliteDatabase(":memory:"))
    assert after.authenticate(bearer(signer.forged(STAFF_CLAIMS)), NOW).staff == "olive.manager"
    assert after.authenticate(bearer(Signer.of(rotated).forged(STAFF_CLAIMS)), NOW).staff == "olive.manager"


def test_a_key_is_accepted_under_its_own_id_alone(rotated: Keys, signer: Signer, key_file: Path) -> None:
    after = Authenticator(settings_for(key_file), rotated, SqliteDatabase(":memory:"))
    with pytest.raises(NotAuthenticated) as refused:
        after.authenticate(bearer(signer.forged(STAFF_CLAIMS, signer.header(kid="2"))), NOW)
    assert refused.value.code == "token-signature"


def test_a_key_that_is_no_longer_listed_is_refused(tmp_path: Path, signer: Signer, key_file: Path) -> None:
    (tmp_path / "new.pem").write_bytes(pem_of(ec.generate_private_key(ec.SECP384R1())))
    keys = load_keys(settings_for(tmp_path / "new.pem", signing_key_id="2"))
    after = Authenticator(settings_for(key_file), keys, SqliteDatabase(":memory:"))
    with pytest.raises(NotAuthenticated) as refused:
        after.authenticate(bearer(signer.forged(STAFF_CLAIMS)), NOW)
    assert refused.value.code == "token-key"


def test_with_keys_of_two_kinds_each_signs_by_its_own_algorithm(
    tmp_path: Path, rsa_pem: bytes, rsa_signer: Signer, signer: Signer, key_file: Path
) -> None:
    public = load_pem_private_key(rsa_pem, None).public_key()
    (tmp_path / "rsa.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    settings = settings_for(key_file, previous_public_keys={"old": tmp_path / "rsa.pem"})
    both = Authenticator(settings, load_keys(settings), SqliteDatabase(":memory:"))
    good = rsa_signer.forged(STAFF_CLAIMS, rsa_signer.header(kid="old"))
    assert both.authenticate(bearer(good), NOW).staff == "olive.manager"
    with pytest.raises(NotAuthenticated) as refused:
        both.authenticate(bearer(signer.forged(STAFF_CLAIMS, signer.header(kid="old"))), NOW)
    assert refused.value.code == "token-algorithm"
