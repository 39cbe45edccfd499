"""A patient fills in the screening in Spanish, or changes the language on the way."""

from typing import Any

import pytest
from django.test import Client

from intake.models import Draft, Submission
from tests.applicant import send, walk
from tests.opened import opened_body, opened_head

pytestmark = pytest.mark.django_db

SPANISH = "/es/screening/"


@pytest.fixture(autouse=True)
def spanish_is_read_by_somebody(settings: Any) -> None:
    settings.SHOW_UNREVIEWED_TRANSLATIONS = True


def test_the_clinic_gets_the_form_in_the_words_that_the_patient_read(client: Client) -> None:
    assert send(client, at=SPANISH).request["PATH_INFO"] == f"{SPANISH}done/"
    submission = Submission.objects.get()
    assert submission.language == "es"
    wordings = str(opened_body(submission))
    assert "¿Dónde tiene el dolor?" in wordings
    assert "Where is your pain?" not in wordings


def test_the_nurse_reads_in_her_own_language_how_to_reach_the_patient(client: Client) -> None:
    send(client, at=SPANISH)
    assert dict(opened_head().contact)["When is a good time to call?"] == "Morning, Evening"


def test_the_scale_without_a_published_spanish_wording_is_not_asked(client: Client) -> None:
    send(client, at=SPANISH)
    assert "peg-pain" not in str(opened_body())


def test_the_language_can_be_changed_on_the_way_and_nothing_is_lost(client: Client) -> None:
    walk(client, at=SPANISH, until="contact")
    assert "Test Patient 17" in client.get("/screening/about-you/").content.decode()
    assert Draft.objects.get().language == "en"
    assert send(client).request["PATH_INFO"] == "/screening/done/"
    assert Submission.objects.get().language == "en"


def test_no_page_of_another_language_stays_in_a_cache(client: Client) -> None:
    assert "no-store" in client.get(f"{SPANISH}age/").headers["Cache-Control"]
