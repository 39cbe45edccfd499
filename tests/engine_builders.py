"""Small questionnaires for the tests of the engine: each builder is valid as it is, and a test changes one fact."""

import json
from typing import Any

from intake.questionnaires.definition import Questionnaire, read_questionnaire

URL = "https://clinic.example/fhir/Questionnaire/test"
STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
CODES = "https://clinic.example/fhir/CodeSystem/test"

PHQ = (
    *("44250-9", "44255-8", "44259-0", "44254-1", "44251-7"),
    *("44258-2", "44252-5", "44253-3", "44260-8"),
)
GAD = ("69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7")
PEG = ("75893-8", "91145-3", "91146-1")
PC_PTSD = ("102012-2", "102013-0", "102014-8", "102015-5", "102016-3")


def questionnaire_json(*items: Any, **changes: Any) -> bytes:
    """The file: one page with these items, unless `item` is among the changes; None takes an element out."""
    document = {
        "resourceType": "Questionnaire",
        "url": URL,
        "version": "1.0.0",
        "status": "active",
        "title": "A test",
        "item": [group("page", *items)],
    }
    return json.dumps(
        {name: value for name, value in (document | changes).items() if value is not None}
    ).encode()


def read(*items: Any, **changes: Any) -> Questionnaire:
    return read_questionnaire(questionnaire_json(*items, **changes))


def item(link_id: str, kind: str = "boolean", **elements: Any) -> dict[str, Any]:
    return {"linkId": link_id, "type": kind, "text": f"About {link_id}?"} | elements


def group(link_id: str, *items: Any, **elements: Any) -> dict[str, Any]:
    return item(link_id, "group", item=list(items), **elements)


def choice(link_id: str, *codes: str, kind: str = "choice", **elements: Any) -> dict[str, Any]:
    options = [option(code) for code in codes or ("yes", "no", "not-sure")]
    return item(link_id, kind, answerOption=options) | elements


def option(code: str, **elements: Any) -> dict[str, Any]:
    return {"valueCoding": {"system": CODES, "code": code, "display": code.capitalize()}} | elements


def extension(name: str, **value: Any) -> dict[str, Any]:
    return {"url": STRUCTURE + name} | value


def control(code: str) -> dict[str, Any]:
    return extension("questionnaire-itemControl", valueCodeableConcept={"coding": [{"code": code}]})


def when(question: str, operator: str = "=", **answer: Any) -> dict[str, Any]:
    """The elements that make an item depend on one answer; true, unless another answer is given."""
    condition = {"question": question, "operator": operator} | (answer or {"answerBoolean": True})
    return {"enableWhen": [condition]}


def coded(code: str) -> dict[str, Any]:
    return {"answerCoding": {"system": CODES, "code": code}}


def loinc(code: str) -> list[dict[str, str]]:
    return [{"system": "http://loinc.org", "code": code}]


def frequency_item(code: str, **elements: Any) -> dict[str, Any]:
    """An item of the PHQ or GAD with the linkId of its code and the keys "0" to "3"."""
    points = [
        option(str(point), extension=[extension("ordinalValue", valueDecimal=point)]) for point in range(4)
    ]
    return item(code, "choice", code=loinc(code), answerOption=points) | elements


def peg_item(code: str) -> dict[str, Any]:
    bounds = [extension("minValue", valueInteger=0), extension("maxValue", valueInteger=10)]
    return item(code, "integer", code=loinc(code), extension=bounds)
