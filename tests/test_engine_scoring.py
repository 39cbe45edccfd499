"""PHQ, GAD and PEG: both sides of every cut-off, what a missing item does, and which form was asked."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.answers import Answers, Value
from intake.questionnaires.scoring import BY_KEY, INSTRUMENTS, Score, band, in_total, scores, why_not_scorable
from tests.engine_builders import (
    GAD,
    PC_PTSD,
    PEG,
    PHQ,
    extension,
    frequency_item,
    group,
    item,
    loinc,
    option,
    peg_item,
    read,
    when,
)

PHQ_9 = read(*map(frequency_item, PHQ))
PHQ_8 = read(*map(frequency_item, PHQ[:8]))
PHQ_2 = read(*map(frequency_item, PHQ[:2]))
GAD_7 = read(*map(frequency_item, GAD))
GAD_2 = read(*map(frequency_item, GAD[:2]))
PEG_3 = read(*map(peg_item, PEG))
PC_PTSD_5 = read(*(item(code, code=loinc(code)) for code in PC_PTSD))
FORMS = {
    "phq9": PHQ_9,
    "phq8": PHQ_8,
    "phq2": PHQ_2,
    "gad7": GAD_7,
    "gad2": GAD_2,
    "peg": PEG_3,
    "pcptsd5": PC_PTSD_5,
}


def sums_to(codes: tuple[str, ...], total: int) -> Answers:
    """Answers of 0 to 3 points that come to `total`."""
    return {code: (str(min(3, max(0, total - 3 * place))),) for place, code in enumerate(codes)}


def only_score(form: Any, answers: Answers) -> Score:
    (score,) = scores(form, answers)
    return score


BANDS = [
    *[("phq9", 0, "minimal"), ("phq9", 4, "minimal"), ("phq9", 5, "mild"), ("phq9", 9, "mild")],
    *[("phq9", 10, "moderate"), ("phq9", 14, "moderate")],
    *[("phq9", 15, "moderately severe"), ("phq9", 19, "moderately severe")],
    *[("phq9", 20, "severe"), ("phq9", 27, "severe")],
    *[("phq8", 0, "below the cut-off of 10"), ("phq8", 9, "below the cut-off of 10")],
    *[("phq8", 10, "10 or more, the cut-off"), ("phq8", 24, "10 or more, the cut-off")],
    *[("phq2", 0, "below the cut-off of 3"), ("phq2", 2, "below the cut-off of 3")],
    *[("phq2", 3, "3 or more, the cut-off"), ("phq2", 6, "3 or more, the cut-off")],
    *[("gad7", 0, "minimal"), ("gad7", 4, "minimal"), ("gad7", 5, "mild"), ("gad7", 9, "mild")],
    *[("gad7", 10, "moderate"), ("gad7", 14, "moderate"), ("gad7", 15, "severe"), ("gad7", 21, "severe")],
    *[("gad2", 0, "below the cut-off of 3"), ("gad2", 2, "below the cut-off of 3")],
    *[("gad2", 3, "3 or more, the cut-off"), ("gad2", 6, "3 or more, the cut-off")],
]


@pytest.mark.parametrize(("key", "total", "expected"), BANDS)
def test_severity_changes_exactly_at_its_cut_off(key: str, total: int, expected: str) -> None:
    score = only_score(FORMS[key], sums_to(BY_KEY[key].codes, total))
    assert (score.instrument, score.points, score.band) == (key, Decimal(total), expected)
    assert score.missing == ()


@pytest.mark.parametrize(
    ("points", "expected"),
    [((0, 0, 0), "0.0"), ((0, 0, 1), "0.3"), ((1, 1, 0), "0.7"), ((7, 7, 6), "6.7"), ((10, 10, 10), "10.0")],
)
def test_peg_is_the_mean_of_three_to_one_decimal_and_has_no_band(
    points: tuple[int, int, int], expected: str
) -> None:
    score = only_score(PEG_3, {code: (point,) for code, point in zip(PEG, points, strict=True)})
    assert (score.points, score.band, score.unit) == (Decimal(expected), "", "points, 0-10, mean of three")


@pytest.mark.parametrize(
    ("yes", "expected"),
    [(0, "below the cut-off of 4"), (3, "below the cut-off of 4"), (4, "4 or more, the cut-off")]
    + [(5, "4 or more, the cut-off")],
)
def test_pc_ptsd_5_counts_each_yes_and_its_cut_off_is_four(yes: int, expected: str) -> None:
    score = only_score(PC_PTSD_5, {code: (place < yes,) for place, code in enumerate(PC_PTSD)})
    assert (score.points, score.band) == (Decimal(yes), expected)
    assert (score.total_code, score.panel_code) == ("", "")  # no code of it is confirmed


def test_a_mean_is_rounded_half_up() -> None:
    """Thirds never fall on a half, so this takes points that no PEG has."""
    assert in_total(BY_KEY["peg"], [Decimal("0.15"), Decimal("0.15"), Decimal("0.15")]) == Decimal("0.2")
    assert in_total(BY_KEY["peg"], [Decimal("0.25"), Decimal("0.25"), Decimal("0.25")]) == Decimal("0.3")


CODES = [
    ("phq9", "PHQ-9", 27, "44261-6", "44249-1"),
    ("phq8", "PHQ-8", 24, "", ""),
    ("phq2", "PHQ-2", 6, "55758-7", "55757-9"),
    ("gad7", "GAD-7", 21, "70274-6", "69737-5"),
    ("gad2", "GAD-2", 6, "", ""),
    ("peg", "PEG", 10, "91147-9", "91148-7"),
]


@pytest.mark.parametrize(("key", "name", "maximum", "total_code", "panel_code"), CODES)
def test_each_form_carries_its_own_codes_and_only_confirmed_ones(
    key: str, name: str, maximum: int, total_code: str, panel_code: str
) -> None:
    score = only_score(FORMS[key], {})
    assert (score.name, score.maximum) == (name, maximum)
    assert (score.total_code, score.panel_code) == (total_code, panel_code)
    assert score.source
    assert score.version.startswith(f"{key}-")


def test_the_tables_agree_with_themselves() -> None:
    for instrument in INSTRUMENTS:
        per_item = (
            instrument.item_maximum if instrument.is_mean else instrument.item_maximum * len(instrument.codes)
        )
        assert instrument.maximum == per_item
        assert set(instrument.codes) <= set(instrument.family)
        floors = [lowest for lowest, _ in instrument.bands]
        assert floors == sorted(floors, reverse=True)
        assert floors == [] or floors[-1] == 0


@pytest.mark.parametrize("key", BY_KEY)
def test_a_missing_item_means_no_total_and_is_named(key: str) -> None:
    codes = BY_KEY[key].codes
    answer: Value = {"peg": 0, "pcptsd5": False}.get(key, "0")
    complete: dict[str, tuple[Value, ...]] = dict.fromkeys(codes, (answer,))
    for left_out in codes:
        score = only_score(FORMS[key], {code: v for code, v in complete.items() if code != left_out})
        assert (score.points, score.band, score.missing) == (None, "", (left_out,))
    assert only_score(FORMS[key], {}).missing == codes


@given(st.permutations(PHQ), st.lists(st.integers(0, 3), min_size=9, max_size=9))
@settings(deadline=None)
def test_any_order_of_the_answers_gives_the_same_sum(order: list[str], points: list[int]) -> None:
    one = only_score(PHQ_9, {code: (str(point),) for code, point in zip(PHQ, points, strict=True)})
    other = only_score(PHQ_9, {code: (str(point),) for code, point in zip(order, points, strict=True)})
    assert one.points == other.points == sum(points)
    assert one.band == other.band != ""
    assert one.points is not None
    assert 0 <= one.points <= one.maximum


@given(st.permutations(PEG), st.lists(st.integers(0, 10), min_size=3, max_size=3))
@settings(deadline=None)
def test_any_order_of_the_answers_gives_the_same_mean(order: list[str], points: list[int]) -> None:
    one = only_score(PEG_3, {code: (point,) for code, point in zip(PEG, points, strict=True)})
    other = only_score(PEG_3, {code: (point,) for code, point in zip(order, points, strict=True)})
    assert one.points == other.points
    assert one.points is not None
    assert abs(one.points - Decimal(sum(points)) / 3) <= Decimal("0.05")


# ---- Which form was asked ----


def test_phq_8_becomes_phq_9_when_item_9_is_asked() -> None:
    item_9 = frequency_item(PHQ[8], **when("same-day"))
    form = read(item("same-day"), *map(frequency_item, PHQ[:8]), item_9)
    answers = dict(sums_to(PHQ, 0))
    assert only_score(form, answers | {"same-day": (False,)}).instrument == "phq8"
    assert only_score(form, answers | {"same-day": (True,)}).instrument == "phq9"


def test_an_answer_to_item_9_that_is_not_asked_does_not_count() -> None:
    form = read(item("same-day"), *map(frequency_item, PHQ[:8]), frequency_item(PHQ[8], **when("same-day")))
    answers: Answers = {**sums_to(PHQ[:8], 9), PHQ[8]: ("3",)}
    assert only_score(form, answers).points == 9


@pytest.mark.parametrize("asked", [PHQ[:1], PHQ[:3], PHQ[:7], (*PHQ[:7], PHQ[8]), PHQ[1:], GAD[:6], PEG[:2]])
def test_a_form_that_is_no_whole_instrument_is_not_scored(asked: tuple[str, ...]) -> None:
    make = peg_item if asked[0] in PEG else frequency_item
    assert scores(read(*map(make, asked)), {}) == ()


def test_all_instruments_are_scored_side_by_side() -> None:
    form = read(
        group("g", *map(frequency_item, PHQ)), *map(frequency_item, GAD), *map(peg_item, PEG), item("other")
    )
    assert [score.instrument for score in scores(form, {})] == ["phq9", "gad7", "peg"]


def test_the_difficulty_question_is_not_summed() -> None:
    form = read(*map(frequency_item, PHQ), frequency_item("69722-7"))
    score = only_score(form, {**sums_to(PHQ, 27), "69722-7": ("3",)})
    assert score.points == 27
    assert score.items == PHQ


def test_a_code_of_another_system_or_on_a_group_is_no_item() -> None:
    local = frequency_item(PHQ[1]) | {"code": [{"system": "local", "code": PHQ[1]}]}
    assert scores(read(frequency_item(PHQ[0]), local), {}) == ()
    titled = group("g", item("q"), code=loinc(PHQ[1]))
    assert scores(read(frequency_item(PHQ[0]), titled), {}) == ()


def test_an_item_that_is_asked_twice_is_not_scored() -> None:
    twice = frequency_item(PHQ[1]) | {"linkId": "again"}
    assert scores(read(*map(frequency_item, PHQ[:2]), twice), {}) == ()


# ---- Answers without points count as missing ----


def phq_2_with(second: dict[str, Any], *given_answers: Value) -> Score:
    form = read(frequency_item(PHQ[0]), second)
    return only_score(form, {PHQ[0]: ("3",), PHQ[1]: given_answers})


def with_options(*options: dict[str, Any], **elements: Any) -> dict[str, Any]:
    return item(PHQ[1], "choice", code=loinc(PHQ[1]), answerOption=list(options), **elements)


def points(value: float) -> dict[str, Any]:
    return option("a", extension=[extension("ordinalValue", valueDecimal=value)])


@pytest.mark.parametrize(
    ("second", "answers"),
    [
        (with_options(option("a")), ("a",)),
        (with_options(points(4)), ("a",)),
        (with_options(points(-1)), ("a",)),
        (with_options(points(1.5)), ("a",)),
        (with_options(points(1)), ("gone",)),
        (with_options(points(1)), (True,)),
        (with_options({"valueInteger": 1}, {"valueInteger": 2}, repeats=True), ("1", "2")),
        (item(PHQ[1], "integer", code=loinc(PHQ[1])), (4,)),
        (item(PHQ[1], "integer", code=loinc(PHQ[1])), (True,)),
        (item(PHQ[1], "decimal", code=loinc(PHQ[1])), (Decimal("1.5"),)),
        (item(PHQ[1], "decimal", code=loinc(PHQ[1])), (Decimal("1E+999999999"),)),
        (item(PHQ[1], "string", code=loinc(PHQ[1])), ("3",)),
    ],
)
def test_an_answer_without_points_on_the_scale_gives_no_total(
    second: dict[str, Any], answers: tuple[Value, ...]
) -> None:
    score = phq_2_with(second, *answers)
    assert (score.points, score.missing) == (None, (PHQ[1],))


@pytest.mark.parametrize(
    ("second", "answer"),
    [
        (with_options(points(2)), "a"),
        (with_options({"valueInteger": 2}), "2"),
        (item(PHQ[1], "integer", code=loinc(PHQ[1])), 2),
        (item(PHQ[1], "decimal", code=loinc(PHQ[1])), Decimal("2.0")),
    ],
)
def test_points_come_from_the_option_or_from_the_number_itself(second: dict[str, Any], answer: Value) -> None:
    assert phq_2_with(second, answer).points == 5


def test_points_of_an_option_go_before_its_number() -> None:
    reversed_option = {"valueInteger": 0} | {"extension": [extension("ordinalValue", valueDecimal=3)]}
    assert phq_2_with(with_options(reversed_option), "0").points == 6


# ---- What cannot be scored is found before anyone answers ----


@pytest.mark.parametrize("key", BY_KEY)
def test_the_forms_of_these_tests_can_be_scored(key: str) -> None:
    assert why_not_scorable(FORMS[key], key) == ""


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (
            with_options(option("a"), points(1) | {"valueCoding": {"code": "b"}}),
            "give each option an ordinalValue",
        ),
        (with_options(points(4)), "not whole points from 0 to 3"),
        (with_options(points(1), repeats=True), "not whole points"),
        (item(PHQ[1], "integer", code=loinc(PHQ[1])), "not whole points"),
        (peg_item(PHQ[1]), "not whole points"),
        (item(PHQ[1], "string", code=loinc(PHQ[1])), "not whole points"),
        (item("other"), "needs a question with the LOINC code 44255-8"),
    ],
)
def test_a_form_that_can_give_no_score_is_found_out(second: dict[str, Any], reason: str) -> None:
    assert reason in why_not_scorable(read(frequency_item(PHQ[0]), second), "phq2")


def test_a_name_that_is_no_score_is_told_with_those_that_are() -> None:
    assert why_not_scorable(PHQ_9, "phq") == (
        "'phq' is no score; write one of phq9, phq8, phq2, gad7, gad2, peg, pcptsd5"
    )


# ---- Impossible input ----


@pytest.mark.parametrize(("key", "total"), [("phq9", 28), ("phq9", -1), ("gad7", 22), ("peg", 11)])
def test_a_total_off_the_scale_has_no_band(key: str, total: int) -> None:
    with pytest.raises(ValueError, match="goes from 0 to"):
        band(BY_KEY[key], Decimal(total))


@pytest.mark.parametrize("count", [0, 8, 10])
def test_a_total_takes_one_value_for_each_item(count: int) -> None:
    with pytest.raises(ValueError, match="PHQ-9 has 9 items, not"):
        in_total(BY_KEY["phq9"], [Decimal(1)] * count)
