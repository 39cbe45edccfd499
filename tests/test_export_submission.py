"""A submission leaves for another clinic's system: whole, in the words that were answered, and sound."""

import datetime
import json
from typing import Any

import pytest
from django.test import Client
from fhir.resources.R4B import get_fhir_model_class

from intake.exports import submission_bundle
from intake.models import Submission
from intake.questionnaires.bundle_check import check_bundle
from intake.questionnaires.fhir import to_bytes
from intake.questionnaires.fhir_values import Resource
from intake.questionnaires.response_check import check_response
from tests.applicant import send

pytestmark = pytest.mark.django_db


def received(bundle: Resource) -> dict[str, Any]:
    """The Bundle as another system reads it, once every judge finds it sound."""
    read: dict[str, Any] = json.loads(to_bytes(bundle))
    assert check_bundle(read) == ()
    for resource in (read, *(entry["resource"] for entry in read["entry"])):
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    return read


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [resource for resource in found if resource["resourceType"] == kind]


def test_a_screening_sent_through_the_pages_exports_whole() -> None:
    send(Client())
    submission = Submission.objects.get()
    exported = received(submission_bundle(submission))
    (patient,) = resources(exported, "Patient")
    (response,) = resources(exported, "QuestionnaireResponse")
    assert patient["name"] == [{"text": "Test Patient 17"}]
    assert patient["birthDate"] == "1982-03-09"
    assert response["subject"] == {"reference": f"urn:uuid:{patient['id']}"}
    assert check_response(submission.questionnaire_version.definition, response) == ()
    assert datetime.datetime.fromisoformat(response["authored"]) == submission.received_at.replace(
        microsecond=0
    )
