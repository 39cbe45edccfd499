"""What every page owes a person with a screen reader, a keyboard or a strange browser."""

import re
import warnings
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import html5lib
import pytest
from django.test import Client, RequestFactory

from clinic_site.component_page import components
from clinic_site.views import server_error
from tests.applicant import ANSWERS, FIRST_PAGE, page_fields, send, walk
from tests.articles import make_article
from tests.opened import secret_of
from treatments.actions import make_draft_link

pytestmark = pytest.mark.django_db


def questions(page: str, **changed: Any) -> Callable[[Client], Any]:
    return lambda client: walk(client, until=page, **changed)


def with_errors(page: str) -> Callable[[Client], Any]:
    def answer(client: Client) -> Any:
        walk(client, until=page)
        return client.post(f"/screening/{page}/", {})

    return answer


def in_crisis(client: Client) -> Any:
    response = walk(client, until="mood-3")
    fields = page_fields(response, ANSWERS | {"mood-self-harm": "LA6571-9"})
    return client.post("/screening/mood-3/", fields, follow=True)


def already_sent(client: Client) -> Any:
    send(client)
    return client.post("/screening/contact/", {"q-phone": "1"})


def left(client: Client) -> Any:
    walk(client, until="contact")
    return client.get("/screening/leave/")


def birth_date(client: Client) -> Any:
    walk(client, until="contact")
    return Client().post("/screening/resume/", {"code": secret_of(client).code})


def a_draft(client: Client) -> Any:
    token = make_draft_link(make_article(published_at=None), days=7, by="nurse")
    return client.get(f"/treatments/draft/{token}/")


STATES: dict[str, Callable[[Client], Any]] = {
    "home": lambda client: client.get("/"),
    "articles": lambda client: client.get("/treatments/"),
    "an article": lambda client: client.get("/treatments/what-the-evidence-says/"),
    "an article with drawings": lambda client: client.get("/treatments/what-a-visit-is-like/"),
    "how ketamine acts": lambda client: client.get("/treatments/how-ketamine-acts-on-pain/"),
    "risks": lambda client: client.get("/treatments/risks-and-side-effects/"),
    "search": lambda client: client.get("/search/?q=RSD"),
    "nothing found": lambda client: client.get("/search/?q=zzqxw"),
    "a hostile search": lambda client: client.get("/search/", {"q": "%_\\'\"<script>alert(1)</script>😀"}),
    "a draft": a_draft,
    "a draft that ended": lambda client: client.get("/treatments/draft/nothing/"),
    "contact": lambda client: client.get("/contact/"),
    "people": lambda client: client.get("/people/"),
    "cost": lambda client: client.get("/cost/"),
    "accessibility": lambda client: client.get("/accessibility/"),
    "privacy": lambda client: client.get("/privacy/"),
    "privacy practices": lambda client: client.get("/notice-of-privacy-practices/"),
    "words": lambda client: client.get("/words/"),
    "something went wrong": lambda client: server_error(RequestFactory().get("/")),
    "components": lambda client: components(RequestFactory().get("/components/")),
    "not found": lambda client: client.get("/no/such/page/"),
    "start": lambda client: client.get("/screening/"),
    "first page": lambda client: client.get(FIRST_PAGE),
    "name and date": questions("about-you"),
    "name and date with errors": with_errors("about-you"),
    "checkboxes with free text": questions("pain"),
    "scales": questions("pain-impact"),
    "scales with errors": with_errors("pain-impact"),
    "numbers": questions("size"),
    "long texts": questions("medicine-list"),
    "mood": questions("mood-1"),
    "consent with errors": with_errors("consent"),
    "crisis": in_crisis,
    "support for anybody": lambda client: client.get("/screening/support/"),
    "check": walk,
    "check, unfinished": lambda client: questions("contact")(client) and client.get("/screening/check/"),
    "done": send,
    "already sent": already_sent,
    "left": left,
    "resume": lambda client: client.get("/screening/resume/"),
    "resume with an error": lambda client: client.post("/screening/resume/", {"code": "nonsense"}),
    "adults only": lambda client: client.post(FIRST_PAGE, {"q-adult": "no"}),
    "no form here": lambda client: client.get("/screening/contact/"),
    "is this for me": lambda client: client.get("/screening/is-this-for-me/"),
    "the code offered": questions("answering"),
    "left for good": lambda client: left(client) and client.post("/screening/leave/"),
    "deleting": lambda client: questions("contact")(client) and client.get("/screening/delete/"),
    "birth date": lambda client: birth_date(client),
    "copy": lambda client: send(client) and client.get("/screening/copy/"),
}


class Structure(HTMLParser):
    """Ids, what points at them, and which inputs have a name that can be spoken."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.pointers: list[tuple[str, str]] = []
        self.labelled: set[str] = set()
        self.inputs: list[str] = []
        self.grouped: list[tuple[str, bool]] = []
        self.headings = 0
        self._fieldsets = 0
        self.legends = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if "id" in named:
            self.ids[named["id"]] += 1
        for attribute in ("aria-describedby", "aria-labelledby", "popovertarget"):
            self.pointers += [(attribute, id_) for id_ in named.get(attribute, "").split()]
        if named.get("href", "").startswith("#"):
            self.pointers.append(("href", named["href"][1:]))
        if tag == "label":
            self.labelled.add(named["for"])
            self.pointers.append(("for", named["for"]))
        if tag in ("input", "textarea", "select") and named.get("type") != "hidden":
            self.inputs.append(named.get("id", ""))
            if named.get("type") in ("radio", "checkbox"):
                self.grouped.append((named["id"], self.legends == self._fieldsets > 0))
        self._fieldsets += tag == "fieldset"
        self.legends += tag == "legend"
        self.headings += tag == "h1"

    def handle_endtag(self, tag: str) -> None:
        if tag == "fieldset":
            self._fieldsets -= 1
            self.legends -= 1


@pytest.mark.parametrize("state", STATES)
def test_the_page_is_sound(client: Client, state: str) -> None:
    html = STATES[state](client).content.decode()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the parser's own old code
        parser = html5lib.HTMLParser(strict=False)
        parser.parse(html)
    assert [error[1] for error in parser.errors] == []

    structure = Structure(html)
    assert [id_ for id_, count in structure.ids.items() if count > 1] == []
    assert [pointer for pointer in structure.pointers if pointer[1] not in structure.ids] == []
    assert [id_ for id_ in structure.inputs if id_ not in structure.labelled] == []
    assert [id_ for id_, is_grouped in structure.grouped if not is_grouped] == []
    assert structure.headings == 1


@pytest.mark.parametrize("page", ["about-you", "pain", "pain-impact", "mind", "size", "mood-2", "consent"])
def test_each_link_of_the_error_summary_leads_to_an_input(client: Client, page: str) -> None:
    html = with_errors(page)(client).content.decode()
    if page == "size":
        assert "error-summary" not in html  # every question there is optional
        return
    summary = html[html.index("error-summary") : html.index("<h1")]
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets
    for target in targets:
        assert re.search(rf'<(input|textarea)[^>]* id="{re.escape(target)}"', html), target
