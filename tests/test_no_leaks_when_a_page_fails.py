"""A page that fails at any point of the way shows nothing that was typed, not even while somebody debugs the site."""

import re
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as site
from django.db import DataError, connection, transaction
from django.test import Client
from django.utils import timezone

from intake import actions, cookies
from intake.models import QuestionnaireVersion, Submission
from intake.secret import Secret
from tests.applicant import page_fields
from tests.markers import MARKER, found_in, numbered, written_log
from tests.screening_answers import answers_of

pytestmark = pytest.mark.django_db

IN_COOKIE, IN_ADDRESS = numbered("cookie"), numbered("address")
QUEUE = "/admin/intake/submission/"


def failing(*args: Any, **kwargs: Any) -> None:
    """As bad as it gets: the database names what was typed, the exception repeats it, and a local variable holds it."""
    typed = MARKER
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::integer", [typed])
    except DataError as error:
        error.add_note(typed)
        raise RuntimeError(f"{typed}: {args!r} {kwargs!r} {error}") from error


def begun(client: Client) -> Secret:
    """A form that is filled in and not sent, with markers in it, open in this browser."""
    version = QuestionnaireVersion.objects.get()
    given = answers_of({"name": MARKER, "medicine-names": MARKER})
    _, secret = actions.start_draft(version=version, page="age", answers=given, at=timezone.now())
    client.cookies[cookies.NAME] = str(cookies.Kept(secret, timezone.now()))
    client.cookies["other"] = IN_COOKIE
    return secret


def sent(client: Client) -> Submission:
    secret = begun(client)
    actions.submit(secret=secret, at=timezone.now())
    return Submission.objects.get(pk=secret.submission_id)


# Where it fails, and what somebody did there. Each prepares, and then returns what is asked of the failing site.

Deed = Callable[[Client], Any]


def look(path: str) -> Callable[[Client], Deed]:
    def prepare(client: Client) -> Deed:
        begun(client)
        return lambda browser: browser.get(f"{path}?return={IN_ADDRESS}")

    return prepare


def save(client: Client) -> Deed:
    begun(client)
    page = client.get("/screening/medicine-list/")
    fields = page_fields(page, {"medicine-names": MARKER, "allergies": MARKER})
    return lambda browser: browser.post(f"/screening/medicine-list/?return={IN_ADDRESS}", fields)


def send(client: Client) -> Deed:
    begun(client)
    return lambda browser: browser.post("/screening/check/", {"note": MARKER})


def resume(client: Client) -> Deed:
    return lambda browser: browser.post("/screening/resume/", {"code": MARKER})


def at_the_desk(path: str, **fields: str) -> Callable[[Client], Deed]:
    def prepare(client: Client) -> Deed:
        address = path.format(one=f"{QUEUE}{sent(client).pk}", queue=QUEUE)
        if fields:
            return lambda browser: browser.post(f"{address}?e={IN_ADDRESS}", fields)
        return lambda browser: browser.get(f"{address}?e={IN_ADDRESS}")

    return prepare


def look_at_queue(client: Client) -> Deed:
    """Its address takes nothing but what the queue knows."""
    sent(client)
    return lambda browser: browser.get(QUEUE)


NOTE = at_the_desk("{one}/change/", status="new", note=MARKER)
POINTS: dict[str, Callable[[Client], Deed]] = {
    "intake.views.questions.find_page_or_404": look("/screening/medicine-list/"),
    "intake.storage.open_draft": look("/screening/check/"),
    "intake.views.sending.as_seen": look("/screening/check/"),
    "intake.forms.parse": save,
    "intake.views.questions.gate": save,
    "intake.actions.save_page": save,
    "intake.storage.seal_draft": save,
    "intake.views.questions.onwards": save,
    "intake.views.questions.render": look("/screening/medicine-list/"),
    "intake.widgets.Written.__init__": save,
    "intake.actions.submit": send,
    "intake.actions.drafts.triage": send,
    "intake.storage.seal_submission": send,
    "intake.sealing.seal": send,
    "intake.secret.number_of": look("/screening/check/"),
    "intake.secret.as_written": resume,
    "clinic_site.audit.write": at_the_desk("{one}/change/"),
    "intake.storage.read_both": at_the_desk("{one}/change/"),
    "intake.admin.looks.look_at_list": look_at_queue,
    "intake.admin.review_forms.ReviewForm.is_valid": NOTE,
    "intake.storage.seal_note": NOTE,
    "intake.admin.submissions.Submission.objects.of_patients": at_the_desk("{queue}find/", reference=MARKER),
    "intake.admin.exports.submissions_bundle": at_the_desk("{one}/export/", reason="contact", note=MARKER),
}


@pytest.fixture(params=POINTS)
def asked(
    request: pytest.FixtureRequest, staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Any]:
    """Ask a site that fails at one point."""
    deed = POINTS[request.param](staff_client)
    staff_client.raise_request_exception = False

    def ask() -> Any:
        before = (
            transaction.savepoint()
        )  # the debug page asks for the account, which the public role may not read
        monkeypatch.setattr(request.param, failing)
        response = deed(staff_client)
        monkeypatch.undo()
        transaction.savepoint_rollback(before)
        return response

    return ask


@pytest.fixture
def log() -> Iterator[StringIO]:
    with written_log() as lines:
        yield lines


def secrets_of_this_test() -> list[str]:
    return [MARKER, IN_COOKIE, IN_ADDRESS, site.SECRET_KEY]


def test_the_page_says_sorry_and_the_log_says_where(asked: Callable[[], Any], log: StringIO) -> None:
    response = asked()
    page = response.content.decode()
    assert response.status_code == 500
    assert "Something went wrong" in page
    assert "Traceback" not in page
    assert "RuntimeError" not in page
    assert found_in(page, secrets_of_this_test()) == []
    assert log.getvalue().count(" ERROR django.request: Internal Server Error: /") == 1
    assert "in failing\n" in log.getvalue()
    assert "InvalidTextRepresentation: SQLSTATE 22P02" in log.getvalue()
    assert found_in(log.getvalue(), secrets_of_this_test()) == []


def test_while_somebody_debugs_the_page_shows_the_stack_and_nothing_typed(
    asked: Callable[[], Any], staff_client: Client, settings: LazySettings, log: StringIO
) -> None:
    settings.DEBUG = True
    code = staff_client.cookies[cookies.NAME].value if cookies.NAME in staff_client.cookies else MARKER
    pages = []
    for accept in ("text/html", "text/plain"):
        staff_client.defaults["HTTP_ACCEPT"] = accept
        response = asked()
        assert response.status_code == 500
        assert response.headers["Content-Type"].startswith(accept)
        pages.append(response.content.decode())
    for page in pages:
        assert "RuntimeError" in page
        assert "SQLSTATE 22P02" in page
        assert re.search(r"tests/test_no_leaks_when_a_page_fails.py.*in failing", page, re.DOTALL)
        assert found_in(page + log.getvalue(), [*secrets_of_this_test(), code]) == []


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_the_debug_page_of_an_article_still_shows_local_variables(
    client: Client, accept: str, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a patient is there; and it shows that the test above would see them."""
    settings.DEBUG = True
    client.raise_request_exception = False
    monkeypatch.setattr("treatments.views.render", failing)
    page = client.get("/treatments/", {"q": IN_ADDRESS}, headers={"Accept": accept}).content.decode()
    assert found_in(page, [MARKER, IN_ADDRESS]) == [MARKER, IN_ADDRESS]
