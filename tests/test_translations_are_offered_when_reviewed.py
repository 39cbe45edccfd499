"""The screening in another language is there once somebody who answers for it has read every word, and not before."""

import datetime
from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from clinic_site.audit import AuditEvent
from intake import actions
from intake.languages import offered, patients_meet_only_reviewed_translations
from intake.models import QuestionnaireVersion, TranslationReview

pytestmark = pytest.mark.django_db

SPANISH = "/es/screening/"
CATALOGUE = Path(settings.BASE_DIR, "locale", "es", "LC_MESSAGES", "django.po")
DESK = "/admin/intake/translationreview/"


def review(language: str = "es") -> TranslationReview:
    return actions.review_translation(
        language=language, reviewed_by="Test Reviewer, RN", reviewed_on=datetime.date(2026, 11, 1)
    )


def test_nobody_is_offered_what_nobody_has_read(client: Client) -> None:
    assert offered() == []
    assert client.get(SPANISH).status_code == 404
    assert client.get("/screening/").status_code == 200


def test_what_somebody_has_read_is_offered(client: Client) -> None:
    review()
    page = client.get(SPANISH)
    assert page.status_code == 200
    assert page.headers["Content-Language"] == "es"
    assert '<html lang="es">' in page.content.decode()


def test_a_question_that_is_worded_anew_has_to_be_read_again(client: Client) -> None:
    review()
    QuestionnaireVersion.objects.filter(slug="ketamine-screening").update(retired_at=timezone.now())
    assert offered() == []


def test_who_began_in_spanish_goes_on_in_spanish(client: Client) -> None:
    review()
    client.post(f"{SPANISH}age/", {"q-adult": "yes"})
    TranslationReview.objects.all().delete()
    assert "¿Quién llena este formulario?" in client.get(f"{SPANISH}answering/").content.decode()


def test_the_language_of_the_browser_alone_changes_nothing(client: Client) -> None:
    page = client.get("/screening/", headers={"accept-language": "es"})
    assert '<html lang="en">' in page.content.decode()


def test_whoever_reads_it_first_may_see_it_before(client: Client, settings: Any) -> None:
    settings.SHOW_UNREVIEWED_TRANSLATIONS = True
    assert "Nadie ha revisado todavía" in client.get(SPANISH).content.decode()
    assert [error.id for error in patients_meet_only_reviewed_translations()] == ["intake.E009"]


def test_staff_enter_who_read_it(staff_client: Client, staff: User) -> None:
    form = {"language": "es", "reviewed_by": "Test Reviewer, RN", "reviewed_on": "2026-11-01"}
    refused = staff_client.post(f"{DESK}add/", {**form, "reviewed_on": "2999-01-01"})
    assert "in the future" in refused.content.decode()
    staff_client.post(f"{DESK}add/", form)
    assert offered() == ["es"]
    assert list(AuditEvent.objects.filter(action="questionnaire").values_list("account", "detail")) == [
        ("nurse", "translation signed_off")
    ]
    assert "Test Reviewer, RN" in staff_client.get(DESK).content.decode()


def test_the_compiled_catalogue_is_the_one_that_is_read_and_lacks_nothing() -> None:
    written = polib.pofile(str(CATALOGUE))
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert {(entry.msgctxt, entry.msgid): entry.msgstr for entry in written} == {
        (entry.msgctxt, entry.msgid): entry.msgstr for entry in compiled
    }
    assert not written.untranslated_entries()
    assert not written.fuzzy_entries()
