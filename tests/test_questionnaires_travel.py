"""Every questionnaire goes all the way: imported, answered on the pages, sent, exported, and read by strangers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from fhir.resources.R4B import get_fhir_model_class

from intake.exports import submission_bundle
from intake.management.commands.load_questionnaires import SHIPPED
from intake.models import Submission
from intake.questionnaires.bundle_check import check_bundle
from intake.questionnaires.definition import Questionnaire
from intake.questionnaires.fhir import to_bytes
from intake.questionnaires.response_check import check_response, to_answers
from tests import applicant
from tests.opened import opened_body
from tests.served_questionnaires import send_in, serve
from tests.test_wild_questionnaires import FOLDER, NAMES, POSTED, answered

pytestmark = pytest.mark.django_db

# How each questionnaire that ships is answered and sent; a new one needs its own line here.
SENT: dict[str, Callable[[Client], Any]] = {"ketamine-screening": applicant.send}


def exported(submission: Submission) -> dict[str, Any]:
    """The response of a submission as another system gets it, once every judge finds the whole export sound."""
    bundle = json.loads(to_bytes(submission_bundle(submission)))
    assert check_bundle(bundle) == ()
    for resource in (bundle, *(entry["resource"] for entry in bundle["entry"])):
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert (kinds.count("Patient"), kinds.count("QuestionnaireResponse")) == (1, 1)
    response: dict[str, Any] = bundle["entry"][kinds.index("QuestionnaireResponse")]["resource"]
    assert check_response(submission.questionnaire_version.definition, response) == ()
    return response


def answers_in(questionnaire: Questionnaire, response: dict[str, Any]) -> dict[str, Any]:
    return dict(to_answers(questionnaire, response))


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.json")), ids=lambda path: path.stem)
def test_what_ships_is_sent_through_its_pages_and_exports_sound(path: Path, client: Client) -> None:
    done = SENT[path.stem](client)
    assert done.request["PATH_INFO"] == "/screening/done/"
    submission = Submission.objects.get()
    definition = submission.questionnaire_version.definition
    assert bytes(submission.questionnaire_version.source) == path.read_bytes()
    found = answers_in(definition, exported(submission))
    assert found["name"] == ("Test Patient 17",)
    assert len(found) == len(opened_body(submission).answers)


@pytest.mark.parametrize("name", NAMES)
def test_a_questionnaire_from_the_wild_is_sent_through_its_pages_and_exports_sound(
    name: str, client: Client
) -> None:
    version = serve((FOLDER / f"{name}.json").read_bytes())
    submission = send_in(client, POSTED[name])
    assert submission.questionnaire_version == version
    assert answers_in(version.definition, exported(submission)) == answered(name)
