"""The whole policy of each kind of page, word for word: who loosens one has to change it here too."""

import base64
import hashlib
import re
from typing import Any

import pytest
from django.test import Client

from clinic_site.headers import FEATURES
from tests.applicant import FIRST_PAGE, send, walk
from tests.conftest import StrictClient

pytestmark = pytest.mark.django_db

SELF, NONE = "'self'", "'none'"
EVERY_PAGE = {
    "default-src": NONE,
    "script-src": SELF,
    "style-src": SELF,
    "img-src": SELF,
    "font-src": SELF,
    "connect-src": SELF,
    "manifest-src": SELF,
    "form-action": SELF,
    "base-uri": NONE,
    "frame-ancestors": NONE,
}
FOR_THE_PUBLIC = EVERY_PAGE | {"require-trusted-types-for": "'script'", "trusted-types": NONE}
EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOT_KEPT = "max-age=0, no-cache, no-store, must-revalidate, private"
PUBLIC_PAGES = {
    "/": 200,
    "/contact/": 200,
    "/treatments/": 200,
    "/treatments/crps/": 200,
    "/fhir/metadata": 200,
    "/fhir/Questionnaire/ketamine-screening": 200,
    "/no/such/page/": 404,
    "/static/css/base.css": 200,
}
SCREENING_PAGES = {
    "/screening/": 200,
    FIRST_PAGE: 200,
    "/screening/support/": 200,
    "/screening/resume/": 200,
    "/screening/check/": 200,
    "/screening/no-such-page/": 404,
    "/screening/new/": 405,
}
STAFF_PAGES = {
    "/admin/": 200,
    "/admin/intake/submission/": 200,
    "/admin/intake/submission/?tab=done": 200,
    "/admin/no/such/page/": 404,
}


def policy(response: Any) -> dict[str, str]:
    written = response.headers["Content-Security-Policy"]
    return dict(directive.split(" ", 1) for directive in written.split("; "))


def has_the_headers_of_every_answer(response: Any) -> None:
    assert {name: response.headers.get(name) for name in EVERY_ANSWER} == EVERY_ANSWER
    # The page itself and whatever embeds it: no older browser may frame it either.
    assert response.headers.get("X-Frame-Options", "DENY") == "DENY"
    assert "Server" not in response.headers
    permissions = response.headers["Permissions-Policy"].split(", ")
    assert {f"{feature}=()" for feature in FEATURES} <= set(permissions)


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_a_page_for_the_public(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == PUBLIC_PAGES[path]
    expected = FOR_THE_PUBLIC
    if style := re.search(
        r"<style>(.*?)</style>", response.text if not response.streaming else "", re.DOTALL
    ):
        # An article brings its look along, and its policy admits that very text.
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        expected = {**expected, "style-src": f"'self' 'sha256-{digest}'"}
    assert bool(style) == (path == "/treatments/crps/")
    assert policy(response) == expected
    has_the_headers_of_every_answer(response)
    assert "publickey-credentials-get=()" in response.headers["Permissions-Policy"]
    # Published questionnaires are for everybody's programs; nothing else is.
    allowed_to = response.headers.get("Access-Control-Allow-Origin")
    assert allowed_to == ("*" if path.startswith("/fhir/") else None)
    assert not response.cookies
    response.close()


@pytest.mark.parametrize("path", SCREENING_PAGES)
def test_a_page_of_the_screening(client: Client, path: str) -> None:
    walk(client, until="contact")
    response = client.get(path)
    assert response.status_code == SCREENING_PAGES[path]
    assert policy(response) == FOR_THE_PUBLIC
    has_the_headers_of_every_answer(response)
    assert response.headers["Cache-Control"] == NOT_KEPT


def test_the_page_after_sending(client: Client) -> None:
    response = send(client)
    assert policy(response) == FOR_THE_PUBLIC
    has_the_headers_of_every_answer(response)
    assert response.headers["Cache-Control"] == NOT_KEPT


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_a_page_for_staff(staff_client: StrictClient, path: str) -> None:
    response = staff_client.get(path)
    assert response.status_code == STAFF_PAGES[path]
    assert policy(response) == EVERY_PAGE, "Django's admin writes HTML by script, so no Trusted Types"
    has_the_headers_of_every_answer(response)
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Cache-Control"] == NOT_KEPT
    assert "publickey-credentials-get=(self)" in response.headers["Permissions-Policy"]


def test_the_sign_in_page() -> None:
    response = Client().get("/admin/", follow=True)
    assert response.status_code == 200
    assert "assword" in response.text
    assert policy(response) == EVERY_PAGE
    has_the_headers_of_every_answer(response)
    assert response.headers["Cache-Control"] == NOT_KEPT


def test_refusals_of_what_was_posted_have_them_too() -> None:
    refused = Client(enforce_csrf_checks=True).post(FIRST_PAGE, {"q-adult": "yes"})
    too_large = Client().post(FIRST_PAGE, b"", content_type="text/plain", CONTENT_LENGTH="999999999999")
    for response, status in ((refused, 403), (too_large, 400)):
        assert response.status_code == status
        assert policy(response) == FOR_THE_PUBLIC
        has_the_headers_of_every_answer(response)
        assert response.headers["Cache-Control"] == NOT_KEPT


@pytest.mark.parametrize(("path", "expected"), [("/", FOR_THE_PUBLIC), ("/admin/", EVERY_PAGE)])
def test_a_page_that_breaks_has_them_too(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str, expected: dict[str, str]
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("a fault of our own")

    monkeypatch.setattr("django.middleware.csrf.CsrfViewMiddleware.process_view", broken)
    client.raise_request_exception = False
    response = client.get(path)
    assert response.status_code == 500
    assert policy(response) == expected
    has_the_headers_of_every_answer(response)
