"""Reads the tree of items in two goes: each item's type and options, then the items with their conditions."""

from datetime import date
from decimal import Decimal
from typing import Literal, cast

from intake.questionnaires import extensions as ext
from intake.questionnaires.extensions import (
    check_elements,
    control_code,
    read_codings,
    read_extensions,
    read_value,
)
from intake.questionnaires.items import (
    CHOICES,
    HINT_CONTROLS,
    NOT_QUESTIONS,
    ORDERINGS,
    Coding,
    Condition,
    Item,
    ItemType,
    Operator,
    Option,
    QuestionnaireRefused,
)
from intake.questionnaires.json_source import Element, quoted
from intake.questionnaires.options import initially_selected, read_options

MAX_PARTS = 10_000  # items, options and conditions of one questionnaire; keeps reading and asking quick
MAX_LINK_ID = 255  # characters; FHIR
MAX_LENGTH = 100_000  # characters; the most that maxLength may allow

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
_TYPES_NOT_ASKED = {
    "quantity": "decimal, with a unit",
    "time": "string, with an entryFormat",
    "dateTime": "date",
    "url": "string",
    "attachment": "text",
    "reference": "choice",
}
# The FHIR types in which an answer to a question is written.
_KINDS: dict[ItemType, tuple[str, ...]] = {
    ItemType.BOOLEAN: ("Boolean",),
    ItemType.INTEGER: ("Integer",),
    ItemType.DECIMAL: ("Decimal", "Integer"),
    ItemType.DATE: ("Date",),
    ItemType.STRING: ("String",),
    ItemType.TEXT: ("String",),
    ItemType.CHOICE: ("Coding", "String", "Integer", "Date"),
    ItemType.OPEN_CHOICE: ("Coding", "String", "Integer", "Date"),
}
_WITH_BOUNDS = frozenset({ItemType.INTEGER, ItemType.DECIMAL, ItemType.DATE})
_WITH_LENGTH = frozenset({ItemType.STRING, ItemType.TEXT, ItemType.OPEN_CHOICE})

Bound = int | Decimal | date | None


class ItemReader:
    """Reads one file's items; its dicts are filled by `read`."""

    def __init__(self, root: Element, value_sets: dict[str, Element]) -> None:
        self.root = root
        self.value_sets = value_sets
        self.warnings: dict[str, None] = {}
        self.by_link_id: dict[str, Item] = {}
        self.parents: dict[str, Item] = {}
        self._parts = 0
        self._elements: dict[str, Element] = {}
        self._types: dict[str, ItemType] = {}
        self._options: dict[str, tuple[Option, ...]] = {}
        self._keys: dict[str, dict[object, str]] = {}

    def read(self) -> tuple[Item, ...]:
        """The items of the first level."""
        self._survey(self.root)
        items = self._items(self.root, hidden=False)
        # An item is made after its children; put them back into the order of the file.
        self.by_link_id = {link_id: self.by_link_id[link_id] for link_id in self._elements}
        return items

    def warn(self, link_id: str, what: str) -> None:
        self.warnings[f"{link_id}: {what}" if link_id else what] = None

    def _count(self, element: Element, parts: int) -> None:
        self._parts += parts
        if self._parts > MAX_PARTS:
            raise element.refusal(
                f"the questionnaire has more than {MAX_PARTS:,} items, options and conditions; split it"
            )

    def _survey(self, parent: Element) -> None:
        for element in parent.children("item"):
            self._count(element, 1)
            link_id = self._link_id(element, parent)
            element.link_id = link_id
            self._elements[link_id] = element
            check_elements(element, _ITEM_ELEMENTS, self.warn)
            kind = self._types[link_id] = _item_type(element)
            if kind in CHOICES:
                self._count(element, len(element.children("answerOption")))
                self._options[link_id] = read_options(element, self.value_sets, self.warn)
            elif "answerOption" in element or "answerValueSet" in element:
                raise element.refusal(f"it lists answers and is of type {kind}; write the type as choice")
            self._survey(element)

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
        link_ids = [str(child.values["linkId"]) for child in parent.children("item")]
        return tuple(self._item(self._elements[link_id], hidden=hidden) for link_id in link_ids)

    def _item(self, element: Element, *, hidden: bool) -> Item:
        link_id, kind = element.link_id, self._types[element.link_id]
        extensions = read_extensions(element, ext.ON_ITEMS, self.warn)
        hidden = (ext.HIDDEN in extensions and extensions[ext.HIDDEN].flag("valueBoolean")) or hidden
        children = self._items(element, hidden=hidden)
        _check_shape(element, kind, children, hidden=hidden)
        if kind in NOT_QUESTIONS and element.flag("required"):
            self.warn(link_id, f"a {kind} cannot be required; mark the questions themselves")
        lowest, highest = _bounds(element, extensions, kind)
        item = Item(
            link_id=link_id,
            type=kind,
            text=element.text("text"),
            prefix=element.text("prefix"),
            codings=read_codings(element, "code", self.warn),
            required=element.flag("required") and kind not in NOT_QUESTIONS,
            repeats=element.flag("repeats"),
            read_only=element.flag("readOnly"),
            hidden=hidden,
            max_length=_max_length(element, kind),
            min_length=_min_length(element, extensions, kind),
            min_value=lowest,
            max_value=highest,
            max_answers=_max_answers(element, extensions),
            options=self._options.get(link_id, ()),
            enable_when=self._conditions(element),
            enable_behavior=_enable_behavior(element),
            items=children,
            control=control_code(extensions[ext.ITEM_CONTROL]) if ext.ITEM_CONTROL in extensions else "",
            orientation=_text_of(extensions, ext.ORIENTATION, "valueCode"),
            unit=_unit(extensions, self.warn),
            hint=_notes(kind, children, HINT_CONTROLS),
            why=_notes(kind, children, frozenset({"help"})),
            entry_format=_text_of(extensions, ext.ENTRY_FORMAT, "valueString"),
            initial=self._initial(element, kind),
        )
        self.by_link_id[link_id] = item
        self.parents |= {child.link_id: item for child in children}
        return item

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
        how = _operator(element)
        if how is Operator.EXISTS:
            name = element.one_of("answer", ("Boolean",))
        else:
            name = element.one_of("answer", _KINDS[kind])
        check_elements(element, frozenset({"question", "operator", name, "id"}), self.warn)
        if how is Operator.EXISTS:
            return Condition(question, how, element.flag(name))
        if how in ORDERINGS and kind not in _WITH_BOUNDS:
            raise element.refusal(
                f"enableWhen asks for {how} of {quoted(question)} of type {kind}; use = or !="
            )
        return Condition(question, how, self._answer(element, name, question))

    def _answer(self, element: Element, name: str, question: str) -> bool | int | Decimal | date | str:
        """An answer to `question` as the file writes it: for a choice, the key of the option."""
        value = read_value(element, name, self.warn)
        if self._types[question] in CHOICES:
            return self._key(element, question, value)
        return cast("bool | int | Decimal | date | str", value)  # codings are written for choices only

    def _key(self, element: Element, question: str, value: bool | int | Decimal | date | str | Coding) -> str:
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

    def _initial(self, element: Element, kind: ItemType) -> tuple[bool | int | Decimal | date | str, ...]:
        raw = element.children("initial")
        if "answerOption" in element:
            if raw:
                raise element.refusal("initial stands beside answerOption; mark the option initialSelected")
            initial: tuple[bool | int | Decimal | date | str, ...] = initially_selected(
                element, self._options[element.link_id]
            )
        elif raw and kind in NOT_QUESTIONS:
            raise element.refusal(f"a {kind} cannot have an initial answer; take initial out")
        else:
            initial = tuple(self._initial_answer(one, kind) for one in raw)
        if len(initial) > 1 and not element.flag("repeats"):
            raise element.refusal("it has several initial answers and does not repeat; keep one")
        return initial

    def _initial_answer(self, element: Element, kind: ItemType) -> bool | int | Decimal | date | str:
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
    if kind is ItemType.GROUP and element.flag("repeats"):
        raise element.refusal("the group repeats, which this site cannot ask yet; write out each repetition")
    if kind is ItemType.DISPLAY and children:
        raise element.refusal("a display item has items inside it; write its type as group")
    if kind in NOT_QUESTIONS and "readOnly" in element and element.flag("readOnly"):
        raise element.refusal(f"a {kind} cannot be readOnly; take it out")
    if kind is not ItemType.GROUP and not hidden and not element.text("text"):
        raise element.refusal("it has no text, so nobody could read it; write what it asks or says")
    if kind not in NOT_QUESTIONS:
        for child in children:
            if child.type is not ItemType.DISPLAY:
                raise element.refusal(
                    f"the question has the {child.type} {quoted(child.link_id)} inside it; "
                    "put that after the question, with an enableWhen"
                )
            if child.enable_when:
                raise element.refusal(
                    f"the text {quoted(child.link_id)} under the question has an enableWhen; "
                    "put it after the question"
                )


def _notes(kind: ItemType, children: tuple[Item, ...], controls: frozenset[str]) -> str:
    if kind in NOT_QUESTIONS:
        return ""
    return " ".join(child.text for child in children if child.control in controls and not child.hidden)


def _bounds(element: Element, extensions: dict[str, Element], kind: ItemType) -> tuple[Bound, Bound]:
    lowest, highest = (_bound(extensions, url, kind) for url in (ext.MIN_VALUE, ext.MAX_VALUE))
    # One kind of item has one kind of bound, so that these two always compare.
    if lowest is not None and highest is not None and lowest > highest:  # type: ignore[operator]
        raise element.refusal("minValue is above maxValue; swap them")
    return lowest, highest


def _bound(extensions: dict[str, Element], url: str, kind: ItemType) -> Bound:
    if url not in extensions:
        return None
    extension, name = extensions[url], url.rpartition("/")[2]
    if kind not in _WITH_BOUNDS:
        raise extension.refusal(
            f"{name} does not fit the type {kind}; take it out or make the item a number or date"
        )
    value_name = extension.one_of("value", _KINDS[kind])
    if kind is ItemType.DATE:
        return extension.date(value_name)
    return extension.whole(value_name) if kind is ItemType.INTEGER else extension.decimal(value_name)


def _max_length(element: Element, kind: ItemType) -> int | None:
    if "maxLength" not in element:
        return None
    if kind not in _WITH_LENGTH:
        raise element.refusal(f"maxLength does not fit the type {kind}; take it out")
    length = element.whole("maxLength")
    if not 1 <= length <= MAX_LENGTH:
        raise element.refusal(f"maxLength is {length}; write a number from 1 to {MAX_LENGTH}")
    return length


def _min_length(element: Element, extensions: dict[str, Element], kind: ItemType) -> int | None:
    if ext.MIN_LENGTH not in extensions:
        return None
    if kind not in _WITH_LENGTH:
        raise element.refusal(f"minLength does not fit the type {kind}; take it out")
    length = extensions[ext.MIN_LENGTH].whole("valueInteger")
    if not 0 <= length <= (_max_length(element, kind) or MAX_LENGTH):
        raise element.refusal(f"minLength is {length}; write a number from 0 to maxLength")
    return length


def _max_answers(element: Element, extensions: dict[str, Element]) -> int | None:
    if ext.MIN_OCCURS in extensions and extensions[ext.MIN_OCCURS].whole("valueInteger") > 1:
        raise element.refusal("minOccurs above 1 is not understood; write required, or ask again")
    if ext.MAX_OCCURS not in extensions:
        return None
    most = extensions[ext.MAX_OCCURS].whole("valueInteger")
    if most < 1 or (most > 1 and not element.flag("repeats")):
        raise element.refusal(f"maxOccurs is {most}; write at least 1, and repeats for more than 1")
    return most


def _enable_behavior(element: Element) -> Literal["all", "any"]:
    behavior = element.text("enableBehavior")
    if behavior not in ("", "all", "any"):
        raise element.refusal(f"enableBehavior is {quoted(behavior)}; write all or any")
    if not behavior and len(element.children("enableWhen")) > 1:
        raise element.refusal("it has several enableWhen and no enableBehavior; write all or any")
    return "any" if behavior == "any" else "all"


def _text_of(extensions: dict[str, Element], url: str, name: str) -> str:
    return extensions[url].text(name) if url in extensions else ""


def _unit(extensions: dict[str, Element], warn: ext.Warn) -> str:
    """The unit as it is shown."""
    if ext.UNIT not in extensions:
        return ""
    coding = ext.read_coding(extensions[ext.UNIT].child("valueCoding"), warn)
    return coding.display or coding.code
