"""Answers as they are stored, and as the patient saw them."""

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.answers import (
    Answers,
    Other,
    ProblemKind,
    Value,
    as_seen,
    from_json,
    to_json,
)
from tests.engine_builders import choice, control, extension, group, item, read, when

Kind = ProblemKind
HIDDEN = [extension("questionnaire-hidden", valueBoolean=True)]


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
