"""The languages of the screening: English, and each translation of which somebody has read every word.

English stands under /screening/, another language under its own first part: /es/screening/.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.http import HttpRequest, HttpResponse
from django.urls import translate_url
from django.utils import translation

from intake import cookies
from intake.models import QuestionnaireVersion, TranslationReview

TRANSLATIONS = tuple(code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE)


def fingerprint(language: str) -> str:
    """Of every word that a patient can read in that language: the site's own, and the published questionnaires'."""
    words = hashlib.sha256()
    for folder in settings.LOCALE_PATHS:
        words.update((folder / language / "LC_MESSAGES" / "django.po").read_bytes())
    in_a_crisis = Path(settings.CRISIS_TEXTS) / f"{language}.toml"
    words.update(in_a_crisis.read_bytes() if in_a_crisis.exists() else b"")
    published = QuestionnaireVersion.objects.published().order_by("definition_hash")
    for definition_hash in published.values_list("definition_hash", flat=True):
        words.update(definition_hash.encode())
    return words.hexdigest()


def is_reviewed(language: str) -> bool:
    reviews = TranslationReview.objects.filter(language=language)
    return reviews.exists() and reviews.filter(fingerprint=fingerprint(language)).exists()


def is_offered(language: str) -> bool:
    return settings.SHOW_UNREVIEWED_TRANSLATIONS or is_reviewed(language)


def offered() -> list[str]:
    """The translations that a patient may choose."""
    return [language for language in TRANSLATIONS if is_offered(language)]


@dataclass(frozen=True, slots=True)
class Choice:
    """Another language that this very page is there in."""

    language: str
    name: str
    """In that language."""
    address: str


def other_languages(request: HttpRequest) -> list[Choice]:
    now = translation.get_language()
    codes = [settings.LANGUAGE_CODE, *offered()]
    names = dict(settings.LANGUAGES)
    return [Choice(code, names[code], translate_url(request.path, code)) for code in codes if code != now]


def languages_in_templates(request: HttpRequest) -> dict[str, object]:
    """Asked only by the pages that offer the choice. What was typed and not yet sent would not come along."""
    return {
        "other_languages": lambda: other_languages(request) if request.method == "GET" else [],
        "language_is_unreviewed": lambda: is_unreviewed(translation.get_language()),
    }


def is_unreviewed(language: str | None) -> bool:
    return settings.SHOW_UNREVIEWED_TRANSLATIONS and language in TRANSLATIONS and not is_reviewed(language)


def speak_language_of_the_path(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Where a translation is not offered its addresses are not there, but for those who began in it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language = translation.get_language_from_path(request.path_info)
        if language not in TRANSLATIONS or not (cookies.read_secret(request) or is_offered(language)):
            language = settings.LANGUAGE_CODE
        with translation.override(language):
            response = get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response

    return middleware


@register(Tags.security, deploy=True)
def patients_meet_only_reviewed_translations(**kwargs: Any) -> list[CheckMessage]:
    if not settings.SHOW_UNREVIEWED_TRANSLATIONS:
        return []
    return [
        Error(
            "CLINIC_SHOW_UNREVIEWED_TRANSLATIONS=1 offers patients a translation that nobody answers for.",
            hint="Take it out of the environment, and enter in the admin who read the translation.",
            id="intake.E009",
        )
    ]
