"""What somebody in a crisis reads: the clinic's own texts, in one file for each language, with the day of the last
reading. crisis_texts/en.toml says how to change them."""

import datetime
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

LONGEST_UNCONFIRMED = datetime.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Way:
    """A number to call or to write to."""

    address: str
    words: str


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    before: tuple[SafeString, ...]
    """Paragraphs above the buttons."""
    after: tuple[SafeString, ...]


@dataclass(frozen=True, slots=True)
class CrisisTexts:
    """In one language, ready to be put on a page."""

    confirmed_on: datetime.date
    strip_label: str
    strip: SafeString
    more: str
    call_danger: Way
    call_talk: Way
    text_talk: Way
    also: tuple[SafeString, ...]
    panels: Mapping[str, Panel]
    """By the level of the answers: "crisis_now", "crisis", and "" for anybody."""
    unsent: str


def texts(language: str) -> CrisisTexts:
    """In that language, or in English where the clinic has no file in it: never nothing."""
    path = Path(settings.CRISIS_TEXTS) / f"{language.partition('-')[0]}.toml"
    return read_texts(path if path.exists() else Path(settings.CRISIS_TEXTS) / "en.toml")


@lru_cache(maxsize=8)
def read_texts(path: Path) -> CrisisTexts:
    """Raises OSError or ValueError for a file that is not there or not to be read, KeyError for a missing text."""
    file: Mapping[str, Any] = tomllib.loads(path.read_text("utf-8"))
    numbers = {name: link("tel", file[name]) for name in ("danger", "talk")}

    def sentence(words: str) -> SafeString:
        return format_html(escape(words), **numbers)

    def panel(name: str) -> Panel:
        table = file[name]
        return Panel(
            table["title"],
            tuple(sentence(words) for words in table["before"]),
            tuple(sentence(words) for words in table["after"]),
        )

    def way(scheme: str, number: str, words: str) -> Way:
        return Way(f"{scheme}:{number}", file[words] % {"number": number})

    return CrisisTexts(
        confirmed_on=file["confirmed_on"],
        strip_label=file["strip_label"],
        strip=sentence(file["strip"]),
        more=file["more"],
        call_danger=way("tel", file["danger"], "call"),
        call_talk=way("tel", file["talk"], "call"),
        text_talk=way("sms", file["talk"], "text"),
        also=tuple(
            format_html(escape(one["words"]), number=link("sms", one["number"])) for one in file["also"]
        ),
        panels={"crisis_now": panel("now"), "crisis": panel("told"), "": panel("anybody")},
        unsent=file["unsent"]["words"],
    )


def link(scheme: str, number: str) -> SafeString:
    return format_html('<a href="{}:{}">{}</a>', scheme, number, number)


def crisis_in_templates(request: HttpRequest) -> dict[str, object]:
    return {"crisis": SimpleLazyObject(lambda: texts(get_language() or "en"))}


@register(Tags.security, deploy=True)
def crisis_texts_are_confirmed(**kwargs: Any) -> list[CheckMessage]:
    return list(problems(Path(settings.CRISIS_TEXTS), today=timezone.localdate()))


def problems(folder: Path, *, today: datetime.date) -> Iterator[Error]:
    paths = sorted(folder.glob("*.toml"))
    if folder / "en.toml" not in paths:
        yield Error(
            f"There are no crisis texts in {folder}.",
            hint="Copy the folder intake/crisis_texts there, or take CLINIC_CRISIS_TEXTS out of the environment.",
            id="intake.E007",
        )
    for path in paths:
        try:
            age = today - read_texts(path).confirmed_on
        except (KeyError, OSError, TypeError, ValueError) as error:
            yield Error(
                f"The crisis texts in {path} cannot be read: {error}",
                hint="Compare it with intake/crisis_texts/en.toml.",
                id="intake.E007",
            )
            continue
        if not datetime.timedelta() <= age <= LONGEST_UNCONFIRMED:
            yield Error(
                f"Nobody has confirmed the crisis texts in {path} within a year.",
                hint="Call each number, read each sentence, and write today's date as confirmed_on.",
                id="intake.E008",
            )
