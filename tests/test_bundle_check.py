"""What a validator of shapes lets pass in an exported Bundle, and we do not."""

import copy
import datetime
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.bundle_check import check_bundle
from intake.questionnaires.fhir import Helper, Patient, bundle, to_bytes
from intake.questionnaires.scoring import scores
from tests.engine_builders import GAD, frequency_item, read

ANXIETY = read(*map(frequency_item, GAD))
PATIENT, RESPONSE, ITEM, TOTAL, PANEL = 0, 1, 2, 9, 10  # the places of the entries


def sound() -> dict[str, Any]:
    answers = dict.fromkeys(GAD, ("1",))
    whole = bundle(
        ANXIETY,
        answers,
        scores(ANXIETY, answers),
        submission_id="5f0c",
        authored=datetime.datetime(2026, 11, 22, 9, 30, tzinfo=datetime.UTC),
        patient=Patient("Ana"),
        helper=Helper("Eva", "sister"),
    )
    return json.loads(to_bytes(whole))


SOUND = sound()

Change = Callable[[dict[str, Any]], object]


def changed(place: int, change: Change) -> dict[str, Any]:
    """The sound bundle with one of its resources changed."""
    whole = copy.deepcopy(SOUND)
    change(whole["entry"][place]["resource"])
    return whole


def without(place: int, name: str) -> dict[str, Any]:
    return changed(place, lambda resource: resource.pop(name))


def setting(place: int, **elements: Any) -> dict[str, Any]:
    return changed(place, lambda resource: resource.update(elements))


def entries(change: Callable[[list[dict[str, Any]]], object]) -> dict[str, Any]:
    whole = copy.deepcopy(SOUND)
    change(whole["entry"])
    return whole


RESPONSE_STATUSES = "status is not one of amended, completed, entered-in-error, in-progress, stopped"
OBSERVATION_STATUSES = (
    "status is not one of amended, cancelled, corrected, entered-in-error, final, preliminary, "
    "registered, unknown"
)
NO_VERSION = "it does not name the version of the questionnaire that it answers, url|version (SDC)"
NO_EFFECTIVE = "effectiveDateTime is not a time with its zone, or a day (us-core-1)"
NO_SURVEY = "it is not in the category survey, once (US Core)"
NO_VALUE = "it has no value, no reason for having none, and no members (us-core-2)"
SURVEY = SOUND["entry"][TOTAL]["resource"]["category"][0]
SAME_ADDRESS = "an entry has no fullUrl, or the same as another (bdl-7)"

WRONG: dict[str, tuple[Any, list[str]]] = {
    "no object": ([], ["it is not a Bundle"]),
    "another resource": ({"resourceType": "Patient"}, ["it is not a Bundle"]),
    "type": (
        SOUND | {"type": "heap"},
        [
            "type is not one of batch, batch-response, collection, document, history, message, searchset, "
            "transaction, transaction-response"
        ],
    ),
    "an empty list": ({**SOUND, "entry": []}, ["entry is an empty list"]),
    "no fullUrl": (entries(lambda listed: listed[PANEL].pop("fullUrl")), [SAME_ADDRESS]),
    "the same fullUrl": (entries(lambda listed: listed.append(listed[PANEL])), [SAME_ADDRESS]),
    "no resource": (entries(lambda listed: listed[PANEL].pop("resource")), ["entry 11: it has no resource"]),
    "id": (setting(PANEL, id="x"), ["entry 11, Observation: its id is not that of its fullUrl"]),
    "no resourceType": (without(PANEL, "resourceType"), ["entry 11, of no kind: it has no resourceType"]),
    # ---- References ----
    "a reference that leads nowhere": (
        setting(TOTAL, subject={"reference": "Patient/1"}),
        ["entry 10, Observation: the reference 'Patient/1' leads nowhere"],
    ),
    "a contained resource that is not there": (
        setting(RESPONSE, source={"reference": "#aide"}),
        ["entry 2, QuestionnaireResponse: the reference '#aide' leads nowhere"],
    ),
    "a contained resource that nobody means": (
        changed(RESPONSE, lambda resource: [resource.pop("source"), resource.pop("author")]),
        ["entry 2, QuestionnaireResponse: nothing refers to the contained '#helper' (dom-3)"],
    ),
    "contained in a contained one": (
        changed(RESPONSE, lambda resource: resource["contained"][0].update(contained=[])),
        ["entry 2, QuestionnaireResponse: a contained resource contains another (dom-2)"],
    ),
    # ---- The response ----
    "status of the response": (
        setting(RESPONSE, status="final"),
        [f"entry 2, QuestionnaireResponse: {RESPONSE_STATUSES}"],
    ),
    "no questionnaire": (
        without(RESPONSE, "questionnaire"),
        [f"entry 2, QuestionnaireResponse: {NO_VERSION}"],
    ),
    "no version": (
        setting(RESPONSE, questionnaire="https://clinic.example/q"),
        [f"entry 2, QuestionnaireResponse: {NO_VERSION}"],
    ),
    "no zone": (
        setting(RESPONSE, authored="2026-11-22T09:30:00"),
        ["entry 2, QuestionnaireResponse: authored is not a time with its zone, or a day (SDC)"],
    ),
    "no subject of the response": (
        without(RESPONSE, "subject"),
        ["entry 2, QuestionnaireResponse: it has no subject (US Core)"],
    ),
    "items in two places": (
        changed(RESPONSE, lambda resource: resource["item"][0].update(answer=[])),
        ["entry 2, QuestionnaireResponse: an item has items both under it and under its answer (qrs-1)"],
    ),
    # ---- The Observations ----
    "status of an observation": (
        setting(ITEM, status="completed"),
        [f"entry 3, Observation: {OBSERVATION_STATUSES}"],
    ),
    "no code": (without(ITEM, "code"), ["entry 3, Observation: it has no code"]),
    "no category": (without(ITEM, "category"), [f"entry 3, Observation: {NO_SURVEY}"]),
    "the category twice": (setting(ITEM, category=[SURVEY] * 2), [f"entry 3, Observation: {NO_SURVEY}"]),
    "no subject": (without(ITEM, "subject"), ["entry 3, Observation: it has no subject (US Core)"]),
    "no time": (without(ITEM, "effectiveDateTime"), [f"entry 3, Observation: {NO_EFFECTIVE}"]),
    "a month": (setting(ITEM, effectiveDateTime="2026-11"), [f"entry 3, Observation: {NO_EFFECTIVE}"]),
    "performer": (
        setting(TOTAL, performer=[{"display": "the site"}]),
        ["entry 10, Observation: it has a performer, and nobody performs a computed score (US Core)"],
    ),
    "two values": (setting(TOTAL, valueInteger=7), ["entry 10, Observation: it has several values"]),
    "a value and none": (
        setting(TOTAL, dataAbsentReason={"text": "x"}),
        ["entry 10, Observation: it has a value and a reason for having none (obs-6)"],
    ),
    "no value": (without(TOTAL, "valueQuantity"), [f"entry 10, Observation: {NO_VALUE}"]),
    "no members": (without(PANEL, "hasMember"), [f"entry 11, Observation: {NO_VALUE}"]),
    "another unit system": (
        changed(TOTAL, lambda resource: resource["valueQuantity"].update(system="https://units.example")),
        ["entry 10, Observation: the system of its unit is not UCUM (us-core-3)"],
    ),
    "a unit without its system": (
        changed(TOTAL, lambda resource: resource["valueQuantity"].pop("system")),
        ["entry 10, Observation: the code of its unit has no system (qty-3)"],
    ),
}


@pytest.mark.parametrize(("whole", "expected"), WRONG.values(), ids=WRONG)
def test_each_thing_that_is_wrong_is_told_with_its_entry(whole: Any, expected: list[str]) -> None:
    # What stops being a resource that others refer to is told too; here only about the entry itself.
    about = [sentence for sentence in check_bundle(whole) if not sentence.endswith("leads nowhere")]
    nowhere = [sentence for sentence in expected if sentence.endswith("leads nowhere")]
    assert about == [sentence for sentence in expected if sentence not in nowhere]
    assert set(nowhere) <= set(check_bundle(whole))


@pytest.mark.parametrize(
    "whole",
    [
        SOUND,
        {"resourceType": "Bundle", "type": "collection"},
        setting(ITEM, effectiveDateTime="2026-11-22"),
        setting(ITEM, effectiveDateTime="2026-11-22T09:30:00.125Z"),
    ],
)
def test_a_sound_bundle_is_accepted(whole: dict[str, Any]) -> None:
    assert check_bundle(whole) == ()


NAMES = st.sampled_from(
    ["entry", "resource", "fullUrl", "reference", "contained", "category", "valueQuantity", "resourceType"]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("Observation"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=15,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (holder, name or index) inside."""
    names = range(len(value)) if isinstance(value, list) else list(value) if isinstance(value, dict) else ()
    for name in names:
        yield value, name
        yield from places(value[name])


@given(st.data(), ANY_JSON)
@settings(deadline=None, max_examples=300)
def test_no_json_in_any_place_makes_the_check_raise(data: st.DataObject, hostile: object) -> None:
    whole = copy.deepcopy(SOUND)
    holder, name = data.draw(st.sampled_from(list(places(whole))))
    holder[name] = hostile
    for sentence in (*check_bundle(whole), *check_bundle(hostile)):
        sentence.encode()  # can be printed
