"""What a person sees who says that they think of harming themselves, and how the clinic's staff see it."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from clinic_site.clinic import Clinic
from intake.models import Priority, Submission
from tests.applicant import ANSWERS, NOT_AT_ALL, page_fields, send, walk
from tests.opened import opened_head
from tests.screening_answers import EVERY_DAY, PHQ_8
from tests.site_database import keep_office_hours

pytestmark = pytest.mark.django_db

SEVERAL_DAYS, MORE_THAN_HALF = "LA6569-3", "LA6570-1"
MONDAY_MORNING = datetime.datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("America/New_York"))
NOBODY_SEES_YET = "No one at the clinic can see your answers until you send this form."
READING_PROMISES = ("will read", "reads forms", "read forms", "read yours", "someone will", "we will call")


def after_item_nine(client: Client, answer: str) -> str:
    response = walk(client, until="mood-3")
    fields = page_fields(response, ANSWERS | {"mood-self-harm": answer})
    return client.post("/screening/mood-3/", fields, follow=True).content.decode()


def test_any_thought_of_self_harm_shows_the_crisis_panel_right_after_that_page(client: Client) -> None:
    page = after_item_nine(client, SEVERAL_DAYS)
    assert "You deserve support" in page
    for way in ("tel:988", "sms:988", "tel:911", "AYUDA", "press 1"):
        assert way in page


def test_frequent_thoughts_show_the_strongest_panel(client: Client) -> None:
    page = after_item_nine(client, MORE_THAN_HALF)
    assert "Please get help now" in page
    assert "crisis-panel--now" in page
    assert page.index("tel:911", page.index("Please get help now")) < page.index("sms:988")


def test_before_sending_no_page_says_that_anyone_will_read_the_answers(client: Client) -> None:
    panel = after_item_nine(client, SEVERAL_DAYS)
    check = walk(client, mood_self_harm=SEVERAL_DAYS).content.decode()
    for page in (panel, check):
        assert NOBODY_SEES_YET in page
        for promise in READING_PROMISES:
            assert promise not in page.lower()


def test_only_the_done_page_says_when_someone_reads(client: Client) -> None:
    keep_office_hours()
    with time_machine.travel(MONDAY_MORNING, tick=False):
        page = send(client, mood_self_harm=SEVERAL_DAYS).content.decode()
    assert "You deserve support" in page
    assert "Monday to Friday, 8:30 am to 5 pm" in page
    assert NOBODY_SEES_YET not in page


def test_after_a_thought_of_self_harm_one_more_question_is_asked(client: Client) -> None:
    response = walk(client, until="safety", mood_self_harm=SEVERAL_DAYS)
    assert list(response.context["form"].names) == ["risk-now"]
    page = client.post("/screening/safety/", {"q-risk-now": "yes"}, follow=True).content.decode()
    assert "Please get help now" in page


def test_no_thought_of_self_harm_shows_no_panel_and_no_further_question(client: Client) -> None:
    response = walk(client, until="mood-3")
    response = client.post("/screening/mood-3/", page_fields(response, ANSWERS), follow=True)
    assert response.request["PATH_INFO"] == "/screening/worry-1/"
    assert "crisis-panel" not in response.content.decode()


@pytest.mark.parametrize(
    ("answer", "risk_now", "priority"),
    [
        (SEVERAL_DAYS, "no", Priority.CRISIS),
        (SEVERAL_DAYS, "yes", Priority.CRISIS_NOW),
        (MORE_THAN_HALF, "no", Priority.CRISIS_NOW),
    ],
)
def test_the_submission_stands_at_the_head_of_the_queue(
    client: Client, answer: str, risk_now: str, priority: Priority
) -> None:
    send(client, mood_self_harm=answer, risk_now=risk_now)
    assert Submission.objects.get().priority == priority


def test_the_panel_shows_no_score_and_no_label(client: Client) -> None:
    page = after_item_nine(client, MORE_THAN_HALF)
    panel = page[page.index("crisis-panel") :]
    for word in ("score", "risk", "severe", "depress", "commit", "PHQ"):
        assert word not in panel


def test_the_crisis_page_answers_anybody_without_a_form(client: Client) -> None:
    page = client.get("/screening/support/").content.decode()
    assert "tel:988" in page
    assert "tel:911" in page


def test_where_nobody_reads_forms_the_same_day_item_nine_is_not_asked(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.SAME_DAY_REVIEW = False
    response = walk(client, until="mood-3")
    assert list(response.context["form"].names) == ["mood-concentration", "mood-movement"]
    send(client)
    assert {score["instrument"] for score in opened_head().scores} == {
        "phq8",
        "gad7",
        "peg",
    }


def test_the_panel_is_shown_even_when_something_else_on_the_page_is_missing(client: Client) -> None:
    walk(client, until="mood-3")
    response = client.post("/screening/mood-3/", {"q-mood-self-harm": "LA6571-9"})
    assert response.status_code == 422
    page = response.content.decode()
    assert "Please get help now" in page
    assert page.index("crisis-panel") < page.index("error-summary")


def test_taking_the_thought_back_still_shows_where_help_is(client: Client) -> None:
    walk(client, mood_self_harm=SEVERAL_DAYS)
    response = client.get("/screening/answering/?return=check")
    fields = page_fields(response, ANSWERS | {"respondent": "helper"})
    response = client.post("/screening/answering/", fields, follow=True)
    assert response.request["PATH_INFO"] == "/screening/support/"
    assert "tel:988" in response.content.decode()


def test_without_anybody_to_call_item_nine_is_not_asked(client: Client) -> None:
    Clinic.objects.update(on_call_phone="")
    response = walk(client, until="mood-3")
    assert "mood-self-harm" not in response.context["form"].names


def save_again(client: Client, page: str, **answers: str) -> str:
    """Open a page that was answered before, press Continue, and say where that leads."""
    path = f"/screening/{page}/"
    fields = page_fields(client.get(path), ANSWERS | answers)
    return client.post(path, fields, follow=True).request["PATH_INFO"]


def test_an_earlier_page_saved_again_does_not_lead_to_the_crisis_page_again(client: Client) -> None:
    walk(client, mood_self_harm=SEVERAL_DAYS, risk_now="yes")
    for calm in ("mood-1", "mood-2", "worry-1", "heart"):
        assert save_again(client, calm) != "/screening/support/", calm


@pytest.mark.parametrize("answer", [SEVERAL_DAYS, MORE_THAN_HALF])
def test_the_page_with_the_thought_saved_again_shows_where_help_is(client: Client, answer: str) -> None:
    walk(client, mood_self_harm=answer)
    assert save_again(client, "mood-3", **{"mood-self-harm": answer}) == "/screening/support/"


def test_a_very_low_mood_leads_to_the_crisis_page_from_the_answers_that_make_it_so(client: Client) -> None:
    every_day = dict.fromkeys(PHQ_8, EVERY_DAY) | {"mood-interest": NOT_AT_ALL}  # 21 points
    walk(client, **{link_id.replace("-", "_"): answer for link_id, answer in every_day.items()})
    assert save_again(client, "mood-2", **every_day) == "/screening/support/"
    assert save_again(client, "worry-1") != "/screening/support/"
