"""From the bytes of a FHIR R4 Questionnaire to frozen values, or to a refusal that says what to do.

Beyond FHIR's own rules we refuse what we would have to guess at: questions inside questions, repeating
groups, a visible question that stands on no page.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
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
    pages = _pages(items, root.text("title"))
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
        pages_by_item={item.link_id: page for page in pages for item in _with_descendants(page.item)},
        evaluation_order=order,
    )


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


def _with_descendants(item: Item) -> Iterator[Item]:
    yield item
    for child in item.items:
        yield from _with_descendants(child)


def _pages(items: tuple[Item, ...], title: str) -> tuple[Page, ...]:
    """The groups with itemControl `page`, else those of the first level; only those that show something."""
    everything = [item for top in items for item in _with_descendants(top)]
    marked = [item for item in everything if _is_page(item)]
    groups = marked or [item for item in items if item.type is ItemType.GROUP]
    on_pages: set[str] = set()
    for group in groups:
        inside = [item.link_id for item in _with_descendants(group)]
        if on_pages & set(inside):
            raise QuestionnaireRefused(
                group.link_id, "the page stands inside another page; take it out of it"
            )
        on_pages.update(inside)
    for item in everything:
        if item.type is not ItemType.GROUP and not item.hidden and item.link_id not in on_pages:
            raise QuestionnaireRefused(
                item.link_id,
                "it stands on no page, so nobody would see it; put it into a page",
            )
    shown = [group for group in groups if any(_is_shown(item) for item in _with_descendants(group))]
    slugs: set[str] = set()
    pages = []
    for number, group in enumerate(shown, start=1):
        slug = _slug(group.link_id, number, slugs)
        slugs.add(slug)
        pages.append(Page(slug, group, group.text or title, number))
    return tuple(pages)


def _is_page(item: Item) -> bool:
    return item.type is ItemType.GROUP and item.control == "page"


def _is_shown(item: Item) -> bool:
    return item.type is not ItemType.GROUP and not item.hidden


def _slug(link_id: str, number: int, taken: set[str]) -> str:
    slug = re.sub("[^a-z0-9]+", "-", link_id.lower()).strip("-") or "page"
    while slug in taken:
        slug += f"-{number}"
    return slug
