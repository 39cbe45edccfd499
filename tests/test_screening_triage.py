"""The screening's triage at its limits: thresholds, self-harm, "not sure", no gap between levels."""

import datetime
import itertools
from collections.abc import Iterator

import pytest

from intake.questionnaires.answers import kept
from intake.questionnaires.triage import Level, Priority, bound_problems, gate
from tests.screening_answers import (
    EVERY_DAY,
    HEALTH,
    NO,
    NOT_AT_ALL,
    NOT_SURE,
    OVER_HALF,
    RULES,
    SCREENING,
    SEVERAL_DAYS,
    TODAY,
    YES,
    Changes,
    answers_of,
    mood,
    raised,
    triage_of,
)

HIGH_READING = "blood-pressure-high-reading"
HIGH_PRESSURE: Changes = {
    "high-blood-pressure": YES,
    "bp-systolic": 120,
    "bp-diastolic": 80,
    "bp-controlled": YES,
}


def test_a_healthy_forty_year_old_raises_nothing() -> None:
    result = triage_of({})

    assert result.flags == ()
    assert result.priority == Priority.ROUTINE


def test_staff_see_who_it_is_and_how_it_is_safe_to_reach_them() -> None:
    safe_contact = {"phone", "voicemail", "text-messages", "say-who", "best-time", "email"}

    assert RULES.identity == {
        "name": "name",
        "birth_date": "birth-date",
        "phone": "phone",
        "email": "email",
        "mail_wanted": "mail-when-arrived",
    }
    assert RULES.helper == {"name": "helper-name", "relationship": "helper-relationship"}
    assert safe_contact | {"emergency-name", "emergency-phone"} <= set(RULES.contact)


def test_the_rules_are_of_the_same_version_as_the_questionnaire() -> None:
    assert RULES.version == SCREENING.version


@pytest.mark.parametrize(
    ("systolic", "diastolic", "is_stop"),
    [
        (159, 99, False),
        (160, 99, True),
        (159, 100, True),
        (160, None, True),
        (None, 100, True),
        (159, None, False),
    ],
)
def test_a_blood_pressure_reading_stops_a_booking_from_160_or_100_on(
    systolic: int | None, diastolic: int | None, is_stop: bool
) -> None:
    fired = raised({**HIGH_PRESSURE, "bp-systolic": systolic, "bp-diastolic": diastolic, "bp-symptoms": NO})

    assert fired == ({HIGH_READING} if is_stop else {"blood-pressure"})


def test_a_reading_left_from_an_answer_that_was_changed_back_does_not_count() -> None:
    assert raised({**HIGH_PRESSURE, "bp-systolic": 210, "high-blood-pressure": NO}) == set()


@pytest.mark.parametrize(("weight_pounds", "fired"), [(278, set()), (279, {"high-bmi"})])
def test_a_body_mass_index_counts_from_40_0_on_and_not_at_39_9(weight_pounds: int, fired: set[str]) -> None:
    assert raised({"height-feet": 5, "height-inches": 10, "weight-pounds": weight_pounds}) == fired


def test_a_height_or_weight_that_no_adult_has_is_told_at_the_weight() -> None:
    slip = answers_of({"height-feet": 5, "height-inches": 0, "weight-pounds": 999})

    assert [problem.link_id for problem in bound_problems(RULES, SCREENING, slip, today=TODAY)] == [
        "weight-pounds"
    ]


@pytest.mark.parametrize(
    ("birth_date", "fired"),
    [
        (datetime.date(1960, 11, 23), set()),  # 65, and 66 tomorrow
        (datetime.date(1960, 11, 22), {"over-65"}),  # 66 today
    ],
)
def test_age_is_a_caution_from_66_on(birth_date: datetime.date, fired: set[str]) -> None:
    assert raised({"birth-date": birth_date}) == fired


@pytest.mark.parametrize(
    ("changes", "page"),
    [
        ({"adult": NO}, "adults-only"),
        ({"birth-date": datetime.date(2008, 11, 23)}, "adults-only"),  # 18 tomorrow
        ({"birth-date": datetime.date(2008, 11, 22)}, None),  # 18 today
        ({"adult": NO, "birth-date": None}, "adults-only"),
        ({"adult": YES, "birth-date": None}, None),
    ],
)
def test_only_an_adult_gets_past_the_first_pages(changes: Changes, page: str | None) -> None:
    assert gate(SCREENING, RULES, answers_of(changes), today=TODAY) == page


# Eight items with `total` points, item 9, the answer to "at risk right now".
CRISES = [
    (0, NOT_AT_ALL, None, set(), Priority.ROUTINE),
    (19, NOT_AT_ALL, None, set(), Priority.ROUTINE),
    (20, NOT_AT_ALL, None, {"very-low-mood"}, Priority.CRISIS),
    (24, NOT_AT_ALL, None, {"very-low-mood"}, Priority.CRISIS),
    (0, SEVERAL_DAYS, NO, {"self-harm"}, Priority.CRISIS),
    (18, SEVERAL_DAYS, NO, {"self-harm"}, Priority.CRISIS),  # PHQ-9 total 19
    (19, SEVERAL_DAYS, NO, {"self-harm", "self-harm-now"}, Priority.CRISIS_NOW),  # total 20
    (0, SEVERAL_DAYS, YES, {"self-harm", "self-harm-now"}, Priority.CRISIS_NOW),
    (0, SEVERAL_DAYS, NOT_SURE, {"self-harm", "self-harm-now"}, Priority.CRISIS_NOW),
    (0, OVER_HALF, NO, {"self-harm", "self-harm-now"}, Priority.CRISIS_NOW),
    (17, OVER_HALF, NO, {"self-harm", "self-harm-now"}, Priority.CRISIS_NOW),
    (0, EVERY_DAY, NO, {"self-harm", "self-harm-now"}, Priority.CRISIS_NOW),
]


@pytest.mark.parametrize(("total", "self_harm", "risk_now", "fired", "priority"), CRISES)
def test_any_thought_of_self_harm_or_very_low_mood_asks_for_a_same_day_call(
    total: int, self_harm: str, risk_now: str | None, fired: set[str], priority: Priority
) -> None:
    changes = {**mood(total, self_harm=self_harm), "risk-now": risk_now}

    assert raised(changes) == fired
    assert triage_of(changes).priority == priority


@pytest.mark.parametrize("self_harm", [SEVERAL_DAYS, OVER_HALF, EVERY_DAY])
def test_a_thought_of_self_harm_is_a_crisis_before_any_later_page_is_answered(self_harm: str) -> None:
    first_pages_only = {
        link_id: answer
        for link_id, answer in answers_of({"mood-self-harm": self_harm}).items()
        if link_id in {"same-day-review", "respondent", "mood-self-harm"}
    }
    result = triage_of(dict.fromkeys(answers_of({}), None) | first_pages_only)

    assert result.flags[0].level in {Level.CRISIS, Level.CRISIS_NOW}


@pytest.mark.parametrize(("total", "fired"), [(19, set()), (20, {"very-low-mood"})])
def test_very_low_mood_is_a_crisis_where_item_9_is_not_asked(total: int, fired: set[str]) -> None:
    assert raised({**mood(total, self_harm=None), "same-day-review": False}) == fired


def test_an_old_answer_to_item_9_does_not_count_where_item_9_is_not_asked() -> None:
    changes: Changes = {"same-day-review": False, "mood-self-harm": EVERY_DAY, "risk-now": YES}

    assert raised(changes) == set()
    assert not {"mood-self-harm", "risk-now"} & set(kept(SCREENING, answers_of(changes)))


def test_staff_are_told_when_nobody_could_be_asked_about_mood() -> None:
    alone: Changes = {"respondent": "helper", "patient-present": NO, "mood-self-harm": EVERY_DAY}

    assert raised(alone) == {"mood-not-asked"}
    assert raised({**alone, "patient-present": YES, "mood-self-harm": NOT_AT_ALL}) == set()


@pytest.mark.parametrize("link_id", [*HEALTH, "escort", "no-driving", "medicines-sleepy", "medicines-mixing"])
def test_not_sure_about_ones_health_is_always_a_caution(link_id: str) -> None:
    follow_up = {"bp-symptoms": NO, "alcohol-now": NO}

    assert triage_of({link_id: NOT_SURE, **follow_up}).priority == Priority.CAUTION


# A question with a time, severity or control clause, and the questions that follow from it.
ANY = (YES, NO, NOT_SURE)
FAMILIES = {
    "heart-problem": {"heart-recent": ANY, "heart-controlled": ANY},
    "high-blood-pressure": {
        "bp-systolic": (None, 159, 160),
        "bp-diastolic": (None, 99, 100),
        "bp-controlled": ANY,
        "bp-symptoms": ANY,
    },
    "eye-recent": {"eye-open": ANY, "glaucoma": ANY},
    "mania": {"mania-recent": ANY},
    "liver": {"liver-severe": ANY},
    "substance-use": {"substance-now": ANY},
    "overactive-thyroid": {"thyroid-treated": ANY},
}
TWO_LEVEL_ROWS = [(first, answer) for first in FAMILIES for answer in (YES, NOT_SURE)]


def combinations(first: str, answer: str) -> Iterator[dict[str, str | int | None]]:
    follow_ups = FAMILIES[first]
    for values in itertools.product(*follow_ups.values()):
        yield {first: answer, **dict(zip(follow_ups, values, strict=True))}


@pytest.mark.parametrize(("first", "answer"), TWO_LEVEL_ROWS)
def test_no_combination_of_follow_up_answers_falls_between_stop_and_caution(first: str, answer: str) -> None:
    for changes in combinations(first, answer):
        assert triage_of(changes).priority in {Priority.STOP, Priority.CAUTION}, changes


@pytest.mark.parametrize("first", FAMILIES)
def test_what_is_a_stop_is_not_told_a_second_time_as_a_caution(first: str) -> None:
    not_sure_of_a_second_question = {"eyes-not-sure"}
    for changes in combinations(first, YES):
        flags = [
            flag for flag in triage_of(changes).flags if flag.rule_id not in not_sure_of_a_second_question
        ]
        assert len({flag.level for flag in flags}) == 1, changes
