"""Totals that an imported questionnaire works out itself: the plain sums and means, and no others."""

from decimal import Decimal
from typing import Any

import pytest

from intake.questionnaires.answers import Answers, as_seen, problems
from intake.questionnaires.definition import Questionnaire
from intake.questionnaires.items import Total
from intake.questionnaires.scoring import scores
from tests.engine_builders import PHQ, extension, frequency_item, group, item, option, read, when

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
NOT_WORKED_OUT = "total: calculatedExpression: it is no plain sum or mean of points, so nothing is worked out"


def calculated(expression: str, link_id: str = "total", kind: str = "decimal") -> dict[str, Any]:
    value = {"language": "text/fhirpath", "expression": expression}
    calculation = {"url": SDC + "sdc-questionnaire-calculatedExpression", "valueExpression": value}
    return item(link_id, kind, text="Strain", extension=[calculation])


def weighed(link_id: str, *points: float, name: str = "ordinalValue", **elements: Any) -> dict[str, Any]:
    options = [option(f"p{point}", extension=[extension(name, valueDecimal=point)]) for point in points]
    return item(link_id, "choice", answerOption=options) | elements


def form(expression: str) -> Questionnaire:
    """Two questions with points in a group, one inside a group of it, one of the first level; and the total."""
    inner = group("inner", weighed("c", 0, 1))
    return read(
        item=[
            group(
                "g", weighed("a", 0, 1, 2), weighed("b", 0, 4, name="itemWeight"), inner, item("free", "text")
            ),
            weighed("d", 0, 8),
            calculated(expression),
        ]
    )


@pytest.mark.parametrize(
    ("expression", "counted"),
    [
        ("%resource.item.answer.value.ordinal().sum()", "d"),
        ("%resource.item.item.answer.value.weight().sum()", "ab"),
        ("%resource.item.where(linkId='g').item.answer.value.ordinal().sum()", "ab"),
        ("%resource.item.where(linkId = 'g').item.where(linkId != 'a').answer.weight().sum()", "b"),
        (
            "%resource.repeat(item).where(linkId='g').item.answer.value.ordinal().aggregate($this + $total, 0)",
            "ab",
        ),
        ("%resource.repeat(item).answer.valueCoding.ordinal().sum()", "abcd"),
        ("%resource.answers().value.ordinal().sum()", "abcd"),
        ("QuestionnaireResponse.repeat( item )\n.answer.value.weight().sum()", "abcd"),
    ],
)
def test_a_plain_sum_counts_the_questions_that_it_names(expression: str, counted: str) -> None:
    questionnaire = form(expression)
    assert questionnaire.warnings == ()
    assert questionnaire.totals == (Total("total", tuple(counted), is_mean=False),)


@pytest.mark.parametrize(
    "expression",
    [
        "%resource.item.answer.value.ordinal().sum() / 2",
        "%resource.item.answer.value.ordinal().sum() + 1",
        "iif(%resource.item.answer.exists(), %resource.item.answer.value.ordinal().sum(), 0)",
        "%resource.item.answer.value.ordinal().max()",
        "%resource.item.where(linkId.matches('^a$')).answer.value.ordinal().sum()",
        "%resource.item.where(linkId='nobody').answer.value.ordinal().sum()",
        "%resource.item.where(linkId='free').answer.value.sum()",
        "%context.item.answer.value.ordinal().sum()",
        "%rawScore",
        "%resource.item.answer.value.ordinal().sum()" + " " * 500,
        "today()",
    ],
)
def test_any_other_expression_is_a_warning_and_gives_no_score(expression: str) -> None:
    questionnaire = form(expression)
    assert questionnaire.warnings == (NOT_WORKED_OUT,)
    assert scores(questionnaire, {"d": ("p8",)}) == ()


def test_the_sum_has_the_name_of_its_item_and_no_band_or_code() -> None:
    questionnaire = form("%resource.answers().value.ordinal().sum()")
    answers: Answers = {"a": ("p2",), "b": ("p4",), "c": ("p0",), "d": ("p8",)}
    (score,) = scores(questionnaire, answers)
    assert (score.instrument, score.name, score.points) == ("total:total", "Strain", Decimal(14))
    assert (score.unit, score.maximum, score.version) == ("points, 0-15", 15, "1.0.0")
    assert (score.band, score.total_code, score.panel_code) == ("", "", "")


def test_a_mean_has_two_decimals_half_up() -> None:
    mean = "%resource.item.item.answer.value.ordinal().avg()"
    questionnaire = read(weighed("a", 0, 1), weighed("b", 0, 1), weighed("c", 0, 0.5), calculated(mean))
    (score,) = scores(questionnaire, {"a": ("p1",), "b": ("p1",), "c": ("p0.5",)})
    assert (score.points, score.maximum, score.unit) == (Decimal("0.83"), 1, "points, 0.00-0.83, mean")


def test_a_missing_item_means_no_total() -> None:
    questionnaire = form("%resource.answers().value.ordinal().sum()")
    (score,) = scores(questionnaire, {"a": ("p2",), "b": ("p4",), "d": ("p8",)})
    assert (score.points, score.missing) == (None, ("c",))


def test_an_item_that_is_not_asked_does_not_count() -> None:
    total = calculated("%resource.item.item.answer.value.ordinal().sum()")
    questionnaire = read(item("often"), weighed("a", 0, 1), weighed("b", 0, 2, **when("often")), total)
    (score,) = scores(questionnaire, {"often": (False,), "a": ("p1",), "b": ("p2",)})
    assert (score.points, score.items) == (Decimal(1), ("a",))
    (score,) = scores(questionnaire, {"often": (True,), "a": ("p1",), "b": ("p2",)})
    assert (score.points, score.items) == (Decimal(3), ("a", "b"))


def test_the_total_of_a_known_instrument_is_not_told_twice() -> None:
    total = calculated("%resource.item.item.answer.value.ordinal().sum()")
    questionnaire = read(*map(frequency_item, PHQ), total)
    assert [score.instrument for score in scores(questionnaire, {})] == ["phq9"]


@pytest.mark.parametrize("kind", ["decimal", "integer", "quantity", "string"])
def test_nobody_is_asked_for_what_is_worked_out(kind: str) -> None:
    total = calculated("%resource.answers().value.ordinal().sum()", kind=kind) | {"required": True}
    questionnaire = read(item=[weighed("a", 0, 1), total])
    assert problems(questionnaire, {"a": ("p1",)}) == ()
    assert [seen.link_id for page in as_seen(questionnaire, {}) for seen in page.items] == ["a"]
    assert [score.points for score in scores(questionnaire, {"a": ("p1",)})] == [Decimal(1)]


@pytest.mark.parametrize(
    "second",
    [weighed("b", 0, 2, repeats=True), weighed("b", 0, 10_000_000)],
    ids=["repeats", "absurd points"],
)
def test_a_sum_over_answers_that_cannot_be_summed_is_a_warning(second: dict[str, Any]) -> None:
    total = calculated("%resource.item.item.answer.value.ordinal().sum()")
    assert read(weighed("a", 0, 1), second, total).warnings == (NOT_WORKED_OUT,)


def test_variables_are_a_warning() -> None:
    variable = extension("variable", valueExpression={"name": "a", "expression": "1"})
    assert read(item("a"), extension=[variable]).warnings == ("variable: variables are not worked out",)
