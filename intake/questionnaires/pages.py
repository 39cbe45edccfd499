"""How a questionnaire is cut into pages; the tree of the answers is not touched by it."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from intake.questionnaires.items import Item, ItemType, Page, QuestionnaireRefused, with_descendants

QUESTIONS_A_PAGE = 5  # the most, where the file makes no pages itself
NO_GROUP = ""  # linkId of a page made of questions that stand in no group; no item of a file can have it
# What the site itself shows beside the pages, so that no page of a questionnaire is hidden behind it.
ADDRESSES_OF_THE_SITE = frozenset(
    ("check", "copy", "delete", "done", "is-this-for-me", "leave")
    + ("mail-link", "new", "own-device", "resume", "support")
)
UNTITLED = "Questions"  # heading of a page where neither the group nor the questionnaire has one


def read_pages(items: tuple[Item, ...], title: str) -> tuple[Page, ...]:
    """The groups with itemControl `page`, else those of the first level; only those that show something.

    Questions of the first level that stand in no group become pages of a few questions, in their place.
    """
    everything = [item for top in items for item in with_descendants(top)]
    marked = [item for item in everything if _is_page(item)]
    _refuse_pages_inside_pages(marked)
    sheets = _sheets(items, has_marks=bool(marked), title=title or UNTITLED)
    on_pages = {item.link_id for sheet in sheets for item in with_descendants(sheet)}
    for item in everything:
        if _is_shown(item) and item.link_id not in on_pages:
            raise QuestionnaireRefused(
                item.link_id,
                "it stands on no page, so nobody would see it; put it into a page",
            )
    slugs = set(ADDRESSES_OF_THE_SITE)
    pages = []
    for number, sheet in enumerate(sheets, start=1):
        slug = _slug(sheet.link_id or f"page-{number}", number, slugs)
        slugs.add(slug)
        pages.append(Page(slug, sheet, sheet.text or title or UNTITLED, number))
    return tuple(pages)


def places(pages: Iterable[Page]) -> dict[str, Page]:
    """The page of each item that stands on one, by linkId."""
    return {
        item.link_id: page
        for page in pages
        for item in with_descendants(page.item)
        if item.link_id != NO_GROUP
    }


def questions_on(page: Page, asked: Collection[str]) -> list[Item]:
    """The questions of the page that a person who is asked these linkIds can answer.

    A read-only question is only shown: it has no field, and nobody can have missed it.
    """
    inside = (item for top in page.item.items for item in with_descendants(top))
    return [
        item
        for item in inside
        if item.link_id in asked and item.is_question and not item.hidden and not item.read_only
    ]


def is_there(page: Page, asked: Collection[str]) -> bool:
    """Whether a person who is asked these linkIds has anything to do on the page.

    Where it asks nobody anything, that is to read it; otherwise its words go with its questions.
    """
    shown = [item for top in page.item.items for item in with_descendants(top) if not item.hidden]
    if any(item.is_question and not item.read_only for item in shown):
        return bool(questions_on(page, asked))
    return any(item.link_id in asked and (item.type is ItemType.DISPLAY or item.initial) for item in shown)


def _refuse_pages_inside_pages(marked: Sequence[Item]) -> None:
    on_pages: set[str] = set()
    for group in marked:
        inside = [item.link_id for item in with_descendants(group)]
        if on_pages & set(inside):
            raise QuestionnaireRefused(
                group.link_id, "the page stands inside another page; take it out of it"
            )
        on_pages.update(inside)


def _sheets(items: Sequence[Item], *, has_marks: bool, title: str) -> list[Item]:
    """What stands on each page, as a group of the file or as one made up here.

    Words between the groups stand with the group after them, or at the end with the page before.
    """
    sheets: list[Item] = []
    loose: list[Item] = []
    for item in items:
        if item.type is not ItemType.GROUP:
            loose += [item] if any(map(_is_shown, with_descendants(item))) else []
            continue
        groups = [one for one in with_descendants(item) if _is_page(one)] if has_marks else [item]
        groups = [group for group in groups if any(map(_is_shown, with_descendants(group)))]
        if groups:
            questions, words = _split_off_words(loose)
            sheets += _loose_sheets(questions)
            sheets += [replace(groups[0], items=(*words, *groups[0].items)) if words else groups[0]]
            sheets += groups[1:]
            loose = []
    questions, words = _split_off_words(loose)
    if words and not questions and sheets:
        sheets[-1] = replace(sheets[-1], items=(*sheets[-1].items, *words))
    elif loose:
        sheets += _loose_sheets(loose)
    return _titled(sheets, title)


def _split_off_words(loose: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Up to the last question, and the words that follow it."""
    end = max((place for place, item in enumerate(loose, start=1) if item.is_question), default=0)
    return list(loose[:end]), list(loose[end:])


def _loose_sheets(loose: Sequence[Item]) -> list[Item]:
    """Pages of about the same length; words stay with the question after them."""
    if not loose:
        return []
    total = sum(map(_questions_in, loose))
    most = -(-total // max(1, -(-total // QUESTIONS_A_PAGE)))
    sheets: list[list[Item]] = [[]]
    words: list[Item] = []
    on_sheet = 0
    for item in loose:
        words.append(item)
        if not item.is_question:
            continue
        if on_sheet and on_sheet + _questions_in(item) > most:
            sheets.append([])
            on_sheet = 0
        sheets[-1] += words
        on_sheet += _questions_in(item)
        words = []
    sheets[-1] += words
    return [Item(NO_GROUP, ItemType.GROUP, items=tuple(sheet)) for sheet in sheets]


def _questions_in(item: Item) -> int:
    return sum(_is_shown(one) and one.is_question for one in with_descendants(item))


def _titled(sheets: list[Item], title: str) -> list[Item]:
    """The made-up pages by number, so that two can be told apart."""
    made_up = [place for place, sheet in enumerate(sheets) if sheet.link_id == NO_GROUP]
    for number, place in enumerate(made_up, start=1):
        part = f"{title}, part {number} of {len(made_up)}" if len(made_up) > 1 else title
        sheets[place] = replace(sheets[place], text=part)
    return sheets


def _is_page(item: Item) -> bool:
    return item.type is ItemType.GROUP and item.control == "page"


def _is_shown(item: Item) -> bool:
    """Whether there is something to read: not so in a question that is only worked out."""
    return item.type is not ItemType.GROUP and not item.hidden and (not item.read_only or bool(item.initial))


def _slug(link_id: str, number: int, taken: set[str]) -> str:
    slug = re.sub("[^a-z0-9]+", "-", link_id.lower()).strip("-") or "page"
    while slug in taken:
        slug += f"-{number}"
    return slug
