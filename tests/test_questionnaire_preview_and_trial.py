"""At the review desk: see a questionnaire as patients do, and try which rules fire; nothing of it is stored."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils.html import escape

from intake.models import Draft, QuestionnaireVersion, Submission
from tests.kidney_questionnaire import KIDNEY_RULES
from tests.questionnaire_desk import address, imported, text
from tests.test_pages_are_sound import Structure

pytestmark = pytest.mark.django_db


def stored() -> list[int]:
    return [model.objects.count() for model in (Draft, Submission, QuestionnaireVersion, LogEntry)]


def test_the_preview_shows_every_page_as_patients_see_it_and_stores_nothing(staff_client: Client) -> None:
    version = imported()
    before = stored()
    page = text(staff_client.get(address(version, "preview")))
    assert "About kidneys?" in page
    assert "About weight?" in page
    assert "“About kidneys-since?”: asked when kidneys is “Yes”." in page
    assert "<form" not in page
    assert stored() == before


def test_the_shipped_screening_can_be_previewed_whole(staff_client: Client) -> None:
    version = QuestionnaireVersion.objects.get(slug="ketamine-screening")
    page = text(staff_client.get(address(version, "preview")))
    for questions in version.definition.pages:
        assert escape(questions.title) in page


def test_staff_try_the_rules_and_see_which_fire_and_why_and_nothing_is_stored(staff_client: Client) -> None:
    version = imported()
    before = stored()
    assert "About kidneys-since?" not in text(staff_client.get(address(version, "try")))
    response = staff_client.post(address(version, "try"), {"organs-q-kidneys": "yes"})
    page = text(response)
    assert "Priority: Stop" in page
    assert "Stop: Kidney disease" in page
    assert "Somebody looks at the kidneys first." in page
    assert "Rule kidneys-yes fires when kidneys is “Yes”." in page
    assert re.search(r"<dt>About kidneys\?</dt>\s*<dd>Yes</dd>", page)
    assert "About kidneys-since?" in page
    assert stored() == before


def test_a_question_that_opens_on_another_page_is_read_in_the_same_go(staff_client: Client) -> None:
    answers = {
        "organs-q-kidneys": "yes",
        "organs-q-kidneys-since": "long",
        "more-q-liver": "true",
        "more-q-weight": "not a number",
    }
    response = staff_client.post(address(imported(), "try"), answers)
    forms = response.context["forms"]
    assert forms[1].cleaned_data["q-liver"] == (True,)
    assert set(forms[1].errors) == {"q-weight"}
    assert "Answers that cannot be used are marked below" in text(response)


def test_an_answer_to_a_question_that_is_not_asked_fires_no_rule(staff_client: Client) -> None:
    rules = KIDNEY_RULES.replace('question = "kidneys"', 'question = "kidneys-since"').replace(
        '"yes"', '"long"'
    )
    version = imported(rules=rules)
    for kidneys, fires in (("no", False), ("yes", True)):
        answers = {"organs-q-kidneys": kidneys, "organs-q-kidneys-since": "long"}
        page = text(staff_client.post(address(version, "try"), answers))
        assert ("Rule kidneys-yes fires" in page) is fires
        assert ("No rule fires." in page) is not fires


def test_required_questions_left_empty_are_counted_and_not_marked_as_wrong(staff_client: Client) -> None:
    response = staff_client.post(address(imported(), "try"), {})
    assert "1 required question is not answered" in text(response)
    assert not any(form.errors for form in response.context["forms"])


def test_the_shipped_screening_is_tried_with_scores_values_and_the_gate(staff_client: Client) -> None:
    version = QuestionnaireVersion.objects.get(slug="ketamine-screening")
    answers = {"age-q-adult": "no"}
    for page in version.definition.pages:
        for question in page.item.items:
            if question.link_id.startswith("peg-"):
                answers[f"{page.slug}-q-{question.link_id}"] = "6"
    page = text(staff_client.post(address(version, "try"), answers))
    assert "the page adults-only is shown instead" in page
    assert re.search(r"<dt>PEG</dt>\s*<dd>6\.0 ", page)
    assert re.search(r"<dt>bmi</dt>\s*<dd>not known</dd>", page)


def test_any_text_in_any_question_of_the_screening_is_taken_in_the_trial(staff_client: Client) -> None:
    version = QuestionnaireVersion.objects.get(slug="ketamine-screening")
    forms = staff_client.get(address(version, "try")).context["forms"]
    names = [form.add_prefix(name) for form in forms for name in form.fields]
    for words in ("x" * 5_000, "\x00", "-1e999", "__other__", "9" * 400, "<b>", "\u202e\U0001f600"):
        parts = {f"{name}-{part}": words for name in names for part in ("month", "day", "year")}
        posted = dict.fromkeys(names, words) | dict(list(parts.items())[:99])
        response = staff_client.post(address(version, "try"), posted)
        assert response.status_code == 200
        assert "Priority: " in text(response)
        assert "<b>" not in text(response)


@pytest.mark.parametrize("page", ["preview", "try"])
def test_the_long_pages_are_sound_html(staff_client: Client, page: str) -> None:
    version = QuestionnaireVersion.objects.get(slug="ketamine-screening")
    structure = Structure(text(staff_client.get(address(version, page))))
    assert [id_ for id_, count in structure.ids.items() if count > 1] == []
    assert [pointer for pointer in structure.pointers if pointer[1] not in structure.ids] == []
    assert [id_ for id_ in structure.inputs if id_ not in structure.labelled] == []
    assert [id_ for id_, is_grouped in structure.grouped if not is_grouped] == []
