"""A form with every kind of question, and responses to it: sound as built, and a test changes one fact."""

from collections.abc import Callable
from typing import Any

from tests.engine_builders import CODES, URL, choice, extension, group, item, option, read, when

NUMBERED = [{"valueInteger": 0}, {"valueString": "a few"}, {"valueDate": "2026-01-31"}]
UCUM = "http://unitsofmeasure.org"
KG = extension("questionnaire-unit", valueCoding={"system": UCUM, "code": "kg", "display": "kilograms"})
TWO_OR_MORE = [extension("questionnaire-minOccurs", valueInteger=2)]
NONE = option("none", extension=[extension("questionnaire-optionExclusive", valueBoolean=True)])


def bounded(lowest: dict[str, Any], highest: dict[str, Any]) -> list[dict[str, Any]]:
    return [extension("minValue", **lowest), extension("maxValue", **highest)]


FORM = read(
    item=[
        group(
            "page",
            item("b", required=True, item=[item("hint", "display")]),
            item("words", "display"),
            group(
                "inner",
                item("i", "integer", extension=bounded({"valueInteger": 0}, {"valueInteger": 10})),
                item("f", "decimal"),
                item("d", "date"),
            ),
            item("s", "string", maxLength=5, extension=[extension("minLength", valueInteger=2)]),
            item("t", "text"),
            item(
                "many",
                "string",
                repeats=True,
                extension=[extension("questionnaire-maxOccurs", valueInteger=2)],
            ),
        ),
        group(
            "choices",
            choice("c", answerOption=[option("yes"), option("no"), NONE], repeats=True),
            choice("n", answerOption=NUMBERED, repeats=True),
            choice("o", kind="open-choice"),
            item("later", **when("b", answerBoolean=False)),
        ),
        group(
            "wider",
            item("at", "time"),
            item("moment", "dateTime"),
            item("site", "url"),
            item("weight", "quantity", extension=[KG, extension("maxDecimalPlaces", valueInteger=1)]),
            item("zip", "string", extension=[extension("regex", valueString="[0-9]{5}")]),
            item("two", "string", repeats=True, extension=TWO_OR_MORE),
            item("outer", "string", item=[item("inside", "string"), group("under", item("last", "string"))]),
        ),
    ]
)


def answer(**value: Any) -> list[dict[str, Any]]:
    return [value]


def sound() -> dict[str, Any]:
    """A response with nothing wrong with it."""
    inner = [
        {"linkId": "i", "answer": answer(valueInteger=3)},
        {"linkId": "f", "answer": answer(valueDecimal=0.1)},
    ]
    page = [
        {"linkId": "b", "text": "About b?", "answer": answer(valueBoolean=True)},
        {"linkId": "words", "text": "About words?"},
        {"linkId": "inner", "item": inner},
        {"linkId": "s", "answer": answer(valueString="abc")},
    ]
    weight = {"value": 72.5, "unit": "kilograms", "system": UCUM, "code": "kg"}
    wider = [
        {"linkId": "at", "answer": answer(valueTime="14:30:00")},
        {"linkId": "moment", "answer": answer(valueDateTime="2026-03-09T14:30:00-05:00")},
        {"linkId": "site", "answer": answer(valueUri="https://clinic.example/")},
        {"linkId": "weight", "answer": answer(valueQuantity=weight)},
        {"linkId": "outer", "answer": answer(item=[{"linkId": "inside", "answer": answer(valueString="x")}])},
    ]
    chosen = {"linkId": "c", "answer": answer(valueCoding={"system": CODES, "code": "no", "display": "Nein"})}
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{URL}|1.0.0",
        "status": "completed",
        "item": [
            {"linkId": "page", "item": page},
            {"linkId": "choices", "item": [chosen]},
            {"linkId": "wider", "item": wider},
        ],
    }


def with_items(*items: dict[str, Any]) -> dict[str, Any]:
    """The sound response with each of these in the place of its linkId, or at the end of its group."""
    response = sound()
    for one in items:
        parent = FORM.parent(one["linkId"])
        listed = list_of(response, parent.link_id if parent else "")
        if parent:  # in the order of the questionnaire
            order = [child.link_id for child in parent.items]
            listed[:] = [other for other in listed if other["linkId"] != one["linkId"]] + [one]
            listed.sort(key=lambda other: order.index(other["linkId"]))
    return response


def list_of(response: dict[str, Any], link_id: str) -> list[dict[str, Any]]:
    waiting = [response]
    for holder in waiting:
        if holder.get("linkId", "") == link_id:
            return holder["item"]
        waiting += holder.get("item", [])
    raise KeyError(link_id)


def answered(link_id: str, *answers: Any, **elements: Any) -> dict[str, Any]:
    return with_items({"linkId": link_id, "answer": list(answers)} | elements)


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    response = sound()
    change(response)
    return response
