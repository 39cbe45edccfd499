"""No browser and no proxy keeps a page of the screening, whatever was asked for and however it ended."""

import pytest
from django.test import Client

from intake.views import questions
from tests.applicant import FIRST_PAGE, walk

pytestmark = pytest.mark.django_db


def is_kept_by_nobody(response: object) -> bool:
    directives = response.headers.get("Cache-Control", "")  # type: ignore[attr-defined]
    return "no-store" in directives and "private" in directives


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/screening/", 200),
        ("get", FIRST_PAGE, 200),
        ("get", "/screening/check/", 200),
        ("get", "/screening/no-such-page/", 404),
        ("get", "/screening/no/such/page/", 404),
        ("get", "/screening/delete/", 200),
        ("post", "/screening/new/", 302),
        ("post", "/screening/delete/", 200),
        ("post", "/screening/leave/", 200),
    ],
)
def test_every_answer_under_the_screening_says_so(
    client: Client, method: str, path: str, status: int
) -> None:
    if path in ("/screening/check/", "/screening/delete/", "/screening/leave/"):
        walk(client, until="contact")
    response = getattr(client, method)(path)
    assert response.status_code == status
    assert is_kept_by_nobody(response)


def test_a_refused_security_token_says_so_too() -> None:
    response = Client(enforce_csrf_checks=True).post(FIRST_PAGE, {"q-adult": "yes"})
    assert response.status_code == 403
    assert is_kept_by_nobody(response)


def test_a_page_that_breaks_says_so_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> object:
        raise RuntimeError("a fault of our own")

    monkeypatch.setattr(questions, "current_version", broken)
    client.raise_request_exception = False
    response = client.get(FIRST_PAGE)
    assert response.status_code == 500
    assert is_kept_by_nobody(response)


def test_the_articles_may_be_kept(client: Client) -> None:
    assert "no-store" not in client.get("/treatments/").headers.get("Cache-Control", "")
