"""Responses that come from elsewhere, checked against the questionnaire that they say they answer."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from intake.questionnaires.response_check import Complaint, ResponseRefused, check_response, to_answers
from tests.engine_builders import CODES, URL, extension, group, item, read, when
from tests.responses import FORM, UCUM, answer, answered, changed, list_of, sound, with_items

HIDDEN = [extension("questionnaire-hidden", valueBoolean=True)]


def complaints(response: object) -> list[tuple[str, str]]:
    return [(complaint.link_id, complaint.reason) for complaint in check_response(FORM, response)]


def test_a_sound_response_is_accepted_and_read() -> None:
    assert complaints(sound()) == []
    assert to_answers(FORM, sound()) == {
        "b": (True,),
        "i": (3,),
        "f": (Decimal("0.1"),),
        "s": ("abc",),
        "c": ("no",),
        "at": (datetime.time(14, 30),),
        "moment": (datetime.datetime.fromisoformat("2026-03-09T14:30:00-05:00"),),
        "site": ("https://clinic.example/",),
        "weight": (Decimal("72.5"),),
        "inside": ("x",),
    }


WRONG_PLACE = "it stands in another place than in the questionnaire"
BIG = "the answer is not a number of at most 30 digits before and after the point"

WRONG: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    # ---- The whole ----
    "no object": ([], [("", "it is not an object, and so not a QuestionnaireResponse")]),
    "another resource": (
        sound() | {"resourceType": "Questionnaire"},
        [("", "resourceType is not QuestionnaireResponse")],
    ),
    "status": (
        sound() | {"status": "done"},
        [("", "status is not one of amended, completed, entered-in-error, in-progress, stopped")],
    ),
    "no questionnaire": (
        sound() | {"questionnaire": None},
        [("", "it does not name the questionnaire that it answers")],
    ),
    "another questionnaire": (
        sound() | {"questionnaire": "https://other.example/q|1.0.0"},
        [("", f"it answers the questionnaire 'https://other.example/q' and not {URL}")],
    ),
    "no version": (
        sound() | {"questionnaire": URL},
        [("", "it does not say which version of the questionnaire it answers")],
    ),
    "another version": (
        sound() | {"questionnaire": f"{URL}|1.0.1"},
        [("", "it answers version '1.0.1' and not 1.0.0")],
    ),
    "unknown element": (sound() | {"items": []}, [("", "the element 'items' is none of FHIR R4's here")]),
    "an element beside one that is not primitive": (
        sound() | {"_item": []},
        [("", "the element '_item' is none of FHIR R4's here")],
    ),
    "modifier": (
        sound() | {"modifierExtension": [{"url": "x"}]},
        [("", "modifierExtension may change what it means, and is not understood")],
    ),
    "implicit rules": (
        sound() | {"implicitRules": "x"},
        [("", "implicitRules may change what it means, and is not understood")],
    ),
    # ---- The tree ----
    "items that are no list": (
        sound() | {"item": {}},
        [("", "item is not a list with something in it"), ("b", "it is required and has no answer")],
    ),
    "an empty list": (
        answered("t"),
        [("t", "answer is not a list with something in it")],
    ),
    "an item that is no object": (
        changed(lambda response: response["item"].append(None)),
        [("", "item lists something that is not an object")],
    ),
    "no linkId": (
        changed(lambda response: list_of(response, "choices").append({"text": "x"})),
        [("choices", "an item inside it has no linkId")],
    ),
    "unknown linkId": (
        changed(lambda response: response["item"].append({"linkId": "nobody\n"})),
        [("nobody\\n", "the questionnaire has no item of this linkId")],
    ),
    "wrong place": (
        changed(lambda response: list_of(response, "choices").append({"linkId": "t"})),
        [("t", WRONG_PLACE)],
    ),
    "wrong order": (
        changed(lambda response: response["item"].insert(1, response["item"].pop(0))),
        [("page", "it stands in another order than in the questionnaire")],
    ),
    "twice (qrs-2)": (
        changed(
            lambda response: list_of(response, "inner").append(
                {"linkId": "f", "answer": answer(valueDecimal=2)}
            )
        ),
        [("f", "it stands twice; several answers belong into one item")],
    ),
    "unknown element of an item": (
        answered("t", {"valueString": "x"}, value="y"),
        [("t", "the element 'value' is none of FHIR R4's here")],
    ),
    "items under an item and under its answer (qrs-1)": (
        answered("b", {"valueBoolean": True}, item=[{"linkId": "hint"}]),
        [("b", "it has items both under it and under its answer (qrs-1)")],
    ),
    "items under a question": (
        with_items({"linkId": "t", "item": [{"linkId": "hint"}]}),
        [("t", "the items under a question stand under its answer")],
    ),
    "items under words": (
        with_items({"linkId": "words", "item": [{"linkId": "hint"}]}),
        [("words", "a display has no items under it")],
    ),
    "items under the wrong answer": (
        answered("t", {"valueString": "x", "item": [{"linkId": "hint"}]}),
        [("hint", WRONG_PLACE)],
    ),
    "group with an answer": (
        changed(lambda response: response["item"][1].pop("item") and response["item"][1].update(answer=[{}])),
        [("choices", "a group takes no answer")],
    ),
    "display with an answer": (
        answered("words", {"valueString": "x"}),
        [("words", "a display takes no answer")],
    ),
    # ---- What is asked ----
    "required": (
        changed(lambda response: list_of(response, "page").pop(0)),
        [("b", "it is required and has no answer")],
    ),
    "required in an amended response": (
        changed(lambda response: list_of(response, "page").pop(0) and response.update(status="amended")),
        [("b", "it is required and has no answer")],
    ),
    "not asked": (
        answered("later", {"valueBoolean": True}),
        [("later", "it has an answer, and is not asked after the other answers")],
    ),
    # ---- The answers ----
    "an answer that is no object": (
        answered("t", "x"),
        [("t", "answer lists something that is not an object")],
    ),
    "unknown element of an answer": (
        answered("t", {"valueString": "x", "valueText": "x"}),
        [("t", "the element 'valueText' is none of FHIR R4's here")],
    ),
    "modifier of an answer": (
        answered("t", {"valueString": "x", "modifierExtension": []}),
        [("t", "modifierExtension may change what it means, and is not understood")],
    ),
    "no value": (answered("t", {}), [("t", "an answer has no value")]),
    "two values": (
        answered("t", {"valueString": "x", "valueInteger": 1}),
        [("t", "an answer has several values")],
    ),
    "too many": (
        answered("b", {"valueBoolean": True}, {"valueBoolean": True}),
        [("b", "it has more answers than the 1 that it takes")],
    ),
    "too many of a question that repeats": (
        answered("many", *([{"valueString": "x"}] * 3)),
        [("many", "it has more answers than the 2 that it takes")],
    ),
    "too few": (
        answered("two", {"valueString": "x"}),
        [("two", "it has fewer answers than the 2 that it takes")],
    ),
    "too many decimals": (
        answered("weight", {"valueQuantity": {"value": 72.55, "system": UCUM, "code": "kg"}}),
        [("weight", "the answer has more than 1 decimals")],
    ),
    "no address": (
        answered("site", {"valueUri": "javascript:alert(1)"}),
        [("site", "the answer is not an address on the web")],
    ),
    "another form": (
        answered("zip", {"valueString": "2120"}),
        [("zip", "the answer does not have the form that is wanted")],
    ),
    "exclusive": (
        answered(
            "c",
            {"valueCoding": {"system": CODES, "code": "yes"}},
            {"valueCoding": {"system": CODES, "code": "none"}},
        ),
        [("c", 'the answer "None" stands beside another answer')],
    ),
    "too small": (answered("i", {"valueInteger": -1}), [("i", "the answer is below 0")]),
    "too large": (answered("i", {"valueInteger": 11}), [("i", "the answer is above 10")]),
    "too short": (answered("s", {"valueString": "a"}), [("s", "the answer has fewer than 2 characters")]),
    "too long": (answered("s", {"valueString": "abcdef"}), [("s", "the answer has more than 5 characters")]),
    "NUL": (
        answered("s", {"valueString": "a\x00b"}),
        [("s", "the answer has a character that cannot be kept")],
    ),
}

NOT_TRUE, NOT_WHOLE, NOT_A_NUMBER = "not true or false", "not a whole number", "not a number"
NOT_A_MOMENT = "not a date, time and zone such as 2026-03-09T14:30:00-05:00"
KILOGRAMS = {"system": UCUM, "code": "kg"}
NOT_A_DATE, NO_TEXT = "not a whole date such as 1962-03-09", "not a text with something in it"

MALFORMED: list[tuple[str, dict[str, Any], str]] = [
    ("b", {"valueString": "true"}, "a valueString, and valueBoolean is wanted"),
    ("c", {"valueString": "yes"}, "a valueString, and valueCoding is wanted"),
    ("o", {"valueInteger": 1}, "a valueInteger, and valueCoding or valueString is wanted"),
    ("n", {"valueBoolean": True}, "a valueBoolean, and valueDate or valueInteger or valueString is wanted"),
    ("b", {"valueBoolean": 1}, NOT_TRUE),
    ("i", {"valueInteger": True}, NOT_WHOLE),
    ("i", {"valueInteger": 1.0}, NOT_WHOLE),
    ("f", {"valueDecimal": True}, NOT_A_NUMBER),
    ("f", {"valueDecimal": "1.5"}, NOT_A_NUMBER),
    ("f", {"valueDecimal": float("nan")}, BIG.removeprefix("the answer is ")),
    ("f", {"valueDecimal": 1e300}, BIG.removeprefix("the answer is ")),
    ("f", {"valueDecimal": Decimal("1E-31")}, BIG.removeprefix("the answer is ")),
    ("d", {"valueDate": "1962-03"}, NOT_A_DATE),
    ("d", {"valueDate": "1962-02-30"}, NOT_A_DATE),
    ("d", {"valueDate": 1962}, NOT_A_DATE),
    ("at", {"valueTime": "14:30"}, "not a time such as 14:30:00"),
    ("at", {"valueTime": "24:00:00"}, "not a time such as 14:30:00"),
    ("moment", {"valueDateTime": "2026-03-09"}, NOT_A_MOMENT),
    ("moment", {"valueDateTime": "2026-03-09T14:30:00"}, NOT_A_MOMENT),
    ("moment", {"valueDateTime": "2026-03-09T14:30:00+99:00"}, NOT_A_MOMENT),
    ("weight", {"valueQuantity": 72}, "not a Quantity"),
    ("weight", {"valueQuantity": KILOGRAMS}, NOT_A_NUMBER),
    ("weight", {"valueQuantity": KILOGRAMS | {"value": 160, "code": "[lb_av]"}}, "not in kilograms"),
    ("weight", {"valueQuantity": KILOGRAMS | {"value": 72, "comparator": "<"}}, "has a comparator"),
    ("weight", {"valueQuantity": KILOGRAMS | {"value": 72, "currency": "USD"}}, "element 'currency'"),
    ("s", {"valueString": "  "}, NO_TEXT),
    ("s", {"valueString": ["abc"]}, NO_TEXT),
    ("o", {"valueString": ""}, NO_TEXT),
    ("c", {"valueCoding": "yes"}, "not a Coding"),
    ("c", {"valueCoding": {"system": CODES}}, "a Coding without a code"),
    ("c", {"valueCoding": {"system": CODES, "code": "yes", "name": "x"}}, "element 'name'"),
    ("c", {"valueCoding": {"system": CODES, "code": "gone"}}, "not one of the options"),
    ("c", {"valueCoding": {"system": "https://other.example", "code": "yes"}}, "not one of the options"),
    ("c", {"valueCoding": {"code": "yes"}}, "not one of the options"),
    ("o", {"valueCoding": {"system": CODES, "code": "gone"}}, "not one of the options"),
    ("n", {"valueInteger": 1}, "not one of the options"),
    ("n", {"valueString": "0"}, "not one of the options"),
]


@pytest.mark.parametrize(("response", "expected"), WRONG.values(), ids=WRONG)
def test_each_thing_that_is_wrong_is_told_with_its_item(
    response: Any, expected: list[tuple[str, str]]
) -> None:
    assert complaints(response) == expected
    with pytest.raises(ResponseRefused) as refused:
        to_answers(FORM, response)
    assert refused.value.complaints == tuple(Complaint(*one) for one in expected)


@pytest.mark.parametrize(("link_id", "value", "reason"), MALFORMED)
def test_an_answer_of_the_wrong_type_or_off_the_list_is_refused(
    link_id: str, value: dict[str, Any], reason: str
) -> None:
    ((about, told),) = complaints(answered(link_id, value))
    assert about == link_id
    assert reason in told


@pytest.mark.parametrize(
    "response",
    [
        sound() | {"_status": {"id": "x"}, "extension": [], "contained": [], "meta": {}, "language": "en"},
        answered(
            "t",
            {"valueString": "x", "_valueString": {}, "id": "x", "extension": []},
            _text={},
            definition="x",
        ),
        answered("b", {"valueBoolean": True, "item": [{"linkId": "hint", "text": "About hint?"}]}),
        answered(
            "o", {"valueCoding": {"system": CODES, "code": "yes", "version": "1", "userSelected": True}}
        ),
        with_items({"linkId": "later"}),
    ],
)
def test_what_r4_allows_beside_the_answers_is_let_pass(response: dict[str, Any]) -> None:
    assert complaints(response) == []


def test_a_complaint_is_a_sentence_with_its_item() -> None:
    assert str(Complaint("b", "it is wrong")) == "b: it is wrong"
    assert str(Complaint("", "it is wrong")) == "it is wrong"


def test_answers_to_disabled_questions_are_refused_and_never_dropped_in_silence_pain_15() -> None:
    response = answered("later", {"valueBoolean": True})
    with pytest.raises(ResponseRefused, match="later: it has an answer, and is not asked"):
        to_answers(FORM, response)
    list_of(response, "page")[0]["answer"] = answer(valueBoolean=False)
    assert to_answers(FORM, response)["later"] == (True,)


def test_a_question_that_is_required_and_hidden_never_blocks_pain_10() -> None:
    form = read(
        item("site", required=True, extension=HIDDEN),
        item("fixed", required=True, readOnly=True),
        item("never", required=True, **when("b")),
        group("g", item("inside", required=True), **when("b")),
        item("b"),
    )
    assert check_response(form, {**sound(), "item": [{"linkId": "page"}]}) == ()


@pytest.mark.parametrize("status", ["in-progress", "stopped", "entered-in-error"])
def test_a_response_that_is_not_finished_may_leave_questions_out(status: str) -> None:
    assert complaints({**sound(), "status": status, "item": [{"linkId": "page"}]}) == []


def test_what_is_wrong_is_told_in_the_order_of_the_questionnaire() -> None:
    response = answered("s", {"valueString": "a"}) | {"status": ""}
    list_of(response, "choices")[0]["answer"] = [{}]
    list_of(response, "page").pop(0)
    assert [link_id for link_id, _ in complaints(response)] == ["", "s", "c"]
    response["status"] = "completed"
    assert [link_id for link_id, _ in complaints(response)] == ["b", "s", "c"]
