"""Times, moments, addresses, quantities, patterns, decimals, several answers, and questions inside questions."""

import datetime
import json
import time
from decimal import Decimal
from typing import Any

import pytest

from intake.questionnaires.answers import (
    AnswerRefused,
    Answers,
    Problem,
    ProblemKind,
    as_seen,
    asked,
    from_json,
    kept,
    parse,
    problems,
    to_json,
)
from intake.questionnaires.definition import Coding
from intake.questionnaires.patterns import checkable, compiled
from tests.engine_builders import choice, control, extension, group, item, read, when

Kind = ProblemKind
KG = extension("questionnaire-unit", valueCoding={"system": "http://unitsofmeasure.org", "code": "kg"})
MOMENT = datetime.datetime(2026, 3, 9, 14, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=-5)))

EACH_TYPE = read(
    item("at", "time", extension=[extension("maxValue", valueTime="20:00:00")]),
    item("when", "dateTime", extension=[extension("minValue", valueDateTime="2020-01-01T00:00:00Z")]),
    item("site", "url"),
    item(
        "weight",
        "quantity",
        extension=[
            KG,
            extension("minValue", valueQuantity={"value": 20, "code": "kg"}),
            extension("maxDecimalPlaces", valueInteger=1),
        ],
    ),
)


def refused_as(link_id: str, written: str) -> ProblemKind:
    with pytest.raises(AnswerRefused) as refused:
        parse(EACH_TYPE.item(link_id), [written])
    return refused.value.kind


@pytest.mark.parametrize(
    ("link_id", "written", "value", "in_words"),
    [
        ("at", "14:30", datetime.time(14, 30), "2:30 pm"),
        ("at", "00:05:09", datetime.time(0, 5, 9), "12:05:09 am"),
        ("when", "2026-03-09T14:30-05:00", MOMENT, "March 9, 2026 at 2:30 pm"),
        (
            "site",
            "https://clinic.example/a?b=c",
            "https://clinic.example/a?b=c",
            "https://clinic.example/a?b=c",
        ),
        ("weight", "72.5", Decimal("72.5"), "72.5 kg"),
    ],
)
def test_each_type_is_written_stored_and_read_back_in_words(
    link_id: str, written: str, value: Any, in_words: str
) -> None:
    answers: Answers = {link_id: parse(EACH_TYPE.item(link_id), [written])}
    assert answers[link_id] == (value,)
    assert problems(EACH_TYPE, answers) == ()
    back = from_json(EACH_TYPE, json.loads(json.dumps(to_json(EACH_TYPE, answers))))
    assert back == answers
    assert [type(one) for one in back[link_id]] == [type(value)]
    (page,) = as_seen(EACH_TYPE, answers)
    assert [seen.answers_in_words for seen in page.items if seen.link_id == link_id] == [(in_words,)]


@pytest.mark.parametrize(
    ("link_id", "written", "kind"),
    [
        ("at", "2:30 pm", Kind.NOT_A_TIME),
        ("at", "24:00", Kind.NOT_A_TIME),
        ("at", "20:00:01", Kind.TOO_LARGE),
        ("when", "2026-03-09", Kind.NOT_A_DATE_AND_TIME),
        ("when", "2026-03-09T14:30", Kind.NOT_A_DATE_AND_TIME),
        ("when", "2026-02-30T14:30-05:00", Kind.NOT_A_DATE_AND_TIME),
        ("when", "2019-12-31T23:59:59Z", Kind.TOO_SMALL),
        ("site", "clinic.example", Kind.NOT_A_URL),
        ("site", "javascript:alert(1)", Kind.NOT_A_URL),
        ("site", "https://", Kind.NOT_A_URL),
        ("site", "https://a.example/with a gap", Kind.NOT_A_URL),
        ("site", "https://a.example/" + "x" * 2_000, Kind.TOO_LONG),
        ("weight", "seventy", Kind.NOT_A_NUMBER),
        ("weight", "19.9", Kind.TOO_SMALL),
        ("weight", "72.55", Kind.TOO_MANY_DECIMALS),
    ],
)
def test_what_is_no_answer_to_a_type_is_refused_by_kind(
    link_id: str, written: str, kind: ProblemKind
) -> None:
    assert refused_as(link_id, written) is kind


@pytest.mark.parametrize(
    ("link_id", "value"),
    [
        ("at", datetime.time(1, tzinfo=datetime.UTC)),
        ("at", "14:30:00"),
        ("when", datetime.date(2026, 3, 9)),
        ("when", MOMENT.replace(tzinfo=None)),
        ("weight", 72),
    ],
)
def test_an_answer_of_another_type_is_wrong(link_id: str, value: Any) -> None:
    assert problems(EACH_TYPE, {link_id: (value,)}) == (Problem(link_id, Kind.WRONG_TYPE),)


@pytest.mark.parametrize(
    ("kind", "answer", "met", "not_met"),
    [
        ("time", {"answerTime": "12:00:00"}, datetime.time(12, 0, 1), datetime.time(12)),
        (
            "dateTime",
            {"answerDateTime": "2026-03-09T19:29:59Z"},
            MOMENT,
            MOMENT - datetime.timedelta(hours=1),
        ),
        ("quantity", {"answerQuantity": {"value": 70, "code": "kg"}}, Decimal("70.1"), Decimal(70)),
    ],
)
def test_conditions_compare_times_moments_and_quantities(
    kind: str, answer: dict[str, Any], met: Any, not_met: Any
) -> None:
    extensions = {"extension": [KG]} if kind == "quantity" else {}
    questionnaire = read(item("a", kind, **extensions), item("q", **when("a", ">", **answer)))
    assert "q" in asked(questionnaire, {"a": (met,)})
    assert "q" not in asked(questionnaire, {"a": (not_met,)})
    assert "q" not in asked(questionnaire, {"a": (datetime.date(2026, 1, 1),)})


def test_a_unit_is_taken_from_the_one_option_or_the_first_answer() -> None:
    from_option = item(
        "a", "quantity", extension=[extension("questionnaire-unitOption", valueCoding={"code": "cm"})]
    )
    from_initial = item("b", "quantity", initial=[{"valueQuantity": {"unit": "in"}}])
    with_value = item(
        "c", "quantity", extension=[KG], initial=[{"valueQuantity": {"value": 70, "code": "kg"}}]
    )
    questionnaire = read(from_option, from_initial, with_value)
    assert [questionnaire.item(name).unit for name in "abc"] == ["cm", "in", "kg"]
    assert [questionnaire.item(name).initial for name in "abc"] == [(), (), (Decimal(70),)]
    assert questionnaire.item("c").unit_coding == Coding("http://unitsofmeasure.org", "kg")


def test_a_time_may_be_an_option() -> None:
    questionnaire = read(
        item("q", "choice", answerOption=[{"valueTime": "08:00:00"}, {"valueTime": "20:00:00"}])
    )
    assert [one.key for one in questionnaire.item("q").options] == ["08:00:00", "20:00:00"]
    assert parse(questionnaire.item("q"), ["20:00:00"]) == ("20:00:00",)


# ---- Patterns ----


def test_an_answer_must_match_the_whole_pattern() -> None:
    zip_code = extension("regex", valueString=r"^\d{5}(-\d{4})?$")
    questionnaire = read(
        item("zip", "string", extension=[zip_code, extension("entryFormat", valueString="10001")])
    )
    assert questionnaire.warnings == ()
    for right in ("10001", "10001-1234"):
        assert parse(questionnaire.item("zip"), [right]) == (right,)
    for wrong in ("1000", "100011", "x10001", "١٠٠٠١"):
        with pytest.raises(AnswerRefused) as refused:
            parse(questionnaire.item("zip"), [wrong])
        assert (refused.value.kind, refused.value.limit) == (Kind.NOT_IN_PATTERN, "10001")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a*)*b",
        "(a|a)*b",
        "(a|aa){2,30}",
        "(a?){30}a{30}",
        "a?" * 40,
        ".*.*.*.*x",
        r"(a)\1",
        "(?P<n>a)(?P=n)",
        "(?=a)a",
        "(?i)a",
        "a**",
        "a*+",
        "[[a]",
        "[a--b]",
        r"\p{L}",
        "(a",
        "a)",
        "a$b",
        "[b-a]",
        "*a",
        "x" * 301,
        "",
    ],
)
def test_a_pattern_that_could_take_long_or_is_not_understood_is_not_checked(pattern: str) -> None:
    assert checkable(pattern) == ""


@pytest.mark.parametrize(
    "pattern",
    [r"\d{3}-\d{4}", "[A-Z]{2}[0-9]+", "(?:mr|ms|dr)", r"[^@]+@[^@]+\.[a-z]+", ".*.*.*x", "a{0,200}"],
)
def test_a_pattern_that_is_checked_is_quick_on_the_worst_text(pattern: str) -> None:
    assert checkable(pattern) == pattern
    started = time.process_time()
    compiled(pattern).fullmatch("a" * 200)
    compiled(pattern).fullmatch("@" * 200)
    assert time.process_time() - started < 0.5  # ten times what it takes, for a busy machine


# ---- Several answers ----


def test_a_repeating_question_may_want_a_fewest_and_a_most() -> None:
    names = read(
        item(
            "names",
            "string",
            repeats=True,
            extension=[
                extension("questionnaire-minOccurs", valueInteger=2),
                extension("questionnaire-maxOccurs", valueInteger=3),
            ],
        )
    )
    assert problems(names, {"names": ("a",)}) == (Problem("names", Kind.TOO_FEW, 2),)
    assert problems(names, {"names": ("a", "b")}) == ()
    assert problems(names, {"names": ("a", "b", "c", "d")}) == (Problem("names", Kind.TOO_MANY, 3),)
    assert problems(names, {}) == ()


# ---- Translations ----


def spanish(text: str) -> dict[str, Any]:
    parts = [{"url": "lang", "valueCode": "es"}, {"url": "content", "valueString": text}]
    return {"extension": [extension("translation", extension=parts)]}


def test_translations_are_kept_and_the_language_falls_back() -> None:
    coded_yes = {"valueCoding": {"code": "yes", "display": "Yes", "_display": spanish("Sí")}}
    worded_no = {"valueString": "No", "_valueString": spanish("No, gracias")}
    questionnaire = read(
        item("q", "choice", text="How?", _text=spanish("¿Cómo?"), answerOption=[coded_yes, worded_no]),
        item("other", text="Why?"),
    )
    question = questionnaire.item("q")
    assert questionnaire.warnings == ()
    assert [question.text_in(language) for language in ("es", "es-US", "ES", "en", "")] == [
        *("¿Cómo?",) * 3,
        *("How?",) * 2,
    ]
    assert [one.label_in("es") for one in question.options] == ["Sí", "No, gracias"]
    assert [one.label_in("fr") for one in question.options] == ["Yes", "No"]
    assert questionnaire.item("other").text_in("es") == "Why?"


def test_translations_of_a_contained_list_are_kept() -> None:
    concept = {"code": "a", "display": "An A", "designation": [{"language": "es", "value": "Una A"}]}
    value_set = {"resourceType": "ValueSet", "id": "v", "compose": {"include": [{"concept": [concept]}]}}
    questionnaire = read(item("q", "choice", answerValueSet="#v"), contained=[value_set])
    assert questionnaire.item("q").options[0].label_in("es") == "Una A"


# ---- Questions inside questions ----


def test_what_stands_inside_a_question_is_asked_with_it_and_shown_after_it() -> None:
    hint = item("hint", "display")
    inner = group("inner", item("deep", required=True), text="More about it")
    questionnaire = read(
        choice(
            "outer",
            item=[
                hint,
                item("child", "string", item=[item("low", "display", extension=[control("lower")])]),
                inner,
            ],
        ),
        item("last", **when("child", "exists", answerBoolean=True)),
    )
    assert questionnaire.item("outer").hint == "About hint?"
    answers: Answers = {"child": ("x",)}
    (page,) = as_seen(questionnaire, answers)
    assert [seen.link_id for seen in page.items] == ["outer", "child", "inner", "deep", "last"]
    assert page.items[1].notes == ("About low?",)
    assert page.items[0].notes == ()
    assert problems(questionnaire, answers) == (Problem("deep", Kind.MISSING),)
    assert questionnaire.parent("child") == questionnaire.item("outer")


def test_what_stands_inside_a_question_that_is_not_asked_is_dropped() -> None:
    questionnaire = read(item("a"), item("b", item=[item("child")], **when("a")))
    answers: Answers = {"a": (False,), "b": (True,), "child": (True,)}
    assert kept(questionnaire, answers) == {"a": (False,)}


def test_a_question_inside_may_depend_on_the_one_around_it() -> None:
    questionnaire = read(item("a", item=[item("child", **when("a"))]))
    assert "child" not in asked(questionnaire, {"a": (False,)})
    assert "child" in asked(questionnaire, {"a": (True,)})


def test_a_read_only_question_without_an_answer_is_not_shown_as_asked() -> None:
    questionnaire = read(item("a"), item("total", "decimal", readOnly=True, required=True))
    assert [seen.link_id for page in as_seen(questionnaire, {}) for seen in page.items] == ["a"]
    assert problems(questionnaire, {}) == ()
