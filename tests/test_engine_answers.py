"""Which questions are asked, what a form's strings become, what is missing or wrong, and what is kept and shown."""

import datetime
import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.answers import (
    AnswerRefused,
    Answers,
    Other,
    Problem,
    ProblemKind,
    Value,
    as_seen,
    asked,
    from_json,
    kept,
    parse,
    problems,
    to_json,
)
from intake.questionnaires.definition import Item, Questionnaire
from intake.questionnaires.scoring import scores
from tests.engine_builders import choice, coded, control, extension, group, item, option, read, when
from tests.screening_answers import SCREENING, answers_of

Kind = ProblemKind
HIDDEN = [extension("questionnaire-hidden", valueBoolean=True)]


def one(raw: dict[str, Any]) -> Item:
    return read(raw).item(raw["linkId"])


def refused(read_item: Item, *written: str, other: str = "") -> tuple[ProblemKind, object]:
    with pytest.raises(AnswerRefused) as refusal:
        parse(read_item, written, other=other)
    return refusal.value.kind, refusal.value.limit


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


# ---- What a form posts ----

PLAIN = [
    ("boolean", "true", True),
    ("boolean", "yes", True),
    ("boolean", "false", False),
    ("boolean", " no ", False),
    ("integer", "72", 72),
    ("integer", " +72 ", 72),
    ("integer", "-3", -3),
    ("integer", "007", 7),
    ("integer", "2147483647", 2_147_483_647),
    ("decimal", "72.5", Decimal("72.5")),
    ("decimal", ".5", Decimal("0.5")),
    ("decimal", "72.", Decimal(72)),
    ("date", "1962-03-09", datetime.date(1962, 3, 9)),
    ("date", "1000-01-01", datetime.date(1000, 1, 1)),
    ("date", "2024-02-29", datetime.date(2024, 2, 29)),
    ("string", "  José\u00a0O'Hara ", "José\u00a0O'Hara"),
    ("string", "one\r\ntwo", "one two"),
    ("text", " one\r\ntwo\rthree\tfour ", "one\ntwo\nthree\tfour"),
]


@pytest.mark.parametrize(("kind", "written", "value"), PLAIN)
def test_what_is_written_becomes_a_value_of_the_questions_type(kind: str, written: str, value: Value) -> None:
    (read_value,) = parse(one(item("q", kind)), [written])
    assert read_value == value
    assert type(read_value) is type(value)


REFUSED = [
    ("boolean", "maybe", Kind.NOT_YES_OR_NO, None),
    ("boolean", "TRUE" * 1_000, Kind.NOT_YES_OR_NO, None),
    ("integer", "seventy", Kind.NOT_A_NUMBER, None),
    ("integer", "1,234", Kind.NOT_A_NUMBER, None),
    ("integer", "72 kg", Kind.NOT_A_NUMBER, None),
    ("integer", "7_2", Kind.NOT_A_NUMBER, None),
    ("integer", "７２", Kind.NOT_A_NUMBER, None),
    ("integer", "٣", Kind.NOT_A_NUMBER, None),
    ("integer", "−3", Kind.NOT_A_NUMBER, None),
    ("integer", "1e3", Kind.NOT_A_NUMBER, None),
    ("integer", "72.5", Kind.NOT_WHOLE, None),
    ("integer", "72.0", Kind.NOT_WHOLE, None),
    ("integer", "2147483648", Kind.TOO_LARGE, 2_147_483_647),
    ("integer", "-2147483649", Kind.TOO_SMALL, -2_147_483_648),
    ("integer", "9" * 21, Kind.TOO_LONG, 20),
    ("integer", "9" * 10_000_000, Kind.TOO_LONG, 20),
    ("decimal", "1,5", Kind.NOT_A_NUMBER, None),
    ("decimal", ".", Kind.NOT_A_NUMBER, None),
    ("decimal", "1e5", Kind.NOT_A_NUMBER, None),
    ("decimal", "NaN", Kind.NOT_A_NUMBER, None),
    ("decimal", "Infinity", Kind.NOT_A_NUMBER, None),
    ("date", "9.3.1962", Kind.NOT_A_DATE, None),
    ("date", "1962-3-9", Kind.NOT_A_DATE, None),
    ("date", "19620309", Kind.NOT_A_DATE, None),
    ("date", "0962-03-09", Kind.NOT_A_DATE, None),
    ("date", "2025-02-29", Kind.NOT_A_DATE, None),
    ("date", "2026-13-01", Kind.NOT_A_DATE, None),
    ("date", "1" * 5_000, Kind.NOT_A_DATE, None),
    ("string", "a\0b", Kind.HAS_NUL, None),
    ("string", "a\x1b[2J", Kind.HAS_NUL, None),
    ("text", "half \ud83d", Kind.HAS_NUL, None),
    ("text", "\x1c", Kind.HAS_NUL, None),
    ("integer", "7\0", Kind.HAS_NUL, None),
    ("string", "x" * 201, Kind.TOO_LONG, 200),
    ("text", "x" * 4_001, Kind.TOO_LONG, 4_000),
    ("text", "x" * 10_000_000, Kind.TOO_LONG, 4_000),
    ("group", "x", Kind.WRONG_TYPE, None),
    ("display", "x", Kind.WRONG_TYPE, None),
]


@pytest.mark.parametrize(
    ("kind", "written", "problem", "limit"), REFUSED, ids=[f"{row[0]} {row[1][:12]!r}" for row in REFUSED]
)
def test_nonsense_is_refused_by_its_kind(
    kind: str, written: str, problem: ProblemKind, limit: object
) -> None:
    raw = group("q", item("inside")) if kind == "group" else item("q", kind)
    assert refused(one(raw), written) == (problem, limit)


def test_a_text_exactly_at_its_limit_is_taken() -> None:
    assert parse(one(item("q", "text")), ["x" * 4_000]) == ("x" * 4_000,)
    assert parse(one(item("q", "string", maxLength=3)), ["äöü"]) == ("äöü",)
    assert refused(one(item("q", "string", maxLength=3)), "äöüß") == (Kind.TOO_LONG, 3)


def test_line_ends_count_once() -> None:
    assert parse(one(item("q", "text", maxLength=5)), ["a\r\nb\r\nc"]) == ("a\nb\nc",)


def test_a_text_may_be_too_short() -> None:
    question = one(item("q", "string", extension=[extension("minLength", valueInteger=3)]))
    assert refused(question, "ab") == (Kind.TOO_SHORT, 3)
    assert parse(question, ["abc"]) == ("abc",)


@pytest.mark.parametrize(
    ("kind", "low", "high", "inside", "below", "above"),
    [
        ("integer", {"valueInteger": 0}, {"valueInteger": 10}, ["0", "10"], "-1", "11"),
        ("decimal", {"valueDecimal": 0.5}, {"valueInteger": 2}, ["0.5", "2.0"], "0.49", "2.01"),
        (
            "date",
            {"valueDate": "2020-01-01"},
            {"valueDate": "2020-12-31"},
            ["2020-01-01", "2020-12-31"],
            "2019-12-31",
            "2021-01-01",
        ),
    ],
)
def test_bounds_hold_on_both_sides(
    kind: str, low: Any, high: Any, inside: list[str], below: str, above: str
) -> None:
    question = one(item("q", kind, extension=[extension("minValue", **low), extension("maxValue", **high)]))
    for written in inside:
        assert parse(question, [written])
    assert refused(question, below) == (Kind.TOO_SMALL, question.min_value)
    assert refused(question, above) == (Kind.TOO_LARGE, question.max_value)


def test_blanks_are_no_answer_and_repeated_answers_count_once() -> None:
    assert parse(one(item("q", "integer")), ["", "  ", "\n"]) == ()
    assert parse(one(choice("q", repeats=True)), ["no", "", "yes", "no"]) == ("no", "yes")
    assert parse(one(item("d", "display")), [""]) == ()


def test_a_question_that_does_not_repeat_takes_one_answer() -> None:
    assert refused(one(choice("q")), "yes", "no") == (Kind.TOO_MANY, 1)
    limited = choice("q", repeats=True, extension=[extension("questionnaire-maxOccurs", valueInteger=2)])
    assert parse(one(limited), ["yes", "no"]) == ("yes", "no")
    assert refused(one(limited), "yes", "no", "not-sure") == (Kind.TOO_MANY, 2)
    assert refused(one(item("q", "string", repeats=True)), *"abc" * 40) == (Kind.TOO_MANY, 100)


def test_only_listed_options_are_taken() -> None:
    assert parse(one(choice("q")), ["not-sure"]) == ("not-sure",)
    for written in ("maybe", "Yes", "__other__", "x" * 10_000_000):
        assert refused(one(choice("q")), written) == (Kind.NOT_AN_OPTION, None)


def test_none_of_these_stands_alone() -> None:
    exclusive = [extension("questionnaire-optionExclusive", valueBoolean=True)]
    none, some = option("none", extension=exclusive), option("some")
    question = one(item("q", "open-choice", answerOption=[none, some], repeats=True))
    assert parse(question, ["none"]) == ("none",)
    assert refused(question, "none", "some") == (Kind.EXCLUSIVE, "None")
    assert refused(question, "none", "__other__", other="more") == (Kind.EXCLUSIVE, "None")


def test_an_open_choice_takes_the_patients_own_words() -> None:
    question = one(choice("q", kind="open-choice"))
    assert parse(question, ["__other__"], other=" my\nown ") == (Other("my own"),)
    assert parse(question, [], other="my own") == (Other("my own"),)
    assert parse(question, ["yes"], other="left over") == ("yes",)
    assert refused(question, "__other__", other=" ") == (Kind.MISSING, None)
    assert refused(question, "yes", "__other__", other="x") == (Kind.TOO_MANY, 1)
    assert refused(question, "__other__", other="x" * 201) == (Kind.TOO_LONG, 200)
    assert refused(question, "__other__", other="\0") == (Kind.HAS_NUL, None)
    assert parse(one(choice("q", kind="open-choice", repeats=True)), ["yes", "__other__"], other="x") == (
        "yes",
        Other("x"),
    )


def test_ten_megabytes_of_digits_are_refused_unread() -> None:
    question, digits = one(item("q", "integer")), "9" * 10_000_000
    started = time.process_time()
    for _ in range(1_000):
        refused(question, digits)
    assert time.process_time() - started < 1.0


KINDS = ["boolean", "integer", "decimal", "date", "string", "text", "choice", "open-choice", "display"]


@given(
    st.sampled_from(KINDS),
    st.booleans(),
    st.lists(st.text(max_size=12) | st.sampled_from(["yes", "__other__", "1", "2026-02-29"]), max_size=4),
    st.text(max_size=12),
)
@settings(deadline=None, max_examples=300)
def test_no_strings_raise_anything_but_a_refusal(
    kind: str, repeats: bool, written: list[str], other: str
) -> None:
    raw = choice("q", kind=kind) if "choice" in kind else item("q", kind)
    questionnaire = read(raw | ({"repeats": repeats} if kind != "display" else {}))
    try:
        values = parse(questionnaire.item("q"), written, other=other)
    except AnswerRefused:
        return
    answers = {"q": values} if values else {}
    assert problems(questionnaire, answers) == ()
    assert from_json(questionnaire, to_json(questionnaire, answers)) == answers


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


# ---- Stored and shown ----

EVERY_KIND = read(
    item("b"),
    item("i", "integer"),
    item("f", "decimal", extension=[extension("questionnaire-unit", valueCoding={"code": "kg"})]),
    item("d", "date"),
    item("s", "string"),
    item("t", "text"),
    choice("c", repeats=True),
    choice("o", kind="open-choice", repeats=True),
)
TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=10)
ANY_VALUE = {
    "b": st.booleans(),
    "i": st.integers(-(2**31), 2**31 - 1),
    "f": st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15),
    "d": st.dates(min_value=datetime.date(1000, 1, 1)),
    "s": TEXTS,
    "t": TEXTS,
    "c": st.sampled_from(["yes", "no"]),
    "o": st.sampled_from(["yes", "no"]) | st.builds(Other, TEXTS),
}


@given(
    st.fixed_dictionaries(
        {}, optional={k: st.lists(v, min_size=1, max_size=3).map(tuple) for k, v in ANY_VALUE.items()}
    )
)
@settings(deadline=None, max_examples=200)
def test_stored_answers_come_back_as_they_were(answers: dict[str, tuple[Value, ...]]) -> None:
    stored = json.loads(json.dumps(to_json(EVERY_KIND, answers)))
    back = from_json(EVERY_KIND, stored)
    assert back == answers
    assert {k: list(map(type, v)) for k, v in back.items()} == {
        k: list(map(type, v)) for k, v in answers.items()
    }


def test_answers_are_stored_in_document_order_and_empty_ones_left_out() -> None:
    stored = to_json(EVERY_KIND, {"o": (Other("x"),), "f": (Decimal("1E+2"),), "b": (True,), "s": ()})
    assert list(stored.items()) == [("b", [True]), ("f", ["100"]), ("o", [{"other": "x"}])]


@pytest.mark.parametrize(
    "stored",
    [
        {"nobody": [True]},
        {"page": [True]},
        {"b": True},
        {"b": []},
        {"b": ["true"]},
        {"b": [None]},
        {"i": [True]},
        {"i": [1.5]},
        {"f": [1.5]},
        {"f": ["NaN"]},
        {"f": ["1e5"]},
        {"d": ["9.3.1962"]},
        {"s": [{"other": "x"}]},
        {"o": [{"other": 5}]},
        {"o": [{"other": "x", "more": 1}]},
        ["b"],
    ],
)
def test_stored_answers_that_do_not_fit_are_refused_and_never_dropped(stored: Any) -> None:
    with pytest.raises(ValueError, match=r"stored|is no question|isoformat"):
        from_json(EVERY_KIND, stored)


def test_the_patients_page_is_shown_again_in_its_own_words() -> None:
    hint = item("low", "display", extension=[control("lower")])
    questionnaire = read(
        item=[
            group(
                "about",
                item("intro", "display"),
                item("site", extension=HIDDEN),
                item("b", prefix="1.", item=[item("b-hint", "display"), hint]),
                group("inner", item("later", **when("b"))),
                group("empty", item("never", **when("later"))),
                choice("o", kind="open-choice", repeats=True),
            ),
            group("numbers", item("d", "date"), item("f", "decimal"), item("i", "integer")),
            group("nothing", item("x", **when("never"))),
            group("not-asked", item("y"), **when("never")),
        ]
    )
    answers: Answers = {
        "site": (True,),
        "b": (True,),
        "o": ("not-sure", Other("my own"), "gone"),
        "d": (datetime.date(1962, 3, 9),),
        "f": (Decimal("72.50"),),
    }
    about, numbers = as_seen(questionnaire, answers)
    assert (about.title, about.slug) == ("About about?", "about")
    assert [(seen.link_id, seen.answers_in_words) for seen in about.items] == [
        ("intro", ()),
        ("b", ("Yes",)),
        ("inner", ()),
        ("later", ()),
        ("o", ("Not-sure", "my own", "gone")),
    ]
    question = about.items[1]
    assert (question.prefix, question.text, question.hint) == ("1.", "About b?", "About b-hint?")
    assert (question.notes, question.is_question, question.asked) == (("About low?",), True, True)
    assert [seen.answers_in_words for seen in numbers.items] == [("March 9, 1962",), ("72.50",), ()]


def test_a_number_is_shown_with_its_unit() -> None:
    questionnaire = read(
        item("f", "decimal", extension=[extension("questionnaire-unit", valueCoding={"code": "kg"})]),
        item("b"),
    )
    (page,) = as_seen(questionnaire, {"f": (Decimal("1E+2"),), "b": (False,)})
    assert [seen.answers_in_words for seen in page.items] == [("100 kg",), ("No",)]


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
