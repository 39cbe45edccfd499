"""Strings that occur nowhere else, and where to look for them: the site's own log, however it is written down."""

import base64
import io
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

MARKER = "ZebraQuagga17"


def numbered(what: str) -> str:
    """A marker of its own for each thing that is typed in."""
    letters = "".join(character for character in what.title() if character.isalnum())
    return f"Zq{letters}Qz"


def forms_of(marker: str) -> list[str]:
    """The marker as text, as PostgreSQL writes bytes, and as base64 wherever it may begin, all in small letters."""
    raw = marker.encode()
    # Each three bytes are four characters, so what stands in the middle is the same whatever surrounds it.
    encoded = [base64.b64encode(b"\0" * shift + raw).decode()[4 if shift else 0 : -4] for shift in range(3)]
    return [form.lower() for form in (marker, raw.hex(), *encoded)]


def found_in(text: str, markers: Iterable[str] = (MARKER,)) -> list[str]:
    """The markers that stand in the text in some form."""
    text = text.lower()
    return [marker for marker in markers if any(form in text for form in forms_of(marker))]


def console() -> logging.StreamHandler[Any]:
    """What the settings set up to write the log."""
    (found,) = (handler for handler in logging.root.handlers if handler.name == "console")
    assert isinstance(found, logging.StreamHandler)
    return found


@contextmanager
def written_log() -> Iterator[io.StringIO]:
    """What the site writes into its log meanwhile."""
    lines = io.StringIO()
    own = console().setStream(lines)
    try:
        yield lines
    finally:
        console().setStream(own)
