"""Style sheets that stand in the page itself, for pages that people land on: one trip to the server less.

The page's policy admits this very text by its hash, and no other inline style: docs/decisions/0004 says what it saves.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse
from django.utils.safestring import SafeString, mark_safe


@dataclass(frozen=True, slots=True)
class InlineStyles:
    text: SafeString
    source: str
    """Its name in a Content-Security-Policy."""

    def admitted_in(self, response: HttpResponse) -> HttpResponse:
        response._csp_update = {"style-src": [self.source]}  # type: ignore[attr-defined]  # read by django-csp
        return response


@lru_cache
def inline_styles(*names: str, on_wide_screens: str) -> InlineStyles:
    """Of our own files below static/, as they are served; collected once for a process."""
    text = "".join(map(sheet, names)) + f"@media (width >= 48em) {{{sheet(on_wide_screens)}}}"
    if "</" in text:
        raise ValueError("A style sheet must not end the element that it stands in.")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return InlineStyles(mark_safe(text), f"'sha256-{digest}'")  # noqa: S308 - our own files # nosec B308 B703


def sheet(name: str) -> str:
    storage: Any = staticfiles_storage
    text = Path(storage.path(storage.stored_name(name))).read_text()
    return text.replace("../", settings.STATIC_URL)  # from the root, as the page must say it
