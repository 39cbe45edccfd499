"""Whatever is published and whatever a visitor sends: every address answers with a page, and nothing breaks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from intake.definition_files import DefinitionRefused
from intake.exports import submission_bundle
from intake.models import Submission
from intake.questionnaires.bundle_check import check_bundle
from intake.questionnaires.fhir import to_bytes
from intake.questionnaires.response_check import check_response
from tests.filled_forms import fields_of
from tests.questionnaire_strategies import TYPED, posts, questionnaires
from tests.served_questionnaires import open_first_page, serve
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

EXPECTED = {200, 404, 409, 422}
MOST_STEPS = 12
in_a_rolled_back_visit = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@contextmanager
def rolled_back() -> Iterator[None]:
    """One example's own transaction; the trail may commit in it, as in the one around a whole test."""
    example: Any = transaction.atomic()
    example._from_testcase = True  # else a durable block in it is refused
    with example:
        yield
        transaction.set_rollback(True)


def path_of(response: Any) -> str:
    return str(response.request["PATH_INFO"])


def shows_a_page(response: Any) -> None:
    """Not an error of the server; the client raises what a view raises."""
    assert response.status_code in EXPECTED, f"{path_of(response)} answered {response.status_code}"


def visit(data: st.DataObject, client: Client) -> None:
    """Page after page with whatever comes to mind, until the check page or until it leads nowhere."""
    response = open_first_page(client)
    for _ in range(MOST_STEPS):
        shows_a_page(response)
        if path_of(response) == "/screening/check/" or "form" not in (response.context or {}):
            return
        fields = fields_of(response.content.decode())
        answers = data.draw(posts(fields.offered))
        filled = {**fields.values, **{name: values for name, values in answers.items() if name != "return"}}
        response = client.post(path_of(response), sendable(filled), follow=True)


def sendable(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without halves of characters, which no client can encode."""

    def whole(text: str) -> str:
        return text.encode(errors="ignore").decode()

    return {whole(name): [whole(value) for value in values] for name, values in fields.items()}


def is_exported_sound(submission: Submission) -> None:
    bundle = json.loads(to_bytes(submission_bundle(submission)))
    assert check_bundle(bundle) == ()
    (response,) = (
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "QuestionnaireResponse"
    )
    assert check_response(submission.questionnaire_version.definition, response) == ()


@given(data=st.data(), source=questionnaires(most_items=8))
@in_a_rolled_back_visit
def test_any_questionnaire_is_shown_answered_sent_and_exported(data: st.DataObject, source: bytes) -> None:
    with rolled_back():
        try:
            serve(source)
        except DefinitionRefused:
            event("refused")
        else:
            client = Client()
            visit(data, client)
            shows_a_page(client.get("/screening/check/"))
            sent = client.post("/screening/check/", follow=True)
            shows_a_page(sent)
            event(f"ended at {path_of(sent)}")
            for submission in Submission.objects.all():
                is_exported_sound(submission)
                shows_a_page(client.get("/screening/done/"))


@given(data=st.data(), sources=st.tuples(questionnaires(most_items=8), questionnaires(most_items=8)))
@in_a_rolled_back_visit
def test_staff_preview_try_and_compare_any_questionnaire(
    data: st.DataObject, sources: tuple[bytes, bytes], staff: Any
) -> None:
    nurse = Client()  # not the strict one: some of the texts look like template code
    sign_in(nurse, staff)
    with rolled_back():
        first, second = (
            document.replace(b'"1.0.0"', b'"%d.0.0"' % at) for at, document in enumerate(sources)
        )
        try:
            serve(first)
            version = serve(second)
        except DefinitionRefused:
            event("refused")
        else:
            address = f"/admin/intake/questionnaireversion/{version.pk}"
            for page in ("change", "preview", "publish", "retire"):  # what changed stands on the first
                shows_a_page(nurse.get(f"{address}/{page}/", follow=True))
            offered = fields_of(nurse.get(f"{address}/try/").content.decode()).offered
            shows_a_page(nurse.post(f"{address}/try/", sendable(data.draw(posts(offered)))))
            assert nurse.get(f"{address}/questionnaire/").getvalue() == second


PAGES = ["age", "who", "contact", "pain-place", "nowhere", "check", "leave", "resume"]
NAMES = st.text(max_size=12) | st.sampled_from(
    ["q-name", "code", "shown", "revision", "return", "as_of", "anyway"]
)


@given(
    has_begun=st.booleans(),
    steps=st.lists(
        st.tuples(st.sampled_from(PAGES), st.dictionaries(NAMES, st.lists(TYPED, max_size=2), max_size=6)),
        max_size=4,
    ),
)
@in_a_rolled_back_visit
def test_the_shipped_screening_takes_whatever_is_posted(
    has_begun: bool, steps: list[tuple[str, dict[str, list[str]]]]
) -> None:
    """Any names and any texts, on any page of it, with and without an unsent form."""
    with rolled_back():
        client = Client()
        if has_begun:
            client.post("/screening/age/", {"q-adult": "yes"})
        for page, posted in steps:
            shows_a_page(client.post(f"/screening/{page}/", sendable(posted), follow=True))
            shows_a_page(client.get(f"/screening/{page}/", follow=True))
        for way_out in ("new", "delete"):
            shows_a_page(client.post(f"/screening/{way_out}/", follow=True))
