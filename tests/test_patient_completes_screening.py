"""From the first page to the reference, through the pages as a browser would send them."""

import datetime
import re

import pytest
from django.test import Client

from intake.models import Draft, Priority, Submission
from tests.applicant import ANSWERS, FIRST_PAGE, page_fields, send, walk
from tests.opened import opened_body, opened_head, saved_answers

pytestmark = pytest.mark.django_db


def texts_of(submission: Submission) -> dict[str, list[str]]:
    return {
        item["link_id"]: item["answers_in_words"]
        for page in opened_body(submission).pages
        for item in page["items"]
    }


def test_a_healthy_adult_reaches_the_reference_and_one_row_is_stored(client: Client) -> None:
    response = send(client)
    assert response.request["PATH_INFO"] == "/screening/done/"
    submission = Submission.objects.get()
    assert submission.reference in response.content.decode()
    assert submission.priority == Priority.ROUTINE
    assert opened_head(submission).name == "Test Patient 17"
    assert opened_head(submission).birth_date == datetime.date(1982, 3, 9)


def test_the_stored_answers_carry_the_wording_that_was_seen(client: Client) -> None:
    send(client)
    submission = Submission.objects.get()
    seen = {item["link_id"]: item["text"] for page in opened_body(submission).pages for item in page["items"]}
    assert seen["mood-interest"] == "Little interest or pleasure in doing things"
    assert texts_of(submission)["mood-interest"] == ["Not at all"]
    assert texts_of(submission)["pain-where"][-1] == "behind the left knee"
    assert submission.definition_hash == submission.questionnaire_version.definition_hash


def test_scores_are_stored_with_their_bands(client: Client) -> None:
    send(client)
    scores = {score["instrument"]: score for score in opened_head().scores}
    assert scores["peg"]["points"] == "7.0"
    assert (scores["gad7"]["points"], scores["gad7"]["band"]) == ("1", "minimal")
    assert (scores["phq9"]["points"], scores["phq9"]["band"]) == ("0", "minimal")


def test_the_start_page_says_that_nobody_watches_and_where_to_turn(client: Client) -> None:
    page = client.get("/screening/").content.decode()
    for promise in ("not watched live", "tel:988", "tel:911", "(410) 555-0142"):
        assert promise in page


def test_every_page_of_the_screening_shows_the_crisis_lines(client: Client) -> None:
    response = client.get(FIRST_PAGE)
    paths = []
    while response.context is not None and "form" in response.context:
        paths.append(response.request["PATH_INFO"])
        assert 'href="tel:988"' in response.content.decode(), paths[-1]
        assert 'href="tel:911"' in response.content.decode(), paths[-1]
        response = client.post(paths[-1], page_fields(response, ANSWERS), follow=True)
    assert len(paths) > 25
    assert 'href="tel:988"' in response.content.decode()


def test_a_person_under_18_is_told_where_to_turn_and_nothing_is_stored(client: Client) -> None:
    response = client.post(FIRST_PAGE, {"q-adult": "no"})
    page = response.content.decode()
    assert "This form is for adults" in page
    assert "tel:988" in page
    assert "tel:911" in page
    assert "(410) 555-0142" in page
    assert not Draft.objects.exists()
    assert not response.cookies.get("screening")


def test_a_birth_date_of_a_child_is_not_stored(client: Client) -> None:
    response = walk(client, until="about-you")
    fields = page_fields(response, ANSWERS) | {"q-birth-date-year": "2015"}
    response = client.post("/screening/about-you/", fields)
    assert "This form is for adults" in response.content.decode()
    assert "birth-date" not in saved_answers(client)


def test_without_the_patient_present_the_mood_questions_are_not_asked(client: Client) -> None:
    response = send(
        client,
        respondent="helper",
        patient_present="no",
        helper_name="Test Helper 17",
        helper_relationship="sister",
    )
    assert response.request["PATH_INFO"] == "/screening/done/"
    submission = Submission.objects.get()
    assert not [
        link_id for link_id in opened_body(submission).answers if link_id.startswith(("mood-", "worry-"))
    ]
    assert {score["instrument"] for score in opened_head(submission).scores} == {"peg"}


def test_a_follow_up_question_is_asked_only_of_those_it_is_for(client: Client) -> None:
    response = walk(client, until="heart-more", heart_problem="yes")
    assert "heart-recent" in response.context["form"].names
    with pytest.raises(AssertionError, match="heart-more was never shown"):
        walk(Client(), until="heart-more")


def test_changing_an_earlier_answer_drops_what_it_hid(client: Client) -> None:
    walk(client, heart_problem="yes", heart_recent="yes", heart_controlled="no")
    response = client.get("/screening/heart/?return=check")
    fields = page_fields(response, ANSWERS) | {"q-heart-problem": "no", "return": "check"}
    assert client.post("/screening/heart/", fields)["Location"] == "/screening/check/"
    client.post("/screening/check/")
    submission = Submission.objects.get()
    assert "heart-recent" not in opened_body(submission).answers
    assert submission.priority == Priority.ROUTINE


def test_change_on_the_check_page_returns_there(client: Client) -> None:
    walk(client)
    response = client.get("/screening/contact/?return=check")
    fields = page_fields(response, ANSWERS) | {"q-phone": "(410) 555-0199", "return": "check"}
    response = client.post("/screening/contact/", fields, follow=True)
    assert response.request["PATH_INFO"] == "/screening/check/"
    assert "(410) 555-0199" in response.content.decode()


def test_skipping_ahead_never_sends_an_unfinished_form(client: Client) -> None:
    walk(client, until="contact")
    response = client.get("/screening/check/")
    assert "Some pages are not finished" in response.content.decode()
    response = client.post("/screening/check/")
    assert response.status_code == 422
    assert not Submission.objects.exists()


def test_no_page_tells_a_score_a_level_or_a_verdict(client: Client) -> None:
    given = ANSWERS | {"heart-problem": "yes", "heart-recent": "yes", "heart-controlled": "no"}
    response = client.get(FIRST_PAGE)
    pages = [response.content.decode()]
    while "form" in response.context:
        path = response.request["PATH_INFO"]
        response = client.post(path, page_fields(response, given), follow=True)
        pages.append(response.content.decode())
    pages.append(client.post("/screening/check/", follow=True).content.decode())
    assert "We have your answers" in pages[-1]
    pages = [
        re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page) for page in pages
    ]  # random letters
    for word in ("eligible", "PHQ", "GAD", "severity", "score", "high risk", "caution"):
        assert not [page for page in pages if word in page], word


def test_each_page_of_the_mood_questions_repeats_how_far_back_to_look(client: Client) -> None:
    stem = "Over the last 2 weeks, how often have you been bothered by any of the following problems?"
    for page in ("mood-1", "mood-2", "mood-3", "worry-1", "worry-2"):
        response = walk(client, until=page)
        html = response.content.decode()
        assert html.index(stem) < html.index("<fieldset"), page
