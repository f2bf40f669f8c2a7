"""What of a text says something to whoever reads it."""

import unicodedata


def seen(text: str) -> str:
    """What of a text shows, each run of blanks as one."""
    shown = "".join(each for each in text if each.isspace() or unicodedata.category(each)[0] != "C")
    return " ".join(shown.split())
