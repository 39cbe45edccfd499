"""What is wrong with an exported Bundle beyond the shapes of its resources: references, codes, invariants.

The names in brackets are those of FHIR R4's and US Core's own rules.
"""

import re
from collections.abc import Iterator, Mapping

from intake.questionnaires.json_source import quoted
from intake.questionnaires.response_check import RESPONSE_STATUSES

BUNDLE_TYPES = frozenset(
    {
        *("document", "message", "transaction", "transaction-response", "batch", "batch-response"),
        *("history", "searchset", "collection"),
    }
)
OBSERVATION_STATUSES = frozenset(
    {
        *("registered", "preliminary", "final", "amended", "corrected", "cancelled"),
        *("entered-in-error", "unknown"),
    }
)
UCUM = "http://unitsofmeasure.org"
SURVEY = ("http://terminology.hl7.org/CodeSystem/observation-category", "survey")

_DAY = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?"
)

Resource = Mapping[str, object]


def check_bundle(bundle: object) -> tuple[str, ...]:
    """A sentence for each thing that is wrong, led by the entry; () for a sound export. Never raises for any JSON."""
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return ("it is not a Bundle",)
    found = []
    if not _is_one_of(BUNDLE_TYPES, bundle.get("type")):
        found.append(f"type is not one of {', '.join(sorted(BUNDLE_TYPES))}")
    if bundle.get("entry", True) == []:
        found.append("entry is an empty list")
    entries = list(_objects(bundle.get("entry")))
    addresses = [address for entry in entries if isinstance(address := entry.get("fullUrl"), str)]
    known = frozenset(addresses)
    if len(addresses) < len(entries) or len(known) < len(addresses):
        found.append("an entry has no fullUrl, or the same as another (bdl-7)")
    for number, entry in enumerate(entries, start=1):
        resource = entry.get("resource")
        if not isinstance(resource, dict):
            found.append(f"entry {number}: it has no resource")
            continue
        place = f"entry {number}, {_kind(resource)}"
        found += [f"{place}: {wrong}" for wrong in _wrong_with(resource, known)]
        if str(entry.get("fullUrl")).startswith("urn:uuid:") and entry["fullUrl"] != _address(resource):
            found.append(f"{place}: its id is not that of its fullUrl")
    return tuple(found)


def _wrong_with(resource: Resource, known: frozenset[str]) -> Iterator[str]:
    yield from _wrong_references(resource, known)
    kind = resource.get("resourceType")
    if kind == "QuestionnaireResponse":
        yield from _wrong_response(resource)
    elif kind == "Observation":
        yield from _wrong_observation(resource)
    elif not isinstance(kind, str):
        yield "it has no resourceType"


def _wrong_references(resource: Resource, known: frozenset[str]) -> Iterator[str]:
    contained = {f"#{one.get('id')}" for one in _objects(resource.get("contained"))}
    referred = set()
    for inside in _everything_in(resource):
        reference = inside.get("reference")
        if not isinstance(reference, str):
            continue
        referred.add(reference)
        if reference not in (contained if reference.startswith("#") else known):
            yield f"the reference {quoted(reference)} leads nowhere"
    for one in _objects(resource.get("contained")):
        if "contained" in one:
            yield "a contained resource contains another (dom-2)"
    for unused in sorted(contained - referred):
        yield f"nothing refers to the contained {quoted(unused)} (dom-3)"


def _everything_in(resource: object) -> Iterator[Mapping[str, object]]:
    """Every object at any depth, with a stack of its own so that no depth is too much."""
    waiting = [resource]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _wrong_response(response: Resource) -> Iterator[str]:
    if not _is_one_of(RESPONSE_STATUSES, response.get("status")):
        yield f"status is not one of {', '.join(sorted(RESPONSE_STATUSES))}"
    named = response.get("questionnaire")
    if not isinstance(named, str) or not all(named.partition("|")[::2]):
        yield "it does not name the version of the questionnaire that it answers, url|version (SDC)"
    if not _is_time(response.get("authored")):
        yield "authored is not a time with its zone, or a day (SDC)"
    if not _refers(response.get("subject")):
        yield "it has no subject (US Core)"
    if any("answer" in inside and "item" in inside for inside in _everything_in(response)):
        yield "an item has items both under it and under its answer (qrs-1)"


def _wrong_observation(observation: Resource) -> Iterator[str]:
    if not _is_one_of(OBSERVATION_STATUSES, observation.get("status")):
        yield f"status is not one of {', '.join(sorted(OBSERVATION_STATUSES))}"
    if not observation.get("code"):
        yield "it has no code"
    if list(_codings(observation.get("category"))).count(SURVEY) != 1:
        yield "it is not in the category survey, once (US Core)"
    if not _refers(observation.get("subject")):
        yield "it has no subject (US Core)"
    if not _is_time(observation.get("effectiveDateTime")):
        yield "effectiveDateTime is not a time with its zone, or a day (us-core-1)"
    if "performer" in observation:
        yield "it has a performer, and nobody performs a computed score (US Core)"
    values = [name for name in observation if name.startswith("value")]
    if len(values) > 1:
        yield "it has several values"
    if values and "dataAbsentReason" in observation:
        yield "it has a value and a reason for having none (obs-6)"
    if not values and not any(
        observation.get(name) for name in ("dataAbsentReason", "hasMember", "component")
    ):
        yield "it has no value, no reason for having none, and no members (us-core-2)"
    quantity = observation.get("valueQuantity")
    if isinstance(quantity, dict):
        if "system" in quantity and quantity["system"] != UCUM:
            yield "the system of its unit is not UCUM (us-core-3)"
        if "code" in quantity and "system" not in quantity:
            yield "the code of its unit has no system (qty-3)"


def _codings(concepts: object) -> Iterator[tuple[object, object]]:
    for concept in _objects(concepts):
        for coding in _objects(concept.get("coding")):
            yield coding.get("system"), coding.get("code")


def _objects(listed: object) -> Iterator[Mapping[str, object]]:
    return (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else iter(())


def _kind(resource: Resource) -> str:
    kind = resource.get("resourceType")
    return quoted(kind)[1:-1] if isinstance(kind, str) else "of no kind"


def _address(resource: Resource) -> str:
    return f"urn:uuid:{resource.get('id')}"


def _refers(subject: object) -> bool:
    return isinstance(subject, dict) and isinstance(subject.get("reference"), str)


def _is_time(written: object) -> bool:
    return isinstance(written, str) and bool(_DAY.fullmatch(written))


def _is_one_of(names: frozenset[str], value: object) -> bool:
    return isinstance(value, str) and value in names
