"""What users of other forms report of saving, coming back and sending, each tried here. The name is the thread's."""

import datetime
import re

import pytest
import time_machine
from django.test import Client
from django.urls import get_resolver

from clinic_site.audit import AuditEvent
from intake.models import Draft, Priority, Submission
from intake.questionnaires.pages import ADDRESSES_OF_THE_SITE
from tests.applicant import ANSWERS, page_fields, send, walk
from tests.engine_builders import group, item, questionnaire_json
from tests.opened import come_back, opened_body, saved_answers, say_it_is_their_own, secret_of
from tests.served_questionnaires import open_first_page, serve

pytestmark = pytest.mark.django_db
CHECK = "/screening/check/"
NOON = datetime.datetime(2026, 3, 2, 17, tzinfo=datetime.UTC)


def test_forms_runner_274_an_expired_session_is_explained_and_back_and_send_again_sends_once(
    client: Client,
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        walk(client)
        before = client.cookies["screening"].value
        clock.shift(datetime.timedelta(hours=13))
        expired = client.post(CHECK)
        assert expired.status_code == 409
        assert "12 hours passed" in expired.text
        assert not Submission.objects.exists()
        clock.shift(datetime.timedelta(hours=-13))
        client.cookies["screening"] = before
    send(client)
    client.get(CHECK)
    client.post(CHECK)
    assert Submission.objects.count() == 1


def test_design_system_backlog_104_nobody_has_to_press_save(client: Client) -> None:
    walk(client, until="pain")
    assert saved_answers(client)["name"] == ["Test Patient 17"]


def test_design_system_backlog_87_a_code_lives_thirty_days_and_the_page_says_until_when(
    client: Client,
) -> None:
    with time_machine.travel(NOON, tick=False):
        walk(client, until="contact")
        code = secret_of(client).code
        assert "Come back by April 1, 2026" in client.get("/screening/leave/").text
    with time_machine.travel(NOON + datetime.timedelta(days=29), tick=False):
        assert come_back(Client(), code).status_code == 302
    with time_machine.travel(NOON + datetime.timedelta(days=32), tick=False):
        assert "no saved form under this code" in come_back(Client(), code).text


def test_platform_forms_client_1554_and_3105_a_shared_computer_keeps_nothing_and_the_form_goes_on_elsewhere(
    client: Client,
) -> None:
    assert "On a shared computer" in client.get("/screening/").text
    walk(client, until="pain")
    code = secret_of(client).code
    client.post("/screening/leave/")
    assert "Test Patient 17" not in client.get("/screening/about-you/").text
    elsewhere = Client()
    come_back(elsewhere, code)
    assert "Test Patient 17" in elsewhere.get("/screening/about-you/").text


def test_platform_forms_client_3085_5836_and_7941_each_message_names_its_question_and_hangs_on_its_input(
    client: Client,
) -> None:
    walk(client, until="about-you")
    page = client.post("/screening/about-you/", {}).text
    assert "Write an answer for “Full name”" in page
    assert "Enter a date for “Date of birth”" in page
    assert re.search(r'<input(?=[^>]* id="q-name")[^>]* aria-describedby="q-name_error"', page)
    assert re.search(r'<fieldset[^>]* aria-describedby="q-birth-date_error"', page)
    assert not re.search(r"<input[^>]* required", page)
    assert "data-focus-on-load" in page


def test_platform_forms_client_4904_people_get_a_copy_of_what_they_sent(client: Client) -> None:
    send(client)
    assert "behind the left knee" in client.get("/screening/copy/").text


def test_mavis_2472_and_3522_what_is_decided_follows_the_last_answers_and_1186_only_once(
    client: Client,
) -> None:
    walk(client, pregnant="yes", mood_self_harm="LA6571-9")
    assert Submission.objects.count() == 0
    send(client)  # page by page once more, with calm answers
    client.post(CHECK)
    assert Submission.objects.get().priority == Priority.ROUTINE


def test_care_3023_and_openemr_13082_a_blank_form_is_not_sent(client: Client) -> None:
    client.post("/screening/age/", {"q-adult": "yes"})
    assert client.post(CHECK).status_code == 422
    assert not Submission.objects.exists()


def test_openemr_12319_what_is_stored_is_never_blank(client: Client) -> None:
    check = walk(client)
    shown = {
        row["text"] if isinstance(row, dict) else row.text: tuple(row.answers_in_words)
        for page in check.context["pages"]
        for row in page.items
        if row.is_question
    }
    client.post(CHECK)
    stored = {
        row["text"]: tuple(row["answers_in_words"])
        for page in opened_body().pages
        for row in page["items"]
        if row["is_question"]
    }
    assert stored == shown
    assert sum(map(bool, stored.values())) > 50


def test_openemr_4426_5515_and_6562_after_a_time_out_plain_words_and_the_place_where_one_was(
    client: Client,
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        walk(client, until="pain")
        code = secret_of(client).code
        clock.shift(datetime.timedelta(hours=13))
        page = client.post("/screening/pain/", {"q-pain-where": "back"})
        assert "enter it to continue" in page.text
        assert "(410) 555-0142" in page.text
        for technical in ("session", "403", "unauthorized", "token"):
            assert technical not in page.text[page.text.index("<main") :].lower()
        assert come_back(client, code)["Location"] == "/screening/pain/"


def test_canvas_plugins_1459_a_form_that_takes_all_day_is_sent_all_the_same(client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        response = client.get("/screening/age/")
        while (path := response.request["PATH_INFO"]) != CHECK:
            clock.shift(datetime.timedelta(minutes=45))
            response = client.post(path, page_fields(response, ANSWERS), follow=True)
        assert client.post(CHECK, follow=True).request["PATH_INFO"] == "/screening/done/"


def test_openemr_9108_nothing_is_asked_that_is_lost_on_the_way_such_as_a_file(client: Client) -> None:
    response, asked = client.get("/screening/age/"), 0
    while (path := response.request["PATH_INFO"]) != CHECK:
        assert 'type="file"' not in response.text
        asked += 1
        response = client.post(path, page_fields(response, ANSWERS), follow=True)
    assert asked > 25


def test_openemr_11161_what_a_patient_sends_stands_at_the_top_of_the_queue(
    client: Client, staff_client: Client
) -> None:
    reference = send(client).context["reference"]
    say_it_is_their_own(client)
    assert reference in staff_client.get("/admin/intake/submission/").text


def test_formbricks_2956_somebody_comes_back_to_the_page_where_they_stopped_with_all_they_wrote(
    client: Client,
) -> None:
    walk(client, until="tried")
    elsewhere = Client()
    assert come_back(elsewhere, secret_of(client).code)["Location"] == "/screening/tried/"
    assert saved_answers(elsewhere) == saved_answers(client)
    assert "behind the left knee" in elsewhere.get("/screening/pain/").text


def test_formbricks_4797_a_link_ends_with_sending(client: Client) -> None:
    walk(client)
    code = secret_of(client).code
    client.post(CHECK)
    finder = Client()
    assert come_back(finder, code)["Location"] == "/screening/done/"
    assert finder.post("/screening/contact/", {"q-phone": "(410) 555-0100"}).status_code == 409


def test_formbricks_6164_a_link_does_not_push_another_open_form_aside_unasked(client: Client) -> None:
    first = Client()
    walk(first, until="contact")
    walk(client, until="contact")
    own = secret_of(client)
    response = come_back(client, secret_of(first).code)
    assert response.status_code == 409
    assert own.code in response.text
    assert secret_of(client) == own


def test_formbricks_3828_no_question_stands_in_a_table(client: Client) -> None:
    for name in ("mood-1", "worry-1", "pain-impact"):
        assert "<table" not in walk(client, until=name).text


def test_limesurvey_2442_coming_back_shows_a_page_with_questions(client: Client) -> None:
    walk(client, until="heart")
    elsewhere = Client()
    place = come_back(elsewhere, secret_of(client).code)["Location"]
    assert elsewhere.get(place).context["form"].names


def test_limesurvey_4407_and_4420_one_form_is_counted_once_however_it_is_reached(client: Client) -> None:
    walk(client)
    elsewhere = Client()
    come_back(elsewhere, secret_of(client).code)
    for browser in (client, elsewhere, client):
        browser.post(CHECK)
    assert Submission.objects.count() == Draft.objects.count() == 1


def test_limesurvey_1405_a_link_is_dead_once_the_form_is_deleted(client: Client) -> None:
    walk(client, until="contact")
    code = secret_of(client).code
    client.post("/screening/delete/")
    assert "no saved form under this code" in come_back(Client(), code).text


def test_enketo_1120_and_1226_one_form_is_deleted_and_no_other(client: Client) -> None:
    other = Client()
    walk(other, until="contact")
    walk(client, until="contact")
    client.post("/screening/delete/")
    assert "Test Patient 17" in other.get("/screening/about-you/").text


def test_kobotoolbox_docs_18_and_45_and_kpi_5121_who_clears_the_browser_loses_nothing(client: Client) -> None:
    walk(client, until="pain")
    code = secret_of(client).code
    client.cookies.clear()
    come_back(client, code)
    assert saved_answers(client)["name"] == ["Test Patient 17"]


def test_formtools_126_and_formwizard_9_two_tabs_on_two_pages_share_one_form_and_mix_nothing_up(
    client: Client,
) -> None:
    walk(client, until="heart")
    first, second = client.get("/screening/about-you/"), client.get("/screening/contact/")
    client.post("/screening/contact/", page_fields(second, ANSWERS | {"phone": "(410) 555-0171"}))
    client.post("/screening/about-you/", page_fields(first, ANSWERS | {"name": "Test Patient 18"}))
    saved = saved_answers(client)
    assert (saved["name"], saved["phone"]) == (["Test Patient 18"], ["(410) 555-0171"])


def test_formtools_284_outreachy_365_and_formwizard_14_going_back_drops_nothing_and_needs_nothing(
    client: Client,
) -> None:
    walk(client, until="heart")
    client.post("/screening/heart/", {})  # not valid
    assert client.get("/screening/about-you/").status_code == 200
    assert client.get("/screening/heart/").status_code == 200
    assert saved_answers(client)["pain-duration"] == ["1-to-5-years"]


def test_django_auditlog_345_and_easy_audit_14_a_look_leaves_a_mark(
    client: Client, staff_client: Client
) -> None:
    send(client)
    say_it_is_their_own(client)
    before = AuditEvent.objects.count()
    staff_client.get(f"/admin/intake/submission/{Submission.objects.get().pk}/change/")
    assert AuditEvent.objects.count() > before


def test_no_page_of_a_questionnaire_is_hidden_behind_an_address_of_the_site(client: Client) -> None:
    """Not reported anywhere; a clinic that calls a page "done" would be the first."""
    addresses = {str(pattern.pattern) for pattern in get_resolver("intake.urls").url_patterns}
    assert {f"{address}/" for address in ADDRESSES_OF_THE_SITE} == addresses - {"", "<slug:slug>/"}
    serve(questionnaire_json(item=[group("done", item("a", "string")), group("copy", item("b", "string"))]))
    assert open_first_page(client).context["form"].names == {"a": "q-a"}
