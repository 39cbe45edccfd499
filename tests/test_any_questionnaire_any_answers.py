"""Whatever a questionnaire holds and whatever is posted: pages are shown, answers kept, and an export is sound."""

import datetime
import json
from collections import Counter

from django.http import QueryDict
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from intake.definition_files import DefinitionRefused, check_definition
from intake.forms import PageForm
from intake.questionnaires.answers import Answers, as_seen, asked, from_json, kept, problems, to_json
from intake.questionnaires.bundle_check import check_bundle
from intake.questionnaires.definition import Page, Questionnaire
from intake.questionnaires.fhir import Patient, bundle, questionnaire_response, to_bytes
from intake.questionnaires.response_check import check_response, to_answers
from intake.questionnaires.scoring import scores
from intake.questionnaires.triage import triage
from tests.filled_forms import TODAY, fields_of, html_of, no_rules
from tests.questionnaire_strategies import posts, questionnaires

AUTHORED = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
quickly = settings(deadline=None, max_examples=200, suppress_health_check=SLOW)


def accepted(source: bytes) -> Questionnaire | None:
    """The questionnaire, where the site would take it; a refusal says what to do."""
    try:
        questionnaire, _ = check_definition(source, None)
    except DefinitionRefused as refusal:
        event(f"refused: {str(refusal).partition(': ')[2][:25]}")
        return None
    event("accepted")
    return questionnaire


def form_of(
    questionnaire: Questionnaire, page: Page, answers: Answers, posted: dict[str, list[str]] | None = None
) -> PageForm:
    data = QueryDict(mutable=True)
    for name, values in (posted or {}).items():
        data.setlist(name, values)
    return PageForm(
        questionnaire,
        no_rules(questionnaire),
        page,
        answers=answers,
        today=TODAY,
        data=None if posted is None else data,
    )


def answer_page(data: st.DataObject, questionnaire: Questionnaire, page: Page, answers: Answers) -> Answers:
    """Look at the page, post something, look at it again: what is kept of it."""
    offered = fields_of(html_of(form_of(questionnaire, page, answers))).offered
    form = form_of(questionnaire, page, answers, data.draw(posts(offered)))
    form.is_valid()
    html_of(form)
    return dict(form.answers_with_this_page())


def is_stored_whole(questionnaire: Questionnaire, answers: Answers) -> None:
    stored = json.loads(json.dumps(to_json(questionnaire, answers)))
    assert from_json(questionnaire, stored) == answers


def is_exported_sound(questionnaire: Questionnaire, answers: Answers) -> None:
    found = scores(questionnaire, answers)
    exported = bundle(
        questionnaire,
        answers,
        found,
        submission_id="s",
        authored=AUTHORED,
        patient=Patient(name="Test Patient 1"),
    )
    received = json.loads(to_bytes(exported))
    assert check_bundle(received) == ()
    response = next(
        entry["resource"]
        for entry in received["entry"]
        if entry["resource"]["resourceType"] == "QuestionnaireResponse"
    )
    if not problems(questionnaire, kept(questionnaire, answers)):
        event("complete")
        assert check_response(questionnaire, response) == ()
        again = questionnaire_response(
            questionnaire,
            to_answers(questionnaire, response),
            response_id=response["id"],
            authored=AUTHORED,
            subject=response["subject"]["reference"],
        )
        # The answers themselves may move: a repetition that was left empty stands in no response.
        assert json.loads(to_bytes(again)) == response
    for resource in (received, *(entry["resource"] for entry in received["entry"])):
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


@given(st.data(), questionnaires())
@quickly
def test_whatever_is_posted_the_page_is_shown_and_what_is_kept_can_be_sent_and_exported(
    data: st.DataObject, source: bytes
) -> None:
    questionnaire = accepted(source)
    if questionnaire is None:
        return
    answers: Answers = {}
    for page in questionnaire.pages:
        answers = answer_page(data, questionnaire, page, answers)
    is_stored_whole(questionnaire, answers)
    is_stored_whole(questionnaire, kept(questionnaire, answers))
    as_seen(questionnaire, answers)
    triage(questionnaire, no_rules(questionnaire), answers, today=TODAY)
    is_exported_sound(questionnaire, answers)


@given(st.data(), questionnaires())
@quickly
def test_a_page_that_is_sent_back_as_it_was_shown_changes_nothing(data: st.DataObject, source: bytes) -> None:
    questionnaire = accepted(source)
    if questionnaire is None:
        return
    answers: Answers = {}
    for page in questionnaire.pages:
        answers = answer_page(data, questionnaire, page, answers)
        enabled = asked(questionnaire, answers)
        fields = fields_of(html_of(form_of(questionnaire, page, answers)))
        form = form_of(questionnaire, page, answers, fields.values)
        form.is_valid()
        again = form.answers_with_this_page()
        before = {
            link_id: set(values)
            for link_id, values in answers.items()
            if not (link_id in form.names and form.names[link_id] in form.errors)
        }
        assert {link_id: set(again.get(link_id, ())) for link_id in before} == before
        assert asked(questionnaire, answers) == enabled


@given(questionnaires(most_items=30))
@quickly
def test_no_two_fields_of_a_page_share_a_name_or_an_id(source: bytes) -> None:
    questionnaire = accepted(source)
    if questionnaire is None:
        return
    for page in questionnaire.pages:
        form = form_of(questionnaire, page, {})
        fields = fields_of(html_of(form))
        assert [one for one, count in Counter(fields.ids).items() if count > 1] == []
        assert set(fields.labelled) <= set(fields.ids)
        owners = Counter(name for one in form for name in fields_of(str(one)).names)
        assert [one for one, count in owners.items() if count > 1] == []
