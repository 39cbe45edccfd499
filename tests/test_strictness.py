"""The checks that every page test relies on can fail."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import path

from clinic_site.clinic import Clinic
from tests.conftest import StrictClient, watched_page

GOOD = "<title>Title</title><h1>Heading</h1>"
BAD_PAGES = {
    "two-headings": (GOOD + "<h1>Again</h1>", "2 h1"),
    "no-title": ("<h1>Heading</h1><svg><title>Drawing</title></svg>", "no title"),
    "inline-script": (GOOD + "<script>alert(1)</script>", "<script>"),
    "inline-style": (GOOD + "<style>p { color: red }</style>", "a style that its policy refuses"),
    "style-attribute": (GOOD + '<p style="color: red">', "p style"),
    "event-handler": (GOOD + '<p onclick="alert(1)">', "p onclick"),
    "template-code": (GOOD + "{{ clinic.phone }}", "template code"),
}
BAD_IN_A_BROWSER = {
    "another-host": ('<img src="https://elsewhere.example/a.png">', "another host"),
    "missing-file": ('<img src="/static/nothing-here.png">', "answered 404"),
    "inline-style": ("<style>p { color: red }</style>", "Content Security Policy"),
}
HTML = {name: html for name, (html, _) in BAD_PAGES.items()} | {
    f"browser-{name}": GOOD + html for name, (html, _) in BAD_IN_A_BROWSER.items()
}


def bad_page(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(f"<!doctype html>{HTML[name]}")


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponseNotFound()


urlpatterns = [path("<slug:name>/", bad_page)]
pytestmark = pytest.mark.urls(__name__)


@pytest.mark.parametrize("name", BAD_PAGES)
def test_the_client_refuses_a_page_with_a_flaw(name: str) -> None:
    with pytest.raises(AssertionError, match=BAD_PAGES[name][1]):
        StrictClient().get(f"/{name}/")


@pytest.mark.browser
@pytest.mark.parametrize("name", BAD_IN_A_BROWSER)
@pytest.mark.parametrize("javascript", [True, False])
def test_the_browser_refuses_a_page_with_a_flaw(
    browser: Any, live_server: Any, name: str, javascript: bool
) -> None:
    with (
        pytest.raises(AssertionError, match=BAD_IN_A_BROWSER[name][1]),
        watched_page(browser, live_server.url, javascript=javascript) as page,
    ):
        page.goto(f"/browser-{name}/")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_what_a_test_commits_is_gone_and_the_content_is_back_for_the_next(time: str) -> None:
    assert Clinic.objects.get().is_demonstration
    Clinic.objects.update(is_demonstration=False)
