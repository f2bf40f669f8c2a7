"""A protected answer on its way out: the receipt of its entry, and a proof of it for whoever prefers one at once."""

import re

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.audit.proofs import Inclusion
from app.audit.signed_note import encoded
from app.audit.submission import receipt_header
from app.services.answers import Answer

AUDIT_PROOF = "audit-proof"
"""The preference (RFC 7240) that asks for a proof with the answer."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


class Answered(Response):
    """An answer made once; with `Prefer: audit-proof` and the entry's batch at hand, the proof as well."""

    def __init__(self, answer: Answer, status: int, media_type: str = "application/json") -> None:
        self._receipts = answer.receipts
        headers = {"Audit-Receipt": receipt_header(self._receipts)} if self._receipts else None
        super().__init__(answer.body, status, headers, media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if self._receipts and _prefers_proof(scope):
            proof = self._receipts[-1].proof()
            if proof is not None:
                self.headers.update({"Audit-Proof": proof_header(proof), "Preference-Applied": AUDIT_PROOF})
        await super().__call__(scope, receive, send)


def proof_header(proof: Inclusion) -> str:
    """A proof as a dictionary of structured fields (RFC 9651): two numbers, and hashes as byte sequences."""
    path = " ".join(map(_bytes, proof.hashes))
    return f"entry={proof.number}, size={proof.size}, root={_bytes(proof.root)}, hashes=({path})"


def _bytes(value: bytes) -> str:
    return f":{encoded(value)}:"


def _prefers_proof(scope: Scope) -> bool:
    return any(name == b"prefer" and _names_proof(value.decode("latin-1")) for name, value in scope["headers"])


def _names_proof(preferences: str) -> bool:
    """Whether a Prefer header names it: in any case, beside others, with parameters or without."""
    names = (re.split(r"[=;]", each, maxsplit=1)[0] for each in _QUOTED.sub("", preferences).split(","))
    return any(name.strip().lower() == AUDIT_PROOF for name in names)
