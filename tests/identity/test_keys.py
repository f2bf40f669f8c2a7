"""Keys that may sign, keys that may not, and what is published of them."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from app.identity import Keys, KeyUnusable, load_keys, write_private_key
from app.identity.issuers import keys_from
from tests.identity.making import Signer, pem_of, settings_for


def test_a_new_key_is_for_its_owner_alone_and_never_replaces_another(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    write_private_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        write_private_key(path)
    assert path.read_bytes() == before
    assert load_keys(settings_for(path)).algorithm == "ES384"


def test_rsa_of_3072_bits_signs_by_rs384(tmp_path: Path, rsa_pem: bytes) -> None:
    (tmp_path / "rsa.pem").write_bytes(rsa_pem)
    assert load_keys(settings_for(tmp_path / "rsa.pem")).algorithm == "RS384"


ENCRYPTED = ec.generate_private_key(ec.SECP384R1()).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")
)


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(lambda: pem_of(ec.generate_private_key(ec.SECP256R1())), id="P-256"),
        pytest.param(lambda: pem_of(ec.generate_private_key(ec.SECP521R1())), id="P-521"),
        pytest.param(lambda: pem_of(rsa.generate_private_key(65537, 2048)), id="RSA of 2048 bits"),
        pytest.param(lambda: pem_of(ed25519.Ed25519PrivateKey.generate()), id="Ed25519"),
        pytest.param(lambda: pem_of(dsa.generate_private_key(1024)), id="DSA"),
        pytest.param(lambda: ENCRYPTED, id="a key with a password"),
        pytest.param(lambda: b"-----BEGIN NONSENSE-----", id="no key at all"),
    ],
)
def test_a_key_that_may_not_sign(tmp_path: Path, pem: object) -> None:
    (tmp_path / "key.pem").write_bytes(pem())  # type: ignore[operator]  # a factory, so that none is made for nothing
    with pytest.raises(KeyUnusable, match=r"key\.pem"):
        load_keys(settings_for(tmp_path / "key.pem"))


def test_a_missing_key_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="OPENMIND_SIGNING_KEY_FILE"):
        load_keys(settings_for(tmp_path / "none.pem"))


@pytest.mark.parametrize("content", [None, b"nonsense"])
def test_a_previous_key_that_cannot_be_used(tmp_path: Path, key_file: Path, content: bytes | None) -> None:
    path = tmp_path / "previous.pem"
    if content:
        path.write_bytes(content)
    with pytest.raises(KeyUnusable, match=r"previous\.pem"):
        load_keys(settings_for(key_file, previous_public_keys={"0": path}))


def test_a_key_id_names_one_key(key_file: Path) -> None:
    with pytest.raises(KeyUnusable, match="both current and previous"):
        load_keys(settings_for(key_file, previous_public_keys={"1": key_file}))


def test_only_public_parts_are_published(keys: Keys, signer: Signer) -> None:
    (published,) = keys.public_jwks()["keys"]
    assert published.keys() == {"alg", "kty", "crv", "x", "y", "kid", "use"}
    assert published["kid"] == keys.key_id


ALL = frozenset({"ES384", "RS384"})


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"use": "enc"}, id="for encryption"),
        pytest.param({"key_ops": ["sign"]}, id="not to verify"),
        pytest.param({"alg": "ES256"}, id="for another algorithm"),
        pytest.param({"kty": "oct", "k": "c2VjcmV0"}, id="symmetric"),
        pytest.param({"kty": "RSA"}, id="of another kind than its members"),
        pytest.param({"crv": "P-256"}, id="on another curve"),
        pytest.param({"crv": "secp256k1"}, id="on an unknown curve"),
        pytest.param({"x": "AAAA"}, id="not on its curve"),
        pytest.param({"x": 7}, id="with a number for a coordinate"),
        pytest.param({"kid": None}, id="without a name"),
    ],
)
def test_a_key_of_a_set_that_is_left_out(client_signer: Signer, changes: dict[str, object]) -> None:
    assert keys_from(client_signer.jwks(**changes), ALL) == {}


def test_a_weak_rsa_key_of_a_set_is_left_out() -> None:
    weak = Signer.from_pem(pem_of(rsa.generate_private_key(65537, 1024)), "RS384", "weak")
    assert keys_from(weak.jwks(), ALL) == {}


def test_a_name_that_stands_twice_in_a_set_is_nobodys(client_signer: Signer, rsa_signer: Signer) -> None:
    one, other = client_signer.jwks(), rsa_signer.jwks(kid=client_signer.key_id)
    assert keys_from(one[:-2] + ", " + other.partition("[")[2], ALL) == {}


def test_private_parts_in_a_set_are_not_looked_at(client_signer: Signer) -> None:
    built = keys_from(client_signer.jwks(d=client_signer.key.to_dict()["d"]), ALL)
    assert built[client_signer.key_id].key.is_public()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": 1}', '{"keys": [1]}', "[" * 100_000])
def test_what_is_no_jwk_set(text: str) -> None:
    with pytest.raises(KeyUnusable, match="no JWK set"):
        keys_from(text, ALL)
