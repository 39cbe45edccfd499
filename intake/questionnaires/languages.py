"""A questionnaire in another language, as its file gives it: the same questions and conditions in other words."""

from collections.abc import Iterator
from dataclasses import replace

from intake.questionnaires.items import (
    HINT_CONTROLS,
    Item,
    Option,
    Questionnaire,
    notes,
    with_descendants,
    wording_in,
)
from intake.questionnaires.pages import places, read_pages


def in_language(questionnaire: Questionnaire, language: str) -> Questionnaire:
    """The questionnaire with every text that the file has in that language; the others stay as they are.

    It is equal to the original, and the original itself where the file has nothing in that language.
    """
    if language not in languages(questionnaire):
        return questionnaire
    items = tuple(_item_in(item, language) for item in questionnaire.items)
    by_link_id = {item.link_id: item for top in items for item in with_descendants(top)}
    pages = read_pages(items, questionnaire.title)
    return replace(
        questionnaire,
        language=language,
        items=items,
        all_items=tuple(by_link_id[item.link_id] for item in questionnaire.all_items),
        pages=pages,
        by_link_id=by_link_id,
        parents={child: by_link_id[parent.link_id] for child, parent in questionnaire.parents.items()},
        pages_by_item=places(pages),
        evaluation_order=tuple(by_link_id[item.link_id] for item in questionnaire.evaluation_order),
    )


def languages(questionnaire: Questionnaire) -> frozenset[str]:
    """The language it is written in, and every other that it has at least one text in; "" is never one."""
    tags = {tag for item in questionnaire.all_items for tag, _ in _translations(item)}
    return frozenset(tags | {questionnaire.language} - {""})


def untranslated(questionnaire: Questionnaire, language: str) -> tuple[str, ...]:
    """LinkIds of the shown items that the file has not, or not wholly, in that language; in document order."""
    return tuple(
        item.link_id
        for item in questionnaire.all_items
        if not item.hidden and not all(wording_in(words, language) for words in _worded(item))
    )


def _item_in(item: Item, language: str) -> Item:
    children = tuple(_item_in(child, language) for child in item.items)
    return replace(
        item,
        text=item.text_in(language),
        unit=wording_in(item.unit_translations, language) or item.unit,
        options=tuple(_option_in(option, language) for option in item.options),
        items=children,
        hint=notes(item.type, children, HINT_CONTROLS),
        why=notes(item.type, children, frozenset({"help"})),
    )


def _option_in(option: Option, language: str) -> Option:
    return replace(option, label=option.label_in(language))


def _translations(item: Item) -> Iterator[tuple[str, str]]:
    yield from item.translations
    yield from item.unit_translations
    for option in item.options:
        yield from option.translations


def _worded(item: Item) -> Iterator[tuple[tuple[str, str], ...]]:
    """The translations of each thing in the item that has words."""
    if item.text:
        yield item.translations
    for option in item.options:
        if any(letter.isalpha() for letter in option.label):
            yield option.translations
