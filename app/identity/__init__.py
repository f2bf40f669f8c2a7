"""Who is asking: tokens, issuers, clients and staff, up to a Caller; never what the caller may do."""

from app.identity.authenticate import Authenticator
from app.identity.keys import Keys, KeyUnusable, load_keys, new_private_key, write_private_key
from app.identity.refusals import NotAuthenticated, TokenRefused, Unprepared

__all__ = [
    "Authenticator",
    "KeyUnusable",
    "Keys",
    "NotAuthenticated",
    "TokenRefused",
    "Unprepared",
    "load_keys",
    "new_private_key",
    "write_private_key",
]
