"""What the log says of a request: one line for what was refused, where and why for what failed, never what was sent."""

import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as site
from django.contrib.auth.models import User
from django.test import Client

from intake.views import questions
from tests.markers import MARKER, found_in, written_log
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

logger = logging.getLogger("intake.something")


@pytest.fixture
def log() -> Iterator[StringIO]:
    with written_log() as lines:
        yield lines


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f'"GET /screening/?return={MARKER} HTTP/1.1" 200', '"GET /screening/ HTTP/1.1" 200'),
        (f"see https://clinic.example/admin/?q={MARKER}&p=1", "see https://clinic.example/admin/"),
        (f"/screening/resume/#{MARKER}", "/screening/resume/"),
        ("Is it done? Yes.", "Is it done? Yes."),
    ],
)
def test_what_follows_an_address_is_left_out(line: str, left: str, log: StringIO) -> None:
    logger.info("%s", line)
    assert log.getvalue().endswith(f": {left}\n")


def test_a_page_that_fails_tells_where_and_not_what_was_typed(
    log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ValueError(MARKER) from KeyError(MARKER)

    monkeypatch.setattr(questions.PageForm, "is_valid", fail)
    client = Client(raise_request_exception=False)
    assert client.post("/screening/age/", {"q-adult": MARKER}).status_code == 500
    assert "ERROR django.request: Internal Server Error: /screening/age/" in log.getvalue()
    assert "\nKeyError\n" in log.getvalue()
    assert "in fail" in log.getvalue()
    assert found_in(log.getvalue()) == []


def too_many_fields(client: Client) -> Any:
    too_many = site.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1
    return client.post("/screening/age/", {f"{MARKER}-{number}": "" for number in range(too_many)})


def too_much(client: Client) -> Any:
    size = site.DATA_UPLOAD_MAX_MEMORY_SIZE
    return client.post(
        "/screening/age/",
        MARKER * (size // len(MARKER) + 1),
        content_type="application/x-www-form-urlencoded",
    )


def broken_upload(client: Client) -> Any:
    return client.post("/screening/age/", MARKER, content_type="multipart/form-data; boundary=é")


def unknown_host(client: Client) -> Any:
    return client.get(f"/?{MARKER}", headers={"Host": f"{MARKER}.example"})


def page_for_others(client: Client) -> Any:
    sign_in(client, User.objects.create_user("clerk", password="a long password", is_staff=True))
    return client.get(f"/admin/auth/user/?q={MARKER}")


def form_without_its_token(client: Client) -> Any:
    return Client(enforce_csrf_checks=True).post("/screening/age/", {"q-adult": MARKER})


def form_of_another_site(client: Client) -> Any:
    headers = {"Origin": f"https://elsewhere.example/{MARKER}"}
    return Client(enforce_csrf_checks=True).post("/screening/age/", {"q-adult": MARKER}, headers=headers)


def form_after_another_page(client: Client) -> Any:
    strict = Client(enforce_csrf_checks=True)
    headers = {"Referer": f"https://elsewhere.example/screening/{MARKER}?{MARKER}"}
    return strict.post("/screening/age/", {"q-adult": MARKER}, headers=headers, secure=True)


def no_such_page(client: Client) -> Any:
    return client.get(f"/no/such/page/?{MARKER}")


def no_such_method(client: Client) -> Any:
    return client.delete(f"/screening/age/?{MARKER}")


REFUSALS: dict[Callable[[Client], Any], str] = {
    too_many_fields: "Refused with 400 (TooManyFieldsSent): /screening/\n",
    too_much: "Refused with 400 (RequestDataTooBig): /screening/\n",
    broken_upload: "Refused with 400 (MultiPartParserError): /screening/\n",
    unknown_host: "Refused with 400 (DisallowedHost): /\n",
    page_for_others: "Refused with 403 (PermissionDenied): /admin/auth/user/\n",
    form_without_its_token: "Refused with 403 (CSRF cookie not set.): /screening/\n",
    form_of_another_site: "Refused with 403 (Origin checking failed - https://elsewhere.example does not match any "
    "trusted origins.): /screening/\n",
    form_after_another_page: "Refused with 403 (Referer checking failed - https://elsewhere.example does not match "
    "any trusted origins.): /screening/\n",
    no_such_page: "Refused with 404: /no/such/page/\n",
    no_such_method: "Refused with 405: /screening/\n",
}


@pytest.mark.parametrize("ask", REFUSALS, ids=lambda ask: ask.__name__)
def test_what_is_refused_is_one_line_of_warning(
    ask: Callable[[Client], Any], client: Client, log: StringIO
) -> None:
    response = ask(client)
    (line,) = log.getvalue().splitlines(keepends=True)
    assert line.endswith(REFUSALS[ask])
    assert " WARNING " in line
    assert f" {response.status_code}" in line
    assert found_in(line + response.content.decode()) == []


@pytest.mark.parametrize(
    "ask", [ask for ask, line in REFUSALS.items() if "/screening/" in line], ids=lambda ask: ask.__name__
)
def test_while_somebody_debugs_a_refusal_shows_nothing_that_was_sent(
    ask: Callable[[Client], Any], client: Client, log: StringIO, settings: LazySettings
) -> None:
    settings.DEBUG = True
    page = ask(client).content.decode()
    assert found_in(page + log.getvalue()) == []
    assert " WARNING " in log.getvalue()


def test_a_form_with_a_forgotten_answer_is_no_line(client: Client, log: StringIO) -> None:
    assert client.post("/screening/age/", {}).status_code == 422
    assert client.post("/screening/contact/", {}).status_code == 409
    assert log.getvalue() == ""
