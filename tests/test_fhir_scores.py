"""Scores as another clinic's system receives them: Observations of the answers, the total and the panel."""

import datetime
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from intake.questionnaires.answers import Answers, Other
from intake.questionnaires.bundle_check import check_bundle
from intake.questionnaires.definition import Questionnaire
from intake.questionnaires.fhir import Patient, bundle, to_bytes
from intake.questionnaires.scoring import Score, scores
from tests.engine_builders import (
    CODES,
    PEG,
    PHQ,
    choice,
    extension,
    frequency_item,
    item,
    loinc,
    option,
    peg_item,
    read,
)
from tests.screening_answers import EVERY_DAY, NOT_AT_ALL, PHQ_9, SCREENING, SEVERAL_DAYS, answers_of

SENT = datetime.datetime(2026, 11, 22, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=-5)))
UCUM_SCORE = {"unit": "{score}", "system": "http://unitsofmeasure.org", "code": "{score}"}
SURVEY = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}


def exported(
    questionnaire: Questionnaire, answers: Answers, scored: list[Score] | None = None
) -> dict[str, Any]:
    """The bundle of one submission, as another system reads it."""
    recorded = scores(questionnaire, answers) if scored is None else scored
    whole = bundle(
        questionnaire, answers, recorded, submission_id="5f0c", authored=SENT, patient=Patient("Ana")
    )
    return json.loads(to_bytes(whole))


def observed(
    questionnaire: Questionnaire, answers: Answers, scored: list[Score] | None = None
) -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in exported(questionnaire, answers, scored)["entry"]]
    return [resource for resource in found if resource["resourceType"] == "Observation"]


def value_of(observation: dict[str, Any]) -> dict[str, Any]:
    return {name: observation[name] for name in observation if name.startswith("value")}


def code_of(observation: dict[str, Any]) -> str:
    """The LOINC code, or the text where there is none."""
    coding = observation["code"].get("coding")
    return coding[0]["code"] if coding else observation["code"]["text"]


def test_a_phq_9_is_nine_answers_a_total_and_the_panel_that_holds_them() -> None:
    answers = answers_of(
        {**dict.fromkeys(PHQ_9, NOT_AT_ALL), "mood-down": EVERY_DAY, "mood-sleep": SEVERAL_DAYS}
    )
    by_code = {code_of(one): one for one in observed(SCREENING, answers)}
    assert {*PHQ, "44261-6", "44249-1"} <= by_code.keys()
    patient, response = (entry["fullUrl"] for entry in exported(SCREENING, answers)["entry"][:2])
    total = by_code["44261-6"]
    assert total == {
        "resourceType": "Observation",
        "id": total["id"],
        "status": "final",
        "category": [{"coding": [SURVEY]}],
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "44261-6"}],
            "text": "PHQ-9 score (points, 0-27)",
        },
        "subject": {"reference": patient},
        "effectiveDateTime": "2026-11-22T09:30:00-05:00",
        "valueQuantity": {"value": 4, **UCUM_SCORE},
        "interpretation": [{"text": "minimal"}],
        "method": {"text": "phq9-2001: Kroenke et al., J Gen Intern Med 2001;16:606"},
        "derivedFrom": [{"reference": response}],
    }
    panel = by_code["44249-1"]
    members = [f"urn:uuid:{by_code[code]['id']}" for code in (*PHQ, "44261-6")]
    assert panel["hasMember"] == [{"reference": member} for member in members]
    assert not value_of(panel)
    down = by_code["44255-8"]["valueCodeableConcept"]
    assert down["coding"] == [
        {"system": "http://loinc.org", "code": EVERY_DAY, "display": "Nearly every day"}
    ]


def test_a_score_with_an_item_missing_says_that_it_is_absent_and_why() -> None:
    answers = answers_of({"worry-afraid": None})
    by_code = {code_of(one): one for one in observed(SCREENING, answers)}
    total = by_code["70274-6"]
    assert "valueQuantity" not in total
    assert "interpretation" not in total
    assert total["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert total["dataAbsentReason"]["text"] == "1 of 7 items have no answer with points"
    assert "69736-7" not in by_code
    assert len(by_code["69737-5"]["hasMember"]) == 7  # six answers and the total


def test_a_score_without_a_confirmed_code_has_a_name_only_and_no_panel() -> None:
    questionnaire = read(*(frequency_item(code) for code in PHQ[:8]))
    found = observed(questionnaire, dict.fromkeys(PHQ[:8], ("2",)))
    assert [code_of(one) for one in found] == [*PHQ[:8], "PHQ-8 score (points, 0-24)"]
    assert found[-1]["interpretation"] == [{"text": "10 or more, the cut-off"}]
    assert not any("hasMember" in one for one in found)


def test_the_peg_is_a_mean_of_whole_numbers_and_has_no_band() -> None:
    found = observed(read(*map(peg_item, PEG)), dict(zip(PEG, [(7,), (7,), (6,)], strict=True)))
    assert [one["valueInteger"] for one in found[:3]] == [7, 7, 6]
    assert found[3]["valueQuantity"]["value"] == 6.7
    assert "interpretation" not in found[3]


@pytest.mark.parametrize(
    ("pointed", "expected"), [(True, {"valueInteger": 2}), (False, {"valueString": "2 or more"})]
)
def test_an_imported_peg_never_sends_the_answer_codes_that_loinc_words_wrongly(
    pointed: bool, expected: dict[str, Any]
) -> None:
    points = [extension("ordinalValue", valueDecimal=2)]
    two = {"valueCoding": {"system": "http://loinc.org", "code": "LA6113-0", "display": "2 or more"}}
    answer_options = [{**two, **({"extension": points} if pointed else {})}]
    questionnaire = read(
        *(item(code, "choice", code=loinc(code), answerOption=answer_options) for code in PEG)
    )
    found = observed(questionnaire, dict.fromkeys(PEG, ("LA6113-0",)))
    assert [value_of(one) for one in found[:3]] == [expected] * 3
    assert "LA6113-0" not in json.dumps(found)


SCORE = Score(
    instrument="own",
    name="Own",
    points=Decimal("2.5"),
    maximum=4,
    unit="points, 0-4",
    band="",
    version="own-1",
    source="nobody",
    items=("x",),
    missing=(),
    total_code="",
    panel_code="",
)


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        (item("x", "decimal"), Decimal("3.0"), {"valueInteger": 3}),
        (item("x", "integer"), 3, {"valueInteger": 3}),
        (item("x"), True, {"valueBoolean": True}),
        (item("x", "string"), "a", {"valueString": "a"}),
        (item("x", "date"), datetime.date(2026, 1, 31), {"valueDateTime": "2026-01-31"}),
        (choice("x", kind="open-choice"), Other("a"), {"valueString": "a"}),
        (choice("x", answerOption=[{"valueInteger": 3}]), "3", {"valueInteger": 3}),
        (
            item("x", "decimal"),
            Decimal("0.5"),
            {"valueQuantity": {"value": 0.5, **UCUM_SCORE}},
        ),
        (
            choice("x", answerOption=[option("yes")]),
            "yes",
            {
                "valueCodeableConcept": {
                    "coding": [{"system": CODES, "code": "yes", "display": "Yes"}],
                    "text": "Yes",
                }
            },
        ),
    ],
)
def test_an_answer_of_any_type_can_be_an_item_of_a_score(
    question: dict[str, Any], answer: Any, expected: dict[str, Any]
) -> None:
    questionnaire, answers = read(question), {"x": (answer,)}
    assert check_bundle(exported(questionnaire, answers, [SCORE])) == ()
    first, total = observed(questionnaire, answers, [SCORE])
    assert value_of(first) == expected
    assert total["valueQuantity"]["value"] == 2.5


def test_the_score_that_was_recorded_is_exported_and_not_computed_again() -> None:
    answers = answers_of({})
    recorded = [
        replace(score, points=Decimal(17), band="as recorded") for score in scores(SCREENING, answers)
    ]
    by_code = {code_of(one): one for one in observed(SCREENING, answers, recorded)}
    assert by_code["44261-6"]["valueQuantity"]["value"] == 17
    assert by_code["44261-6"]["interpretation"] == [{"text": "as recorded"}]


def test_nobody_is_named_as_the_performer_of_a_computed_score() -> None:
    assert not any("performer" in one for one in observed(SCREENING, answers_of({})))
