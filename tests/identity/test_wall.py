"""What is no token of ours is refused, however well it is signed: each fault by its own code."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st

from app.identity import Authenticator, NotAuthenticated
from tests.identity.making import (
    NOW,
    SECONDS,
    STAFF_CLAIMS,
    SYSTEM_CLAIMS,
    Signer,
    bearer,
    encoded,
    pem_of,
    text_of,
    without,
)

Make = Callable[[Signer], str]


def claims(**changes: Any) -> Make:
    return lambda signer: signer.forged(STAFF_CLAIMS | changes)


def lacking(name: str) -> Make:
    return lambda signer: signer.forged(without(STAFF_CLAIMS, name))


def header(**changes: Any) -> Make:
    return lambda signer: signer.forged(STAFF_CLAIMS, signer.header(**changes))


def raw_claims(text: str) -> Make:
    """The claims with text of one's own before the closing brace."""
    return lambda signer: signer.forged(json.dumps(STAFF_CLAIMS)[:-1] + text)


def unsigned(algorithm: str) -> Make:
    def make(signer: Signer) -> str:
        head = encoded(text_of(signer.header(alg=algorithm)).encode())
        return f"{head}.{encoded(text_of(STAFF_CLAIMS).encode())}."

    return make


def hmac_by_public_key(encoding: Encoding) -> Make:
    def make(signer: Signer) -> str:
        public = signer.key.prepared_key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        head = encoded(text_of(signer.header(alg="HS384")).encode())
        signed = f"{head}.{encoded(text_of(STAFF_CLAIMS).encode())}"
        return f"{signed}.{encoded(hmac.digest(public, signed.encode(), hashlib.sha384))}"

    return make


def respelled(change: Callable[[str], str], part: int) -> Make:
    """A good token of which one part is written differently."""

    def make(signer: Signer) -> str:
        parts = signer.forged(STAFF_CLAIMS).split(".")
        parts[part] = change(parts[part])
        return ".".join(parts)

    return make


def with_tail_bits(part: str) -> str:
    """Other text for the same bytes: the last character's unused bits are set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(part) % 4, "this part has no unused bits"
    return part[:-1] + alphabet[alphabet.index(part[-1]) | 1]


def by_another_key(signer: Signer) -> str:
    other = Signer.from_pem(pem_of(ec.generate_private_key(ec.SECP384R1())), "ES384", signer.key_id)
    return other.forged(STAFF_CLAIMS)


def with_own_jwk(signer: Signer) -> str:
    other = Signer.from_pem(pem_of(ec.generate_private_key(ec.SECP384R1())), "ES384", signer.key_id)
    return other.forged(STAFF_CLAIMS, other.header(jwk=other.public_jwk()))


def signature_of_another_token(signer: Signer) -> str:
    good, other = signer.forged(STAFF_CLAIMS), signer.forged(SYSTEM_CLAIMS)
    return f"{good.rpartition('.')[0]}.{other.rpartition('.')[2]}"


def short_signature(signer: Signer) -> str:
    return f"{signer.forged(STAFF_CLAIMS).rpartition('.')[0]}.{encoded(bytes(96))}"


def doubled_header(signer: Signer) -> str:
    return signer.forged(STAFF_CLAIMS, json.dumps(signer.header())[:-1] + ', "alg": "ES384"}')


def standard_alphabet(part: str) -> str:
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    return base64.b64encode(raw).decode().rstrip("=") + "+"


REFUSED = [
    pytest.param(lambda _: "", "token-scheme", id="an empty token"),
    pytest.param(lambda _: "abc", "token-malformed", id="one part"),
    pytest.param(lambda _: "..", "token-malformed", id="three empty parts"),
    pytest.param(lambda _: "a.b.c.d.e", "token-encrypted", id="five parts are an encrypted token"),
    pytest.param(lambda signer: signer.forged(STAFF_CLAIMS) + ".", "token-malformed", id="a fourth part"),
    pytest.param(claims(note="x" * 4_000), "token-too-large", id="over 4 kB"),
    pytest.param(unsigned("none"), "token-malformed", id="none, with no signature at all"),
    pytest.param(header(alg="none"), "token-algorithm", id="none, with a signature"),
    pytest.param(header(alg="None"), "token-algorithm", id="none in other capitals"),
    pytest.param(header(alg=["ES384"]), "token-algorithm", id="an algorithm that is a list"),
    pytest.param(header(alg="ES256"), "token-algorithm", id="an algorithm that the key is not for"),
    pytest.param(header(alg="RS384"), "token-algorithm", id="the other family's algorithm"),
    pytest.param(hmac_by_public_key(Encoding.PEM), "token-algorithm", id="HMAC keyed by the public key's PEM"),
    pytest.param(hmac_by_public_key(Encoding.DER), "token-algorithm", id="HMAC keyed by the public key's DER"),
    pytest.param(by_another_key, "token-signature", id="another key under our key id"),
    pytest.param(signature_of_another_token, "token-signature", id="the signature of another token"),
    pytest.param(short_signature, "token-signature", id="a signature of zeros"),
    pytest.param(header(kid="2"), "token-key", id="an unknown key id"),
    pytest.param(header(kid=None), "token-key", id="no key id"),
    pytest.param(header(kid=1), "token-key", id="a key id that is a number"),
    pytest.param(header(kid="../../etc/passwd"), "token-key", id="a key id that is a path"),
    pytest.param(with_own_jwk, "token-header", id="a jwk of the sender's own"),
    pytest.param(header(jku="https://evil.example/jwks"), "token-header", id="a jku"),
    pytest.param(header(x5u="https://evil.example/cert"), "token-header", id="an x5u"),
    pytest.param(header(x5c=["MII"]), "token-header", id="an x5c"),
    pytest.param(header(crit=["exp"]), "token-header", id="crit"),
    pytest.param(header(crit=[]), "token-header", id="an empty crit"),
    pytest.param(header(b64=False), "token-header", id="b64"),
    pytest.param(header(zip="DEF"), "token-header", id="zip"),
    pytest.param(header(enc="A128GCM"), "token-header", id="enc"),
    pytest.param(header(cty="JWT"), "token-header", id="an unknown header member"),
    pytest.param(header(typ="JWT"), "token-type", id="an ID token's type"),
    pytest.param(header(typ="logout+jwt"), "token-type", id="another kind of token"),
    pytest.param(header(typ=None), "token-type", id="no type"),
    pytest.param(header(typ=7), "token-type", id="a type that is a number"),
    pytest.param(doubled_header, "token-malformed", id="a header member twice"),
    pytest.param(raw_claims(', "role": "auditor"}'), "token-malformed", id="a claim twice, the last one better"),
    pytest.param(raw_claims(', "x": {"a": 1, "a": 2}}'), "token-malformed", id="a name twice further down"),
    pytest.param(raw_claims(', "x": NaN}'), "token-malformed", id="NaN"),
    pytest.param(raw_claims(', "x": Infinity}'), "token-malformed", id="Infinity"),
    pytest.param(lambda signer: signer.forged("[" * 2_000), "token-malformed", id="brackets without end"),
    pytest.param(lambda signer: signer.forged('["iss"]'), "token-malformed", id="claims that are a list"),
    pytest.param(lambda signer: signer.forged('"iss"'), "token-malformed", id="claims that are text"),
    pytest.param(lambda signer: signer.forged("{"), "token-malformed", id="claims that are no JSON"),
    pytest.param(lambda signer: signer.forged(STAFF_CLAIMS, "[1]"), "token-malformed", id="a header that is a list"),
    pytest.param(lambda signer: signer.forged("\ufeff" + json.dumps(STAFF_CLAIMS)), "token-malformed", id="a BOM"),
    pytest.param(respelled(lambda part: part + "=", 2), "token-malformed", id="padding on the signature"),
    pytest.param(respelled(lambda part: part + "!", 2), "token-malformed", id="a stray character in the signature"),
    pytest.param(respelled(lambda part: part + "\n", 2), "token-malformed", id="a line break in the signature"),
    pytest.param(respelled(lambda part: " " + part, 0), "token-malformed", id="a space before the header"),
    pytest.param(respelled(standard_alphabet, 1), "token-malformed", id="the other base64 alphabet"),
    pytest.param(respelled(lambda part: part + "A", 1), "token-malformed", id="a character too many"),
    *[pytest.param(lacking(name), "token-claims", id=f"no {name}") for name in ("iss", "aud", "exp", "iat", "jti")],
    *[pytest.param(lacking(name), "token-claims", id=f"no {name}") for name in ("sub", "client_id", "kind", "party")],
    pytest.param(lacking("role"), "token-claims", id="no role"),
    pytest.param(claims(iss="https://evil.example"), "token-issuer", id="another issuer"),
    pytest.param(claims(iss="https://open-mind.example/"), "token-issuer", id="our issuer with a slash"),
    pytest.param(claims(iss=["https://open-mind.example"]), "token-claims", id="a list of issuers"),
    pytest.param(claims(aud="somebody-else"), "token-audience", id="another audience"),
    pytest.param(claims(aud=[]), "token-audience", id="no audience in the list"),
    pytest.param(claims(aud=None), "token-claims", id="a null audience"),
    pytest.param(claims(aud={"openmind": 1}), "token-claims", id="an audience that is an object"),
    pytest.param(claims(aud=["openmind", 1]), "token-claims", id="a number among the audiences"),
    pytest.param(claims(exp=SECONDS), "token-expired", id="expires at this very second"),
    pytest.param(claims(exp=SECONDS - 1), "token-expired", id="expired a second ago"),
    pytest.param(claims(exp=str(SECONDS + 900)), "token-claims", id="an expiry that is text"),
    pytest.param(claims(exp=SECONDS + 900.5), "token-claims", id="an expiry that is no whole number"),
    pytest.param(claims(exp=True), "token-claims", id="an expiry that is true"),
    pytest.param(claims(exp=None), "token-claims", id="an expiry that is null"),
    pytest.param(claims(exp=-1), "token-claims", id="an expiry before 1970"),
    pytest.param(claims(exp=10**30), "token-claims", id="an expiry past the end of time"),
    pytest.param(raw_claims(', "nbf": 1e999}'), "token-claims", id="a time that overflows"),
    pytest.param(claims(exp=SECONDS + 86_400), "token-lifetime", id="good for a day"),
    pytest.param(claims(iat=SECONDS - 86_400), "token-lifetime", id="made a day ago"),
    pytest.param(claims(iat=SECONDS + 60), "token-not-yet-valid", id="made in a minute"),
    pytest.param(claims(nbf=SECONDS + 60), "token-not-yet-valid", id="good from a minute on"),
    pytest.param(claims(iat=str(SECONDS)), "token-claims", id="a time of issue that is text"),
    pytest.param(claims(nbf="now"), "token-claims", id="a start that is text"),
    pytest.param(claims(jti=""), "token-claims", id="an empty id"),
    pytest.param(claims(jti=7), "token-claims", id="an id that is a number"),
    pytest.param(claims(jti="j" * 61), "token-claims", id="an id that the register of revoked tokens cannot hold"),
    pytest.param(claims(sub=7), "token-claims", id="a subject that is a number"),
    pytest.param(claims(sub="olive\x00"), "token-claims", id="a subject with a NUL"),
    pytest.param(claims(sub="\ud800"), "token-claims", id="a subject with half a character"),
    pytest.param(claims(party="police"), "token-claims", id="an unknown party"),
    pytest.param(claims(role="superuser"), "token-claims", id="an unknown role"),
    pytest.param(claims(role=["auditor"]), "token-claims", id="a list of roles"),
    pytest.param(claims(role="clinical-system"), "token-claims", id="a member of staff in a system's role"),
    pytest.param(claims(kind="system"), "token-claims", id="a system in a staff role"),
    pytest.param(claims(kind="ghost", role="case-management-system"), "token-claims", id="an unknown kind"),
    pytest.param(
        claims(kind="system", role="case-management-system"), "token-claims", id="a system that is not its client"
    ),
]


@pytest.mark.parametrize(("make", "code"), REFUSED)
def test_refused(authenticator: Authenticator, signer: Signer, make: Make, code: str) -> None:
    token = make(signer)
    with pytest.raises(NotAuthenticated) as refused:
        authenticator.authenticate(bearer(token), NOW)
    assert refused.value.code == code
    assert ";" in refused.value.detail, "the fault, and the remedy"


@pytest.mark.parametrize(("make", "code"), REFUSED)
def test_the_words_of_a_refusal_hold_nothing_personal(
    authenticator: Authenticator, signer: Signer, make: Make, code: str
) -> None:
    token = make(signer)
    try:
        authenticator.authenticate(bearer(token), NOW)
    except NotAuthenticated as refused:
        said = f"{refused.detail} {refused.__cause__ or ''}"
        for private in ("olive", "evil", "0195c0de", "case-system", signer.key_id + "'", *token.split(".")):
            assert not private or len(private) < 3 or private not in said


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        pytest.param(None, "token-missing", id="no header"),
        pytest.param("", "token-missing", id="an empty header"),
        pytest.param("Bearer", "token-scheme", id="a scheme alone"),
        pytest.param("Basic YTpi", "token-scheme", id="another scheme"),
        pytest.param("Bearer  a.b.c", "token-malformed", id="two spaces"),
    ],
)
def test_a_header_without_a_token(authenticator: Authenticator, authorization: str | None, code: str) -> None:
    with pytest.raises(NotAuthenticated) as refused:
        authenticator.authenticate(authorization, NOW)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(raw_claims("} "), id="a space after the claims is JSON all the same"),
        pytest.param(raw_claims(', "x": ' + "9" * 2_000 + "}"), id="a long number that nobody reads"),
        pytest.param(claims(iat=SECONDS + 3, nbf=SECONDS + 3), id="a small drift between clocks"),
        pytest.param(header(typ="application/AT+JWT"), id="a type with its prefix and in capitals"),
        pytest.param(claims(aud=["elsewhere", "openmind"]), id="one of two audiences"),
    ],
)
def test_taken(authenticator: Authenticator, signer: Signer, make: Make) -> None:
    assert authenticator.authenticate(bearer(make(signer)), NOW).staff == "olive.manager"


@pytest.mark.parametrize("part", [0, 1])
def test_unused_bits_of_a_part_are_refused(authenticator: Authenticator, signer: Signer, part: int) -> None:
    """Padded to a length that leaves bits unused, which a lenient decoder would ignore."""
    fillers = ("", "a", "bb")
    tokens = [signer.forged(STAFF_CLAIMS | {"f": f}, json.dumps(signer.header()) + " " * len(f)) for f in fillers]
    parts = next(parts for parts in (token.split(".") for token in tokens) if len(parts[part]) % 4)
    parts[part] = with_tail_bits(parts[part])
    with pytest.raises(NotAuthenticated) as refused:
        authenticator.authenticate(bearer(".".join(parts)), NOW)
    assert refused.value.code == "token-malformed"


@given(data=st.data())
def test_no_character_of_a_token_can_be_changed(
    authenticator: Authenticator, signer: Signer, data: st.DataObject
) -> None:
    token = signer.forged(STAFF_CLAIMS)
    place = data.draw(st.integers(0, len(token) - 1))
    put = data.draw(st.sampled_from("ABCXYZabcxyz0189-_.=+/ \n") | st.characters(codec="utf-8") | st.just(""))
    changed = token[:place] + put + token[place + data.draw(st.integers(0, 1)) :]
    if changed != token:
        with pytest.raises(NotAuthenticated):
            authenticator.authenticate(bearer(changed), NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(changes=st.dictionaries(st.sampled_from([*STAFF_CLAIMS, "nbf", "service", "x"]), JSON, max_size=3))
@example(changes={"exp": 2**63})
@example(changes={"kind": []})
def test_whatever_a_good_key_signed_is_taken_or_refused(
    authenticator: Authenticator, signer: Signer, changes: dict[str, Any]
) -> None:
    """No third outcome: an unexpected error would be the caller's 500."""
    with suppress(NotAuthenticated):
        authenticator.authenticate(bearer(signer.forged(STAFF_CLAIMS | changes)), NOW)


@given(
    changes=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "jwk", "x"]), JSON, min_size=1, max_size=3)
)
def test_whatever_stands_in_a_header_is_taken_or_refused(
    authenticator: Authenticator, signer: Signer, changes: dict[str, Any]
) -> None:
    with suppress(NotAuthenticated):
        authenticator.authenticate(bearer(signer.forged(STAFF_CLAIMS, signer.header() | changes)), NOW)


@given(authorization=st.text() | st.text("abAB01.-_", max_size=60).map(bearer))
def test_no_header_makes_the_wall_stumble(authenticator: Authenticator, authorization: str) -> None:
    with pytest.raises(NotAuthenticated):
        authenticator.authenticate(authorization, NOW)
