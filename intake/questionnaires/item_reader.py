"""Reads the tree of items in two goes: each item's type and options, then the items with their conditions."""

from typing import Literal, cast

from intake.questionnaires import extensions as ext
from intake.questionnaires import limits
from intake.questionnaires.extensions import (
    check_elements,
    control_code,
    read_codings,
    read_extensions,
    read_translations,
    read_value,
)
from intake.questionnaires.items import (
    CHOICES,
    HINT_CONTROLS,
    NOT_QUESTIONS,
    ORDERED,
    ORDERINGS,
    Coding,
    Condition,
    Item,
    ItemType,
    Operator,
    Option,
    QuestionnaireRefused,
    Scalar,
    notes,
    with_descendants,
)
from intake.questionnaires.json_source import Element, quoted
from intake.questionnaires.options import OPTION_KINDS, initially_selected, read_options
from intake.questionnaires.repetition import most_repetitions, written_out

MAX_PARTS = 10_000  # options, conditions and, counting as three, items; keeps reading and asking quick
MAX_LINK_ID = 255  # characters; FHIR

_ITEM_ELEMENTS = frozenset(
    {
        *(
            "linkId",
            "definition",
            "code",
            "prefix",
            "text",
            "type",
            "enableWhen",
            "enableBehavior",
            "required",
        ),
        *("repeats", "readOnly", "maxLength", "answerValueSet", "answerOption", "initial", "item"),
        *("extension", "modifierExtension", "id"),
    }
)
_TYPES_OF_R5 = {"coding": "choice or open-choice", "question": "the type of its answer, such as choice"}
_TYPES_NOT_ASKED = {"attachment": "text", "reference": "choice"}
# The FHIR types in which an answer to a question is written.
_KINDS: dict[ItemType, tuple[str, ...]] = {
    ItemType.BOOLEAN: ("Boolean",),
    ItemType.INTEGER: ("Integer",),
    ItemType.DECIMAL: ("Decimal", "Integer"),
    ItemType.QUANTITY: ("Quantity",),
    ItemType.DATE: ("Date",),
    ItemType.DATE_TIME: ("DateTime",),
    ItemType.TIME: ("Time",),
    ItemType.STRING: ("String",),
    ItemType.TEXT: ("String",),
    ItemType.URL: ("Uri", "String"),  # a condition has no answerUri
    ItemType.CHOICE: OPTION_KINDS,
    ItemType.OPEN_CHOICE: OPTION_KINDS,
}


class ItemReader:
    """Reads one file's items; its dicts are filled by `read`."""

    def __init__(self, root: Element, value_sets: dict[str, Element]) -> None:
        self.root = root
        self.value_sets = value_sets
        self.warnings: dict[str, None] = {}
        self.by_link_id: dict[str, Item] = {}
        self.parents: dict[str, Item] = {}
        self.expressions: dict[str, str] = {}  # linkId -> how its answer is worked out
        self._parts = 0
        self._elements: dict[str, Element] = {}
        self._types: dict[str, ItemType] = {}
        self._extensions: dict[str, dict[str, Element]] = {}
        self._units: dict[str, Coding | None] = {}
        self._options: dict[str, tuple[Option, ...]] = {}
        self._lists: dict[str, tuple[Option, ...]] = {}  # by the address of a contained value set
        self._keys: dict[str, dict[object, str]] = {}
        self._around: dict[str, tuple[str, ...]] = {}  # linkId -> the repeating groups that it stands in

    def read(self) -> tuple[Item, ...]:
        """The items of the first level."""
        self._survey(self.root, ())
        items = self._items(self.root, hidden=False)
        self._index(items, None)
        return items

    def _index(self, items: tuple[Item, ...], parent: Item | None) -> None:
        for item in items:
            if item.link_id in self.by_link_id:  # a file may use a linkId that looks like one of ours
                raise QuestionnaireRefused(
                    item.link_id,
                    "a repetition of a group has this linkId; give the item another one, without a #",
                )
            self.by_link_id[item.link_id] = item
            if parent is not None:
                self.parents[item.link_id] = parent
            self._index(item.items, item)

    def warn(self, link_id: str, what: str) -> None:
        self.warnings[f"{link_id}: {what}" if link_id else what] = None

    def _count(self, element: Element, parts: int) -> None:
        self._parts += parts
        if self._parts > MAX_PARTS:
            raise element.refusal(
                f"the questionnaire has more than {MAX_PARTS:,} items, options and conditions, "
                "where an item counts as three; split it"
            )

    def _survey(self, parent: Element, around: tuple[str, ...]) -> None:
        for element in parent.children("item"):
            self._count(element, 3)
            link_id = self._link_id(element, parent)
            element.link_id = link_id
            self._elements[link_id] = element
            self._around[link_id] = around
            check_elements(element, _ITEM_ELEMENTS, self.warn)
            kind = self._types[link_id] = _item_type(element)
            self._extensions[link_id] = read_extensions(element, ext.ON_ITEMS, self.warn)
            self._note_expression(element, kind)
            self._count(element, len(_text_of(self._extensions[link_id], ext.REGEX, "valueString")) // 4)
            self._units[link_id] = limits.unit(element, self._extensions[link_id], kind, self.warn)
            if kind in CHOICES:
                self._options[link_id] = self._read_options(element)
                self._count(element, len(self._options[link_id]))
            elif "answerOption" in element or "answerValueSet" in element:
                raise element.refusal(f"it lists answers and is of type {kind}; write the type as choice")
            repeats = kind is ItemType.GROUP and element.flag("repeats")
            self._survey(element, (*around, link_id) if repeats else around)

    def _read_options(self, element: Element) -> tuple[Option, ...]:
        """Questions that share a contained list share what was read of it."""
        address = "" if "answerOption" in element else element.text("answerValueSet")
        if address not in self._lists:
            options = read_options(element, self.value_sets, self.warn)
            if not address:
                return options
            self._lists[address] = options
        return self._lists[address]

    def _note_expression(self, element: Element, kind: ItemType) -> None:
        if extension := self._extensions[element.link_id].get(ext.CALCULATED):
            if kind in NOT_QUESTIONS:
                raise element.refusal(f"a {kind} cannot be worked out; take calculatedExpression out")
            expression = extension.child("valueExpression")
            self.expressions[element.link_id] = expression.text("expression")

    def _link_id(self, element: Element, parent: Element) -> str:
        inside = "an item inside it" if parent.link_id else "an item of the first level"
        try:
            link_id = element.text("linkId")
        except QuestionnaireRefused as error:
            raise parent.refusal(f"{inside} has a wrong linkId: {error.reason}") from None
        if not link_id:
            raise parent.refusal(f"{inside} has no linkId; give each item its own")
        if len(link_id) > MAX_LINK_ID:
            raise parent.refusal(f"{inside} has a linkId of more than {MAX_LINK_ID} characters; shorten it")
        if link_id != " ".join(link_id.split()):
            raise parent.refusal(
                f"{inside} has spaces to spare in its linkId {quoted(link_id)}; take them out"
            )
        if link_id in self._elements:
            raise QuestionnaireRefused(link_id, "two items have this linkId; give each item its own")
        return link_id

    def _items(self, parent: Element, *, hidden: bool) -> tuple[Item, ...]:
        items: list[Item] = []
        for child in parent.children("item"):
            element = self._elements[str(child.values["linkId"])]
            item = self._item(element, hidden=hidden)
            items += self._repetitions(element, item)
        return tuple(items)

    def _repetitions(self, element: Element, item: Item) -> tuple[Item, ...]:
        """The item; where it is a group that repeats, each repetition of it."""
        if item.type is not ItemType.GROUP or not item.repeats or item.hidden:
            return (item,)
        depth = len(self._around[item.link_id]) + 1
        most = most_repetitions(item.max_answers, depth)
        if item.max_answers is None or item.max_answers > most:
            self.warn(item.link_id, f"the group repeats; it is asked at most {most} times")
        fewest = item.min_answers or 1
        if fewest > most:
            raise element.refusal(
                f"minOccurs is {fewest}, and a group is asked {most} times at most; lower it"
            )
        self._count(element, (most - 1) * sum(1 + len(one.enable_when) for one in with_descendants(item)))
        return written_out(item, fewest=fewest, most=most, depth=depth)

    def _item(self, element: Element, *, hidden: bool) -> Item:
        link_id, kind = element.link_id, self._types[element.link_id]
        extensions, unit = self._extensions[link_id], self._units[link_id]
        hidden = (ext.HIDDEN in extensions and extensions[ext.HIDDEN].flag("valueBoolean")) or hidden
        children = self._items(element, hidden=hidden)
        _check_shape(element, kind, children, hidden=hidden)
        if kind in NOT_QUESTIONS and element.flag("required"):
            self.warn(link_id, f"a {kind} cannot be required; mark the questions themselves")
        lowest, highest = limits.bounds(element, extensions, kind, unit, self.warn)
        fewest, most = limits.how_many(element, extensions)
        return Item(
            link_id=link_id,
            type=kind,
            text=element.text("text"),
            prefix=element.text("prefix"),
            codings=read_codings(element, "code", self.warn),
            required=element.flag("required") and kind not in NOT_QUESTIONS,
            repeats=element.flag("repeats"),
            read_only=element.flag("readOnly") or link_id in self.expressions,
            hidden=hidden,
            max_length=limits.max_length(element, kind),
            min_length=limits.min_length(element, extensions, kind),
            min_value=lowest,
            max_value=highest,
            max_answers=most,
            options=self._options.get(link_id, ()),
            enable_when=self._conditions(element),
            enable_behavior=_enable_behavior(element),
            items=children,
            control=control_code(extensions[ext.ITEM_CONTROL]) if ext.ITEM_CONTROL in extensions else "",
            orientation=_text_of(extensions, ext.ORIENTATION, "valueCode"),
            unit=(unit.display or unit.code) if unit else "",
            hint=notes(kind, children, HINT_CONTROLS),
            why=notes(kind, children, frozenset({"help"})),
            entry_format=_text_of(extensions, ext.ENTRY_FORMAT, "valueString"),
            initial=self._initial(element, kind),
            min_answers=fewest,
            max_decimals=limits.max_decimals(element, extensions, kind),
            pattern=limits.pattern(element, extensions, kind, self.warn),
            unit_coding=unit,
            unit_translations=limits.unit_translations(extensions),
            translations=read_translations(element, "text"),
        )

    def _conditions(self, element: Element) -> tuple[Condition, ...]:
        raw = element.children("enableWhen")
        self._count(element, len(raw))
        return tuple(self._condition(one) for one in raw)

    def _condition(self, element: Element) -> Condition:
        question = element.text("question")
        if question not in self._types:
            raise element.refusal(
                f"enableWhen looks at {quoted(question)}, which is no item; name a question"
            )
        kind = self._types[question]
        if kind in NOT_QUESTIONS:
            raise element.refusal(f"enableWhen looks at {quoted(question)}, a {kind}; name a question")
        if set(self._around[question]) - set(self._around[element.link_id]):
            raise element.refusal(
                f"enableWhen looks at {quoted(question)}, which may stand there several times, in a repeating group; "
                "name a question outside it, or put this item into the group"
            )
        how = _operator(element)
        if how is Operator.EXISTS:
            name = element.one_of("answer", ("Boolean",))
        else:
            name = element.one_of("answer", _KINDS[kind])
        check_elements(element, frozenset({"question", "operator", name, "id"}), self.warn)
        if how is Operator.EXISTS:
            return Condition(question, how, element.flag(name))
        if how in ORDERINGS and kind not in ORDERED:
            raise element.refusal(
                f"enableWhen asks for {how} of {quoted(question)} of type {kind}; use = or !="
            )
        return Condition(question, how, self._answer(element, name, question))

    def _answer(self, element: Element, name: str, question: str) -> Scalar:
        """An answer to `question` as the file writes it: for a choice, the key of the option."""
        if name.endswith("Quantity"):
            return limits.amount(element.child(name), self._units[question], self.warn)
        value = read_value(element, name, self.warn)
        if self._types[question] in CHOICES:
            return self._key(element, question, value)
        return cast("Scalar", value)  # codings are written for choices only

    def _key(self, element: Element, question: str, value: Scalar | Coding) -> str:
        """The key of the option of `question` that the file names by its value; a system may be left out."""
        sought = (value.system, value.code) if isinstance(value, Coding) else value
        if question not in self._keys:
            self._keys[question] = _keys_by_value(self._options[question])
        if sought in self._keys[question]:
            return self._keys[question][sought]
        named = value.code if isinstance(value, Coding) else str(value)
        raise element.refusal(
            f"the answer {quoted(named)} is not an option of {quoted(question)}; name one of them"
        )

    def _initial(self, element: Element, kind: ItemType) -> tuple[Scalar, ...]:
        raw = element.children("initial")
        if "answerOption" in element:
            if raw:
                raise element.refusal("initial stands beside answerOption; mark the option initialSelected")
            initial: tuple[Scalar, ...] = initially_selected(element, self._options[element.link_id])
        elif raw and kind in NOT_QUESTIONS:
            raise element.refusal(f"a {kind} cannot have an initial answer; take initial out")
        else:
            # A quantity with a unit and no value only says what the unit is.
            initial = tuple(
                self._initial_answer(one, kind)
                for one in raw
                if kind is not ItemType.QUANTITY or "value" in one.child("valueQuantity")
            )
        if len(initial) > 1 and not element.flag("repeats"):
            raise element.refusal("it has several initial answers and does not repeat; keep one")
        return initial

    def _initial_answer(self, element: Element, kind: ItemType) -> Scalar:
        name = element.one_of("value", _KINDS[kind])
        check_elements(element, frozenset({name, "id"}), self.warn)
        return self._answer(element, name, element.link_id)


def _keys_by_value(options: tuple[Option, ...]) -> dict[object, str]:
    keys: dict[object, str] = {}
    for option in options:
        if isinstance(option.value, Coding):
            keys["", option.value.code] = keys[option.value.system, option.value.code] = option.key
        else:
            keys[option.value] = option.key
    return keys


def _item_type(element: Element) -> ItemType:
    written = element.text("type")
    if written in _TYPES_OF_R5:
        raise element.refusal(f"type {written} is not FHIR R4; write {_TYPES_OF_R5[written]}")
    if written in _TYPES_NOT_ASKED:
        raise element.refusal(f"type {written} is not asked by this site; use {_TYPES_NOT_ASKED[written]}")
    if written not in set(ItemType):
        raise element.refusal(f"type {quoted(written)} is none of FHIR's; write one of {', '.join(ItemType)}")
    return ItemType(written)


def _operator(element: Element) -> Operator:
    written = element.text("operator")
    if written not in set(Operator):
        raise element.refusal(f"operator {quoted(written)} is unknown; write one of {' '.join(Operator)}")
    return Operator(written)


def _check_shape(element: Element, kind: ItemType, children: tuple[Item, ...], *, hidden: bool) -> None:
    """What FHIR's rules and ours say about an item and what stands inside it."""
    if kind is ItemType.GROUP and not children:
        raise element.refusal("the group is empty; put questions into it or take it out")
    if kind is ItemType.DISPLAY and children:
        raise element.refusal("a display item has items inside it; write its type as group")
    if kind in NOT_QUESTIONS and "readOnly" in element and element.flag("readOnly"):
        raise element.refusal(f"a {kind} cannot be readOnly; take it out")
    if kind is not ItemType.GROUP and not hidden and not element.text("text"):
        raise element.refusal("it has no text, so nobody could read it; write what it asks or says")
    if kind in NOT_QUESTIONS:
        return
    for child in children:
        if child.type is ItemType.DISPLAY and child.enable_when:
            raise element.refusal(
                f"the text {quoted(child.link_id)} under the question has an enableWhen; "
                "put it after the question"
            )
        if child.type is not ItemType.DISPLAY and element.flag("repeats"):
            raise element.refusal(
                f"the question repeats and has the {child.type} {quoted(child.link_id)} inside it, which "
                "would be asked for each answer; put that after the question"
            )


def _enable_behavior(element: Element) -> Literal["all", "any"]:
    behavior = element.text("enableBehavior")
    if behavior not in ("", "all", "any"):
        raise element.refusal(f"enableBehavior is {quoted(behavior)}; write all or any")
    if not behavior and len(element.children("enableWhen")) > 1:
        raise element.refusal("it has several enableWhen and no enableBehavior; write all or any")
    return "any" if behavior == "any" else "all"


def _text_of(extensions: dict[str, Element], url: str, name: str) -> str:
    return extensions[url].text(name) if url in extensions else ""
