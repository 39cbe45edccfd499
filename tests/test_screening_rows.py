"""The table of contraindications, row by row: its rules, and answers that raise each of its levels."""

import datetime
import tomllib
from typing import NamedTuple

import pytest

from intake.questionnaires.answers import problems
from intake.questionnaires.triage import Priority
from tests.screening_answers import (
    NO,
    NOT_SURE,
    OVER_HALF,
    RULES_SOURCE,
    SCREENING,
    SEVERAL_DAYS,
    YES,
    Changes,
    answers_of,
    mood,
    triage_of,
)

RULE_TABLES = tomllib.loads(RULES_SOURCE.decode())["rule"]
DOES_NOT_APPLY = "does-not-apply"


class Example(NamedTuple):
    row: str
    level: str  # the most urgent flag's
    rules: set[str]  # all that fire
    changes: Changes  # to a healthy person's answers


HEART = "Poorly controlled heart disease"
PRESSURE = "High blood pressure"
STROKE = "Stroke, mini-stroke, aneurysm, head injury"
HEAD = "Raised pressure in the head, brain tumour"
EYES = "Raised eye pressure, glaucoma, recent eye surgery/injury"
PSYCHOSIS = "Psychosis, schizophrenia"
MANIA = "Mania/bipolar"
DISSOCIATION = "Dissociative disorder, severe PTSD"
SUICIDAL = "Suicidal thoughts"
LIVER = "Severe liver disease"
SUBSTANCES = "Active substance use problem"
BAD_REACTION = "Bad past reaction (non-allergic)"
BLADDER = "Bladder problems, interstitial cystitis"
BREATHING = "Sleep apnoea, serious lung disease, home oxygen"
THYROID = "Overactive thyroid"
SEDATING = "Benzodiazepines, opioids, sedatives, gabapentinoids, cannabis"
THEOPHYLLINE = "Theophylline/aminophylline"
STIMULANTS = "Stimulants, decongestants, MAOI"
ENZYMES = "Strong CYP3A4/2B6 inhibitors or inducers"
SURGERY = "Recent surgery, infection, injury"
AIRWAY = "Airway problems, very high weight/BMI"
WAY_HOME = "No escort / cannot avoid driving 24 h"
TRIED = "No prior standard treatment / no diagnosis"

# Every row and the levels that it names; "not sure" adds a caution to each question.
ROWS: dict[str, set[str]] = {
    HEART: {"stop", "caution"},
    PRESSURE: {"stop", "caution"},
    STROKE: {"stop"},
    HEAD: {"stop"},
    EYES: {"stop", "caution"},
    PSYCHOSIS: {"stop"},
    MANIA: {"stop", "caution"},
    DISSOCIATION: {"caution"},
    SUICIDAL: {"crisis_now", "crisis"},
    "Pregnancy": {"stop"},
    "Breastfeeding": {"caution"},
    "Pre-eclampsia": {"stop"},
    LIVER: {"stop", "caution"},
    SUBSTANCES: {"stop", "caution"},
    "Alcohol": {"caution", "stop"},
    "Past ketamine misuse": {"caution"},
    "Allergy to ketamine": {"stop"},
    BAD_REACTION: {"caution"},
    BLADDER: {"caution"},
    "Kidney disease": {"note"},
    BREATHING: {"caution"},
    "Seizures/epilepsy": {"caution"},
    THYROID: {"stop", "caution"},
    SEDATING: {"caution"},
    "Lamotrigine": {"note"},
    THEOPHYLLINE: {"stop"},
    STIMULANTS: {"caution"},
    ENZYMES: {"note"},
    SURGERY: {"note"},
    "Under 18": {"stop"},
    "Over 65": {"caution"},
    "Porphyria": {"caution"},
    AIRWAY: {"caution"},
    "Nausea, motion sickness": {"note"},
    WAY_HOME: {"stop"},
    TRIED: {"note"},
}

HEART_YES = {"heart-problem": YES, "heart-recent": NO, "heart-controlled": YES}
PRESSURE_YES = {"high-blood-pressure": YES, "bp-systolic": 130, "bp-diastolic": 85, "bp-controlled": YES}
PRESSURE_UNKNOWN = {"high-blood-pressure": YES, "bp-controlled": YES}
EYE_RECENT = {"eye-recent": YES, "eye-open": NO}
HELPER = {"helper-name": "Test Helper 3", "helper-relationship": "Neighbor"}

EXAMPLES = [
    Example(HEART, "stop", {"heart-recent-or-uncontrolled"}, HEART_YES | {"heart-recent": YES}),
    Example(HEART, "stop", {"heart-recent-or-uncontrolled"}, HEART_YES | {"heart-controlled": NO}),
    Example(HEART, "caution", {"heart"}, HEART_YES),
    Example(
        HEART, "caution", {"heart"}, HEART_YES | {"heart-recent": NOT_SURE, "heart-controlled": NOT_SURE}
    ),
    Example(HEART, "caution", {"heart-not-sure"}, {"heart-problem": NOT_SURE}),
    Example(PRESSURE, "stop", {"blood-pressure-high-reading"}, PRESSURE_YES | {"bp-systolic": 160}),
    Example(PRESSURE, "stop", {"blood-pressure-high-reading"}, PRESSURE_YES | {"bp-diastolic": 100}),
    Example(PRESSURE, "stop", {"blood-pressure-uncontrolled"}, PRESSURE_YES | {"bp-controlled": NO}),
    Example(
        PRESSURE, "stop", {"blood-pressure-unknown-with-symptoms"}, PRESSURE_UNKNOWN | {"bp-symptoms": YES}
    ),
    Example(
        PRESSURE,
        "stop",
        {"blood-pressure-unknown-with-symptoms"},
        {"high-blood-pressure": NOT_SURE, "bp-symptoms": YES},
    ),
    Example(PRESSURE, "caution", {"blood-pressure"}, PRESSURE_YES | {"bp-systolic": 159, "bp-diastolic": 99}),
    Example(PRESSURE, "caution", {"blood-pressure"}, PRESSURE_UNKNOWN | {"bp-symptoms": NOT_SURE}),
    Example(PRESSURE, "caution", {"blood-pressure"}, {"high-blood-pressure": NOT_SURE, "bp-symptoms": NO}),
    Example(STROKE, "stop", {"stroke"}, {"stroke": YES}),
    Example(STROKE, "caution", {"stroke-not-sure"}, {"stroke": NOT_SURE}),
    Example(HEAD, "stop", {"head-pressure"}, {"head-pressure": YES}),
    Example(HEAD, "caution", {"head-pressure-not-sure"}, {"head-pressure": NOT_SURE}),
    Example(EYES, "stop", {"eye-open"}, {"eye-recent": YES, "eye-open": YES}),
    Example(EYES, "caution", {"eyes"}, EYE_RECENT),
    Example(EYES, "caution", {"eyes"}, EYE_RECENT | {"eye-open": NOT_SURE}),
    Example(EYES, "caution", {"eyes"}, {"glaucoma": YES}),
    Example(EYES, "caution", {"eyes-not-sure"}, {"glaucoma": NOT_SURE}),
    Example(EYES, "caution", {"eyes-not-sure"}, {"eye-recent": NOT_SURE}),
    Example(PSYCHOSIS, "stop", {"psychosis"}, {"psychosis": YES}),
    Example(PSYCHOSIS, "caution", {"psychosis-not-sure"}, {"psychosis": NOT_SURE}),
    Example(MANIA, "stop", {"mania-recent"}, {"mania": YES, "mania-recent": YES}),
    Example(MANIA, "caution", {"mania"}, {"mania": YES, "mania-recent": NO}),
    Example(MANIA, "caution", {"mania"}, {"mania": YES, "mania-recent": NOT_SURE}),
    Example(MANIA, "caution", {"mania-not-sure"}, {"mania": NOT_SURE}),
    Example(DISSOCIATION, "caution", {"dissociation"}, {"detached": YES}),
    Example(DISSOCIATION, "caution", {"dissociation"}, {"severe-ptsd": YES}),
    Example(DISSOCIATION, "caution", {"dissociation-not-sure"}, {"detached": NOT_SURE}),
    Example(DISSOCIATION, "caution", {"dissociation-not-sure"}, {"severe-ptsd": NOT_SURE}),
    Example(SUICIDAL, "crisis", {"self-harm"}, {"mood-self-harm": SEVERAL_DAYS, "risk-now": NO}),
    Example(
        SUICIDAL, "crisis_now", {"self-harm-now", "self-harm"}, {"mood-self-harm": OVER_HALF, "risk-now": NO}
    ),
    Example(SUICIDAL, "crisis", {"very-low-mood"}, mood(20)),
    Example(
        SUICIDAL,
        "note",
        {"mood-not-asked"},
        {"respondent": "helper", "patient-present": NO, **HELPER},
    ),
    Example(
        SUICIDAL,
        "note",
        {"mood-not-asked"},
        {"respondent": "legal-representative", "patient-present": NO, **HELPER},
    ),
    Example("Pregnancy", "stop", {"pregnancy"}, {"pregnant": YES}),
    Example("Pregnancy", "caution", {"pregnancy-not-sure"}, {"pregnant": NOT_SURE}),
    Example("Pregnancy", "none", set(), {"pregnant": DOES_NOT_APPLY, "breastfeeding": DOES_NOT_APPLY}),
    Example("Breastfeeding", "caution", {"breastfeeding"}, {"breastfeeding": YES}),
    Example("Breastfeeding", "caution", {"breastfeeding-not-sure"}, {"breastfeeding": NOT_SURE}),
    Example(
        "Pre-eclampsia", "stop", {"pregnancy"}, {"pregnant": YES}
    ),  # covered by the question on pregnancy
    Example(LIVER, "stop", {"liver-severe"}, {"liver": YES, "liver-severe": YES}),
    Example(LIVER, "caution", {"liver"}, {"liver": YES, "liver-severe": NO}),
    Example(LIVER, "caution", {"liver"}, {"liver": YES, "liver-severe": NOT_SURE}),
    Example(LIVER, "caution", {"liver-not-sure"}, {"liver": NOT_SURE}),
    Example(SUBSTANCES, "stop", {"substances-active"}, {"substance-use": YES, "substance-now": YES}),
    Example(SUBSTANCES, "caution", {"substances"}, {"substance-use": YES, "substance-now": NO}),
    Example(SUBSTANCES, "caution", {"substances"}, {"substance-use": YES, "substance-now": NOT_SURE}),
    Example(SUBSTANCES, "caution", {"substances-not-sure"}, {"substance-use": NOT_SURE}),
    Example("Alcohol", "stop", {"alcohol-withdrawal"}, {"alcohol-withdrawal": YES}),
    Example("Alcohol", "stop", {"alcohol-now", "alcohol"}, {"alcohol-weekly": YES, "alcohol-now": YES}),
    Example("Alcohol", "caution", {"alcohol"}, {"alcohol-weekly": YES, "alcohol-now": NO}),
    Example("Alcohol", "caution", {"alcohol-not-sure"}, {"alcohol-weekly": NOT_SURE, "alcohol-now": NO}),
    Example("Alcohol", "caution", {"alcohol-not-sure"}, {"alcohol-withdrawal": NOT_SURE}),
    Example(
        "Alcohol",
        "caution",
        {"alcohol", "alcohol-not-sure"},
        {"alcohol-weekly": YES, "alcohol-now": NOT_SURE},
    ),
    Example("Past ketamine misuse", "caution", {"ketamine-misuse"}, {"ketamine-misuse": YES}),
    Example("Past ketamine misuse", "caution", {"ketamine-misuse-not-sure"}, {"ketamine-misuse": NOT_SURE}),
    Example("Allergy to ketamine", "stop", {"ketamine-allergy"}, {"ketamine-allergy": YES}),
    Example("Allergy to ketamine", "caution", {"ketamine-allergy-not-sure"}, {"ketamine-allergy": NOT_SURE}),
    Example(BAD_REACTION, "caution", {"ketamine-bad"}, {"ketamine-before": YES, "ketamine-bad": YES}),
    Example(BAD_REACTION, "none", set(), {"ketamine-before": YES, "ketamine-bad": NO}),
    Example(
        BAD_REACTION, "caution", {"ketamine-bad-not-sure"}, {"ketamine-before": YES, "ketamine-bad": NOT_SURE}
    ),
    Example(BAD_REACTION, "caution", {"ketamine-bad-not-sure"}, {"ketamine-before": NOT_SURE}),
    Example(BLADDER, "caution", {"bladder"}, {"bladder": YES}),
    Example(BLADDER, "caution", {"bladder-not-sure"}, {"bladder": NOT_SURE}),
    Example("Kidney disease", "note", {"kidneys"}, {"kidneys": YES}),
    Example("Kidney disease", "caution", {"kidneys-not-sure"}, {"kidneys": NOT_SURE}),
    Example(BREATHING, "caution", {"breathing"}, {"sleep-breathing": YES}),
    Example(BREATHING, "caution", {"breathing"}, {"lung-disease": YES}),
    Example(BREATHING, "caution", {"breathing-not-sure"}, {"sleep-breathing": NOT_SURE}),
    Example(BREATHING, "caution", {"breathing-not-sure"}, {"lung-disease": NOT_SURE}),
    Example("Seizures/epilepsy", "caution", {"seizures"}, {"seizures": YES}),
    Example("Seizures/epilepsy", "caution", {"seizures-not-sure"}, {"seizures": NOT_SURE}),
    Example(THYROID, "stop", {"thyroid-untreated"}, {"overactive-thyroid": YES, "thyroid-treated": NO}),
    Example(THYROID, "caution", {"thyroid"}, {"overactive-thyroid": YES, "thyroid-treated": YES}),
    Example(THYROID, "caution", {"thyroid"}, {"overactive-thyroid": YES, "thyroid-treated": NOT_SURE}),
    Example(THYROID, "caution", {"thyroid-not-sure"}, {"overactive-thyroid": NOT_SURE}),
    Example(SEDATING, "caution", {"medicines-sleepy-not-sure"}, {"medicines-sleepy": NOT_SURE}),
    Example("Lamotrigine", "note", {"lamotrigine"}, {"medicines-mixing": "lamotrigine"}),
    Example(THEOPHYLLINE, "stop", {"theophylline"}, {"medicines-mixing": "theophylline"}),
    Example(THEOPHYLLINE, "caution", {"medicines-mixing-not-sure"}, {"medicines-mixing": NOT_SURE}),
    Example(SURGERY, "note", {"surgery"}, {"surgery": YES}),
    Example(SURGERY, "caution", {"surgery-not-sure"}, {"surgery": NOT_SURE}),
    Example("Under 18", "stop", {"under-18"}, {"birth-date": datetime.date(2008, 11, 23)}),
    Example("Under 18", "stop", {"under-18"}, {"adult": NO}),
    Example("Under 18", "none", set(), {"birth-date": datetime.date(2008, 11, 22)}),  # 18 today
    Example("Over 65", "caution", {"over-65"}, {"birth-date": datetime.date(1960, 11, 22)}),
    Example("Over 65", "none", set(), {"birth-date": datetime.date(1960, 11, 23)}),
    Example("Porphyria", "caution", {"porphyria"}, {"porphyria": YES}),
    Example("Porphyria", "caution", {"porphyria-not-sure"}, {"porphyria": NOT_SURE}),
    Example(AIRWAY, "none", set(), {"weight-pounds": 278}),  # 5 ft 10: BMI 39.9
    Example(AIRWAY, "caution", {"high-bmi"}, {"weight-pounds": 279}),  # BMI 40.0
    Example(AIRWAY, "caution", {"bmi-unknown"}, {"weight-pounds": None}),
    Example(AIRWAY, "caution", {"bmi-unknown"}, {"height-feet": None, "height-inches": None}),
    Example(AIRWAY, "caution", {"airway"}, {"airway": YES}),
    Example(AIRWAY, "caution", {"airway-not-sure"}, {"airway": NOT_SURE}),
    Example("Nausea, motion sickness", "note", {"sickness"}, {"sickness": YES}),
    Example("Nausea, motion sickness", "caution", {"sickness-not-sure"}, {"sickness": NOT_SURE}),
    Example(WAY_HOME, "stop", {"no-escort"}, {"escort": NO}),
    Example(WAY_HOME, "stop", {"must-drive"}, {"no-driving": NO}),
    Example(WAY_HOME, "caution", {"way-home-not-sure"}, {"escort": NOT_SURE}),
    Example(WAY_HOME, "caution", {"way-home-not-sure"}, {"no-driving": NOT_SURE}),
    Example(TRIED, "note", {"nothing-tried"}, {"treatments-tried": "none"}),
    Example(TRIED, "note", {"no-diagnosis"}, {"pain-diagnosis": "not-diagnosed"}),
    Example(TRIED, "caution", {"treatment-not-sure"}, {"treatments-tried": NOT_SURE}),
    Example(TRIED, "caution", {"treatment-not-sure"}, {"pain-diagnosis": NOT_SURE}),
    *(
        Example(SEDATING, "caution", {"medicines-sleepy"}, {"medicines-sleepy": medicine})
        for medicine in ("benzodiazepines", "opioids", "sedatives", "gabapentinoids", "cannabis")
    ),
    *(
        Example(STIMULANTS, "caution", {"stimulants"}, {"medicines-mixing": medicine})
        for medicine in ("stimulants", "decongestants", "maoi")
    ),
    *(
        Example(ENZYMES, "note", {"enzyme-medicines"}, {"medicines-mixing": medicine})
        for medicine in ("clarithromycin-ketoconazole", "rifampin", "st-johns-wort", "grapefruit")
    ),
]


def name_of(example: Example) -> str:
    return f"{example.row} {example.level} {' '.join(map(str, example.changes.values()))}"


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_answer_raises_the_level_of_its_row_and_nothing_else(example: Example) -> None:
    result = triage_of(example.changes)

    assert {flag.rule_id for flag in result.flags} == example.rules
    assert (result.flags[0].level if result.flags else "none") == example.level
    only_told = example.level in {"note", "none"}
    assert result.priority == (Priority.ROUTINE if only_told else example.level)


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_example_is_a_form_that_can_be_sent(example: Example) -> None:
    assert problems(SCREENING, answers_of(example.changes)) == ()


@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_table_has_a_rule_at_each_level_it_names(row: str) -> None:
    examples = [example for example in EXAMPLES if example.row == row]

    assert {example.level for example in examples if example.rules} >= ROWS[row]


def test_every_rule_implements_a_row_and_has_an_example_there() -> None:
    shown = {(example.row, rule_id) for example in EXAMPLES for rule_id in example.rules}

    assert {(rule["row"], rule["id"]) for rule in RULE_TABLES} <= shown
    assert {rule["row"] for rule in RULE_TABLES} <= set(ROWS)


def test_every_flag_gives_staff_a_reason_a_source_and_the_questions_it_looked_at() -> None:
    for example in EXAMPLES:
        for flag in triage_of(example.changes).flags:
            assert flag.reason.endswith(".")
            assert flag.source
            assert flag.row
            assert all(SCREENING.item(link_id) for link_id in flag.evidence)
            assert flag.evidence
