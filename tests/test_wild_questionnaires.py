"""Questionnaires as other systems write them: each is shown, answered, judged, scored and stored by the one engine."""

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from intake.definition_files import check_definition
from intake.questionnaires.answers import (
    Answers,
    Other,
    as_seen,
    asked,
    from_json,
    kept,
    problems,
    to_json,
)
from intake.questionnaires.definition import Questionnaire
from intake.questionnaires.fhir import questionnaire_response, to_bytes
from intake.questionnaires.response_check import check_response, to_answers
from intake.questionnaires.scoring import scores
from tests.filled_forms import Posted, fill, html_of, page_form

FOLDER = Path(__file__).parent / "questionnaires"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def wild(name: str) -> Questionnaire:
    """The questionnaire, once it passed all that an import asks of it."""
    questionnaire, _ = check_definition((FOLDER / f"{name}.json").read_bytes(), None)
    return questionnaire


POSTED: dict[str, Posted] = {
    "phq-9": {"/44250-9": "LA6571-9"}
    | {f"/{code}": "LA6569-3" for code in ("44255-8", "44259-0", "44254-1", "44251-7", "44258-2")}
    | {f"/{code}": "LA6568-5" for code in ("44252-5", "44253-3", "44260-8")}
    | {"/69722-7": "LA6575-0"},
    "gad-7": {f"worry.{number}": "LA6570-1" for number in range(1, 8)},
    "peg": {"peg-1": "7", "peg-2": "8", "peg-3": "5"},
    "social-needs": {
        "home.people": "2",
        "home.kind": "__other__",
        "home.kind-other": "on a boat",
        "home.worry": "true",
        "home.worry.why": "the winter",
        "home.stairs": "12",
        "home.lift": "false",
        "money.lacking": ["food", "phone"],
        "money.other": "shoes",
        "money.other:2": "a bed",
        "money.strain": "very",
        "money.alone": "often",
        "call": "4 pm",
        "moved-month": "May",
        "moved-day": "1",
        "moved-year": "2024",
        "language": "Spanish",
    },
    "conditions": {
        "n": "5",
        "x": "1.6",
        "d-month": "1",
        "d-day": "1",
        "d-year": "2020",
        "t": "12:01 pm",
        "m-month": "6",
        "m-day": "1",
        "m-year": "2020",
        "m-time": "9 am",
        "s": "word",
        "b": "false",
        "c": ["one", "two"],
        "n-exists": "true",
    },
    "medicines-and-visits": {
        "medicine.name": "Test medicine A",
        "medicine.daily": "false",
        "medicine#1.more": "true",
        "medicine.name#2": "Test medicine B",
        "medicine.daily#2": "true",
        "medicine.times#2": "3",
        "clinic.town": "Laurel",
        "treatment.what": "an injection",
        "treatment.helped": "no",
        "treatment##1.more": "true",
        "treatment.what##2": "exercises",
        "clinic.town#2": "Bowie",
        "treatment.helped#2": "yes",
    },
}


def answered(name: str) -> Answers:
    """What is kept after every page was filled in; a page is filled in again where its answers ask for more."""
    questionnaire = wild(name)
    answers = fill(questionnaire, POSTED[name])
    for page in questionnaire.pages:
        before: frozenset[str] = frozenset()
        while before != (before := asked(questionnaire, answers)):
            form = page_form(questionnaire, page, answers, POSTED[name])
            assert form.is_valid(), form.errors
            answers = form.answers_with_this_page()
    return kept(questionnaire, answers)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_answered_on_its_pages_and_stored_as_it_was(name: str) -> None:
    questionnaire, answers = wild(name), answered(name)
    assert problems(questionnaire, answers) == ()
    stored = json.loads(json.dumps(to_json(questionnaire, answers)))
    assert from_json(questionnaire, stored) == answers
    linked = {max((one for one in answers if key.startswith(one)), key=len) for key in POSTED[name]}
    assert linked == set(answers)  # nothing that was written got lost


@pytest.mark.parametrize("name", NAMES)
def test_every_question_is_asked_on_one_page_and_shown_with_its_answer(name: str) -> None:
    questionnaire, answers = wild(name), answered(name)
    shown = [item for page in as_seen(questionnaire, answers) for item in page.items]
    assert len(shown) == len({item.link_id for item in shown})
    assert {item.link_id for item in shown if item.answers_in_words} == set(answers)
    html = "".join(html_of(page_form(questionnaire, page, answers)) for page in questionnaire.pages)
    for link_id in asked(questionnaire, answers):
        item = questionnaire.item(link_id)
        if item.is_question and not item.read_only:
            assert html.count(f"{item.prefix} {item.text}".strip()) >= 1, link_id


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("phq-9", [("phq9", Decimal(8), "mild", "44261-6")]),
        ("gad-7", [("gad7", Decimal(14), "moderate", "70274-6")]),
        ("peg", [("peg", Decimal("6.7"), "", "91147-9")]),
        ("social-needs", [("total:money.total", Decimal(4), "", "")]),
        ("conditions", []),
        ("medicines-and-visits", []),
    ],
)
def test_it_is_scored_wherever_its_items_stand(name: str, expected: list[tuple[Any, ...]]) -> None:
    found = scores(wild(name), answered(name))
    assert [(score.instrument, score.points, score.band, score.total_code) for score in found] == expected


@pytest.mark.parametrize("name", NAMES)
def test_it_is_exported_so_that_our_own_checker_reads_the_same_answers(name: str) -> None:
    questionnaire, answers = wild(name), answered(name)
    authored = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
    exported = questionnaire_response(
        questionnaire, answers, response_id="r1", authored=authored, subject="Patient/p1"
    )
    response = json.loads(to_bytes(exported))
    assert check_response(questionnaire, response) == ()
    assert to_answers(questionnaire, response) == answers


def test_a_form_builders_flat_list_becomes_even_pages() -> None:
    questionnaire = wild("phq-9")
    assert [len(page.item.items) for page in questionnaire.pages] == [5, 5]  # the total is not asked
    assert questionnaire.page_of("/44260-8") == questionnaire.pages[1]
    html = html_of(page_form(questionnaire, questionnaire.pages[1], {}))
    assert "total score" not in html
    assert "9. Thoughts that you would be better off dead" in html


def test_what_a_form_builder_computes_itself_is_told_and_left_out() -> None:
    assert wild("phq-9").warnings == (
        "variable: variables are not worked out",
        "/44261-6: calculatedExpression: it is no plain sum or mean of points, so nothing is worked out",
    )


def test_difficulty_does_not_count_in_the_phq_9() -> None:
    questionnaire = wild("phq-9")
    easy: Answers = answered("phq-9") | {"/69722-7": ("LA6572-7",)}
    assert [score.points for score in scores(questionnaire, easy)] == [Decimal(8)]
    without = {link_id: values for link_id, values in easy.items() if link_id != "/44260-8"}
    (score,) = scores(questionnaire, without)
    assert (score.points, score.missing) == (None, ("/44260-8",))


def test_both_ends_of_a_scale_are_told_beside_the_question() -> None:
    questionnaire = wild("peg")
    html = html_of(page_form(questionnaire, questionnaire.pages[0], {}))
    assert "No pain · Pain as bad as you can imagine" in html
    form = page_form(questionnaire, questionnaire.pages[0], {}, {"peg-1": "11", "peg-2": "8"})
    assert sorted(form.errors) == ["q-peg-1", "q-peg-3"]


def test_the_social_questions_are_kept_as_they_were_meant() -> None:
    assert answered("social-needs") == {
        "home.people": (2,),
        "home.kind": (Other("on a boat"),),
        "home.worry": (True,),
        "home.worry.why": ("the winter",),
        "home.stairs": (Decimal(12),),
        "home.lift": (False,),
        "money.lacking": ("food", "phone"),
        "money.other": ("shoes", "a bed"),
        "money.strain": ("very",),
        "money.alone": ("often",),
        "call": (datetime.time(16),),
        "moved": (datetime.date(2024, 5, 1),),
        "language": ("Spanish",),
    }


def test_the_social_questions_that_follow_from_others_go_with_them() -> None:
    questionnaire = wild("social-needs")
    answers: Answers = answered("social-needs") | {"money.lacking": ("none",), "home.stairs": (Decimal(9),)}
    assert {"money.other", "home.lift"} & set(kept(questionnaire, answers)) == set()
    assert {"home.worry", "home.worry.why"} & asked(questionnaire, {}) == set()


def test_the_words_of_the_social_form_stand_where_they_belong() -> None:
    first, _, last = as_seen(wild("social-needs"), {})
    assert first.items[0].text.startswith("Your answers help us plan visits")
    assert last.items[-1].text.startswith("Thank you")
    assert wild("social-needs").item("home.kind").text_in("es-US") == "¿Dónde vive ahora?"


@pytest.mark.parametrize(
    ("facts", "not_asked"),
    [
        (
            {},
            {"n-exists", "n-is-5", "x-above-1.5", "x-below-1.5", "d-from-2020", "d-until-2020"}
            | {
                "t-after-noon",
                "m-from-2020",
                "s-is-word",
                "b-is-no",
                "c-has-two",
                "all-of-both",
                "any-of-both",
            },
        ),
        (
            {
                "n": (5,),
                "x": (Decimal("1.6"),),
                "d": (datetime.date(2020, 1, 1),),
                "t": (datetime.time(12, 1),),
            }
            | {"m": (datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),), "s": ("word",), "b": (False,)}
            | {"c": ("one", "two")},
            {"n-missing", "n-is-not-5", "x-below-1.5", "c-has-no-two", "all-of-both"},
        ),
        (
            {"n": (3,), "x": (Decimal("1.5"),), "d": (datetime.date(2020, 1, 2),), "t": (datetime.time(12),)}
            | {"m": (datetime.datetime(2019, 12, 31, tzinfo=datetime.UTC),), "s": ("words",), "b": (True,)}
            | {"c": ("one",)},
            {"n-missing", "n-is-5", "x-above-1.5", "x-below-1.5", "d-until-2020", "t-after-noon"}
            | {"m-from-2020", "s-is-word", "b-is-no", "c-has-two", "all-of-both"},
        ),
    ],
    ids=["nothing answered", "all met", "just missed"],
)
def test_each_operator_decides_what_is_asked(facts: Answers, not_asked: set[str]) -> None:
    questionnaire = wild("conditions")
    conditional = {item.link_id for item in questionnaire.all_items if item.enable_when}
    assert conditional - asked(questionnaire, facts) == not_asked
