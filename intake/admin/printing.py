"""A submission on paper."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from clinic_site import audit
from clinic_site.audit import Action
from clinic_site.clinic import current_clinic
from intake import storage
from intake.admin import looks
from intake.admin.review_page import LEVEL_LABELS, note_text
from intake.models import Submission
from intake.sealing import CannotOpen


def context(request: HttpRequest, submission: Submission, reason: str) -> dict[str, Any] | None:
    """Who it is, and all of it; None, with a message, where it does not open. Written into the trail first."""
    audit.write(Action.PRINT, by=looks.account_of(request), submissions=[submission.pk], reason=reason)
    try:
        head, body = storage.read_both(submission)
    except CannotOpen as refusal:
        messages.error(request, f"Not printed: it cannot be opened. {refusal}")
        return None
    return {
        "title": f"Submission {submission.reference}",
        "submission": submission,
        "head": head,
        "age": head.age_on(timezone.localdate()),
        "flags": [{**flag, "level_label": LEVEL_LABELS[flag["level"]]} for flag in head.flags],
        "pages": body.pages,
        "consent": body.consent,
        "notes": [(note, note_text(note)) for note in looks.notes_shown(request, submission)],
        "clinic": current_clinic(),
    }
