"""Which questions are asked, what is missing or wrong, and what is kept."""

import datetime
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.answers import (
    Answers,
    Other,
    Problem,
    ProblemKind,
    Value,
    asked,
    kept,
    problems,
    to_json,
)
from intake.questionnaires.definition import Item, Questionnaire
from intake.questionnaires.scoring import scores
from tests.engine_builders import choice, coded, extension, group, item, read, when
from tests.screening_answers import SCREENING, answers_of

Kind = ProblemKind
HIDDEN = [extension("questionnaire-hidden", valueBoolean=True)]


# ---- Which items are asked ----


def is_asked(questionnaire: Questionnaire, link_id: str, **answers: Any) -> bool:
    return link_id in asked(questionnaire, {name: tuple(values) for name, values in answers.items()})


@pytest.mark.parametrize(
    ("operator", "answer", "when_none", "when_5", "when_6"),
    [
        ("exists", {"answerBoolean": True}, False, True, True),
        ("exists", {"answerBoolean": False}, True, False, False),
        ("=", {"answerInteger": 5}, False, True, False),
        ("!=", {"answerInteger": 5}, True, False, True),
        (">", {"answerInteger": 5}, False, False, True),
        ("<", {"answerInteger": 6}, False, True, False),
        (">=", {"answerInteger": 6}, False, False, True),
        ("<=", {"answerInteger": 5}, False, True, False),
    ],
)
def test_each_operator_asks_as_fhir_says(
    operator: str, answer: dict[str, Any], when_none: bool, when_5: bool, when_6: bool
) -> None:
    questionnaire = read(item("n", "integer"), item("q", **when("n", operator, **answer)))
    assert is_asked(questionnaire, "q") is when_none
    assert is_asked(questionnaire, "q", n=[5]) is when_5
    assert is_asked(questionnaire, "q", n=[6]) is when_6


@pytest.mark.parametrize(
    ("kind", "answer", "given", "expected"),
    [
        ("boolean", {"answerBoolean": True}, True, True),
        ("boolean", {"answerBoolean": True}, 1, False),
        ("decimal", {"answerDecimal": 1.5}, Decimal("1.50"), True),
        ("decimal", {"answerInteger": 1}, Decimal("1.0"), True),
        ("date", {"answerDate": "2026-01-02"}, datetime.date(2026, 1, 2), True),
        ("string", {"answerString": "x"}, "X", False),
    ],
)
def test_equality_is_of_values_and_their_types(
    kind: str, answer: dict[str, Any], given: Value, expected: bool
) -> None:
    questionnaire = read(item("a", kind), item("q", **when("a", **answer)))
    assert is_asked(questionnaire, "q", a=[given]) is expected


def test_one_of_several_answers_is_enough_for_equal_and_too_much_for_unequal() -> None:
    questionnaire = read(
        choice("a", repeats=True),
        item("some", **when("a", **coded("yes"))),
        item("none", **when("a", "!=", **coded("yes"))),
    )
    assert is_asked(questionnaire, "some", a=["no", "yes"])
    assert not is_asked(questionnaire, "none", a=["no", "yes"])
    assert is_asked(questionnaire, "none", a=["no"])


def test_values_that_have_no_order_are_neither_more_nor_less() -> None:
    questionnaire = read(item("n", "integer"), item("q", **when("n", ">", answerInteger=5)))
    for given_by_mistake in (True, "9", datetime.date(2026, 1, 1)):
        assert not is_asked(questionnaire, "q", n=[given_by_mistake])


def test_all_and_any_join_conditions() -> None:
    conditions = [*when("a")["enableWhen"], *when("b")["enableWhen"]]
    questionnaire = read(
        item("a"),
        item("b"),
        item("both", enableWhen=conditions, enableBehavior="all"),
        item("either", enableWhen=conditions, enableBehavior="any"),
    )
    assert not is_asked(questionnaire, "both", a=[True])
    assert is_asked(questionnaire, "both", a=[True], b=[True])
    assert is_asked(questionnaire, "either", b=[True])
    assert not is_asked(questionnaire, "either", a=[False])


def test_what_stands_in_a_group_that_is_not_asked_is_not_asked() -> None:
    questionnaire = read(item("a"), group("g", group("h", item("q"), item("d", "display")), **when("a")))
    assert asked(questionnaire, {}) == {"page", "a"}
    assert asked(questionnaire, {"a": (True,)}) == {"page", "a", "g", "h", "q", "d"}


def test_a_question_that_is_not_asked_counts_as_unanswered() -> None:
    questionnaire = read(
        item("a"),
        item("b", **when("a")),
        item("if-b", **when("b")),
        item("unless-b", **when("b", "exists", answerBoolean=False)),
    )
    stale: Answers = {"a": (False,), "b": (True,)}
    assert asked(questionnaire, stale) == {"page", "a", "unless-b"}


def test_hidden_questions_are_asked_and_kept() -> None:
    questionnaire = read(item("site", extension=HIDDEN), item("q", **when("site")))
    assert kept(questionnaire, {"site": (True,), "q": (False,)}) == {"site": (True,), "q": (False,)}


# ---- What is missing or wrong ----


def test_what_is_missing_or_wrong_is_told_in_document_order() -> None:
    questionnaire = read(
        item("missing", required=True),
        item("free"),
        item("old", "integer", extension=[extension("maxValue", valueInteger=120)]),
        choice("gone", required=True),
        item("words", "string", required=True),
    )
    answers: Answers = {"gone": ("maybe",), "old": (121,), "nobody": ("x",), "words": ("x\0",)}
    assert problems(questionnaire, answers) == (
        Problem("missing", Kind.MISSING),
        Problem("old", Kind.TOO_LARGE, 120),
        Problem("gone", Kind.NOT_AN_OPTION),
        Problem("words", Kind.HAS_NUL),
        Problem("nobody", Kind.UNKNOWN_ITEM),
    )


def test_problems_can_be_those_of_one_page() -> None:
    questionnaire = read(item=[group("a", item("q", required=True)), group("b", item("r", required=True))])
    assert problems(questionnaire, {"x": (True,)}, on=questionnaire.pages[1]) == (Problem("r", Kind.MISSING),)
    assert len(problems(questionnaire, {"x": (True,)})) == 3


def test_what_is_not_asked_hidden_or_read_only_is_never_missing() -> None:
    questionnaire = read(
        item("a"),
        item("b", required=True, **when("a")),
        group("g", item("c", required=True), **when("a")),
        item("d", required=True, extension=HIDDEN),
        item("e", required=True, readOnly=True),
    )
    assert problems(questionnaire, {}) == ()
    assert [problem.link_id for problem in problems(questionnaire, {"a": (True,)})] == ["b", "c"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", "yes"),
        ("integer", True),
        ("integer", Decimal(1)),
        ("decimal", 1),
        ("decimal", Decimal("NaN")),
        ("date", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)),
        ("string", 1),
        ("text", Other("x")),
        ("choice", Other("x")),
        ("open-choice", 5),
        ("display", "x"),
    ],
)
def test_a_value_of_another_type_is_told_and_not_stored(kind: str, value: Any) -> None:
    raw = choice("q", kind=kind) if "choice" in kind else item("q", kind)
    questionnaire = read(raw)
    assert problems(questionnaire, {"q": (value,)}) == (Problem("q", Kind.WRONG_TYPE),)
    with pytest.raises(ValueError, match="^(q:|'q' is no question)"):
        to_json(questionnaire, {"q": (value,)})


def test_a_text_that_was_put_there_without_a_form_is_measured_too() -> None:
    questionnaire = read(item("q", "string", maxLength=3))
    assert problems(questionnaire, {"q": ("four",)}) == (Problem("q", Kind.TOO_LONG, 3),)


def test_a_date_before_the_year_1000_is_none() -> None:
    questionnaire = read(item("q", "date"))
    assert problems(questionnaire, {"q": (datetime.date(999, 1, 1),)}) == (Problem("q", Kind.NOT_A_DATE),)


# ---- Whatever the questionnaire: conditions decide what is required and what is kept ----

TYPES = ["boolean", "integer", "choice", "date"]
VALUES: dict[str, list[Value]] = {
    "boolean": [True, False],
    "integer": [0, 1, 2],
    "choice": ["yes", "no", "not-sure"],
    "date": [datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)],
}
CONDITION_ANSWERS: dict[str, list[dict[str, Any]]] = {
    "boolean": [{"answerBoolean": True}],
    "integer": [{"answerInteger": 1}],
    "choice": [coded("yes")],
    "date": [{"answerDate": "2026-01-01"}],
}


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    """Up to eight required questions, some in groups, each perhaps waiting for earlier ones."""
    kinds = draw(st.lists(st.sampled_from(TYPES), min_size=2, max_size=8))
    items: list[dict[str, Any]] = []
    for place, kind in enumerate(kinds):
        raw = choice(f"q{place}") if kind == "choice" else item(f"q{place}", kind)
        raw["required"] = True
        conditions = []
        for _ in range(draw(st.integers(0, 2)) if place else 0):
            earlier = draw(st.integers(0, place - 1))
            operators = ["=", "!=", "exists", *([">", "<="] if kinds[earlier] in ("integer", "date") else [])]
            operator = draw(st.sampled_from(operators))
            answer = (
                {"answerBoolean": draw(st.booleans())}
                if operator == "exists"
                else CONDITION_ANSWERS[kinds[earlier]][0]
            )
            conditions += when(f"q{earlier}", operator, **answer)["enableWhen"]
        waiting = {"enableWhen": conditions, "enableBehavior": draw(st.sampled_from(["all", "any"]))}
        in_group = draw(st.booleans())
        if conditions and in_group:
            items.append(group(f"g{place}", raw, **waiting))
        else:
            items.append(raw | (waiting if conditions else {}))
    return read(*items)


def draw_answers(data: st.DataObject, questionnaire: Questionnaire) -> dict[str, tuple[Value, ...]]:
    answers: dict[str, tuple[Value, ...]] = {}
    for question in questionnaire.all_items:
        if question.is_question and data.draw(st.booleans()):
            answers[question.link_id] = (data.draw(st.sampled_from(VALUES[question.type.value])),)
    return answers


@given(questionnaires(), st.data())
@settings(deadline=None, max_examples=150)
def test_an_item_that_is_not_asked_is_never_required_and_never_kept(
    questionnaire: Questionnaire, data: st.DataObject
) -> None:
    answers = draw_answers(data, questionnaire)
    enabled = asked(questionnaire, answers)
    assert {problem.link_id for problem in problems(questionnaire, answers)} <= enabled
    keeps = kept(questionnaire, answers)
    assert keeps.keys() == answers.keys() & enabled
    # What was dropped decided nothing: the same is asked, and all that is asked and unanswered is missing.
    assert asked(questionnaire, keeps) == enabled
    assert kept(questionnaire, keeps) == keeps
    missing = {problem.link_id for problem in problems(questionnaire, answers)}
    assert missing == {one for one in enabled if questionnaire.item(one).is_question} - answers.keys()


@given(questionnaires(), st.data())
@settings(deadline=None, max_examples=150)
def test_changing_an_earlier_answer_drops_what_it_hid(
    questionnaire: Questionnaire, data: st.DataObject
) -> None:
    before = draw_answers(data, questionnaire)
    first = questionnaire.item("q0")
    after = before | {"q0": (data.draw(st.sampled_from(VALUES[first.type.value])),)}
    hid = asked(questionnaire, before) - asked(questionnaire, after)
    assert not kept(questionnaire, after).keys() & hid


def test_changing_yes_to_no_drops_the_follow_up_and_what_followed_from_it() -> None:
    questionnaire = read(item("a"), item("b", **when("a")), item("c", **when("b")))
    answers: Answers = {"a": (True,), "b": (True,), "c": (True,)}
    assert kept(questionnaire, answers) == answers
    assert kept(questionnaire, {**answers, "a": (False,)}) == {"a": (False,)}


def test_answers_to_groups_and_to_nobody_are_not_kept() -> None:
    assert kept(read(item("a")), {"page": (True,), "nobody": (True,), "a": ()}) == {}


@given(questionnaires(), st.data())
@settings(deadline=None, max_examples=60)
def test_the_order_of_evaluation_does_not_depend_on_the_order_of_the_file(
    questionnaire: Questionnaire, data: st.DataObject
) -> None:
    """The definition of "asked", followed question by question, comes to the same."""
    answers = draw_answers(data, questionnaire)

    def is_enabled(one_item: Item) -> bool:
        parent = questionnaire.parent(one_item.link_id)
        if parent and not is_enabled(parent):
            return False
        met = []
        for condition in one_item.enable_when:
            looked_at = questionnaire.item(condition.question)
            given_answers = answers.get(condition.question, ()) if is_enabled(looked_at) else ()
            met.append(
                {
                    "exists": bool(given_answers) == condition.answer,
                    "=": condition.answer in given_answers,
                    "!=": condition.answer not in given_answers,
                    ">": any(value > condition.answer for value in given_answers)  # type: ignore[operator]
                    if condition.operator == ">"
                    else False,
                    "<=": any(value <= condition.answer for value in given_answers)  # type: ignore[operator]
                    if condition.operator == "<="
                    else False,
                }[condition.operator]
            )
        if not met:
            return True
        return all(met) if one_item.enable_behavior == "all" else any(met)

    assert asked(questionnaire, answers) == {
        one_item.link_id for one_item in questionnaire.all_items if is_enabled(one_item)
    }


# ---- Speed: the best of ten runs, because the machine may be busy with something else ----


def best_seconds(questionnaire: Questionnaire, answers: Answers) -> float:
    def once() -> float:
        started = time.process_time()
        asked(questionnaire, answers)
        problems(questionnaire, answers)
        scores(questionnaire, answers)
        return time.process_time() - started

    return min(once() for _ in range(10))


def test_the_shipped_screening_is_decided_checked_and_scored_in_two_milliseconds() -> None:
    assert best_seconds(SCREENING, answers_of({})) < 0.002


def test_a_thousand_items_are_decided_checked_and_scored_in_thirty_milliseconds() -> None:
    first = [choice("q0", required=True)]
    chain = [choice(f"q{n}", required=True, **when(f"q{n - 1}", **coded("yes"))) for n in range(1, 1_000)]
    questionnaire = read(*first, *chain)
    answers: Answers = {f"q{n}": ("yes",) for n in range(1_000)}
    assert len(asked(questionnaire, answers)) == 1_001
    assert best_seconds(questionnaire, answers) < 0.030
