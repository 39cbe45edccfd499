"""What a wrong questionnaire file is told: which item, what is wrong, what to do; and never another error."""

import time
from typing import Any

import pytest

from intake.questionnaires.definition import (
    MAX_BYTES,
    QuestionnaireRefused,
    read_questionnaire,
)
from tests.engine_builders import (
    choice,
    control,
    extension,
    group,
    item,
    option,
    questionnaire_json,
    read,
    when,
)


def refusal(*items: Any, **changes: Any) -> QuestionnaireRefused:
    with pytest.raises(QuestionnaireRefused) as refused:
        read(*items, **changes)
    return refused.value


LONG = "x" * 256

REFUSED_ITEMS: list[tuple[str, Any, str, str]] = [
    ("no linkId", {"type": "boolean", "text": "?"}, "page", "no linkId; give each item its own"),
    ("a linkId that is a number", item("q") | {"linkId": 5}, "page", "linkId must be a text"),
    ("a linkId that is too long", item(LONG), "page", "more than 255 characters; shorten it"),
    ("a linkId with a NUL", item("a\0b"), "page", "control character"),
    ("a linkId with a line end", item("a\nb"), "page", "spaces to spare"),
    ("a linkId with outer spaces", item(" a"), "page", "spaces to spare"),
    ("no type", {"linkId": "q", "text": "?"}, "q", "type '' is none of FHIR's; write one of group"),
    ("an unknown type", item("q", "slider"), "q", "none of FHIR's"),
    ("a type of R5", item("q", "coding"), "q", "not FHIR R4; write choice or open-choice"),
    ("an abstract type", item("q", "question"), "q", "not FHIR R4"),
    ("a type that is not asked", item("q", "attachment"), "q", "use text"),
    (
        "half a translation",
        item(
            "q",
            _text={"extension": [extension("translation", extension=[{"url": "lang", "valueCode": "es"}])]},
        ),
        "q",
        "needs lang and content",
    ),
    ("an element of R5", item("q", answerConstraint="optionsOnly"), "q", "answerConstraint is FHIR R5"),
    ("an unknown element", item("q", colour="red"), "q", "'colour' is not understood; take it out"),
    ("words beside an unknown element", item("q", _colour={}), "q", "'_colour' is not understood"),
    ("no text", {"linkId": "q", "type": "boolean"}, "q", "no text, so nobody could read it"),
    ("an empty text", item("q", text="  "), "q", "text is empty"),
    ("a text with a NUL", item("q", text="a\0"), "q", "control character"),
    ("half a character", item("q", text="\ud800"), "q", "half a character"),
    ("required as a text", item("q", required="true"), "q", "required must be true or false, not the text"),
    ("null", item("q", required=None), "q", "required must be true or false, not null"),
    ("items as an object", item("q", item={}), "q", "item must be a list, not an object"),
    (
        "words beside a text that are no object",
        item("q", _text=5),
        "q",
        "_text must be an object, not the number 5",
    ),
    ("items as texts", item("q", item=["a"]), "q", "holds the text 'a' where an object belongs"),
    ("an empty list", item("q", item=[]), "q", "item lists 0; list 1 to 10,000 or leave it out"),
    ("an empty group", group("g") | {"item": [group("h", item("q")) | {"item": []}]}, "h", "lists 0"),
    ("a group of nothing", item("g", "group"), "g", "the group is empty"),
    ("a display with items", item("d", "display", item=[item("q")]), "d", "write its type as group"),
    ("a group that is read-only", group("g", item("q"), readOnly=True), "g", "cannot be readOnly"),
    (
        "a question in a question that repeats",
        choice("q", repeats=True, item=[item("r")]),
        "q",
        "would be asked for each answer; put that after the question",
    ),
    (
        "a hint with a condition",
        item("q", item=[item("h", "display", **when("q"))]),
        "q",
        "'h' under the question has an enableWhen",
    ),
    ("a choice without options", item("q", "choice"), "q", "give it answerOption"),
    ("an open choice without options", item("q", "open-choice"), "q", "give it answerOption"),
    ("options of a text", item("q", "string", answerOption=[option("a")]), "q", "write the type as choice"),
    ("an option twice", choice("q", "a", "a"), "q", "the answer 'a' stands twice; give each its own code"),
    (
        "an option without a value",
        item("q", "choice", answerOption=[{}]),
        "q",
        "stands 0 times where one belongs",
    ),
    (
        "an option with two values",
        item("q", "choice", answerOption=[{"valueString": "a", "valueInteger": 1}]),
        "q",
        "stands 2 times",
    ),
    (
        "an option that is a reference",
        item("q", "choice", answerOption=[{"valueReference": {}}]),
        "q",
        "does not fit",
    ),
    (
        "an option without a code",
        item("q", "choice", answerOption=[{"valueCoding": {}}]),
        "q",
        "has no code; give it one",
    ),
    ("an option of the other-answer", choice("q", "__other__"), "q", "cannot be used; take another"),
    ("a code with outer spaces", choice("q", "a "), "q", "without outer spaces"),
    (
        "an option that is half a date",
        item("q", "choice", answerOption=[{"valueDate": "2026-03"}]),
        "q",
        "whole date",
    ),
    (
        "an option off the calendar",
        item("q", "choice", answerOption=[{"valueDate": "2026-02-30"}]),
        "q",
        "whole date",
    ),
    ("an option beyond 32 bits", item("q", "choice", answerOption=[{"valueInteger": 2**31}]), "q", "between"),
    (
        "an option that is true",
        item("q", "choice", answerOption=[{"valueInteger": True}]),
        "q",
        "a whole number, not true",
    ),
    ("options and a list", choice("q", answerValueSet="#v"), "q", "stand together; keep one"),
    (
        "a list from elsewhere",
        item("q", "choice", answerValueSet="http://a/b"),
        "q",
        "copy them into answerOption",
    ),
    (
        "points that differ",
        item(
            "q",
            "choice",
            answerOption=[
                option(
                    "a",
                    extension=[
                        extension("ordinalValue", valueDecimal=1),
                        extension("itemWeight", valueDecimal=2),
                    ],
                )
            ],
        ),
        "q",
        "ordinalValue and itemWeight differ",
    ),
    (
        "points that are a text",
        item(
            "q", "choice", answerOption=[option("a", extension=[extension("ordinalValue", valueDecimal="1")])]
        ),
        "q",
        "valueDecimal must be a number, not the text '1'",
    ),
    (
        "an unknown extension",
        item("q", extension=[extension("secret")]),
        "q",
        "might change what is asked; take it out",
    ),
    (
        "an expression",
        item(
            "q",
            extension=[
                {
                    "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"
                }
            ],
        ),
        "q",
        "expression language that this site does not run",
    ),
    ("an extension without a url", item("q", extension=[{}]), "q", "has no url"),
    (
        "a modifier",
        item("q", modifierExtension=[extension("a")]),
        "q",
        "modifierExtension can turn a meaning round",
    ),
    (
        "an unknown extension beside a text",
        item("q", _text={"extension": [extension("secret")]}),
        "q",
        "not understood",
    ),
    (
        "a control without a code",
        item("q", extension=[extension("questionnaire-itemControl")]),
        "q",
        "has no coding",
    ),
    (
        "a control with an empty coding",
        item("q", extension=[extension("questionnaire-itemControl", valueCodeableConcept={"coding": [{}]})]),
        "q",
        "has no code",
    ),
    ("a first answer of another type", item("q", initial=[{"valueString": "a"}]), "q", "write valueBoolean"),
    (
        "several first answers",
        item("q", initial=[{"valueBoolean": True}] * 2),
        "q",
        "does not repeat; keep one",
    ),
    (
        "a first answer of a group",
        group("g", item("q"), initial=[{"valueBoolean": True}]),
        "g",
        "take initial out",
    ),
    (
        "a first answer beside options",
        choice("q", initial=[{"valueString": "a"}]),
        "q",
        "mark the option initialSelected",
    ),
]


@pytest.mark.parametrize(
    ("items", "link_id", "reason"), [row[1:] for row in REFUSED_ITEMS], ids=[row[0] for row in REFUSED_ITEMS]
)
def test_a_wrong_item_is_refused_by_its_link_id_and_what_to_do(items: Any, link_id: str, reason: str) -> None:
    error = refusal(*(items if isinstance(items, list) else [items]))
    assert error.link_id == link_id
    assert reason in error.reason
    assert str(error) == f"{link_id}: {error.reason}"


def test_two_items_with_one_link_id_are_refused() -> None:
    error = refusal(item("q"), group("g", item("q")))
    assert (error.link_id, error.reason) == ("q", "two items have this linkId; give each item its own")


def test_a_circle_of_conditions_is_refused_with_its_way_round() -> None:
    error = refusal(item("a", **when("b")), item("b", **when("c")), item("c", **when("a")))
    assert error.link_id in {"a", "b", "c"}
    assert error.reason.count("->") == 3


def test_a_group_that_waits_for_its_own_question_is_refused() -> None:
    assert "depends on itself" in refusal(group("g", item("q"), **when("q"))).reason


def test_a_long_chain_of_conditions_is_read() -> None:
    chain = [item("q0"), *(item(f"q{n}", **when(f"q{n - 1}")) for n in range(1, 1500))]
    assert len(read(*chain).all_items) == 1501


def test_what_would_stand_on_no_page_is_refused() -> None:
    page = group("p", item("q"), extension=[control("page")])
    error = refusal(item=[page, group("g", item("r"))])
    assert (error.link_id, "put it into a page" in error.reason) == ("r", True)


def test_a_page_inside_a_page_is_refused() -> None:
    inner = group("inner", item("q"), extension=[control("page")])
    error = refusal(item=[group("outer", inner, extension=[control("page")])])
    assert "inside another page" in error.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"resourceType": "Patient"}, "resourceType is not Questionnaire"),
        ({"resourceType": None}, "resourceType is not Questionnaire"),
        ({"status": None}, "status is missing or unknown; write one of draft"),
        ({"status": "ready"}, "status is missing or unknown"),
        ({"item": None}, "has no item"),
        ({"url": "https://a.example/q|1"}, "write it without a version"),
        ({"url": 5}, "url must be a text, not the number 5"),
        ({"implicitRules": "http://a"}, "'implicitRules' is not understood"),
        ({"versionAlgorithmString": "semver"}, "versionAlgorithmString is FHIR R5"),
        ({"extension": [extension("questionnaire-constraint")]}, "expression language"),
        ({"code": [{"display": "PHQ"}]}, "a coding has no code"),
    ],
)
def test_a_wrong_file_is_refused_as_a_whole(changes: dict[str, Any], reason: str) -> None:
    error = refusal(item("q"), **changes)
    assert (error.link_id, str(error)) == ("", error.reason)
    assert reason in error.reason


@pytest.mark.parametrize(
    ("value_set", "reason"),
    [
        ({"compose": {"include": [{"filter": []}]}}, "'filter' is not understood"),
        ({"compose": {"include": [{"concept": [{"display": "a"}]}]}}, "has no code"),
        ({"compose": {"include": [{"concept": [{"code": "a"}]}], "exclude": [{}]}}, "has an exclude"),
        ({}, "give it answerOption"),
    ],
)
def test_a_list_of_answers_that_cannot_be_read_whole_is_refused(
    value_set: dict[str, Any], reason: str
) -> None:
    contained = [{"resourceType": "ValueSet", "id": "v"} | value_set]
    error = refusal(item("q", "choice", answerValueSet="#v"), contained=contained)
    assert (error.link_id, reason in error.reason) == ("q", True)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "not JSON"),
        (b"name,age\n", "not JSON"),
        (b"[]", "holds a list"),
        (b'"a"', "holds the text 'a'"),
        (b"12", "holds the number 12"),
        (b"null", "holds null"),
        (b"\xff\xfe{", "not UTF-8"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is too long; write at most 18 digits"),
        (b'{"a": 1e999999999}', "is too long"),
        (b'{"a": 1, "b": 2, "a": 3}', "the element 'a' twice; keep one"),
        (b'{"a": "\0"}', "not JSON"),
        (b"[" * 65, "deeper inside each other than 64 brackets"),
        (b'{"a":' * 300_000, "deeper inside each other"),
        (b" " * (MAX_BYTES + 1), "2,000,001 bytes, and 2,000,000 is the limit"),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else "",
)
def test_a_file_that_is_no_questionnaire_is_told_why(source: bytes, reason: str) -> None:
    with pytest.raises(QuestionnaireRefused) as refused:
        read_questionnaire(source)
    assert reason in refused.value.reason


def test_brackets_inside_words_count_for_nothing() -> None:
    assert read(item("q", text='[{"' * 100)).item("q").text.startswith("[{")


def test_groups_five_hundred_deep_are_refused() -> None:
    deep = item("q")
    for level in range(100):
        deep = group(f"g{level}", deep)
    assert "deeper inside each other" in refusal(deep).reason
    source = (
        b'{"resourceType":"Questionnaire","status":"draft","item":'
        + b'[{"item":' * 500
        + b"[]"
        + b"}]" * 500
        + b"}"
    )
    with pytest.raises(QuestionnaireRefused, match="deeper inside each other"):
        read_questionnaire(source)


def test_a_file_with_a_byte_order_mark_is_read() -> None:
    assert read_questionnaire(b"\xef\xbb\xbf" + questionnaire_json(item("q"))).title == "A test"


def test_too_many_parts_are_refused() -> None:
    many = [choice(f"q{n}", *(str(key) for key in range(100))) for n in range(110)]
    assert (
        "more than 10,000 items, options and conditions, where an item counts as three; split it"
        in refusal(*many).reason
    )


def test_a_questionnaire_of_two_megabytes_is_read_quickly() -> None:
    items = [item(f"q{n}", "display", text="word " * 120) for n in range(2_950)]
    source = questionnaire_json(*items)
    assert 1_900_000 < len(source) <= MAX_BYTES
    started = time.process_time()
    read_questionnaire(source)
    assert time.process_time() - started < 1.0  # five times what it takes, for a busy machine
