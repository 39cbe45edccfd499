"""What a page asks next, when its own answers open and close questions on it; and pages that ask nothing."""

import pytest
from django.test import Client

from intake.definition_files import DefinitionRefused, check_definition
from tests.engine_builders import (
    URL,
    choice,
    coded,
    control,
    extension,
    group,
    item,
    questionnaire_json,
    when,
)
from tests.opened import opened_body, saved_answers
from tests.served_questionnaires import continue_with, fill_in, open_first_page, send_in, serve

pytestmark = pytest.mark.django_db

PAGE, CHECK = "/screening/page/", "/screening/check/"
TWO = questionnaire_json(
    item("a", required=True), item("b", "string", required=True, **when("a")), item("z", "string")
)
THREE = questionnaire_json(
    item("a", required=True),
    choice("b", required=True, **when("a")),
    item("c", "integer", required=True, **when("b", **coded("yes"))),
    item("z", "string"),
)


def path_of(response: object) -> str:
    return response.request["PATH_INFO"]  # type: ignore[attr-defined,no-any-return]


def test_a_page_comes_again_with_the_question_that_its_answer_opened(client: Client) -> None:
    serve(TWO)
    again = continue_with(client, open_first_page(client), {"a": "true", "z": "kept"})
    assert (path_of(again), list(again.context["form"].names)) == (PAGE, ["a", "b", "z"])
    assert "kept" in again.content.decode()
    checked = continue_with(client, again, {"a": "true", "b": "why", "z": "kept"})
    assert path_of(checked) == CHECK
    assert saved_answers(client) == {"a": [True], "b": ["why"], "z": ["kept"]}


def test_a_chain_of_three_on_one_page_opens_one_question_at_a_time(client: Client) -> None:
    serve(THREE)
    second = continue_with(client, open_first_page(client), {"a": "true", "z": "kept"})
    assert list(second.context["form"].names) == ["a", "b", "z"]
    third = continue_with(client, second, {"a": "true", "b": "yes", "z": "kept"})
    assert (path_of(third), list(third.context["form"].names)) == (PAGE, ["a", "b", "c", "z"])
    missing = continue_with(client, third, {"a": "true", "b": "yes", "z": "kept"})
    assert missing.status_code == 422
    assert path_of(continue_with(client, missing, {"a": "true", "b": "yes", "c": "3", "z": "kept"})) == CHECK
    assert saved_answers(client) == {"a": [True], "b": ["yes"], "c": [3], "z": ["kept"]}


def test_an_answer_that_closes_questions_on_its_page_loses_none_of_the_others(client: Client) -> None:
    serve(THREE)
    answers = {"a": "true", "b": "yes", "c": "3", "z": "kept"}
    fill_in(client, answers)
    page = client.get(PAGE)
    closed = continue_with(client, page, {**answers, "a": "false"})
    assert path_of(closed) == CHECK
    html = closed.content.decode()
    assert "kept" in html
    assert "About c?" not in html
    client.post(CHECK)
    assert opened_body().answers == {"a": [False], "z": ["kept"]}


def test_what_was_closed_and_is_opened_again_still_has_its_answer(client: Client) -> None:
    serve(THREE)
    answers = {"a": "true", "b": "yes", "c": "3", "z": "kept"}
    fill_in(client, answers)
    continue_with(client, client.get(PAGE), {"a": "false", "z": "kept"})
    again = continue_with(client, client.get(PAGE), {"a": "true", "z": "kept"})
    assert list(again.context["form"].names) == ["a", "b", "z"]


@pytest.mark.parametrize("left", ["", "a few"], ids=["emptied", "not a number"])
def test_a_question_that_the_same_page_closes_stops_nobody_whatever_stands_in_it(
    client: Client, left: str
) -> None:
    serve(THREE)
    fill_in(client, {"a": "true", "b": "yes", "c": "3", "z": "kept"})
    closed = continue_with(client, client.get(PAGE), {"a": "true", "b": "no", "c": left, "z": "kept"})
    assert path_of(closed) == CHECK
    assert saved_answers(client) == {"a": [True], "b": ["no"], "z": ["kept"]}


def test_a_page_with_a_number_that_is_worked_out_is_left_like_any_other(client: Client) -> None:
    """Nothing can be entered there, so nothing can be waited for."""
    serve(
        questionnaire_json(
            item("a"),
            item("total", "decimal", readOnly=True),
            item("clinic", "string", readOnly=True, initial=[{"valueString": "Main Street"}]),
        )
    )
    assert path_of(continue_with(client, open_first_page(client), {"a": "true"})) == CHECK


def test_a_page_that_only_tells_something_is_shown_in_its_place(client: Client) -> None:
    serve(
        questionnaire_json(
            item=[
                group("welcome", item("hello", "display", text="Take your time.")),
                group("ask", item("a")),
                group("clinic", item("where", "string", readOnly=True, initial=[{"valueString": "Main Street"}])),
                group("last", item("b"), item("thanks", "display", **when("a"))),
            ]
        )
    )  # fmt: skip
    first = open_first_page(client)
    assert (path_of(first), "Take your time." in first.content.decode()) == ("/screening/welcome/", True)
    second = continue_with(client, first, {})
    third = continue_with(client, second, {"a": "true"})
    assert (path_of(third), "Main Street" in third.content.decode()) == ("/screening/clinic/", True)
    last = continue_with(client, third, {})
    assert path_of(last) == "/screening/last/"
    assert path_of(continue_with(client, last, {"b": "false"})) == CHECK
    client.post(CHECK)
    assert opened_body().answers == {"a": [True], "b": [False]}


def test_a_page_whose_questions_are_all_closed_is_passed_over_with_its_words(client: Client) -> None:
    more = group("more", item("words", "display"), item("b", **when("a")))
    serve(questionnaire_json(item=[group("page", item("a")), more, group("end", item("c"))]))
    assert path_of(continue_with(client, open_first_page(client), {"a": "false"})) == "/screening/end/"


def test_a_page_inside_a_hidden_or_closed_group_is_not_shown(client: Client) -> None:
    marked = {"extension": [control("page")]}
    hidden = {"extension": [extension("questionnaire-hidden", valueBoolean=True)]}
    serve(
        questionnaire_json(
            item=[
                group("all", group("p1", item("a"), **marked), group("p2", item("b"), **marked, **when("a"))),
                group("out-of-sight", item("c"), **hidden),
            ]
        )
    )
    submission = send_in(client, {"a": "false", "b": "true", "c": "true"})
    assert opened_body(submission).answers == {"a": [False]}


def test_a_page_of_very_many_questions_can_be_sent(client: Client) -> None:
    """What was taken at the import must not be refused when somebody has answered it."""
    many = [item(f"q{number}", "date") for number in range(300)]
    serve(questionnaire_json(*many))
    parts = {"month": "3", "day": "9", "year": "1962"}
    answers = {f"{one['linkId']}-{part}": text for one in many for part, text in parts.items()}
    assert path_of(continue_with(client, open_first_page(client), answers)) == CHECK
    assert len(saved_answers(client)) == 300


HIDDEN = {"extension": [extension("questionnaire-hidden", valueBoolean=True)]}


@pytest.mark.parametrize(
    "items",
    [
        [item("a", **HIDDEN), item("b", "string", **when("a"))],
        [item("a", **HIDDEN)],
        [item("total", "decimal", readOnly=True)],
        [group("g", item("a", **when("c")), item("words", "display")), item("c", **HIDDEN)],
    ],
    ids=["waits for what nobody is asked", "all hidden", "all worked out", "words without their question"],
)
def test_a_questionnaire_that_nobody_could_begin_is_refused(items: list[dict[str, object]]) -> None:
    with pytest.raises(DefinitionRefused, match="at the beginning nothing is asked"):
        check_definition(questionnaire_json(item=items), None)


def test_a_questionnaire_whose_beginning_hangs_on_a_setting_of_the_site_is_judged_by_it() -> None:
    items = [item("same-day", **HIDDEN), item("b", "string", **when("same-day"))]
    rules = f'questionnaire = "{URL}"\nversion = "1.0.0"\n[site]\nsame_day_review = "same-day"\n'
    with pytest.raises(DefinitionRefused, match="at the beginning nothing is asked"):
        check_definition(questionnaire_json(item=items), rules.encode())
    otherwise = item("c", **when("same-day", answerBoolean=False))
    check_definition(questionnaire_json(item=[*items, otherwise]), rules.encode())
