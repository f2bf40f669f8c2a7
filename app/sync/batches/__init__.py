"""Batches of records as neighbours send them: read line by line, judged together, written many at a time."""

from app.sync.batches.applying import Applying

__all__ = ["Applying"]
