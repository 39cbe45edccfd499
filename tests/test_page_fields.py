"""The names of the fields on a page: one name never means two questions; and headings that head nothing."""

from collections import Counter

import pytest

from intake.forms import PageForm, field_names, page_items
from intake.questionnaires.answers import asked
from tests.engine_builders import choice, extension, group, item, read, when
from tests.filled_forms import TODAY, fields_of, fill, html_of, no_rules, page_form


def test_questions_named_like_parts_of_others_get_fields_of_their_own() -> None:
    questionnaire = read(
        item("birth", "dateTime"),
        item("birth-month", "string"),
        item("birth-time", "time"),
        choice("x", kind="open-choice", item=[item("hint", "display")]),
        item("x-other", "string"),
        item("x-1", "string"),
        item("x_helptext", "string"),
    )
    form = page_form(questionnaire, questionnaire.pages[0], {})
    fields = fields_of(html_of(form))
    assert [one for one, count in Counter(fields.ids).items() if count > 1] == []
    data = {
        f"{form.names['birth']}-month": "3",
        f"{form.names['birth']}-day": "9",
        f"{form.names['birth']}-year": "1962",
        f"{form.names['birth']}-time": "2 pm",
        form.names["birth-month"]: "in spring",
        form.names["birth-time"]: "3 am",
        form.names["x"]: "__other__",
        f"{form.names['x']}-other": "mine",
        form.names["x-other"]: "theirs",
        form.names["x-1"]: "first",
        form.names["x_helptext"]: "none",
    }
    assert data.keys() <= fields.names
    answered = PageForm(
        questionnaire, no_rules(questionnaire), questionnaire.pages[0], answers={}, today=TODAY, data=data
    )
    assert answered.is_valid(), answered.errors
    given = {link_id: str(values[0]) for link_id, values in answered.page_answers().items()}
    assert given["birth"].startswith("1962-03-09 14:00:00")
    assert {link_id: text for link_id, text in given.items() if link_id != "birth"} == {
        "birth-month": "in spring",
        "birth-time": "03:00:00",
        "x": "Other(text='mine')",
        "x-other": "theirs",
        "x-1": "first",
        "x_helptext": "none",
    }


def test_a_name_that_looks_like_a_part_of_nothing_stays_as_it_is() -> None:
    questionnaire = read(
        group("peg", item("peg-1"), item("wake-time", "time"), item("say-other", "string"), item("a b"))
    )
    names = field_names(questionnaire)
    assert [names[link_id] for link_id in ("peg-1", "wake-time", "say-other")] == [
        "q-peg-1",
        "q-wake-time",
        "q-say-other",
    ]
    assert names["a b"].startswith("item-")


def test_a_field_means_the_same_question_whatever_another_window_answered_meanwhile() -> None:
    """The page was shown while /2 was closed; then /1 was answered elsewhere, and the page is sent."""
    questionnaire = read(
        item=[
            group("first", item("/1")),
            group("second", item("/2", "string", **when("/1")), item("/3", "string")),
        ]
    )
    second = questionnaire.pages[1]
    shown = page_form(questionnaire, second, {})
    data = {shown.names["/3"]: "for the third", "shown": ["/3"]}
    form = PageForm(
        questionnaire, no_rules(questionnaire), second, answers={"/1": (True,)}, today=TODAY, data=data
    )
    assert form.is_valid()
    assert form.page_answers() == {"/3": ("for the third",)}


def test_a_group_without_a_text_has_no_heading() -> None:
    bare = group("bare", item("a"))
    del bare["text"]
    questionnaire = read(
        bare, group("named", item("b")), group("numbered", item("c"), prefix="B.") | {"text": "C"}
    )
    html = html_of(page_form(questionnaire, questionnaire.pages[0], {}))
    assert html.count("<h2") == 2
    assert ("About named?" in html, "B. C" in html) == (True, True)
    assert fill(questionnaire, {"a": "yes", "b": "no"}) == {"a": (True,), "b": (False,)}


@pytest.mark.parametrize(
    "nothing",
    [
        item("b", **when("a")),
        item("b", extension=[extension("questionnaire-hidden", valueBoolean=True)]),
        item("b", "decimal", readOnly=True),
        group("c", item("b", **when("a"))),
    ],
    ids=["closed", "hidden", "worked out", "closed in a group"],
)
def test_a_group_with_nothing_to_show_has_no_heading(nothing: dict[str, object]) -> None:
    questionnaire = read(item("a"), group("empty", nothing), item("z"))
    page = questionnaire.pages[0]
    assert [one.link_id for one in page_items(page, asked(questionnaire, {}))] == ["a", "z"]
    assert "<h2" not in html_of(page_form(questionnaire, page, {}))
