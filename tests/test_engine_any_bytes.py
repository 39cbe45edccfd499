"""Whatever comes in, nothing but a questionnaire or a refusal comes out."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.definition import (
    QuestionnaireRefused,
    read_questionnaire,
)
from tests.engine_builders import (
    choice,
    coded,
    control,
    extension,
    group,
    item,
    questionnaire_json,
    when,
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ELEMENTS = (
    *(
        "linkId",
        "type",
        "text",
        "item",
        "answerOption",
        "enableWhen",
        "enableBehavior",
        "required",
        "initial",
    ),
    *("extension", "maxLength", "answerValueSet", "code", "repeats", "valueCoding", "valueInteger", "_text"),
    *("question", "operator", "answerBoolean", "answerCoding", "url", "valueBoolean", "valueCodeableConcept"),
    *("coding", "system", "display", "contained", "resourceType", "status", "title", "prefix", "readOnly"),
)
WORDS = st.sampled_from(
    [
        "a",
        "b",
        "page",
        "choice",
        "boolean",
        "quantity",
        "dateTime",
        "time",
        "url",
        "group",
        "display",
        "=",
        "exists",
        ">",
        "all",
        "any",
        "",
        "\ud800",
        "#v",
    ]
    + [
        extension(name)["url"]
        for name in ("minValue", "questionnaire-hidden", "questionnaire-itemControl", "ordinalValue")
        + ("regex", "translation", "questionnaire-unit", "maxDecimalPlaces", "questionnaire-minOccurs")
    ]
)
FHIR_LIKE = st.recursive(
    WORDS | JSON_VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(ELEMENTS), inner, max_size=5),
    max_leaves=25,
)


def is_read_or_refused(source: bytes) -> None:
    try:
        questionnaire = read_questionnaire(source)
    except QuestionnaireRefused as refused:
        str(refused).encode()  # a message can always be shown
    else:
        assert questionnaire.all_items


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_raise_anything_but_a_refusal(source: bytes) -> None:
    is_read_or_refused(source)


@given(JSON_VALUES)
@settings(deadline=None)
def test_no_json_raises_anything_but_a_refusal(document: Any) -> None:
    is_read_or_refused(json.dumps(document).encode())


@given(st.lists(FHIR_LIKE, max_size=3), st.dictionaries(st.sampled_from(ELEMENTS), FHIR_LIKE, max_size=3))
@settings(deadline=None, max_examples=200)
def test_no_broken_questionnaire_raises_anything_but_a_refusal(items: Any, changes: dict[str, Any]) -> None:
    is_read_or_refused(questionnaire_json(item("a"), choice("b"), *items))
    is_read_or_refused(questionnaire_json(item("a"), **changes))


ONE_OF_EACH = [
    choice("c", extension=[control("radio-button")]),
    item("n", "decimal", extension=[extension("minValue", valueInteger=0)], **when("c", **coded("yes"))),
    group("g", item("d", "date", initial=[{"valueDate": "2026-01-01"}]), item("h", "display")),
    item(
        "w",
        "quantity",
        extension=[
            extension("questionnaire-unit", valueCoding={"code": "kg"}),
            extension("minValue", valueQuantity={"value": 1, "code": "kg"}),
            extension("maxDecimalPlaces", valueInteger=1),
        ],
    ),
    item("t", "time", initial=[{"valueTime": "14:30:00"}]),
    item("m", "dateTime", **when("t", ">", answerTime="12:00:00")),
    item(
        "s",
        "string",
        repeats=True,
        extension=[
            extension("regex", valueString="[a-z]+"),
            extension("questionnaire-minOccurs", valueInteger=2),
        ],
        _text={
            "extension": [
                extension(
                    "translation",
                    extension=[{"url": "lang", "valueCode": "es"}, {"url": "content", "valueString": "x"}],
                )
            ]
        },
    ),
    item(
        "total",
        "decimal",
        extension=[
            {
                "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression",
                "valueExpression": {"expression": "%resource.answers().value.ordinal().sum()"},
            }
        ],
    ),
]


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_no_single_wrong_value_raises_anything_but_a_refusal(data: st.DataObject) -> None:
    """Walk to a random place in a good file and put something else there."""
    document: Any = json.loads(questionnaire_json(*ONE_OF_EACH))
    place = document
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(FHIR_LIKE)
    is_read_or_refused(json.dumps(document).encode())


@given(st.text(st.sampled_from("ab[]()-+*?{}|^$.,\\\\d12 "), max_size=20))
@settings(deadline=None, max_examples=500)
def test_no_pattern_raises_anything(pattern: str) -> None:
    regex = extension("regex", valueString=pattern or " ")
    is_read_or_refused(questionnaire_json(item("s", "string", extension=[regex])))


@given(
    st.text(st.sampled_from("%resource.item()repeat where linkId='a' answer value ordinal sum"), max_size=80)
)
@settings(deadline=None, max_examples=200)
def test_no_expression_raises_anything(expression: str) -> None:
    calculated = {
        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression",
        "valueExpression": {"expression": expression},
    }
    is_read_or_refused(questionnaire_json(choice("a"), item("total", "decimal", extension=[calculated])))
