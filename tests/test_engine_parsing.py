"""What the strings of a form become, and which of them are refused."""

import datetime
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.answers import (
    AnswerRefused,
    Other,
    ProblemKind,
    Value,
    from_json,
    parse,
    problems,
    to_json,
)
from intake.questionnaires.definition import Item
from tests.engine_builders import choice, extension, group, item, option, read

Kind = ProblemKind
HIDDEN = [extension("questionnaire-hidden", valueBoolean=True)]


def one(raw: dict[str, Any]) -> Item:
    return read(raw).item(raw["linkId"])


def refused(read_item: Item, *written: str, other: str = "") -> tuple[ProblemKind, object]:
    with pytest.raises(AnswerRefused) as refusal:
        parse(read_item, written, other=other)
    return refusal.value.kind, refusal.value.limit


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


# Zero-width space, joiner, byte order mark, soft hyphen, direction marks; then fillers that are drawn as nothing.
UNSEEN = [
    "\u200b\u200b",
    "\u200d",
    "\ufeff",
    "\u00ad",
    "\u200e\u202e",
    " \u200b\u00a0 ",
    "\u3164",
    "\u2800",
    "\ufe0f",
]


@pytest.mark.parametrize("written", UNSEEN, ids=ascii)
def test_an_answer_in_which_nothing_can_be_seen_is_no_answer(written: str) -> None:
    assert parse(one(item("q", "string")), [written]) == ()
    assert parse(one(item("q", "text")), [written]) == ()
    assert parse(one(item("q", "integer")), [written]) == ()
    question = one(choice("q", kind="open-choice"))
    assert parse(question, [], other=written) == ()
    assert refused(question, "__other__", other=written) == (Kind.MISSING, None)


@pytest.mark.parametrize(
    "written",
    [
        "\U0001f469\u200d\U0001f467 \u2764\ufe0f",  # a family and a heart: signs joined to pictures
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # a Persian word that needs its non-joiner
        "\u200fשלום\u200e",
        "\u200bMaria\u00adluisa",
        "ᄀ\u1160",
        ".",
    ],
    ids=ascii,
)
def test_words_keep_every_character_that_was_typed(written: str) -> None:
    assert parse(one(item("q", "string")), [written]) == (written,)
    assert parse(one(item("q", "text")), [written]) == (written,)


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
