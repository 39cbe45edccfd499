"""What sending a form means, in one place. Which wording a patient saw is sealed with what they sent.

Change VERSION with every change of the words: a nurse must be able to say years later what somebody agreed to.
"""

import hashlib
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

VERSION = "2026-11-23"


def points(clinic_name: str) -> list[str]:
    """The sentences above the Send button, in the language of the request."""
    return [
        _(
            "Your answers go to %(clinic)s. The clinic’s staff can read them, to decide with you what to do next."
        )
        % {"clinic": clinic_name},
        _("They are locked with the clinic’s key when you send them. This website cannot open them again."),
        _(
            "Sending is not treatment, not an appointment, and not a way to get urgent help. Nobody reads along."
        ),
        _("Nothing is decided by this form. A clinician speaks with you first."),
        _("Afterwards you cannot change them here. To correct or take back something, call the clinic."),
    ]


def mark(clinic_name: str) -> str:
    """Names these very sentences: another clinic's name or another language has another mark."""
    words = "\n".join((VERSION, *points(clinic_name)))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def shown(clinic_name: str) -> dict[str, Any]:
    """What is sealed with a submission."""
    return {"version": VERSION, "language": get_language() or "en", "points": points(clinic_name)}
