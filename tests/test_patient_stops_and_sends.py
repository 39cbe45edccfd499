"""Saving, coming back, sending once, and what a receipt refuses."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from clinic_site.audit import AuditEvent
from clinic_site.roles import Role
from intake import actions
from intake.models import Draft, Submission
from intake.secret import Secret
from tests.applicant import ANSWERS, page_fields, send, walk
from tests.opened import come_back, opened_body, saved_answers, say_it_is_their_own, secret_of
from tests.serving_roles import acting_as

pytestmark = pytest.mark.django_db


def test_what_was_saved_is_there_when_the_page_is_opened_again(client: Client) -> None:
    walk(client, until="pain")
    page = client.get("/screening/about-you/").content.decode()
    assert 'value="Test Patient 17"' in page
    assert 'value="1982"' in page


def test_stopping_shows_a_code_with_which_another_browser_continues(client: Client) -> None:
    walk(client, until="pain")
    code = secret_of(client).code
    assert code in client.get("/screening/leave/").content.decode()
    assert secret_of(client).code == code  # looking is not leaving
    assert code in client.post("/screening/leave/").content.decode()
    assert client.cookies["screening"].value == ""
    other = Client()
    response = come_back(other, code.lower().replace("-", " "))
    assert response["Location"] == "/screening/pain/"
    assert 'value="Test Patient 17"' in other.get("/screening/about-you/").content.decode()


def test_a_slip_in_the_code_is_named_as_such(client: Client) -> None:
    code = Secret.new().code
    wrong = ("B" if code[0] != "B" else "C") + code[1:]
    page = client.post("/screening/resume/", {"code": wrong}).content.decode()
    assert "One of the characters is not right" in page
    page = client.post("/screening/resume/", {"code": code[:-3]}).content.decode()
    assert "A code has 21 letters and numbers" in page


def test_a_code_without_a_form_is_told_plainly(client: Client) -> None:
    response = client.post("/screening/resume/", {"code": Secret.new().code})
    assert response.status_code == 422
    assert "no saved form under this code" in response.content.decode()


def test_a_changed_cookie_opens_nothing(client: Client) -> None:
    walk(client, until="contact")
    client.cookies["screening"] = "0000-0000-0000-0000-0000-0"
    assert "cannot find a saved form" in client.get("/screening/contact/").content.decode()


def test_sending_twice_gives_the_same_reference_and_one_row(client: Client) -> None:
    first = send(client)
    again = client.post("/screening/check/", follow=True)
    assert again.context["reference"] == first.context["reference"]
    assert Submission.objects.count() == 1


def test_a_change_after_sending_is_not_taken_and_said_so(client: Client) -> None:
    sent = send(client)
    response = client.post("/screening/contact/", {"q-phone": "(410) 555-0100"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "What you changed now was not taken" in page
    assert sent.context["reference"] in page
    assert "(410) 555-0142" in page
    assert "(410) 555-0100" not in str(opened_body())
    assert saved_answers(client)["phone"] == [ANSWERS["phone"]]


def test_a_new_screening_after_sending_begins_empty_and_becomes_a_second_row(client: Client) -> None:
    send(client)
    response = client.post("/screening/new/", follow=True)
    assert response.request["PATH_INFO"] == "/screening/age/"
    assert " checked" not in response.content.decode()
    send(client)
    assert Submission.objects.count() == 2


def test_an_expired_draft_is_gone_and_the_page_says_what_happened(client: Client) -> None:
    with time_machine.travel(datetime.datetime(2026, 3, 1, 15, tzinfo=datetime.UTC), tick=False):
        walk(client, until="contact")
        say_it_is_their_own(client)
    with time_machine.travel(datetime.datetime(2026, 3, 31, 22, tzinfo=datetime.UTC), tick=False):
        assert client.get("/screening/contact/").context["form"]
    with time_machine.travel(datetime.datetime(2026, 4, 1, 15, tzinfo=datetime.UTC), tick=False):
        page = client.get("/screening/contact/").content.decode()
    assert "30 days" in page
    assert "cannot find a saved form" in page


def test_saving_a_page_makes_the_draft_live_thirty_days_longer(client: Client) -> None:
    with time_machine.travel(datetime.datetime(2026, 3, 1, 15, tzinfo=datetime.UTC), tick=False):
        walk(client, until="about-you")
        say_it_is_their_own(client)
    with time_machine.travel(datetime.datetime(2026, 3, 20, 15, tzinfo=datetime.UTC), tick=False):
        walk(client, until="contact")
    last_moment = timezone.localtime(Draft.objects.get().expires_at)
    assert (last_moment.month, last_moment.day, last_moment.hour) == (4, 19, 23)


def test_expired_drafts_are_deleted_and_old_receipts_emptied(client: Client) -> None:
    send(client)
    walk(Client(), until="contact")
    receipt = Draft.objects.exclude(sent_at=None).get()
    now = timezone.now()
    actions.clear_expired_drafts(by="worker", at=now + datetime.timedelta(hours=25))
    receipt.refresh_from_db()
    assert bytes(receipt.contents) == b""
    assert "We have your answers" in client.get("/screening/done/").content.decode()
    with time_machine.travel(now + datetime.timedelta(days=31)), acting_as(Role.WORKER):
        call_command("clear_expired_drafts", verbosity=0)
    assert not Draft.objects.exists()
    said = AuditEvent.objects.filter(action="retention").oldest_first()
    assert [(event.account.split(":")[0], event.detail) for event in said] == [
        ("worker", "receipts emptied"),
        ("shell", "drafts deleted"),
    ]
    assert Submission.objects.count() == 1


def test_deleting_what_was_typed_leaves_nothing(client: Client) -> None:
    walk(client, until="contact")
    page = client.post("/screening/delete/").content.decode()
    assert "deleted" in page
    assert not Draft.objects.exists()


def test_the_draft_keeps_no_way_back_to_the_secret(client: Client) -> None:
    walk(client, until="contact")
    code = secret_of(client).code
    draft = Draft.objects.get()
    assert draft.id == secret_of(client).draft_id
    assert code not in str(vars(draft))
    assert code.replace("-", "") not in str(vars(draft))


def test_the_submission_is_one_insert_that_needs_no_right_to_read(
    client: Client, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    walk(client)
    with django_assert_max_num_queries(12) as captured:
        client.post("/screening/check/")
    inserts = [
        query["sql"] for query in captured.captured_queries if 'INTO "intake_submission"' in query["sql"]
    ]
    assert len(inserts) == 1
    assert inserts[0].endswith("ON CONFLICT DO NOTHING")
    assert not [q for q in captured.captured_queries if 'FROM "intake_submission"' in q["sql"]]


def test_saving_a_page_takes_at_most_six_queries(client: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    response = walk(client, until="heart")
    fields = page_fields(response, ANSWERS)
    with django_assert_max_num_queries(6):
        client.post("/screening/heart/", fields)


@pytest.mark.django_db(transaction=True)
def test_twenty_simultaneous_submits_make_one_row(client: Client) -> None:
    walk(client)
    secret = secret_of(client)

    def submit(_: int) -> datetime.datetime | None:
        try:
            return actions.submit(secret=secret, at=timezone.now()).sent_at
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=20) as pool:
        moments = set(pool.map(submit, range(20)))
    assert len(moments) == 1
    assert Submission.objects.count() == 1


def test_a_new_screening_is_not_begun_over_an_unfinished_one(client: Client) -> None:
    walk(client, until="contact")
    code = secret_of(client).code
    assert client.post("/screening/new/")["Location"] == "/screening/"
    assert secret_of(client).code == code


def test_a_code_is_not_lost_when_another_form_is_resumed(client: Client) -> None:
    walk(client, until="pain")
    first = secret_of(client).code
    other = Client()
    walk(other, until="contact")
    page = come_back(other, first).content.decode()
    assert secret_of(other).code in page
    come_back(other, first, anyway="1")
    assert secret_of(other).code == first


def test_deleting_does_not_pretend_when_the_form_was_sent(client: Client) -> None:
    send(client)
    page = client.post("/screening/delete/").content.decode()
    assert "already sent" in page
    assert "deleted" not in page
    assert Submission.objects.exists()
    assert "We have your answers" in client.get("/screening/done/").content.decode()


def test_an_old_receipt_shows_no_answers_even_before_it_is_emptied(client: Client) -> None:
    send(client)
    secret = secret_of(client)
    day_after = timezone.now() + datetime.timedelta(hours=25)
    receipt = actions.find_draft(secret, at=day_after)
    assert receipt is not None
    assert bytes(receipt.contents) == b""


def test_send_is_held_back_when_another_window_changed_an_answer(client: Client) -> None:
    shown = walk(client).context["as_of"]
    response = client.get("/screening/contact/?return=check")
    client.post("/screening/contact/", page_fields(response, ANSWERS) | {"q-phone": "(410) 555-0155"})
    response = client.post("/screening/check/", {"as_of": shown})
    assert "changed in another window" in response.content.decode()
    assert not Submission.objects.exists()
    client.post("/screening/check/", {"as_of": response.context["as_of"]})
    assert Submission.objects.exists()


def test_an_old_window_does_not_wipe_a_question_that_it_never_showed(client: Client) -> None:
    walk(client, alcohol_weekly="yes", substance_use="yes", alcohol_days="3", alcohol_drinks="6")
    client.post("/screening/substances-more/", {"shown": ["substance-now"], "q-substance-now": "no"})
    assert saved_answers(client)["alcohol-days"] == [3]


def test_coming_back_does_not_pass_over_a_page_of_optional_questions(client: Client) -> None:
    walk(client, until="medicine-list")
    code = secret_of(client).code
    assert come_back(Client(), code)["Location"] == "/screening/medicine-list/"


def caption_of(response: Any) -> str:
    return str(response.context["caption"])


def test_the_way_never_gets_longer_for_a_patient_while_they_walk_it(client: Client) -> None:
    response, told = client.get("/screening/age/"), []
    while "form" in (response.context or {}):
        section, sections, left = map(int, re.findall(r"\d+", caption_of(response)))
        told.append((sections, section, left))
        response = client.post(response.request["PATH_INFO"], page_fields(response, ANSWERS), follow=True)
    assert len(told) > 25
    assert {sections for sections, section, left in told} == {8}
    assert [section for sections, section, left in told] == sorted(
        section for sections, section, left in told
    )
    minutes_left = [left for sections, section, left in told]
    assert minutes_left == sorted(minutes_left, reverse=True)
    assert told[-1] == (8, 8, 1)


def test_who_goes_on_after_all_is_led_to_the_page_where_they_stopped(client: Client) -> None:
    walk(client, until="diagnosis")
    stopped = client.get("/screening/leave/")
    assert stopped.context["following"] == "/screening/diagnosis/"
    assert '<a class="button" href="/screening/diagnosis/">Go on with the form</a>' in stopped.text
