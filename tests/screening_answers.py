"""Answers to the shipped screening: a healthy person's, changed by what a test is about."""

import datetime
from collections.abc import Mapping
from pathlib import Path

from intake.questionnaires.answers import Answers, Value
from intake.questionnaires.definition import Questionnaire, read_questionnaire
from intake.questionnaires.triage import Rules, Triage, read_rules, triage

DEFINITIONS = Path(__file__).resolve().parent.parent / "intake" / "questionnaires" / "definitions"
RULES_SOURCE = (DEFINITIONS / "ketamine-screening.rules.toml").read_bytes()
SCREENING: Questionnaire = read_questionnaire((DEFINITIONS / "ketamine-screening.json").read_bytes())
RULES: Rules = read_rules(RULES_SOURCE, SCREENING)

TODAY = datetime.date(2026, 11, 22)
YES, NO, NOT_SURE = "yes", "no", "not-sure"
NOT_AT_ALL, SEVERAL_DAYS, OVER_HALF, EVERY_DAY = "LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"

# The questions on health that everybody is asked, and that a healthy person answers with "no".
HEALTH = (
    *(
        "heart-problem",
        "high-blood-pressure",
        "stroke",
        "head-pressure",
        "seizures",
        "glaucoma",
        "eye-recent",
    ),
    *("sleep-breathing", "lung-disease", "liver", "kidneys", "bladder", "overactive-thyroid", "porphyria"),
    *("pregnant", "breastfeeding", "psychosis", "mania", "detached", "severe-ptsd"),
    *("substance-use", "ketamine-misuse", "alcohol-weekly", "alcohol-withdrawal"),
    *("ketamine-allergy", "ketamine-before", "airway", "sickness", "surgery"),
)
PHQ_8 = (
    *("mood-interest", "mood-down", "mood-sleep", "mood-energy", "mood-appetite", "mood-failure"),
    *("mood-concentration", "mood-movement"),
)
PHQ_9 = (*PHQ_8, "mood-self-harm")
GAD_7 = (
    *("worry-nervous", "worry-control", "worry-too-much", "worry-relaxing"),
    *("worry-restless", "worry-irritable", "worry-afraid"),
)

Changes = Mapping[str, Value | tuple[Value, ...] | None]

# 40 years old, of average size, answers for themself, in a clinic that reads forms the same day.
HEALTHY: Changes = {
    "same-day-review": True,
    "asked-in-translation": False,
    "adult": YES,
    "respondent": "patient",
    "name": "Test Patient 17",
    "birth-date": datetime.date(1986, 3, 9),
    "phone": "(410) 555-0117",
    "voicemail": YES,
    "text-messages": NO,
    "say-who": NO,
    "pain-where": ("back", "leg"),
    "pain-duration": "1-to-5-years",
    "pain-diagnosis": ("crps",),
    "peg-pain": "6",
    "peg-enjoyment": "7",
    "peg-activity": "8",
    "treatments-tried": ("nerve-pain-medicine", "physical-therapy"),
    **dict.fromkeys(HEALTH, NO),
    "height-feet": 5,
    "height-inches": 10,
    "weight-pounds": 170,
    "medicines-sleepy": ("none",),
    "medicines-mixing": ("none",),
    **dict.fromkeys(PHQ_9 + GAD_7, NOT_AT_ALL),
    "escort": YES,
    "no-driving": YES,
    "consent-storage": "agree",
    "consent-limits": "understand",
}


def answers_of(changes: Changes) -> Answers:
    """The healthy person's answers with some changed; None takes an answer away."""
    return {
        link_id: value if isinstance(value, tuple) else (value,)
        for link_id, value in {**HEALTHY, **changes}.items()
        if value is not None
    }


def triage_of(changes: Changes) -> Triage:
    return triage(SCREENING, RULES, answers_of(changes), today=TODAY)


def raised(changes: Changes) -> set[str]:
    """The ids of the rules that fire."""
    return {flag.rule_id for flag in triage_of(changes).flags}


def mood(total: int, *, self_harm: str | None = NOT_AT_ALL) -> Changes:
    """PHQ answers whose first eight items come to `total` points (0 to 24)."""
    frequencies = (NOT_AT_ALL, SEVERAL_DAYS, OVER_HALF, EVERY_DAY)
    points = [min(3, max(0, total - 3 * place)) for place in range(len(PHQ_8))]
    eight = {link_id: frequencies[point] for link_id, point in zip(PHQ_8, points, strict=True)}
    return {**eight, "mood-self-harm": self_harm}
