"""Files that would keep the reader busy for hours: each limit that stops them, at both sides."""

from collections.abc import Callable

import pytest

from intake.questionnaires.definition import QuestionnaireRefused, read_questionnaire
from intake.questionnaires.json_source import MAX_BRACKETS
from intake.questionnaires.totals import MOST_LOOKS, MOST_STEPS
from tests.bench.hostile_files import HOSTILE, POINTS, nested, total
from tests.engine_builders import choice, extension, item, questionnaire_json, read

NOT_WORKED_OUT = "calculatedExpression: it is no plain sum or mean of points, so nothing is worked out"


def verdict(source: bytes) -> str:
    try:
        return f"accepted with {len(read_questionnaire(source).all_items)} items"
    except QuestionnaireRefused as refusal:
        return f"refused: {refusal}"


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_the_costliest_files_are_read_or_refused(make: Callable[[], bytes]) -> None:
    """`make bench` tells how long each takes; without the limits below some would never end."""
    is_allowed = "allowed" in make.__name__
    assert verdict(make()).startswith("accepted" if is_allowed else ("accepted", "refused"))


def test_a_total_with_more_steps_than_anybody_needs_is_not_worked_out() -> None:
    def totals_with(steps: int) -> tuple[int, tuple[str, ...]]:
        expression = "%resource" + ".repeat(item)" * steps + ".answer.value.ordinal().sum()"
        questionnaire = read(nested(12, choice("q", answerOption=POINTS)), total("t", expression))
        return len(questionnaire.totals), questionnaire.warnings

    assert totals_with(MOST_STEPS) == (1, ())
    assert totals_with(MOST_STEPS + 1) == (0, (f"t: {NOT_WORKED_OUT}",))


def test_so_many_totals_that_reading_them_takes_long_are_not_all_worked_out() -> None:
    everything = "%resource.repeat(item).answer.value.ordinal().sum()"
    questions = [choice(f"q{number}", answerOption=POINTS) for number in range(499)]
    totals = [total(f"t{number}", everything) for number in range(500)]
    questionnaire = read(*questions, *totals)
    assert len(questionnaire.all_items) == 1_000
    assert len(questionnaire.totals) == MOST_LOOKS // 1_000
    assert len(questionnaire.warnings) == 500 - MOST_LOOKS // 1_000


def test_an_answer_that_two_steps_both_find_counts_once() -> None:
    twice = "%resource.repeat(item).repeat(item).answer.value.ordinal().sum()"
    (worked_out,) = read(nested(3, choice("q", answerOption=POINTS)), total("t", twice)).totals
    assert worked_out.items == ("q",)


def test_spaces_inside_the_quotes_of_a_total_belong_to_the_linkid() -> None:
    spaced = " %resource . item . item\t.where( linkId = 'my item' ).answer.value . ordinal( ) . sum()"
    questionnaire = read(choice("my item", answerOption=POINTS), total("t", spaced))
    assert [one.items for one in questionnaire.totals] == [("my item",)]


def test_questions_that_share_a_list_of_answers_have_the_same_options() -> None:
    concepts = [{"code": "a", "designation": [{"language": "es", "value": "A"}]}, {"code": "b"}]
    answers = {"resourceType": "ValueSet", "id": "v", "compose": {"include": [{"concept": concepts}]}}
    first, second = (item(link_id, "choice", answerValueSet="#v") for link_id in ("one", "two"))
    questionnaire = read(first, second, choice("three"), contained=[answers])
    assert questionnaire.item("one").options == questionnaire.item("two").options
    assert [option.key for option in questionnaire.item("two").options] == ["a", "b"]
    assert [option.key for option in questionnaire.item("three").options] == ["yes", "no", "not-sure"]


def test_a_list_of_answers_counts_for_each_question_that_shares_it() -> None:
    concepts = [{"code": f"code-{number}"} for number in range(5_000)]
    answers = {"resourceType": "ValueSet", "id": "v", "compose": {"include": [{"concept": concepts}]}}
    questions = [item(f"q{number}", "choice", answerValueSet="#v") for number in range(3)]
    assert read(questions[0], contained=[answers]).item("q0").options
    with pytest.raises(QuestionnaireRefused, match="q1: the questionnaire has more than 10,000"):
        read(*questions, contained=[answers])


def test_many_long_patterns_are_refused_before_they_are_read() -> None:
    def asking(count: int) -> None:
        read(
            *(
                item(
                    f"q{number}",
                    "string",
                    maxLength=200,
                    extension=[extension("regex", valueString="x" * 200 + f"{number}")],
                )
                for number in range(count)
            )
        )

    asking(150)
    with pytest.raises(QuestionnaireRefused, match="more than 10,000"):
        asking(250)


def test_a_file_of_nothing_but_brackets_is_refused_before_it_is_read() -> None:
    def listing(count: int) -> bytes:
        return questionnaire_json(item("q")).replace(b'"A test"', b"[" + b"[]," * count + b"[]]")

    with pytest.raises(QuestionnaireRefused, match="title must be a text"):
        read_questionnaire(listing(MAX_BRACKETS - 100))
    with pytest.raises(QuestionnaireRefused, match="more than 150,000 objects and lists; split"):
        read_questionnaire(listing(MAX_BRACKETS))
