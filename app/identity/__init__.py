"""Who is asking: tokens, issuers, clients and staff, up to a Caller; never what the caller may do."""

from app.identity.authenticate import Authenticator
from app.identity.keys import Keys, KeyUnusable, load_keys, new_private_key, write_private_key
from app.identity.refusals import NotAuthenticated, TokenRefused, Unprepared
from app.identity.secrets import hash_secret, new_secret
from app.identity.store import Store
from app.identity.tokens import FORM_BYTES, TokenResponse, TokenService, read_form, token_endpoint

__all__ = [
    "FORM_BYTES",
    "Authenticator",
    "KeyUnusable",
    "Keys",
    "NotAuthenticated",
    "Store",
    "TokenRefused",
    "TokenResponse",
    "TokenService",
    "Unprepared",
    "hash_secret",
    "load_keys",
    "new_private_key",
    "new_secret",
    "read_form",
    "token_endpoint",
    "write_private_key",
]
