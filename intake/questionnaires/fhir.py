"""Answers and scores as FHIR R4: a QuestionnaireResponse, Observations, and the Bundle that holds them together.

The response follows SDC 3.0.0, the Observations follow the Screening Assessment profile of US Core 8.0.1. No
`meta.profile` claims them, because US Core wants facts about the patient that a screening does not ask, such
as the sex. Every id is derived from an id that the caller gives, so that the same submission exports to the
same bytes each time.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid5

from intake.questionnaires.answers import kept
from intake.questionnaires.fhir_values import Resource, filled, written_coding, written_time, written_value
from intake.questionnaires.items import Coding, Item, Questionnaire
from intake.questionnaires.scoring import LOINC, PEG_CODES, Score
from intake.questionnaires.values import Answers, Value

UCUM = "http://unitsofmeasure.org"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
DATA_ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
DISPLAY = "http://hl7.org/fhir/StructureDefinition/display"

# Another namespace would give every submission that was ever exported other ids.
_NAMESPACE = UUID("6f1c3e0a-58d3-4f0e-9a55-3f6d2b7c81e4")


@dataclass(frozen=True, slots=True)
class Patient:
    """Who the answers are about, as far as it is known."""

    name: str = ""
    birth_date: date | None = None
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Helper:
    """Who typed the answers, where it was not the patient."""

    name: str = ""
    relationship: str = ""


def bundle(
    questionnaire: Questionnaire,
    answers: Answers,
    scored: Iterable[Score],
    *,
    submission_id: str,
    authored: datetime,
    patient: Patient,
    helper: Helper | None = None,
    language: str = "",
) -> Resource:
    """One submission: the patient, the response, and the Observations of the scores that were recorded with it.

    The scores are given and not computed, so that an export never tells another history than the review desk.
    """
    subject_id, response_id = (_derived_id(submission_id, part) for part in ("patient", "response"))
    subject = _address(subject_id)
    response = questionnaire_response(
        questionnaire,
        answers,
        response_id=response_id,
        authored=authored,
        subject=subject,
        helper=helper,
        language=language,
    )
    observed = (
        observation
        for score in scored
        for observation in observations(
            score, questionnaire, answers, response_id=response_id, authored=authored, subject=subject
        )
    )
    return _collection(map(_entry, (_patient(subject_id, patient), response, *observed)))


def bundle_of(bundles: Iterable[Resource]) -> Resource:
    """Several submissions' bundles as one, the entries in their order; a submission given twice stands once."""
    entries = {entry["fullUrl"]: entry for one in bundles for entry in one.get("entry", ())}
    return _collection(entries.values())


def canonical(questionnaire: Questionnaire) -> str:
    """The version-specific canonical, url|version. Raises ValueError where the questionnaire lacks one of them."""
    if not questionnaire.url or not questionnaire.version:
        raise ValueError("a questionnaire without url and version cannot be named in a response")
    return f"{questionnaire.url}|{questionnaire.version}"


def questionnaire_response(
    questionnaire: Questionnaire,
    answers: Answers,
    *,
    response_id: str,
    authored: datetime,
    subject: str,
    helper: Helper | None = None,
    language: str = "",
) -> Resource:
    """The answers to the questions that are asked, in the tree of the questionnaire.

    Questions that are hidden because the site answers them are part of it: without them a reader could not
    tell why others were asked. Unanswered questions, empty groups and display items are left out. `subject`
    is a reference, `response_id` a FHIR id, `authored` a time with its zone. A helper becomes a contained
    RelatedPerson, who is then source and author in the patient's place. Raises ValueError for an answer that
    the questionnaire has no place for.
    """
    answerer = subject if helper is None else "#helper"
    return {
        "resourceType": "QuestionnaireResponse",
        "id": response_id,
        **filled(language=language or questionnaire.language),
        **({} if helper is None else {"contained": [_related_person(helper, subject)]}),
        "questionnaire": canonical(questionnaire),
        **_title(questionnaire),
        "status": "completed",
        "subject": {"reference": subject},
        "authored": written_time(authored),
        "author": {"reference": answerer},
        "source": {"reference": answerer},
        **filled(item=_items(questionnaire, questionnaire.items, kept(questionnaire, answers), language)),
    }


def observations(
    score: Score,
    questionnaire: Questionnaire,
    answers: Answers,
    *,
    response_id: str,
    authored: datetime,
    subject: str,
) -> tuple[Resource, ...]:
    """An Observation for each answered item of the score, one for the total, and the panel that holds them.

    A code that the score does not have is not made up: the total then has its name only, and there is no
    panel. Nobody is named as performer, because the total is computed.
    """
    given = kept(questionnaire, answers)

    def observation(part: str, code: Resource, contents: Resource) -> Resource:
        return {
            "resourceType": "Observation",
            "id": _derived_id(response_id, f"{score.instrument}/{part}"),
            "status": "final",
            "category": [{"coding": [{"system": OBSERVATION_CATEGORY, "code": "survey"}]}],
            "code": code,
            "subject": {"reference": subject},
            "effectiveDateTime": written_time(authored),
            **contents,
            "derivedFrom": [{"reference": _address(response_id)}],
        }

    answered = [questionnaire.item(link_id) for link_id in score.items if len(given.get(link_id, ())) == 1]
    members = [
        observation(f"item/{item.link_id}", _item_code(item), _item_value(item, given[item.link_id][0]))
        for item in answered
    ]
    total_code = _concept(score.total_code, f"{score.name} score ({score.unit})")
    members.append(observation("total", total_code, _total(score)))
    if not score.panel_code:
        return tuple(members)
    inside = {"hasMember": [{"reference": _address(member["id"])} for member in members]}
    return (*members, observation("panel", _concept(score.panel_code, score.name), inside))


def to_bytes(resource: Resource) -> bytes:
    """The resource as UTF-8 JSON, each Decimal with the digits that it has."""
    return _json(resource).encode()


def _json(value: object) -> str:
    match value:
        case Decimal():
            return format(value, "f")
        case dict():
            return "{" + ",".join(f"{_json(name)}:{_json(inner)}" for name, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_json, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False, allow_nan=False)


# ---- The bundle and who is in it ----


def _derived_id(of: str, part: str) -> str:
    return str(uuid5(_NAMESPACE, f"{of}/{part}"))


def _address(resource_id: str) -> str:
    return f"urn:uuid:{resource_id}"


def _entry(resource: Resource) -> Resource:
    return {"fullUrl": _address(resource["id"]), "resource": resource}


def _collection(entries: Iterable[Resource]) -> Resource:
    return {"resourceType": "Bundle", "type": "collection", **filled(entry=list(entries))}


def _patient(resource_id: str, patient: Patient) -> Resource:
    phone = [{"system": "phone", "value": patient.phone}] if patient.phone else []
    email = [{"system": "email", "value": patient.email}] if patient.email else []
    return {
        "resourceType": "Patient",
        "id": resource_id,
        **filled(
            name=[{"text": patient.name}] if patient.name else [],
            telecom=phone + email,
            birthDate=patient.birth_date.isoformat() if patient.birth_date else "",
        ),
    }


def _related_person(helper: Helper, subject: str) -> Resource:
    return {
        "resourceType": "RelatedPerson",
        "id": "helper",
        "patient": {"reference": subject},
        **filled(
            relationship=[{"text": helper.relationship}] if helper.relationship else [],
            name=[{"text": helper.name}] if helper.name else [],
        ),
    }


# ---- The response ----


def _title(questionnaire: Questionnaire) -> Resource:
    shown = {"extension": [{"url": DISPLAY, "valueString": questionnaire.title}]}
    return {"_questionnaire": shown} if questionnaire.title else {}


def _items(
    questionnaire: Questionnaire, items: Sequence[Item], answers: Answers, language: str
) -> list[Resource]:
    """Repetitions of a group follow each other under the linkId and the text that the file gives the group."""
    written = []
    for item in items:
        if item.asks_for_more:
            continue
        inside = _items(questionnaire, item.items, answers, language)
        answer = [written_value(item, value) for value in answers.get(item.link_id, ())]
        if inside and item.is_question:
            # Under its answer (qrs-1); a question with others inside it has one at most, and R4 lets it have no value.
            answer = [{**(answer[0] if answer else {}), "item": inside}]
            inside = []
        if inside or answer:
            source = questionnaire.item(item.source_link_id)
            contents = filled(text=source.text_in(language), answer=answer, item=inside)
            written.append({"linkId": source.link_id, **contents})
    return written


# ---- The scores ----


def _concept(loinc_code: str, text: str) -> Resource:
    return filled(coding=[{"system": LOINC, "code": loinc_code}] if loinc_code else [], text=text)


def _total(score: Score) -> Resource:
    if score.points is None:
        missing = f"{len(score.missing)} of {len(score.items)} items have no answer with points"
        coding = {"system": DATA_ABSENT_REASON, "code": "unknown"}
        value = {"dataAbsentReason": {"coding": [coding], "text": missing}}
    else:
        value = _quantity(score.points)
    band = [{"text": score.band}] if score.band else []
    return {**value, **filled(interpretation=band), "method": {"text": f"{score.version}: {score.source}"}}


def _quantity(points: Decimal) -> Resource:
    return {"valueQuantity": {"value": points, "unit": "{score}", "system": UCUM, "code": "{score}"}}


def _item_code(item: Item) -> Resource:
    return filled(coding=[written_coding(coding) for coding in item.codings], text=item.text)


def _item_value(item: Item, answer: Value) -> Resource:
    """The answer to a scored item, as Observation.value[x]."""
    option = item.option(answer) if isinstance(answer, str) else None
    if option and isinstance(option.value, Coding):
        if not _is_of_peg(item):
            return {"valueCodeableConcept": {"coding": [written_coding(option.value)], "text": option.label}}
        return {"valueString": option.label} if option.ordinal is None else _number(option.ordinal)
    written = written_value(item, answer)
    if "valueDecimal" in written:
        return _number(written["valueDecimal"])
    # An Observation has no date and no uri of its own.
    names = {"valueDate": "valueDateTime", "valueUri": "valueString"}
    return {names.get(name, name): value for name, value in written.items()}


def _number(points: Decimal) -> Resource:
    return {"valueInteger": int(points)} if points == int(points) else _quantity(points)


def _is_of_peg(item: Item) -> bool:
    """LOINC's answer list for the PEG calls the 2 "2 or more", so its codes are never sent, only the number."""
    return any(coding.system == LOINC and coding.code in PEG_CODES for coding in item.codings)
