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
from tests.applicant import send, walk

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


def test_the_patients_own_phone_and_email_are_exported_and_nobody_elses() -> None:
    send(Client())
    (patient,) = resources(received(submission_bundle(Submission.objects.get())), "Patient")
    assert patient["telecom"] == [
        {"system": "phone", "value": "(410) 555-0117"},
        {"system": "email", "value": "patient17@clinic.example"},
    ]


def test_a_form_typed_by_a_helper_names_the_helper_as_its_source() -> None:
    send(
        Client(),
        respondent="helper",
        patient_present="yes",
        helper_name="Test Daughter 17",
        helper_relationship="daughter",
    )
    exported = received(submission_bundle(Submission.objects.get()))
    (patient,) = resources(exported, "Patient")
    (response,) = resources(exported, "QuestionnaireResponse")
    assert response["source"] == response["author"] == {"reference": "#helper"}
    assert response["contained"] == [
        {
            "resourceType": "RelatedPerson",
            "id": "helper",
            "patient": {"reference": f"urn:uuid:{patient['id']}"},
            "relationship": [{"text": "daughter"}],
            "name": [{"text": "Test Daughter 17"}],
        }
    ]
    assert patient["name"] == [{"text": "Test Patient 17"}]


def test_somebody_who_first_said_to_be_a_helper_and_then_the_patient_is_exported_as_the_patient() -> None:
    browser = Client()
    walk(
        browser,
        until="contact",
        respondent="helper",
        patient_present="yes",
        helper_name="Test Daughter 17",
        helper_relationship="daughter",
    )
    send(browser)
    (response,) = resources(received(submission_bundle(Submission.objects.get())), "QuestionnaireResponse")
    assert response["source"] == response["subject"]
    assert "Test Daughter 17" not in json.dumps(response)
