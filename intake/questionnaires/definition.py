"""From the bytes of a FHIR R4 Questionnaire to frozen values, or to a refusal that says what to do.

Beyond FHIR's own rules we refuse what we would have to guess at, such as a visible question that stands on no page.
"""

import hashlib
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from intake.questionnaires.extensions import check_elements, read_codings, read_extensions
from intake.questionnaires.item_reader import ItemReader
from intake.questionnaires.items import (
    Coding,
    Condition,
    Item,
    ItemType,
    Operator,
    Option,
    Page,
    Questionnaire,
    QuestionnaireRefused,
)
from intake.questionnaires.json_source import MAX_BYTES, Element, read_object
from intake.questionnaires.pages import places, read_pages
from intake.questionnaires.scoring import is_scored
from intake.questionnaires.totals import read_totals

__all__ = [
    "MAX_BYTES",
    "Coding",
    "Condition",
    "Item",
    "ItemType",
    "Operator",
    "Option",
    "Page",
    "Questionnaire",
    "QuestionnaireRefused",
    "read_questionnaire",
]

_ROOT_ELEMENTS = frozenset(
    {
        *("resourceType", "id", "meta", "language", "text", "contained", "extension", "modifierExtension"),
        *("url", "identifier", "version", "name", "title", "derivedFrom", "status", "experimental"),
        *("subjectType", "date", "publisher", "contact", "description", "useContext", "jurisdiction"),
        *("purpose", "copyright", "approvalDate", "lastReviewDate", "effectivePeriod", "code", "item"),
    }
)
_STATUSES = ("draft", "active", "retired", "unknown")


def read_questionnaire(source: bytes) -> Questionnaire:
    """The questionnaire that the file holds; raises QuestionnaireRefused, and nothing else, for any bytes."""
    root = Element(read_object(source), "")
    if root.values.get("resourceType") != "Questionnaire":
        raise root.refusal("resourceType is not Questionnaire; export the questionnaire as FHIR R4 JSON")
    reader = ItemReader(root, _value_sets(root))
    check_elements(root, _ROOT_ELEMENTS, reader.warn)
    read_extensions(root, frozenset(), reader.warn)
    if root.text("status") not in _STATUSES:
        raise root.refusal(f"status is missing or unknown; write one of {', '.join(_STATUSES)}")
    if {"|", "#"} & set(root.text("url")):
        raise root.refusal("url has a | or # in it; write it without a version or a fragment")
    if not root.children("item"):
        raise root.refusal("the questionnaire has no item; give it a group with questions")
    items = reader.read()
    order = _evaluation_order(reader.by_link_id, reader.parents)
    for item in reader.by_link_id.values():
        if item.occurrence and item.is_in_file and is_scored(item):
            reader.warn(
                item.link_id, "it belongs to a score and stands in a repeating group, so it is not scored"
            )
    totals = read_totals(items, reader.by_link_id, reader.expressions, reader.warn)
    pages = read_pages(items, root.text("title"))
    return Questionnaire(
        url=root.text("url"),
        version=root.text("version"),
        name=root.text("name"),
        title=root.text("title"),
        status=root.text("status"),
        description=root.text("description"),
        language=root.text("language"),
        codings=read_codings(root, "code", reader.warn),
        copyright=root.text("copyright"),
        items=items,
        all_items=tuple(reader.by_link_id.values()),
        pages=pages,
        warnings=tuple(reader.warnings),
        definition_hash=hashlib.sha256(source).hexdigest(),
        by_link_id=reader.by_link_id,
        parents=reader.parents,
        pages_by_item=places(pages),
        evaluation_order=order,
        totals=totals,
        occurrences=_occurrences(reader.by_link_id),
    )


def _occurrences(by_link_id: Mapping[str, Item]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for item in by_link_id.values():
        if item.occurrence and item.is_question and not item.asks_for_more:
            found[item.source_link_id] = (*found.get(item.source_link_id, ()), item.link_id)
    return found


def _value_sets(root: Element) -> dict[str, Element]:
    return {
        resource.text("id"): resource
        for resource in root.children("contained")
        if resource.values.get("resourceType") == "ValueSet"
    }


def _evaluation_order(by_link_id: Mapping[str, Item], parents: Mapping[str, Item]) -> tuple[Item, ...]:
    """Every item after its parent and after the questions of its conditions; a circle is refused."""
    waits_for = {
        link_id: [condition.question for condition in item.enable_when]
        + ([parents[link_id].link_id] if link_id in parents else [])
        for link_id, item in by_link_id.items()
    }
    try:
        return tuple(by_link_id[link_id] for link_id in TopologicalSorter(waits_for).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1][:10])
        raise QuestionnaireRefused(
            error.args[1][0], f"whether it is asked depends on itself ({circle}); take one enableWhen out"
        ) from None
