"""What users of other systems report of conditions and of lost answers, each tried here. The name is the thread's."""

import json
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from intake import actions
from intake.exports import submission_bundle
from intake.models import Draft, Submission
from intake.questionnaires.answers import problems
from intake.questionnaires.fhir import to_bytes
from intake.questionnaires.response_check import check_response
from tests.engine_builders import (
    choice,
    coded,
    extension,
    group,
    item,
    questionnaire_json,
    read,
    when,
)
from tests.filled_forms import fields_of, page_form
from tests.opened import opened_body, saved_answers, secret_of
from tests.served_questionnaires import continue_with, fill_in, open_first_page, send_in, serve

pytestmark = pytest.mark.django_db

CHECK, PAGE = "/screening/check/", "/screening/page/"
SMOKING = questionnaire_json(
    item=[
        group("smoke", item("smokes", required=True)),
        group("how-much", item("packs", "integer", required=True, **when("smokes"))),
        group("end", item("notes", "string")),
    ]
)
NON_SMOKER, SMOKER = {"smokes": "false"}, {"smokes": "true", "packs": "2"}


def path_of(response: Any) -> str:
    return str(response.request["PATH_INFO"])


def response_of(submission: Submission) -> dict[str, Any]:
    bundle = json.loads(to_bytes(submission_bundle(submission)))
    found: dict[str, Any] = next(
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "QuestionnaireResponse"
    )
    return found


# ---- Hidden answers ----


def test_lforms_185_and_medplum_8993_an_answer_to_a_closed_question_is_neither_sent_nor_exported(
    client: Client,
) -> None:
    """The answer of a question that had been hidden again stayed in the response."""
    serve(SMOKING)
    fill_in(client, SMOKER)
    changed = continue_with(client, client.get("/screening/smoke/"), NON_SMOKER)
    assert path_of(changed) == "/screening/end/"
    assert "About packs?" not in client.get(CHECK).content.decode()
    client.post(CHECK)
    submission = Submission.objects.get()
    assert opened_body(submission).answers == {"smokes": [False]}
    assert "packs" not in json.dumps([opened_body(submission).pages, response_of(submission)])


def test_fhir_emr_391_and_android_fhir_1760_what_is_required_and_not_asked_never_blocks(
    client: Client,
) -> None:
    """A required question that nobody could see kept people from sending."""
    never = {"required": True, "extension": [extension("questionnaire-hidden", valueBoolean=True)]}
    serve(
        questionnaire_json(
            item("smokes", required=True),
            item("packs", "integer", required=True, **when("smokes")),
            group("more", item("since", "date", required=True), **when("smokes")),
            item("secret", "string", **never),
            item("total", "decimal", required=True, readOnly=True),
        )
    )
    assert opened_body(send_in(client, {"smokes": "false"})).answers == {"smokes": [False]}


def test_care_fe_11488_a_posted_answer_to_a_question_that_is_not_asked_is_never_stored(
    client: Client,
) -> None:
    """The server took such answers and said nothing; later it ignored them and said nothing."""
    serve(SMOKING)
    fill_in(client, NON_SMOKER)
    for path, forged in (
        ("/screening/how-much/", {"q-packs": "40"}),
        ("/screening/smoke/", {"q-packs": "40"}),
    ):
        client.post(path, {"q-smokes": "false", "shown": ["smokes", "packs"], **forged})
    assert saved_answers(client) == {"smokes": [False]}
    client.post(CHECK, {"q-packs": "40"})
    submission = Submission.objects.get()
    assert opened_body(submission).answers == {"smokes": [False]}
    response = response_of(submission)
    response["item"] += [
        {"linkId": "how-much", "item": [{"linkId": "packs", "answer": [{"valueInteger": 40}]}]}
    ]
    told = check_response(submission.questionnaire_version.definition, response)
    assert [(one.link_id, one.reason) for one in told] == [
        ("packs", "it has an answer, and is not asked after the other answers")
    ]


def test_care_3023_a_retired_questionnaire_is_begun_by_nobody_and_a_draft_ends_on_it(client: Client) -> None:
    """An inactive questionnaire went on taking answers."""
    old = serve(SMOKING)
    fill_in(client, NON_SMOKER)
    serve(questionnaire_json(item("other"), version="2.0.0"))
    actions.retire(old, at=timezone.now())
    assert client.post(CHECK, follow=True).request["PATH_INFO"] == "/screening/done/"
    newcomer = Client()
    assert newcomer.get("/screening/smoke/").status_code == 404
    newcomer.post("/screening/smoke/", {"q-smokes": "true"})
    assert Draft.objects.filter(sent_at=None).count() == 0
    unpublished = actions.import_questionnaire(
        questionnaire_json(item("draft"), version="3.0.0"), None, at=timezone.now()
    )
    assert list(open_first_page(newcomer).context["form"].names) == ["other"]
    assert unpublished.is_draft


# ---- Lost work ----


def test_care_fe_15862_a_submit_that_fails_loses_nothing_and_can_be_pressed_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form was marked as saved before the server had taken it: a failed submit, and everything was gone."""
    serve(SMOKING)
    fill_in(client, SMOKER)
    saved = saved_answers(client)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("the connection is gone")

    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(Submission.objects, "bulk_create", fail)
        assert client.post(CHECK).status_code == 500
    assert (Submission.objects.count(), saved_answers(client)) == (0, saved)
    assert Draft.objects.get(pk=secret_of(client).draft_id).sent_at is None
    client.raise_request_exception = True
    assert path_of(client.post(CHECK, follow=True)) == "/screening/done/"
    assert opened_body(Submission.objects.get()).answers == saved


MIXED = questionnaire_json(
    item("right", "string"), item("age", "integer"), item("story", "text"), choice("pick", repeats=True)
)
TYPED = {"right": "kept", "age": "about forty", "story": "a long\r\nstory", "pick": ["yes", "no"]}


def test_molgenis_3742_one_wrong_answer_does_not_drop_the_others_of_its_page(client: Client) -> None:
    """Saving for later threw away a whole page for one invalid value."""
    serve(questionnaire_json(item=[group("first", item("a")), json.loads(MIXED)["item"][0]]))
    page = continue_with(client, open_first_page(client), {"a": "true"})
    wrong = continue_with(client, page, TYPED)
    assert wrong.status_code == 422
    client.get("/screening/leave/")
    assert saved_answers(client) == {
        "a": [True],
        "right": ["kept"],
        "story": ["a long\nstory"],
        "pick": ["yes", "no"],
    }


def test_evap_563_an_error_wipes_nothing_that_was_typed(client: Client) -> None:
    """After an error on a long form the free texts were empty."""
    serve(MIXED)
    wrong = continue_with(client, open_first_page(client), TYPED)
    assert wrong.status_code == 422
    shown = fields_of(wrong.content.decode()).values
    assert {name: shown[f"q-{name}"] for name in TYPED} == {
        "right": ["kept"],
        "age": ["about forty"],
        "story": ["a long\r\nstory"],
        "pick": ["yes", "no"],
    }


# ---- Conditions ----


def test_esm_form_engine_593_an_error_goes_when_its_question_is_closed_or_answered(client: Client) -> None:
    """The error of a field stayed after the field was hidden or corrected."""
    serve(questionnaire_json(item("smokes", required=True), item("packs", "integer", **when("smokes"))))
    opened = continue_with(client, open_first_page(client), {"smokes": "true"})
    wrong = continue_with(client, opened, {"smokes": "true", "packs": "many"})
    assert wrong.context["form"].errors.keys() == {"q-packs"}
    closed = continue_with(client, wrong, {"smokes": "false", "packs": "many"})
    assert path_of(closed) == CHECK
    again = continue_with(client, client.get(PAGE), {"smokes": "true"})
    corrected = continue_with(client, again, {"smokes": "true", "packs": "2"})
    assert (path_of(corrected), saved_answers(client)) == (CHECK, {"smokes": [True], "packs": [2]})


def test_esm_form_engine_97_a_condition_in_a_repetition_looks_at_its_own_repetition(client: Client) -> None:
    """Skip logic looked at the first of the repetitions, or at none."""
    medicine = group(
        "medicine",
        item("name", "string", required=True),
        choice("how", "daily", "rarely", required=True),
        item("times", "integer", required=True, **when("how", **coded("daily"))),
        repeats=True,
    )
    version = serve(questionnaire_json(item=[medicine]))
    submission = send_in(
        client,
        {"name": "A", "how": "rarely", "medicine#1.more": "true"}
        | {"name#2": "B", "how#2": "daily", "times#2": "3"}
        | {"medicine#2.more": "false"},
    )
    assert opened_body(submission).answers.keys() == {
        *("name", "how", "medicine#1.more", "name#2", "how#2", "times#2", "medicine#2.more")
    }
    response = response_of(submission)
    assert [[one["linkId"] for one in repetition["item"]] for repetition in response["item"]] == [
        ["name", "how"],
        ["name", "how", "times"],
    ]
    assert check_response(version.definition, response) == ()


def test_esm_form_engine_262_what_is_required_only_sometimes_is_required_just_then() -> None:
    """A question that is required on a condition was required always, or never."""
    questionnaire = read(item("smokes"), item("packs", "integer", required=True, **when("smokes")))
    missing = [
        [problem.link_id for problem in problems(questionnaire, answers)]
        for answers in ({}, {"smokes": (False,)}, {"smokes": (True,)}, {"smokes": (True,), "packs": (2,)})
    ]
    assert missing == [[], [], ["packs"], []]
    page = questionnaire.pages[0]
    asked_for = page_form(questionnaire, page, {"smokes": (True,)}, {"smokes": "true"})
    assert asked_for.errors == {"q-packs": ["Enter a number for “About packs”"]}
    assert page_form(questionnaire, page, {"smokes": (True,)}, {"smokes": "false"}).is_valid()
