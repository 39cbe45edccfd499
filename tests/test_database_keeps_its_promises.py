"""Rules that hold whoever writes: the site, the admin, a shell or a bug."""

import datetime
import uuid

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from clinic_site.clinic import Clinic, OpeningHours
from intake.models import Draft, QuestionnaireVersion, Submission
from intake.patient_data import NOT_PATIENT_DATA, PATIENT_DATA
from tests.applicant import send

pytestmark = pytest.mark.django_db


def test_every_column_is_known_to_be_patient_data_or_not() -> None:
    columns = {
        f"{model._meta.model_name}.{field.name}"
        for model in apps.get_app_config("intake").get_models()
        for field in model._meta.concrete_fields
    }
    assert columns == PATIENT_DATA | NOT_PATIENT_DATA
    assert not PATIENT_DATA & NOT_PATIENT_DATA


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"priority": 0}, "intake_submission_priority_known"),
        ({"priority": 6}, "intake_submission_priority_known"),
        ({"status": "lost"}, "intake_submission_status_known"),
    ],
)
def test_a_submission_has_a_known_priority_and_status(client: Client, change: dict, rule: str) -> None:
    send(client)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Submission.objects.update(**change)


def test_a_draft_expires_after_it_began() -> None:
    version = QuestionnaireVersion.objects.current("ketamine-screening")
    now = timezone.now()
    with pytest.raises(IntegrityError, match="intake_draft_expires_after_start"), transaction.atomic():
        Draft.objects.create(
            id=uuid.uuid4(),
            questionnaire_version=version,
            language="en",
            contents=b"",
            started_at=now,
            saved_at=now,
            expires_at=now - datetime.timedelta(seconds=1),
        )


def test_a_clinic_closes_after_it_opens() -> None:
    hours = OpeningHours.objects.filter(clinic=Clinic.objects.get())
    with pytest.raises(IntegrityError, match="closes_after_opening"), transaction.atomic():
        hours.update(opens=datetime.time(7), closes=datetime.time(6))


def test_two_submissions_never_share_an_id(client: Client) -> None:
    send(client)
    sent = Submission.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.bulk_create([sent])
