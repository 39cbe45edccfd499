"""A submission leaves for another clinic's system: whole, in the words that were answered, and sound."""

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from intake import actions, storage
from intake.exports import NotExportable, left_out, submission_bundle, submissions_bundle
from intake.management.commands.load_questionnaires import SHIPPED
from intake.models import QuestionnaireVersion, Submission
from intake.questionnaires.answers import to_json
from intake.questionnaires.bundle_check import check_bundle
from intake.questionnaires.fhir import to_bytes
from intake.questionnaires.fhir_values import Resource
from intake.questionnaires.response_check import check_response
from intake.questionnaires.triage import triage
from tests.applicant import send, walk
from tests.engine_builders import choice, item, questionnaire_json
from tests.opened import changed_inside
from tests.screening_answers import RULES, SCREENING, TODAY, answers_of

OLD_WORDS, NEW_WORDS = "Do you have kidney disease?", "Is there anything wrong with your kidneys?"

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


def written(holder: dict[str, Any], link_id: str) -> dict[str, Any]:
    """The item of that linkId, wherever it stands."""
    inside = [*holder.get("item", []), *holder.get("answer", [])]
    here = [one for one in inside if one.get("linkId") == link_id]
    return next(filter(None, [*here, *(written(one, link_id) for one in inside)]), {})


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


def test_the_language_is_the_one_that_the_patient_read() -> None:
    send(Client())
    submission = Submission.objects.get()
    submission.language = "es"
    (response,) = resources(received(submission_bundle(submission)), "QuestionnaireResponse")
    assert response["language"] == "es"


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


def next_version() -> QuestionnaireVersion:
    """The shipped screening in other words, published; every version before it is retired."""
    source, rules = (
        (SHIPPED / f"ketamine-screening{ending}").read_text().replace(f'"{SCREENING.version}"', '"99.0.0"')
        for ending in (".json", ".rules.toml")
    )
    assert OLD_WORDS in source
    source = source.replace(OLD_WORDS, NEW_WORDS)
    for version in QuestionnaireVersion.objects.published():
        actions.retire(version, at=timezone.now())
    draft = actions.import_questionnaire(source.encode(), rules.encode(), at=timezone.now())
    return actions.publish(draft, signed_off_by="Dr. Test", at=timezone.now())


def test_an_old_submission_leaves_with_the_version_and_the_words_that_it_answers_pain_12() -> None:
    """Other servers judge and show an old response by the newest version (hapi-fhir 7354)."""
    send(Client(), kidneys="yes")
    old = Submission.objects.get()
    before = to_bytes(submission_bundle(old))
    next_version()
    send(Client(), kidneys="yes")
    new = Submission.objects.exclude(pk=old.pk).get()
    for submission, version, words in ((old, SCREENING.version, OLD_WORDS), (new, "99.0.0", NEW_WORDS)):
        (response,) = resources(received(submission_bundle(submission)), "QuestionnaireResponse")
        assert response["questionnaire"] == f"{SCREENING.url}|{version}"
        assert written(response, "kidneys")["text"] == words
    assert to_bytes(submission_bundle(Submission.objects.get(pk=old.pk))) == before


Part = dict[str, Any]


def test_the_scores_are_those_that_staff_saw_and_are_not_computed_again() -> None:
    send(Client(), mood_down="LA6569-3")
    submission = Submission.objects.get()

    def score_otherwise(head: Part, body: Part) -> None:
        (phq,) = (score for score in head["scores"] if score["instrument"] == "phq9")
        phq |= {"points": "26", "band": "as it was then"}

    changed_inside(submission, score_otherwise)
    exported = received(submission_bundle(submission))
    (total,) = (
        one
        for one in resources(exported, "Observation")
        if one.get("interpretation") == [{"text": "as it was then"}]
    )
    assert total["valueQuantity"]["value"] == 26


# What cannot be exported


@pytest.fixture
def unreadable() -> Submission:
    """A submission whose questionnaire this site has learned to refuse since it took it."""
    source = questionnaire_json(choice("kidneys"), item("notes", "string"))
    version = actions.import_questionnaire(source, None, at=timezone.now())
    answers = {"kidneys": ("yes",), "notes": ("a secret of Test Patient 99",)}
    _, secret = actions.start_draft(version=version, page="age", answers=answers, at=timezone.now())
    actions.submit(secret=secret, at=timezone.now())
    # A draft may change, so it stands here for a published version, which may not.
    changed = {"source": source.replace(b'"choice"', b'"reference"'), "definition_hash": "0" * 64}
    QuestionnaireVersion.objects.filter(pk=version.pk).update(**changed)
    Submission.objects.update(definition_hash="0" * 64)
    return Submission.objects.get()


def test_a_version_that_can_no_longer_be_read_is_told_with_the_reference(unreadable: Submission) -> None:
    with pytest.raises(NotExportable) as refused:
        submission_bundle(unreadable)
    assert str(refused.value).startswith(
        f"{unreadable.reference}: this site can no longer read A test, version 1.0.0"
    )
    assert "kidneys" in str(refused.value)


DAMAGES: dict[str, Callable[[Part, Part], object]] = {
    "an answer to no question": lambda head, body: body["answers"].update(nobody=["x"]),
    "an answer that is no option": lambda head, body: body["answers"].update(kidneys=["Test Patient 99"]),
    "answers that are no answers": lambda head, body: body.update(answers=["Test Patient 99"]),
    "no answers": lambda head, body: body.clear(),
    "no head": lambda head, body: head.clear(),
    "a birth date that is none": lambda head, body: head.update(birth_date="Test Patient 99"),
    "points that are none": lambda head, body: head["scores"][0].update(points="Test Patient 99"),
    "points without end": lambda head, body: head["scores"][0].update(points="NaN"),
    "a score without items": lambda head, body: head["scores"][0].pop("items"),
    "a score of an unknown kind": lambda head, body: head["scores"][0].update(patient="Test Patient 99"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_damaged_is_told_with_the_reference_and_no_word_of_the_patient(
    damage: Callable[[Part, Part], object],
) -> None:
    version = QuestionnaireVersion.objects.get()
    _, secret = actions.start_draft(version=version, page="age", answers=answers_of({}), at=timezone.now())
    actions.submit(secret=secret, at=timezone.now())
    submission = Submission.objects.get()
    assert left_out(submission_bundle(submission)) == []
    changed_inside(submission, damage)
    with pytest.raises(NotExportable) as refused:
        submission_bundle(submission)
    assert str(refused.value).startswith(f"{submission.reference}: ")
    assert "Test Patient" not in str(refused.value)


def test_one_that_cannot_be_exported_does_not_keep_back_the_others(unreadable: Submission) -> None:
    send(Client(), name="Test Patient 1")
    sound = Submission.objects.exclude(pk=unreadable.pk).get()
    bundle = submissions_bundle([unreadable, sound])
    exported = received(bundle)
    (outcome,) = resources(exported, "OperationOutcome")
    (issue,) = outcome["issue"]
    assert (issue["severity"], issue["code"]) == ("error", "incomplete")
    assert issue["details"]["text"].startswith(f"{unreadable.reference}: this site can no longer read")
    assert left_out(bundle) == [issue["details"]["text"]]
    assert exported["entry"][:-1] == json.loads(to_bytes(submission_bundle(sound)))["entry"]
    assert left_out(submission_bundle(sound)) == []


def test_where_none_can_be_exported_there_is_no_bundle(unreadable: Submission) -> None:
    with pytest.raises(NotExportable, match=unreadable.reference):
        submissions_bundle([unreadable])
    with pytest.raises(CommandError, match=f"Nothing was exported.\n{unreadable.reference}: "):
        call_command("export_submission", unreadable.reference)


def test_the_command_exports_the_others_and_then_says_which_is_missing(
    unreadable: Submission, tmp_path: Path
) -> None:
    send(Client(), name="Test Patient 1")
    sound, file = Submission.objects.exclude(pk=unreadable.pk).get(), tmp_path / "export.json"
    with pytest.raises(CommandError, match="Some of what was asked for") as refused:
        call_command("export_submission", unreadable.reference, sound.reference, output=file)
    assert f"{unreadable.reference}: this site can no longer read" in str(refused.value)
    assert file.read_bytes() == to_bytes(submissions_bundle([unreadable, sound]))


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["NaN", "1e9"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (holder, name or index) inside."""
    names = range(len(value)) if isinstance(value, list) else list(value) if isinstance(value, dict) else ()
    for name in names:
        yield value, name
        yield from places(value[name])


@given(st.data(), ANY_JSON)
@settings(deadline=None, max_examples=300)
def test_whatever_stands_in_a_row_is_exported_as_json_or_refused(data: st.DataObject, damage: object) -> None:
    version = QuestionnaireVersion.objects.get()
    answers = answers_of({})
    stored = {
        "head": storage.head_contents(
            SCREENING, RULES, answers, triage(SCREENING, RULES, answers, today=TODAY)
        ),
        "body": {"answers": to_json(SCREENING, answers), "pages": []},
    }
    stored = json.loads(json.dumps(stored))
    holder, name = data.draw(st.sampled_from(list(places(stored))))
    holder[name] = damage
    submission = Submission(
        id=UUID(int=5),
        questionnaire_version=version,
        definition_hash=version.definition_hash,
        language="en",
        received_at=timezone.now(),
        **stored,
    )
    try:
        exported = to_bytes(submission_bundle(submission))
    except NotExportable:
        return
    json.loads(exported, parse_constant=pytest.fail)
