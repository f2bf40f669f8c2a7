"""The operator's verbs: `openmind --help` lists them."""

from app.cli.root import main

__all__ = ["main"]
