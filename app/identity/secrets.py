"""Secrets of clients: kept as argon2 hashes, compared in threads, a few at once; an unknown client takes as long."""

import asyncio
import secrets
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from app.identity.refusals import TokenRefused

with warnings.catch_warnings():
    # passlib 1.7.4 is the last there is: it imports crypt, which Python 3.13 drops and no hash here uses, and reads
    # argon2's version where argon2 no longer wants it read; both fail into what passlib does without them
    warnings.filterwarnings("ignore", "'crypt' is deprecated", DeprecationWarning)
    warnings.filterwarnings("ignore", "Accessing argon2.__version__ is deprecated", DeprecationWarning)
    from passlib.hash import argon2

    argon2.set_backend("argon2_cffi")

__all__ = ["Comparing", "argon2", "hash_secret", "new_secret"]  # argon2 for others too: imported once, quietly

AT_ONCE = 2
"""Each comparison takes 64 MiB and a core."""
WAITING = 32
_argon2id = argon2.using(type="ID", rounds=3, memory_cost=65_536, parallelism=4)


def new_secret() -> str:
    """A secret of 256 random bits; show it once and keep its hash."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """The argon2id hash of a secret, for `Client.secret_hash`."""
    hashed: str = _argon2id.hash(secret)
    return hashed


class Comparing:
    """Compares secrets with hashes beside the event loop; TokenRefused when too many wait already."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0

    async def matches(self, secret: str, stored: str | None) -> bool:
        """Whether it is the hashed secret; without a hash it takes as long, and is not."""
        if self._waiting >= AT_ONCE + WAITING:
            raise TokenRefused("temporarily_unavailable", "too many clients ask at once; try again in a moment", 503)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, _matches, secret, stored)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@cache
def _nobodys_hash() -> str:
    return hash_secret(new_secret())


def _matches(secret: str, stored: str | None) -> bool:
    nobodys = _nobodys_hash()  # made in either case, so that the first unknown client takes no longer than a known one
    try:
        return bool(argon2.verify(secret, stored or nobodys)) and stored is not None
    except (ValueError, TypeError):  # a hash that is no argon2 hash opens nothing
        return False
