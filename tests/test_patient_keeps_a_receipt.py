"""After sending: the reference, the next step, the copy for a day, and what was agreed to."""

import datetime
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.test import Client

from clinic_site.clinic import Clinic
from intake import consent, storage
from intake.models import Draft, Submission
from tests.applicant import send, walk
from tests.opened import changed_inside, come_back, opened_body, secret_of

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("America/New_York"))


def test_the_copy_shows_every_answer_in_the_words_of_the_form_for_a_day(client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        done = send(client)
        assert "Until November 24, 12:00 PM you can open a copy" in done.text
        copy = client.get("/screening/copy/")
        for words in ("Test Patient 17", "behind the left knee", "Several days", "Vitamin D"):
            assert words in copy.text
        assert done.context["reference"] in copy.text
        assert "/screening/age/?return" not in copy.text
        clock.shift(datetime.timedelta(hours=24, minutes=1))
        come_back(client, secret_of(client).code)
        late = client.get("/screening/copy/")
        assert late.status_code == 410
        assert "That time is over" in late.text
        assert "Test Patient 17" not in late.text
        assert "That time is over" in client.get("/screening/done/").text


def test_the_copy_shows_no_score_and_is_never_mailed(client: Client) -> None:
    send(client)
    page = client.get("/screening/copy/").text
    for word in ("score", "points", "PHQ", "minimal", "eligible", "Priority"):
        assert word not in page
    assert mail.outbox == []


def test_before_sending_there_is_no_copy(client: Client) -> None:
    walk(client, until="contact")
    assert "Test Patient 17" not in client.get("/screening/copy/").text
    assert "cannot find a saved form" in Client().get("/screening/copy/").text


def test_what_somebody_agreed_to_is_sealed_with_what_they_sent(client: Client) -> None:
    check = walk(client)
    response = client.post("/screening/check/", {"as_of": check.context["as_of"]})
    assert response.status_code == 302
    agreed = opened_body().consent
    assert agreed["version"] == consent.VERSION
    assert agreed["language"] == "en"
    assert agreed["points"] == check.context["consent_points"]
    for point in agreed["points"]:
        assert point in check.text


def test_words_that_changed_meanwhile_are_shown_before_anything_is_sent(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = walk(client).context["as_of"]
    monkeypatch.setattr(consent, "VERSION", "2031-01-01")
    assert client.post("/screening/check/", {"as_of": shown}).status_code == 422
    assert not Submission.objects.exists()


def test_a_clinic_that_got_another_name_is_shown_before_anything_is_sent_to_it(client: Client) -> None:
    shown = walk(client).context["as_of"]
    Clinic.objects.update(name="Another Clinic (Demonstration)")
    again = client.post("/screening/check/", {"as_of": shown})
    assert again.status_code == 422
    assert "Your answers go to Another Clinic" in again.text
    assert not Submission.objects.exists()


def test_the_copy_shows_the_words_that_were_agreed_to_and_not_those_of_today(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = send(client)
    agreed = opened_body().consent
    monkeypatch.setattr(consent, "VERSION", "2031-01-01")
    monkeypatch.setattr(consent, "points", lambda clinic_name: ["Something quite different."])
    copy = client.get("/screening/copy/").text
    assert "Something quite different" not in copy + done.text
    assert f"version {agreed['version']}" in copy
    assert len(agreed["points"]) == 5
    for point in agreed["points"]:
        assert point in copy


def test_the_copy_of_a_form_in_spanish_stays_in_the_words_that_were_sent(
    client: Client, settings: Any
) -> None:
    settings.SHOW_UNREVIEWED_TRANSLATIONS = True
    send(client, at="/es/screening/")
    copy = client.get("/screening/copy/").text
    assert '<html lang="en">' in copy
    assert '<dt lang="es">Fecha de nacimiento</dt>' in copy
    assert '<ul lang="es"><li>Sus respuestas van a' in copy
    assert "Fecha de nacimiento" in client.get("/es/screening/copy/").text


def test_a_receipt_of_before_the_agreement_was_kept_shows_none(client: Client) -> None:
    send(client)
    draft, secret = Draft.objects.get(), secret_of(client)
    storage.open_draft(draft, secret)
    storage.seal_draft(draft, secret, answers=draft.answers, changed={})
    draft.save()
    copy = client.get("/screening/copy/").text
    assert "Test Patient 17" in copy
    assert "What you agreed to" not in copy


def test_a_form_sealed_before_the_agreement_was_kept_still_opens(client: Client) -> None:
    send(client)
    old = changed_inside(Submission.objects.get(), lambda head, body: body.pop("consent"))
    assert storage.read_body(old).consent == {}
    assert asdict(storage.read_body(old))["answers"]["name"] == ["Test Patient 17"]


def test_what_is_no_agreement_is_told_as_a_form_that_does_not_open(client: Client) -> None:
    send(client)
    broken = changed_inside(Submission.objects.get(), lambda head, body: body.update(consent="yes"))
    with pytest.raises(storage.CannotOpen):
        storage.read_body(broken)


def test_the_done_page_says_how_to_correct_and_to_take_back(client: Client) -> None:
    page = send(client).text
    assert "give your reference" in page
    assert "You may take back the whole form" in page
    assert "tel:+14105550142" in page
