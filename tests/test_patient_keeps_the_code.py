"""The code and the ways to keep it: on paper, as a link, by mail; what one's own and a shared device remember."""

import datetime
import smtplib

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from intake import cookies
from intake.models import Draft
from intake.secret import Secret
from tests.applicant import ANSWERS, page_fields, send, walk
from tests.engine_builders import item, questionnaire_json
from tests.opened import BIRTH_DATE, come_back, saved_answers, say_it_is_their_own, secret_of
from tests.served_questionnaires import open_first_page, serve

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 23, 17, tzinfo=datetime.UTC)


def test_the_code_is_offered_once_after_the_first_saved_page(client: Client) -> None:
    assert "Nothing is stored" in client.get("/screening/age/").text
    second = client.post("/screening/age/", {"q-adult": "yes"}, follow=True)
    code = secret_of(client).code
    assert code in second.text
    third = client.post(second.request["PATH_INFO"], page_fields(second, ANSWERS), follow=True)
    assert code not in third.text
    assert code in client.get("/screening/leave/").text


def test_each_page_says_when_it_was_saved_and_how_long_it_is_kept(client: Client) -> None:
    with time_machine.travel(NOON, tick=False):
        page = walk(client, until="contact").text
    assert "Saved 12:00 PM, and kept until December 23, 2026." in page


def test_who_stops_in_the_middle_of_a_page_keeps_what_is_right_on_it(client: Client) -> None:
    walk(client, until="about-you")
    fields = {"q-name": "Test Patient 17", "q-birth-date-month": "Febtober", "q-birth-date-day": "9"}
    stopped = client.post("/screening/about-you/", fields | {"stop": "1"}, follow=True)
    assert stopped.request["PATH_INFO"] == "/screening/leave/"
    assert secret_of(client).code in stopped.text
    assert saved_answers(client)["name"] == ["Test Patient 17"]
    assert stopped.context["following"] == "/screening/about-you/"


def test_who_stops_after_telling_of_thoughts_of_self_harm_is_shown_where_help_is_first(
    client: Client,
) -> None:
    page = walk(client, until="mood-3")
    fields = page_fields(page, ANSWERS | {"mood-self-harm": "LA6569-3"})
    stopped = client.post("/screening/mood-3/", fields | {"stop": "1"}, follow=True)
    assert stopped.request["PATH_INFO"] == "/screening/support/"
    assert 'href="/screening/leave/"' in stopped.text


def test_nothing_typed_is_not_called_a_wrong_date_of_birth(client: Client) -> None:
    walk(client, until="contact")
    blank = dict.fromkeys(BIRTH_DATE, "")
    page = Client().post("/screening/resume/", {"code": secret_of(client).code, **blank}).text
    assert "Enter a date for “Date of birth”" in page
    assert "This is not the date of birth" not in page


def test_the_link_has_the_code_only_where_no_server_sees_it(client: Client) -> None:
    walk(client, until="contact")
    link = client.get("/screening/leave/").context["link"]
    address, _, code = link.partition("#")
    assert address == "http://testserver/screening/resume/"
    assert code == secret_of(client).code


def test_the_link_is_mailed_and_the_address_is_kept_nowhere(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.EMAIL_HOST = "mail.clinic.example"
    walk(client, until="contact")
    before = Draft.objects.values().get()
    page = client.post("/screening/mail-link/", {"email": "patient17@home.example"}).text
    assert "The link is on its way" in page
    assert "patient17@home.example" not in page
    [letter] = mail.outbox
    assert letter.to == ["patient17@home.example"]
    assert f"/screening/resume/#{secret_of(client).code}" in letter.body
    for word in ("pain", "ketamine", "clinic", "health", "Test Patient"):
        assert word not in (letter.subject + letter.body).lower()
    assert Draft.objects.values().get() == before


@pytest.mark.parametrize("typed", ["", "not an address", "a@b", "x@y.example\nBcc: z@y.example"])
def test_an_address_that_is_none_is_refused_and_nothing_is_mailed(
    client: Client, settings, typed: str
) -> None:  # type: ignore[no-untyped-def]
    settings.EMAIL_HOST = "mail.clinic.example"
    walk(client, until="contact")
    response = client.post("/screening/mail-link/", {"email": typed})
    assert response.status_code == 422
    assert "Error:" in response.text
    assert secret_of(client).code in response.text
    assert mail.outbox == []


def test_a_mail_server_that_is_down_costs_nobody_the_code(
    client: Client, settings, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    def refuse(*_: object, **__: object) -> None:
        raise smtplib.SMTPRecipientsRefused({"patient17@home.example": (550, b"no")})

    settings.EMAIL_HOST = "mail.clinic.example"
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    walk(client, until="contact")
    response = client.post("/screening/mail-link/", {"email": "patient17@home.example"})
    assert response.status_code == 503
    assert "could not be mailed" in response.text
    assert secret_of(client).code in response.text


def test_an_address_that_no_mail_can_reach_costs_nobody_the_code(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.EMAIL_HOST = "mail.clinic.example"
    walk(client, until="contact")
    response = client.post("/screening/mail-link/", {"email": f"a@{'ä' * 60}.example"})
    assert response.status_code == 503
    assert secret_of(client).code in response.text


def test_without_a_mail_server_no_mail_is_offered(client: Client) -> None:
    walk(client, until="contact")
    assert "mail-link" not in client.get("/screening/leave/").text


def test_another_device_asks_the_birth_date_and_the_same_one_does_not(client: Client) -> None:
    walk(client, until="pain")
    code = secret_of(client).code
    assert client.post("/screening/resume/", {"code": code}).status_code == 302
    other = Client()
    page = other.post("/screening/resume/", {"code": code})
    assert page.status_code == 200
    assert "One more question" in page.text
    for told in ("Test Patient 17", "1982"):
        assert told not in page.text
    wrong = come_back(other, code, **{"birth-date-year": "1983"})
    assert wrong.status_code == 422
    assert "This is not the date of birth in the form" in wrong.text
    assert cookies.NAME not in other.cookies
    assert come_back(other, code)["Location"] == "/screening/pain/"


def test_no_birth_date_is_asked_where_none_was_given_yet(client: Client) -> None:
    walk(client, until="about-you")
    assert Client().post("/screening/resume/", {"code": secret_of(client).code}).status_code == 302


def test_the_birth_date_may_be_typed_as_in_the_form(client: Client) -> None:
    walk(client, until="pain")
    fields = BIRTH_DATE | {"birth-date-month": "03", "birth-date-day": "09"}
    response = Client().post("/screening/resume/", {"code": secret_of(client).code, **fields})
    assert response.status_code == 302


def test_after_twelve_idle_hours_the_browser_no_longer_opens_the_form(client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        walk(client, until="contact")
        code = secret_of(client).code
        clock.shift(datetime.timedelta(hours=11, minutes=59))
        assert "form" in client.get("/screening/contact/").context
        clock.shift(datetime.timedelta(hours=11, minutes=59))  # the look counted
        assert "form" in client.get("/screening/contact/").context
        clock.shift(datetime.timedelta(hours=12, minutes=1))
        page = client.get("/screening/contact/").text
        assert "12 hours passed" in page
        assert client.cookies[cookies.NAME].value == ""
        assert come_back(client, code).status_code == 302


def test_the_cookie_lasts_until_the_browser_closes_and_longer_only_where_the_patient_says_so(
    client: Client,
) -> None:
    walk(client, until="contact")
    assert client.cookies[cookies.NAME]["max-age"] == ""
    assert client.cookies[cookies.NAME]["httponly"]
    say_it_is_their_own(client)
    assert client.cookies[cookies.NAME]["max-age"] == 31 * 24 * 60 * 60
    response = client.get("/screening/contact/")
    client.post("/screening/contact/", page_fields(response, ANSWERS))
    assert client.cookies[cookies.NAME]["max-age"] == 31 * 24 * 60 * 60
    assert "device is your own" in client.get("/screening/leave/").text


def test_another_form_on_ones_own_device_is_not_kept_so_long_unasked(client: Client) -> None:
    first = Client()
    walk(first, until="contact")
    walk(client, until="contact")
    say_it_is_their_own(client)
    come_back(client, secret_of(first).code, anyway="1")
    assert secret_of(client) == secret_of(first)
    assert client.cookies[cookies.NAME]["max-age"] == ""


@pytest.mark.parametrize(
    "value", ["x", "..", "1.own.now", "0000-0000-0000-0000-00A1-S.own.99999999999999999999"]
)
def test_a_cookie_that_is_none_opens_nothing_and_is_taken_away(client: Client, value: str) -> None:
    client.cookies[cookies.NAME] = value
    response = client.get("/screening/contact/")
    assert response.status_code == 200
    assert "cannot find a saved form" in response.text
    assert client.cookies[cookies.NAME].value == ""


def test_the_start_page_offers_to_go_on_where_it_stopped_to_type_a_code_and_to_delete(client: Client) -> None:
    walk(client, until="pain")
    page = client.get("/screening/").text
    for address in ("/screening/pain/", "/screening/resume/", "/screening/delete/"):
        assert f'href="{address}"' in page


def test_deleting_is_asked_once_more(client: Client) -> None:
    walk(client, until="contact")
    assert "Delete what you typed?" in client.get("/screening/delete/").text
    assert Draft.objects.exists()
    client.post("/screening/delete/")
    assert not Draft.objects.exists()
    assert client.get("/screening/delete/").status_code == 302


def test_a_first_page_with_a_mistake_keeps_what_is_right_on_it(client: Client) -> None:
    """molgenis#3742, on the page where the form begins."""
    serve(questionnaire_json(item("words", "string"), item("number", "integer")))
    page = open_first_page(client).context["page"]
    response = client.post(f"/screening/{page.slug}/", {"q-words": "kept", "q-number": "many"})
    assert response.status_code == 422
    assert 'value="kept"' in client.get(f"/screening/{page.slug}/").text


@pytest.mark.parametrize("path", ["leave", "mail-link", "own-device"])
def test_after_sending_there_is_nothing_to_come_back_to(client: Client, path: str) -> None:
    send(client)
    assert client.post(f"/screening/{path}/", {"email": "a@b.example"})["Location"] == "/screening/"


def test_a_secret_that_nobody_has_opens_nothing() -> None:
    other = Client()
    other.cookies[cookies.NAME] = str(cookies.Kept(Secret.new(), timezone.now()))
    assert "cannot find a saved form" in other.get("/screening/check/").text
