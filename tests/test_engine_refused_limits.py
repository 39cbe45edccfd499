"""What a wrong bound, length, unit, number of answers or condition in a questionnaire file is told."""

from typing import Any

import pytest

from intake.questionnaires.definition import QuestionnaireRefused
from tests.engine_builders import choice, coded, extension, item, read, when

REFUSED_LIMITS: list[tuple[str, Any, str, str]] = [
    (
        "a bound of a text",
        item("q", "string", extension=[extension("minValue", valueInteger=1)]),
        "q",
        "does not fit the type string",
    ),
    (
        "a bound of another type",
        item("q", "integer", extension=[extension("minValue", valueDecimal=1.5)]),
        "q",
        "'valueDecimal' does not fit here; write valueInteger",
    ),
    (
        "bounds that cross",
        item(
            "q",
            "integer",
            extension=[extension("minValue", valueInteger=2), extension("maxValue", valueInteger=1)],
        ),
        "q",
        "minValue is above maxValue",
    ),
    (
        "a bound twice",
        item("q", "integer", extension=[extension("minValue", valueInteger=2)] * 2),
        "q",
        "stands twice; keep one",
    ),
    (
        "a length of a number",
        item("q", "integer", maxLength=5),
        "q",
        "maxLength does not fit the type integer",
    ),
    ("a length of nothing", item("q", "string", maxLength=0), "q", "write a number from 1 to 100000"),
    ("a length without end", item("q", "string", maxLength=10**7), "q", "write a number from 1 to 100000"),
    (
        "a shortest length of a number",
        item("q", "integer", extension=[extension("minLength", valueInteger=1)]),
        "q",
        "minLength",
    ),
    (
        "lengths that cross",
        item("q", "string", maxLength=5, extension=[extension("minLength", valueInteger=6)]),
        "q",
        "from 0 to maxLength",
    ),
    (
        "at least two answers",
        choice("q", extension=[extension("questionnaire-minOccurs", valueInteger=2)]),
        "q",
        "minOccurs",
    ),
    (
        "two answers to a single one",
        choice("q", extension=[extension("questionnaire-maxOccurs", valueInteger=2)]),
        "q",
        "repeats",
    ),
    ("a quantity without a unit", item("q", "quantity"), "q", "needs its unit"),
    (
        "a quantity with two units",
        item(
            "q", "quantity", extension=[extension("questionnaire-unitOption", valueCoding={"code": "kg"})] * 2
        ),
        "q",
        "stands twice; keep one",
    ),
    (
        "a bound in another unit",
        item(
            "q",
            "quantity",
            extension=[
                extension("questionnaire-unit", valueCoding={"code": "kg"}),
                extension("minValue", valueQuantity={"value": 1, "unit": "lb"}),
            ],
        ),
        "q",
        "a quantity is in 'lb' and is asked in 'kg'",
    ),
    (
        "a bound that is about",
        item(
            "q",
            "quantity",
            extension=[
                extension("questionnaire-unit", valueCoding={"code": "kg"}),
                extension("maxValue", valueQuantity={"value": 1, "code": "kg", "comparator": "<"}),
            ],
        ),
        "q",
        "write the plain number",
    ),
    (
        "two lowest values",
        item(
            "q",
            "quantity",
            extension=[
                extension("questionnaire-unit", valueCoding={"code": "kg"}),
                extension("minValue", valueDecimal=1),
                {
                    "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-minQuantity",
                    "valueQuantity": {"value": 1, "code": "kg"},
                },
            ],
        ),
        "q",
        "keep one of them",
    ),
    ("a first time without seconds", item("q", "time", initial=[{"valueTime": "14:30"}]), "q", "14:30:00"),
    (
        "a first time off the clock",
        item("q", "time", initial=[{"valueTime": "25:00:00"}]),
        "q",
        "a time such",
    ),
    (
        "a first moment without a zone",
        item("q", "dateTime", initial=[{"valueDateTime": "2026-03-09T14:30:00"}]),
        "q",
        "a date, time and zone such as",
    ),
    (
        "decimals of a whole number",
        item("q", "integer", extension=[extension("maxDecimalPlaces", valueInteger=1)]),
        "q",
        "maxDecimalPlaces does not fit",
    ),
    (
        "decimals below none",
        item("q", "decimal", extension=[extension("maxDecimalPlaces", valueInteger=-1)]),
        "q",
        "write a number from 0 to 18",
    ),
    (
        "more answers at least than at most",
        choice(
            "q",
            repeats=True,
            extension=[
                extension("questionnaire-minOccurs", valueInteger=3),
                extension("questionnaire-maxOccurs", valueInteger=2),
            ],
        ),
        "q",
        "write at most maxOccurs, 2",
    ),
    (
        "a condition on nobody",
        item("q", **when("nobody")),
        "q",
        "'nobody', which is no item; name a question",
    ),
    ("a condition on a group", item("q", **when("page")), "q", "'page', a group; name a question"),
    ("a condition on itself", item("q", **when("q")), "q", "depends on itself"),
    (
        "a condition with an unknown operator",
        [item("a"), item("q", **when("a", "~", answerBoolean=True))],
        "q",
        "operator '~'",
    ),
    (
        "a condition without an answer",
        [item("a"), item("q", enableWhen=[{"question": "a", "operator": "="}])],
        "q",
        "stands 0",
    ),
    (
        "an answer of another type",
        [item("a"), item("q", **when("a", answerString="yes"))],
        "q",
        "write answerBoolean",
    ),
    (
        "an answer that is no option",
        [choice("a"), item("q", **when("a", **coded("maybe")))],
        "q",
        "'maybe' is not an option of 'a'",
    ),
    (
        "an answer of another code system",
        [choice("a"), item("q", **when("a", answerCoding={"system": "other", "code": "yes"}))],
        "q",
        "'yes' is not an option",
    ),
    (
        "an order of words",
        [item("a", "string"), item("q", **when("a", ">", answerString="b"))],
        "q",
        "use = or !=",
    ),
    ("an order of options", [choice("a"), item("q", **when("a", "<", **coded("yes")))], "q", "use = or !="),
    (
        "exists of a word",
        [choice("a"), item("q", **when("a", "exists", **coded("yes")))],
        "q",
        "write answerBoolean",
    ),
    (
        "conditions without all or any",
        [item("a"), item("q", enableWhen=when("a")["enableWhen"] * 2)],
        "q",
        "no enableBehavior; write all or any",
    ),
    (
        "another behaviour",
        [item("a"), item("q", enableBehavior="some", **when("a"))],
        "q",
        "'some'; write all or any",
    ),
]


@pytest.mark.parametrize(
    ("wrong", "link_id", "reason"),
    [row[1:] for row in REFUSED_LIMITS],
    ids=[row[0] for row in REFUSED_LIMITS],
)
def test_a_wrong_limit_is_refused_by_its_link_id_and_what_to_do(
    wrong: Any, link_id: str, reason: str
) -> None:
    with pytest.raises(QuestionnaireRefused) as refused:
        read(*(wrong if isinstance(wrong, list) else [wrong]))
    assert refused.value.link_id == link_id
    assert reason in refused.value.reason
