"""Questions that stand in no group become pages of a few, and no words are lost between pages."""

from typing import Any

import pytest

from intake.questionnaires.answers import as_seen, problems
from intake.questionnaires.definition import Questionnaire
from tests.engine_builders import choice, coded, control, extension, group, item, read, when

HIDDEN = [extension("questionnaire-hidden", valueBoolean=True)]


def sheets(questionnaire: Questionnaire) -> list[list[str]]:
    return [[one.link_id for one in page.item.items] for page in questionnaire.pages]


def questions(count: int) -> list[Any]:
    return [item(f"q{number}") for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("count", "on_each_page"),
    [(1, [1]), (5, [5]), (6, [3, 3]), (9, [5, 4]), (10, [5, 5]), (11, [4, 4, 3])],
)
def test_questions_without_a_group_become_even_pages_of_at_most_five(
    count: int, on_each_page: list[int]
) -> None:
    assert [len(sheet) for sheet in sheets(read(item=questions(count)))] == on_each_page


def test_each_such_page_has_its_own_address_and_heading() -> None:
    two = read(item=questions(6)).pages
    assert [(page.slug, page.title, page.number) for page in two] == [
        ("page-1", "A test, part 1 of 2", 1),
        ("page-2", "A test, part 2 of 2", 2),
    ]
    (one,) = read(item=questions(2)).pages
    assert (one.slug, one.title) == ("page-1", "A test")
    (untitled,) = read(item=questions(2), title=None).pages
    assert untitled.title == "Questions"


def test_the_address_of_such_a_page_stays_apart_from_that_of_a_group() -> None:
    questionnaire = read(item=[group("page-2", item("a")), item("b")])
    assert [page.slug for page in questionnaire.pages] == ["page-2", "page-2-2"]


def test_groups_and_questions_without_one_keep_the_order_of_the_file() -> None:
    questionnaire = read(item=[item("a"), item("b"), group("g", item("c")), item("d")])
    assert sheets(questionnaire) == [["a", "b"], ["c"], ["d"]]
    assert [questionnaire.page_of(name) for name in "abcd"] == [
        questionnaire.pages[place] for place in (0, 0, 1, 2)
    ]
    assert questionnaire.page_of("") is None
    assert questionnaire.parent("a") is None


def test_questions_beside_marked_pages_get_a_page_too() -> None:
    marked = group("outer", group("p", item("q"), extension=[control("page")]))
    assert sheets(read(item=[item("a"), marked, item("b")])) == [["a"], ["q"], ["b"]]


def test_words_stay_with_the_question_after_them() -> None:
    words = item("words", "display")
    six = [*questions(3), words, item("q4"), item("q5"), item("q6")]
    assert sheets(read(item=six)) == [["q1", "q2", "q3"], ["words", "q4", "q5", "q6"]]


def test_words_before_a_group_stand_on_its_page_and_the_last_words_on_the_last() -> None:
    questionnaire = read(
        item=[
            item("hello", "display"),
            group("g", item("a")),
            item("more", "display"),
            group("h", item("b")),
            item("thanks", "display"),
        ]
    )
    assert sheets(questionnaire) == [["hello", "a"], ["more", "b", "thanks"]]
    assert questionnaire.page_of("thanks") == questionnaire.pages[1]
    assert questionnaire.parent("hello") is None
    assert [[seen.link_id for seen in page.items] for page in as_seen(questionnaire, {})] == [
        ["hello", "a"],
        ["more", "b", "thanks"],
    ]


def test_words_alone_are_a_page() -> None:
    assert sheets(read(item=[item("words", "display")])) == [["words"]]


def test_hidden_questions_stand_on_no_page_and_count_for_none() -> None:
    questionnaire = read(item=[*questions(5), item("site", extension=HIDDEN)])
    assert sheets(questionnaire) == [["q1", "q2", "q3", "q4", "q5"]]
    assert questionnaire.page_of("site") is None


def test_a_page_made_of_loose_questions_is_seen_and_judged_like_any_other() -> None:
    questionnaire = read(
        item=[choice("a", required=True), item("b", required=True, **when("a", **coded("yes")))]
    )
    (page,) = questionnaire.pages
    assert [problem.link_id for problem in problems(questionnaire, {}, on=page)] == ["a"]
    assert [problem.link_id for problem in problems(questionnaire, {"a": ("yes",)}, on=page)] == ["b"]
    (seen,) = as_seen(questionnaire, {"a": ("yes",)})
    assert [(one.link_id, one.answers_in_words) for one in seen.items] == [("a", ("Yes",)), ("b", ())]
