"""Repeating groups, written out: each repetition is a group of its own, asked once the one before says so.

The rest of the engine then knows only items that stand once. A copy's linkIds carry a mark: `#2` is the second
of a group, `##2` the second of a group inside a repeating group. In a FHIR response all have the linkId of the file.
"""

from dataclasses import replace

from intake.questionnaires.items import Condition, Item, ItemType, Operator, descendants

MARK = "#"  # a field's name has two colons in its place
MOST_AT_FIRST_LEVEL = 10  # repetitions where the file says nothing or more
MOST_INSIDE = 4  # the same for a repeating group inside another


def most_repetitions(wanted: int | None, depth: int) -> int:
    """How often a group is asked at the most; depth 1 is a group in no other repeating group."""
    most = MOST_AT_FIRST_LEVEL if depth == 1 else MOST_INSIDE
    return min(wanted or most, most)


def written_out(group: Item, *, fewest: int, most: int, depth: int) -> tuple[Item, ...]:
    """The group and its repetitions, `most` in all, of which `fewest` are asked without the person adding them."""
    inside = frozenset(item.link_id for item in descendants(group))
    copies = []
    for number in range(1, most + 1):
        copy = _numbered(group, number, inside, MARK * depth)
        if number > max(1, fewest):
            added = Condition(_more_link_id(group, number - 1, depth), Operator.EQUAL, True)
            # The questions before stand under the group's own conditions, so this one is enough.
            copy = replace(copy, enable_when=(added,), enable_behavior="all")
        if max(1, fewest) <= number < most:
            copy = _with_last(copy, _more(group, number, depth))
        copies.append(copy)
    return tuple(copies)


def _numbered(item: Item, number: int, inside: frozenset[str], mark: str) -> Item:
    """The copy of that number, with everything in it; the first keeps its linkIds."""

    def renamed(link_id: str) -> str:
        return f"{link_id}{mark}{number}" if number > 1 else link_id

    def copy(one: Item) -> Item:
        return replace(
            one,
            link_id=renamed(one.link_id),
            repeat_of=(one.repeat_of or one.link_id) if number > 1 else one.repeat_of,
            occurrence=one.occurrence or number,
            items=tuple(map(copy, one.items)),
            enable_when=tuple(
                replace(condition, question=renamed(condition.question))
                if condition.question in inside
                else condition
                for condition in one.enable_when
            ),
        )

    text = f"{item.text}, number {number}" if item.text and number > 1 else item.text
    return replace(copy(item), text=text, occurrence=number)


def _more_link_id(group: Item, number: int, depth: int) -> str:
    return f"{group.link_id}{MARK * depth}{number}.more"


def _more(group: Item, number: int, depth: int) -> Item:
    words = (
        f"Do you want to add another one under “{group.text}”?"
        if group.text
        else "Do you want to add another?"
    )
    return Item(
        _more_link_id(group, number, depth),
        ItemType.BOOLEAN,
        text=words,
        occurrence=number,
        asks_for_more=True,
    )


def _with_last(group: Item, question: Item) -> Item:
    """The question at the group's end: in the last of its pages, where it has pages, since it must stand on one."""
    if group.control == "page" or not any(item.control == "page" for item in descendants(group)):
        return replace(group, items=(*group.items, question))
    last = max(
        place
        for place, item in enumerate(group.items)
        if item.control == "page" or any(one.control == "page" for one in descendants(item))
    )
    changed = _with_last(group.items[last], question)
    return replace(group, items=(*group.items[:last], changed, *group.items[last + 1 :]))
