"""A person who chose Spanish reads Spanish, on every page of the screening and in whatever goes wrong there."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from intake.models import QuestionnaireVersion
from tests.applicant import ANSWERS, page_fields, send, walk

pytestmark = pytest.mark.django_db

SPANISH = "/es/screening/"
# Words that every English sentence has one of, and that are no Spanish words.
ENGLISH = re.compile(
    r"\b(the|and|your?|you|with|this|that|we|are|is|not|from|what|have|of|to|it|for|any|will|call|when)\b",
    re.I,
)
READ_ALOUD = ("aria-label", "title", "placeholder", "alt", "content")


class Words(HTMLParser):
    """What a person reads or hears of a page; what says of itself that it is in another language is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        is_other = tag in {"script", "style"} or given.get("lang") not in {None, "es"}
        if tag not in {"meta", "link", "input", "br", "img", "hr"}:
            self.inside.append((tag, is_other))
        names = READ_ALOUD if tag != "meta" or given.get("name") == "description" else ()
        if not any(other for _, other in self.inside):
            self.found += [given[name] or "" for name in names if given.get(name)]

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        if text.strip() and not any(other for _, other in self.inside):
            self.found.append(" ".join(text.split()))


def words_of(response: Any) -> list[str]:
    parser = Words()
    parser.feed(response.content.decode())
    return parser.found


def reads_spanish(response: Any) -> None:
    clinic = response.context["clinic"] if response.context else None
    own = (
        [str(text) for text in (clinic.name, clinic.tagline, clinic.street, clinic.city_line)]
        if clinic
        else []
    )
    for words in words_of(response):
        for text in [*own, "Test Patient 17", *map(str, ANSWERS.values())]:
            words = words.replace(text, "") if text else words
        assert not ENGLISH.search(words), f"{response.request['PATH_INFO']}: {words}"


@pytest.fixture(autouse=True)
def unreviewed_is_shown(settings: Any) -> None:
    settings.SHOW_UNREVIEWED_TRANSLATIONS = True


def in_spanish(name: str) -> str:
    with translation.override("es"):
        return reverse(f"intake:{name}")


@pytest.mark.parametrize("name", ["start", "for_me", "resume", "support", "check", "done", "leave", "copy"])
def test_pages_beside_the_questions(client: Client, name: str) -> None:
    reads_spanish(client.get(in_spanish(name), follow=True))


def every_page(client: Client) -> Iterator[Any]:
    """As a helper of somebody with many illnesses meets them, so that nearly every question is asked."""
    version = QuestionnaireVersion.objects.current("ketamine-screening")
    assert version is not None
    for page in version.definition.pages:
        yield client.get(f"{SPANISH}{page.slug}/")


def test_every_page_of_questions_and_every_mistake_on_it(client: Client) -> None:
    walk(
        client,
        at=SPANISH,
        heart_problem="yes",
        high_blood_pressure="not-sure",
        alcohol_weekly="yes",
        mania="yes",
    )
    shown = 0
    for response in every_page(client):
        if response.status_code != 200 or "form" not in (response.context or {}):
            continue
        shown += 1
        reads_spanish(response)
        names = response.context["form"].names.values()
        nonsense = {name: "\0" if number % 2 else "x" * 5000 for number, name in enumerate(names)}
        reads_spanish(client.post(response.request["PATH_INFO"], nonsense))
        reads_spanish(client.post(response.request["PATH_INFO"], {}, follow=True))
    assert shown > 20, shown


def test_checking_sending_and_what_follows(client: Client) -> None:
    reads_spanish(walk(client, at=SPANISH))
    reads_spanish(client.get(in_spanish("leave"), follow=True))
    reads_spanish(client.get(in_spanish("delete"), follow=True))
    reads_spanish(client.post(in_spanish("check"), follow=True))
    for name in ("start", "done", "copy", "check"):
        reads_spanish(client.get(in_spanish(name), follow=True))
    reads_spanish(client.post(f"{SPANISH}age/", {"q-adult": "yes"}))


def test_a_person_in_a_crisis(client: Client) -> None:
    response = walk(client, at=SPANISH, until="safety", mood_self_harm="LA6571-9")
    reads_spanish(response)
    reads_spanish(client.post(f"{SPANISH}safety/", page_fields(response, {"risk-now": "yes"}), follow=True))


def test_a_child(client: Client) -> None:
    reads_spanish(client.post(f"{SPANISH}age/", {"q-adult": "no"}, follow=True))


def test_a_code_with_a_slip(client: Client) -> None:
    for code in ("", "short", "U" * 21, "7K2M-9QXA-7K2M-9QXA-7K2M-9"):
        reads_spanish(client.post(in_spanish("resume"), {"code": code}))


def test_a_page_that_is_not_there(client: Client) -> None:
    reads_spanish(client.get(f"{SPANISH}nowhere/"))


def test_the_patient_chooses_the_language_on_every_page(client: Client) -> None:
    assert f'href="{SPANISH}age/"' in client.get("/screening/age/").content.decode()
    assert 'href="/screening/age/"' in client.get(f"{SPANISH}age/").content.decode()
    assert send(client, at=SPANISH).status_code == 200
