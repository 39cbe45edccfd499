"""How the pages ask for what imported questionnaires hold: every type, several answers, first answers."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.answers import Answers, as_seen, from_json, to_json
from tests.engine_builders import (
    PHQ,
    choice,
    coded,
    control,
    extension,
    frequency_item,
    group,
    item,
    option,
    read,
    when,
)
from tests.filled_forms import Posted, fields_of, fill, html_of, page_form

KG = extension("questionnaire-unit", valueCoding={"code": "kg"})
EACH_TYPE = read(
    item("at", "time"),
    item("when", "dateTime"),
    item("site", "url"),
    item("weight", "quantity", extension=[KG, extension("maxDecimalPlaces", valueInteger=1)]),
    item(
        "zip",
        "string",
        extension=[extension("regex", valueString=r"\d{5}"), extension("entryFormat", valueString="10001")],
    ),
)
SEVERAL = read(
    item(
        "names",
        "string",
        repeats=True,
        extension=[
            extension("questionnaire-minOccurs", valueInteger=2),
            extension("questionnaire-maxOccurs", valueInteger=4),
        ],
    ),
    item("days", "date", repeats=True),
    item("notes", "text", repeats=True),
    choice("many", repeats=True),
)


def errors_of(questionnaire: Any, posted: Posted) -> dict[str, str]:
    form = page_form(questionnaire, questionnaire.pages[0], {}, posted)
    html_of(form)  # a page with errors can be shown
    return {name: " ".join(map(str, errors)) for name, errors in form.errors.items()}


def test_each_type_is_asked_and_its_answer_understood() -> None:
    answers = fill(
        EACH_TYPE,
        {
            "at": "2:30 pm",
            "when-month": "March",
            "when-day": "9",
            "when-year": "2026",
            "when-time": "12:05 am",
            "site": "https://clinic.example/",
            "weight": "72.5",
            "zip": "10001",
        },
    )
    moment = answers["when"][0]
    assert isinstance(moment, datetime.datetime)
    assert moment.isoformat()[:19] == "2026-03-09T00:05:00"
    assert moment.tzinfo is not None
    assert answers | {"when": ()} == {
        "at": (datetime.time(14, 30),),
        "when": (),
        "site": ("https://clinic.example/",),
        "weight": (Decimal("72.5"),),
        "zip": ("10001",),
    }


@pytest.mark.parametrize(
    ("posted", "name", "sentence"),
    [
        ({"at": "2:30"}, "q-at", "Enter a time for “About at”, such as 2:30 pm"),
        ({"at": "noon"}, "q-at", "Enter a time for “About at”, such as 2:30 pm"),
        ({"when-month": "3", "when-day": "9", "when-year": "2026"}, "q-when", "Enter a real date and time"),
        ({"when-time": "2 pm"}, "q-when", "Enter a real date and time"),
        ({"site": "clinic.example"}, "q-site", "Write the whole web address for “About site”"),
        ({"weight": "72.55"}, "q-weight", "Write “About weight” with at most 1 digits after the point"),
        ({"zip": "123"}, "q-zip", "Check how “About zip” is written: 10001"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(posted: Posted, name: str, sentence: str) -> None:
    errors = errors_of(EACH_TYPE, posted)
    assert errors.keys() == {name}
    assert errors[name].startswith(sentence)


def test_what_was_typed_stands_there_again_with_the_error() -> None:
    posted = {
        "at": "half past",
        "when-month": "Smarch",
        "when-day": "9",
        "when-year": "2026",
        "when-time": "2ish",
    }
    form = page_form(EACH_TYPE, EACH_TYPE.pages[0], {}, posted)
    assert not form.is_valid()
    values = fields_of(html_of(form)).values
    assert values["q-at"] == ["half past"]
    assert [values[f"q-when-{part}"] for part in ("month", "day", "year", "time")] == [
        ["Smarch"],
        ["9"],
        ["2026"],
        ["2ish"],
    ]


def test_somebody_who_comes_back_finds_the_answers() -> None:
    moment = datetime.datetime(2026, 3, 9, 14, 30, tzinfo=datetime.UTC)
    answers: Answers = {"at": (datetime.time(14, 30),), "when": (moment,), "weight": (Decimal("72.5"),)}
    page = EACH_TYPE.pages[0]
    shown = fields_of(html_of(page_form(EACH_TYPE, page, answers))).values
    assert shown["q-at"] == ["2:30 pm"]
    assert shown["q-weight"] == ["72.5"]
    posted = {name.removeprefix("q-"): values for name, values in shown.items()}
    assert fill(EACH_TYPE, posted) == answers  # the moment too, whatever the zone it is shown in


def test_every_field_of_a_page_has_a_label_and_an_id_of_its_own() -> None:
    for questionnaire in (EACH_TYPE, SEVERAL):
        html = html_of(page_form(questionnaire, questionnaire.pages[0], {}))
        fields = fields_of(html)
        assert len(fields.ids) == len(set(fields.ids))
        assert set(fields.labelled) <= set(fields.ids)
        inputs = html.count("<input") + html.count("<textarea")
        assert inputs == len(fields.labelled)


def test_a_question_that_repeats_takes_several_answers_of_each_kind() -> None:
    answers = fill(
        SEVERAL,
        {
            "names": "Ann",
            "names:3": "Bob",
            "days-month": "3",
            "days-day": "9",
            "days-year": "1962",
            "days:2-month": "May",
            "days:2-day": "1",
            "days:2-year": "2000",
            "notes": "one\ntwo",
            "notes:2": "three",
            "many": ["yes", "no"],
        },
    )
    assert answers == {
        "names": ("Ann", "Bob"),
        "days": (datetime.date(1962, 3, 9), datetime.date(2000, 5, 1)),
        "notes": ("one\ntwo", "three"),
        "many": ("yes", "no"),
    }


def test_there_is_always_room_for_one_more_answer_up_to_the_most() -> None:
    def fields_for(count: int) -> int:
        names = tuple(f"Name {number}" for number in range(count))
        html = html_of(page_form(SEVERAL, SEVERAL.pages[0], {"names": names} if names else {}))
        return html.count('name="q-names')

    assert [fields_for(count) for count in (0, 2, 3, 4)] == [3, 3, 4, 4]


def test_too_few_and_too_many_answers_are_told_with_their_number() -> None:
    assert errors_of(SEVERAL, {"names": "Ann"}) == {"q-names": "Give at least 2 answers to “About names”"}
    five = {f"names:{number}": f"Name {number}" for number in range(2, 7)}
    assert errors_of(SEVERAL, five) == {"q-names": "Give at most 4 answers to “About names”"}


def test_a_wrong_answer_among_several_is_shown_again_where_it_was_typed() -> None:
    posted = {"days:2-month": "Smarch", "days:2-day": "1", "days:2-year": "2000"}
    form = page_form(SEVERAL, SEVERAL.pages[0], {}, posted)
    assert not form.is_valid()
    assert "Smarch" in html_of(form)


# ---- First answers, numbers, read-only ----


def test_a_first_answer_stands_there_until_the_page_was_answered_once() -> None:
    marked = [option("yes", initialSelected=True), option("no")]
    questionnaire = read(
        item("country", "string", initial=[{"valueString": "USA"}]),
        item("q", "choice", answerOption=marked),
        item("other", "string"),
    )
    page = questionnaire.pages[0]
    new = fields_of(html_of(page_form(questionnaire, page, {}))).values
    assert (new["q-country"], new["q-q"]) == (["USA"], ["yes"])
    taken_out = fields_of(html_of(page_form(questionnaire, page, {"other": ("x",)}))).values
    assert (taken_out["q-country"], taken_out["q-q"]) == ([""], [])
    assert fill(questionnaire, {"other": "x"}) == {"other": ("x",)}  # only what was sent is an answer


def test_an_item_of_a_scored_instrument_never_has_a_first_answer() -> None:
    chosen = frequency_item(PHQ[0])
    chosen["answerOption"][0]["initialSelected"] = True
    questionnaire = read(chosen)
    assert questionnaire.item(PHQ[0]).initial == ("0",)
    assert (
        fields_of(html_of(page_form(questionnaire, questionnaire.pages[0], {}))).values[f"q-{PHQ[0]}"] == []
    )


def test_the_number_of_a_question_stands_before_it() -> None:
    questionnaire = read(item("q", prefix="1a."), group("g", item("r"), prefix="B."))
    html = html_of(page_form(questionnaire, questionnaire.pages[0], {}))
    assert "1a. About q?" in html
    assert "B. About g?" in html


def test_a_read_only_question_is_words_with_its_value_and_never_a_field() -> None:
    questionnaire = read(
        item("a", required=True),
        item("clinic", "string", readOnly=True, initial=[{"valueString": "Main Street"}]),
        item("total", "decimal", readOnly=True),
    )
    html = html_of(page_form(questionnaire, questionnaire.pages[0], {}))
    assert "About clinic? Main Street" in html
    assert "About total?" not in html
    assert fill(questionnaire, {"a": "yes", "clinic": "Elsewhere", "total": "9"}) == {"a": (True,)}


def test_questions_inside_a_question_stand_after_it_and_its_hint_under_it() -> None:
    questionnaire = read(
        choice(
            "outer",
            item=[
                item("hint", "display", text="Only this year."),
                item("low", "display", text="0 is never", extension=[control("lower")]),
                item("high", "display", text="10 is always", extension=[control("upper")]),
                item("child", "string", text="Which one?"),
            ],
        ),
        item("last", **when("outer", **coded("yes"))),
    )
    form = page_form(questionnaire, questionnaire.pages[0], {})
    assert list(form.names) == ["outer", "child"]
    html = html_of(form)
    assert html.count("Only this year.") == 1
    assert html.index("About outer?") < html.index("Only this year.") < html.index("Which one?")
    assert "Only this year. · 0 is never · 10 is always" in html


# ---- Whatever is posted ----

TYPED = st.text(st.sampled_from("0123456789:-/.TZ apm_éª\x00\n"), max_size=24) | st.sampled_from(
    [
        "9999-12-31",
        "0001-01-01",
        "December",
        "31",
        "9999",
        "1000",
        "0000",
        "11:59 pm",
        "12 am",
        "-0",
        "__other__",
    ]
)
ENDINGS = [
    *("at", "when-month", "when-day", "when-year", "when-time", "site", "weight", "zip"),
    *("names", "names:2", "days-month", "days-day", "days-year", "days:2-day", "notes", "many", "many-other"),
]


@given(st.dictionaries(st.sampled_from(ENDINGS), TYPED))
@settings(deadline=None, max_examples=300)
def test_whatever_is_typed_the_page_is_shown_again_or_the_answer_is_stored(posted: dict[str, str]) -> None:
    for questionnaire in (EACH_TYPE, SEVERAL):
        form = page_form(questionnaire, questionnaire.pages[0], {}, posted)
        form.is_valid()
        html_of(form)
        answers = form.page_answers()
        assert from_json(questionnaire, to_json(questionnaire, answers)) == answers
        html_of(page_form(questionnaire, questionnaire.pages[0], answers))
        as_seen(questionnaire, answers)
