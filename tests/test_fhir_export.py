"""What another clinic's system receives: a Bundle with the patient, the response and the scores."""

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.answers import Answers, Other, kept
from intake.questionnaires.bundle_check import check_bundle
from intake.questionnaires.definition import Questionnaire
from intake.questionnaires.fhir import Helper, Patient, bundle, bundle_of, questionnaire_response, to_bytes
from intake.questionnaires.response_check import check_response, to_answers
from intake.questionnaires.scoring import scores
from tests.engine_builders import (
    CODES,
    choice,
    extension,
    group,
    item,
    read,
    when,
)
from tests.screening_answers import (
    EVERY_DAY,
    HEALTHY,
    SCREENING,
    YES,
    answers_of,
)

SENT = datetime.datetime(2026, 11, 22, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=-5)))
HIDDEN = [extension("questionnaire-hidden", valueBoolean=True)]
SUBJECT = "urn:uuid:0b6e5d52-33c4-4a86-9d86-f3d8f6a6c001"

PERSONS: dict[str, dict[str, Any]] = {
    "healthy": {},
    "without same-day review": {"same-day-review": False},
    "in crisis": {"mood-self-harm": EVERY_DAY, "risk-now": YES},
    "with a heart problem": {"heart-problem": YES, "heart-recent": YES, "heart-controlled": "not-sure"},
    "with words of their own": {
        "pain-where": ("back", Other("My left\u00a0ear, “mostly”")),
        "allergies": "a\nb",
    },
    "who stopped early": {"worry-afraid": None, "peg-pain": None, "consent-limits": None},
    "for whom somebody else answers": {
        "respondent": "helper",
        "patient-present": YES,
        "helper-name": "Ana",
        "helper-relationship": "daughter",
    },
}


def sent(answers: Answers, *, questionnaire: Questionnaire = SCREENING, **changes: Any) -> dict[str, Any]:
    """The bundle of one submission, as another system reads it."""
    facts: dict[str, Any] = {
        "submission_id": "5f0c",
        "authored": SENT,
        "patient": Patient(
            name="Test Patient 17", birth_date=datetime.date(1986, 3, 9), phone="(410) 555-0117"
        ),
    }
    scored = changes.pop("scored", scores(questionnaire, answers))
    return json.loads(to_bytes(bundle(questionnaire, answers, scored, **facts | changes)))


def resources(exported: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in exported["entry"]]
    return [resource for resource in found if resource["resourceType"] == kind]


def response_of(questionnaire: Questionnaire, answers: Answers, **changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {"response_id": "r-1", "authored": SENT, "subject": SUBJECT}
    return questionnaire_response(questionnaire, answers, **facts | changes)


def link_ids(holder: dict[str, Any]) -> list[str]:
    """Every linkId, in the order of the file."""
    return [link_id for inside in holder.get("item", []) for link_id in (inside["linkId"], *link_ids(inside))]


def written(holder: dict[str, Any], link_id: str) -> dict[str, Any]:
    """The item of that linkId, wherever it stands."""
    for inside in holder.get("item", []):
        if inside["linkId"] == link_id:
            return inside
        if found := written(inside, link_id):
            return found
    return {}


# ---- The whole ----


@pytest.mark.parametrize("changes", PERSONS.values(), ids=PERSONS)
def test_what_the_shipped_screening_exports_is_sound(changes: dict[str, Any]) -> None:
    answers = answers_of(changes)
    exported = sent(answers, helper=Helper("Ana", "daughter") if "helper-name" in changes else None)
    assert check_bundle(exported) == ()
    for entry in [{"resource": exported}, *exported["entry"]]:
        resource = entry["resource"]
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    (response,) = resources(exported, "QuestionnaireResponse")
    (patient,) = resources(exported, "Patient")
    assert response["subject"] == {"reference": f"urn:uuid:{patient['id']}"}
    left_out = {link_id for link_id, answer in changes.items() if answer is None}
    assert {complaint.link_id for complaint in check_response(SCREENING, response)} == left_out
    assert to_answers(SCREENING, response | {"status": "in-progress"}) == kept(SCREENING, answers)


CHOSEN = {
    question.link_id: st.sampled_from([option.key for option in question.options])
    for question in SCREENING.all_items
    if question.options and question.link_id in HEALTHY
}


@given(st.fixed_dictionaries({}, optional=CHOSEN))
@settings(deadline=None, max_examples=30)
def test_any_choices_in_the_shipped_screening_come_back_as_they_were(changes: dict[str, str]) -> None:
    answers = answers_of(changes)
    response = {**json.loads(to_bytes(response_of(SCREENING, answers))), "status": "in-progress"}
    assert to_answers(SCREENING, response) == kept(SCREENING, answers)


def test_the_same_submission_exports_to_the_same_bytes_and_shares_no_id_with_another() -> None:
    answers = answers_of({})
    first, again, other = sent(answers), sent(answers), sent(answers, submission_id="5f0d")
    assert first == again
    assert not {entry["fullUrl"] for entry in first["entry"]} & {entry["fullUrl"] for entry in other["entry"]}


def test_a_selection_is_one_bundle_in_which_nobody_stands_twice() -> None:
    one, other = sent(answers_of({})), sent(answers_of({}), submission_id="5f0d")
    together = bundle_of([one, other, one])
    assert together["entry"] == one["entry"] + other["entry"]
    assert check_bundle(together) == ()
    assert bundle_of([]) == {"resourceType": "Bundle", "type": "collection"}


def test_the_patient_has_what_is_known_of_them_and_no_empty_element() -> None:
    (known,) = resources(sent(answers_of({}), patient=Patient("Ana", None, "", "ana@example.org")), "Patient")
    (unknown,) = resources(sent(answers_of({}), patient=Patient()), "Patient")
    assert known == {
        "resourceType": "Patient",
        "id": known["id"],
        "name": [{"text": "Ana"}],
        "telecom": [{"system": "email", "value": "ana@example.org"}],
    }
    assert unknown.keys() == {"resourceType", "id"}


# ---- The response ----


def test_the_response_says_which_version_of_which_questionnaire_it_answers_pains_12_and_30() -> None:
    questionnaire = read(item("b"), url="https://clinic.example/q", version="2.1.0", title="About pain")
    response = response_of(questionnaire, {"b": (True,)})
    assert response["questionnaire"] == "https://clinic.example/q|2.1.0"
    assert response["_questionnaire"]["extension"][0]["valueString"] == "About pain"


@pytest.mark.parametrize("missing", ["url", "version"])
def test_a_questionnaire_that_cannot_be_named_is_not_exported(missing: str) -> None:
    with pytest.raises(ValueError, match="without url and version"):
        response_of(read(item("b"), **{missing: None}), {"b": (True,)})


def test_answers_to_questions_that_are_hidden_again_are_not_in_the_response_pain_9() -> None:
    questionnaire = read(
        item("b"), item("s", "string", **when("b")), group("g", item("i", "integer")), item("l")
    )
    answers: Answers = {"b": (False,), "s": ("changed my mind",), "l": (True,)}
    response = response_of(questionnaire, answers)
    assert link_ids(response) == ["page", "b", "l"]
    assert "changed my mind" not in to_bytes(response).decode()


def test_a_question_that_the_site_answers_is_part_of_the_response() -> None:
    questionnaire = read(item("site", extension=HIDDEN), item("b", **when("site")))
    response = response_of(questionnaire, {"site": (True,), "b": (False,)})
    assert link_ids(response) == ["page", "site", "b"]


def test_pages_change_nothing_in_the_tree_and_empty_groups_and_texts_are_left_out() -> None:
    hint = item("hint", "display")
    questionnaire = read(
        item=[
            group(
                "section", group("first", item("b", item=[hint]), item("words", "display")), text="Section"
            ),
            group("empty", group("emptier", item("s", "string"))),
        ]
    )
    response = response_of(questionnaire, {"b": (True,)})
    answered = {"linkId": "b", "text": "About b?", "answer": [{"valueBoolean": True}]}
    first = {"linkId": "first", "text": "About first?", "item": [answered]}
    assert response["item"] == [{"linkId": "section", "text": "Section", "item": [first]}]


@pytest.mark.parametrize("outer", [(), ("yes",)])
def test_questions_inside_a_question_stand_under_its_answer_even_where_it_has_none(
    outer: tuple[str, ...],
) -> None:
    questionnaire = read(choice("c", item=[item("why", "string"), item("hint", "display")]))
    answers: Answers = {"c": outer, "why": ("because",)} if outer else {"why": ("because",)}
    response = response_of(questionnaire, answers)
    question = written(response, "c")
    assert "item" not in question
    (answer,) = question["answer"]
    why = {"linkId": "why", "text": "About why?", "answer": [{"valueString": "because"}]}
    assert answer["item"] == [why]
    assert ("valueCoding" in answer) is bool(outer)
    assert to_answers(questionnaire, response) == answers


def test_the_words_are_those_of_the_language_that_the_patient_read() -> None:
    spanish = [{"url": "lang", "valueCode": "es"}, {"url": "content", "valueString": "¿Duele?"}]
    beside = {"extension": [extension("translation", extension=spanish)]}
    questionnaire = read(item("b", text="Does it hurt?", _text=beside))
    answers: Answers = {"b": (True,)}
    assert written(response_of(questionnaire, answers), "b")["text"] == "Does it hurt?"
    assert written(response_of(questionnaire, answers, language="es"), "b")["text"] == "¿Duele?"


def test_without_answers_there_are_no_items() -> None:
    assert "item" not in response_of(read(item("b")), {})


KILOS = {"unit": "kilos", "system": "http://unitsofmeasure.org", "code": "kg"}


def unit(system: str) -> dict[str, Any]:
    coded = {"system": system} if system else {}
    return extension("questionnaire-unit", valueCoding={**coded, "code": "kg", "display": "kilos"})


NUMBERED = [{"valueInteger": 0}, {"valueString": "a few"}, {"valueDate": "2026-01-31"}]
EVERY_KIND = read(
    item("b"),
    item("i", "integer"),
    item("f", "decimal"),
    item("d", "date"),
    item("s", "string"),
    item("t", "text"),
    choice("c", repeats=True),
    choice("n", answerOption=NUMBERED, repeats=True),
    choice("o", kind="open-choice", repeats=True),
    item("at", "time"),
    item("moment", "dateTime"),
    item("site", "url"),
    item("kg", "quantity", extension=[unit("http://unitsofmeasure.org")]),
    item("cups", "quantity", extension=[unit("")]),
)


def test_every_answer_is_written_in_the_type_that_the_question_has() -> None:
    answers: Answers = {
        "b": (False,),
        "i": (0,),
        "f": (Decimal("72.50"),),
        "d": (datetime.date(1962, 3, 9),),
        "s": ("x",),
        "t": ("x\ny",),
        "c": ("no", "yes"),
        "n": ("0", "a few", "2026-01-31"),
        "o": ("yes", Other("mine")),
        "at": (datetime.time(14, 30),),
        "moment": (SENT,),
        "site": ("https://clinic.example/",),
        "kg": (Decimal("72.50"),),
        "cups": (Decimal(2),),
    }
    response = response_of(EVERY_KIND, answers)
    assert check_response(EVERY_KIND, response) == ()
    yes = {"valueCoding": {"system": CODES, "code": "yes", "display": "Yes"}}
    no = {"valueCoding": {"system": CODES, "code": "no", "display": "No"}}
    assert {link_id: written(response, link_id)["answer"] for link_id in answers} == {
        "b": [{"valueBoolean": False}],
        "i": [{"valueInteger": 0}],
        "f": [{"valueDecimal": Decimal("72.50")}],
        "d": [{"valueDate": "1962-03-09"}],
        "s": [{"valueString": "x"}],
        "t": [{"valueString": "x\ny"}],
        "c": [no, yes],  # several answers, one item (qrs-2)
        "n": NUMBERED,
        "o": [yes, {"valueString": "mine"}],
        "at": [{"valueTime": "14:30:00"}],
        "moment": [{"valueDateTime": "2026-11-22T09:30:00-05:00"}],
        "site": [{"valueUri": "https://clinic.example/"}],
        "kg": [{"valueQuantity": {"value": Decimal("72.50"), **KILOS}}],
        "cups": [{"valueQuantity": {"value": Decimal(2), "unit": "kilos"}}],  # a code needs its system
    }


@pytest.mark.parametrize(
    "answers",
    [{"b": (1,)}, {"i": (True,)}, {"s": (" ",)}, {"c": ("gone",)}, {"o": (Other(""),)}, {"c": (Other("x"),)}],
)
def test_an_answer_that_has_no_place_is_refused_and_never_dropped(answers: Answers) -> None:
    with pytest.raises(ValueError, match="is not|empty text"):
        response_of(EVERY_KIND, answers)


@pytest.mark.parametrize("number", ["0.1", "72.50", "1E+2", "-0.30", "12345678901234567890"])
def test_a_decimal_leaves_with_the_digits_that_it_has(number: str) -> None:
    sent_bytes = to_bytes(response_of(EVERY_KIND, {"f": (Decimal(number),)}))
    (answer,) = written(json.loads(sent_bytes, parse_float=str, parse_int=str), "f")["answer"]
    assert answer == {"valueDecimal": format(Decimal(number), "f")}


def test_the_time_of_the_answers_has_its_zone() -> None:
    assert response_of(EVERY_KIND, {})["authored"] == "2026-11-22T09:30:00-05:00"
    with pytest.raises(ValueError, match="zone"):
        response_of(EVERY_KIND, {}, authored=SENT.replace(tzinfo=None))


def test_the_language_is_the_one_that_the_patient_read() -> None:
    questionnaire = read(item("b"), language="en")
    assert response_of(questionnaire, {})["language"] == "en"
    assert response_of(questionnaire, {}, language="es")["language"] == "es"
    assert "language" not in response_of(EVERY_KIND, {})


def test_who_answered_is_the_patient_or_the_helper_by_name() -> None:
    alone = response_of(EVERY_KIND, {})
    helped = response_of(EVERY_KIND, {}, helper=Helper("Ana", "daughter"))
    assert alone["source"] == alone["author"] == {"reference": SUBJECT}
    assert "contained" not in alone
    assert helped["source"] == helped["author"] == {"reference": "#helper"}
    assert helped["contained"] == [
        {
            "resourceType": "RelatedPerson",
            "id": "helper",
            "patient": {"reference": SUBJECT},
            "relationship": [{"text": "daughter"}],
            "name": [{"text": "Ana"}],
        }
    ]
