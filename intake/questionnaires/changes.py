"""What changed between two versions of a questionnaire and its rules, in sentences for whoever signs them off.

Every field is compared, also those that nobody wrote a sentence for: a change that is not told would be signed
off unseen.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from intake.questionnaires.items import Coding, Condition, Item, ItemType, Operator, Option, Questionnaire
from intake.questionnaires.rules import Check, Combination, Rules, Subject
from intake.questionnaires.scoring import BY_KEY

_LABELS = {
    "text": "the wording",
    "codings": "the codes",
    "repeats": "whether several answers are allowed",
    "read_only": "whether it is read-only",
    "hidden": "whether it is hidden",
    "required": "whether an answer is required",
    "max_length": "the most characters",
    "min_length": "the fewest characters",
    "min_value": "the lowest value",
    "max_value": "the highest value",
    "max_answers": "the most answers",
    "enable_when": "when it is asked",
    "control": "the control",
    "initial": "the answer that stands there at first",
    "ordinal": "the points",
    "exclusive": "whether it rules out the others",
    "row": "the row of the screening table",
    "minimum": "the lowest that can be true",
    "maximum": "the highest that can be true",
    "questions": "the questions it is worked out from",
    "item": "the question where it is told",
    "site": "the questions that the site answers",
    "identity": "the questions that say who it is",
    "contact": "the questions that say how to reach the person",
    "helper": "the questions that tell of a helper",
}
_COMPARISONS = {
    Operator.EQUAL: "is",
    Operator.NOT_EQUAL: "is not",
    Operator.GREATER: "is above",
    Operator.LESS: "is below",
    Operator.GREATER_OR_EQUAL: "is at least",
    Operator.LESS_OR_EQUAL: "is at most",
}
# Told by sentences of their own, or made from what is told elsewhere: a hint is the text of an item inside.
_TOLD_ELSEWHERE_OF_ITEMS = frozenset(
    {
        *("link_id", "options", "enable_when", "enable_behavior", "items", "hint", "why"),
        *("occurrence", "repeat_of", "asks_for_more"),
    }
)
_TOLD_ELSEWHERE_OF_THE_WHOLE = frozenset(
    {"version", "items", "all_items", "pages", "warnings", "definition_hash", "occurrences"}
)
_TOLD_ELSEWHERE_OF_RULES = frozenset(
    {"questionnaire", "version", "thresholds", "derived", "gates", "rules", "rules_hash"}
)


def changes(
    before: Questionnaire, rules_before: Rules, after: Questionnaire, rules_after: Rules
) -> tuple[str, ...]:
    """Every difference that a patient or a clinician could notice, a sentence each; () where there is none."""
    return (*question_changes(before, after), *rule_changes(before, rules_before, after, rules_after))


# The questions


def question_changes(before: Questionnaire, after: Questionnaire) -> Iterator[str]:
    for change in _differences(before, after, _TOLD_ELSEWHERE_OF_THE_WHOLE):
        yield f"The questionnaire: {change}"
    if _is_reordered([item.link_id for item in before.items], [item.link_id for item in after.items]):
        yield "The questionnaire: the order of its groups changed."
    items_before, items_after = (
        [item for item in whole.all_items if item.is_in_file] for whole in (before, after)
    )
    for item in items_after:
        if item.link_id not in before.by_link_id:
            yield f"New {_kind(item)}: {_named(item)}, {condition_in_words(item, after)}."
    for item in items_before:
        if item.link_id not in after.by_link_id:
            yield f"Taken out, a {_kind(item)}: {_named(item)}."
    for item in items_after:
        if earlier := before.by_link_id.get(item.link_id):
            for change in _item_changes(earlier, before, item, after):
                yield f"{item.link_id}: {change}"


def _item_changes(earlier: Item, before: Questionnaire, item: Item, after: Questionnaire) -> Iterator[str]:
    yield from _differences(earlier, item, _TOLD_ELSEWHERE_OF_ITEMS)
    if (earlier.enable_when, earlier.enable_behavior) != (item.enable_when, item.enable_behavior):
        now, then = condition_in_words(item, after), condition_in_words(earlier, before)
        yield f"it is now {now}; it was {then}."
    yield from _option_changes(earlier.options, item.options)
    home, home_before = after.parent(item.link_id), before.parent(item.link_id)
    if (home and home.link_id) != (home_before and home_before.link_id):
        yield f"it now stands in {_place(home)}; it stood in {_place(home_before)}."
    if _is_reordered([one.link_id for one in earlier.items], [one.link_id for one in item.items]):
        yield "the order of what stands in it changed."


def _option_changes(before: Sequence[Option], after: Sequence[Option]) -> Iterator[str]:
    old, new = ({option.key: option for option in options} for options in (before, after))
    for key in (key for key in new if key not in old):
        yield f"new answer “{new[key].label}” ({key})."
    for key in (key for key in old if key not in new):
        yield f"the answer “{old[key].label}” ({key}) was taken out."
    for key in (key for key in new if key in old):
        if old[key].label != new[key].label:
            yield f"the answer {key} is now worded “{new[key].label}”; it was “{old[key].label}”."
        if _meaning(old[key]) != _meaning(new[key]):
            yield (
                f"the code of the answer {key} is now {_value(_meaning(new[key]))}; "
                f"it was {_value(_meaning(old[key]))}."
            )
        for change in _differences(old[key], new[key], {"key", "label", "value"}):
            yield f"of the answer “{new[key].label}” ({key}) {change}"
    if _is_reordered(list(old), list(new)):
        yield "the order of its answers changed."


def _meaning(option: Option) -> object:
    """What the answer stands for; a coding's display is the label, which is told by itself."""
    if isinstance(option.value, Coding):
        return Coding(option.value.system, option.value.code)
    return option.value


# The rules


def rule_changes(
    before: Questionnaire, rules_before: Rules, after: Questionnaire, rules_after: Rules
) -> Iterator[str]:
    yield from (
        f"The rules: {change}" for change in _differences(rules_before, rules_after, _TOLD_ELSEWHERE_OF_RULES)
    )
    yield from _named_changes("Threshold", rules_before.thresholds, rules_after.thresholds, _value)
    yield from _named_changes(
        "Derived value",
        {one.name: one for one in rules_before.derived},
        {one.name: one for one in rules_after.derived},
        _value,
    )

    def in_words(value: object) -> str:
        # Thresholds are written out in conditions, so both sides read well in the words of the new version.
        return rule_in_words(value, after) if isinstance(value, Combination) else _value(value)

    gates_before, gates_after = (
        {f"to {gate.page}, number {place}": gate for place, gate in enumerate(rules.gates, start=1)}
        for rules in (rules_before, rules_after)
    )
    yield from _named_changes("Gate", gates_before, gates_after, in_words)
    old, new = ({rule.id: rule for rule in rules.rules} for rules in (rules_before, rules_after))
    for rule in rules_after.rules:
        if rule.id not in old:
            yield (
                f"New rule {rule.id}, level {rule.level}: when {rule_in_words(rule.condition, after)}. "
                f"Reason: {rule.reason}"
            )
    for rule in rules_before.rules:
        if rule.id not in new:
            yield f"Rule {rule.id} was taken out, level {rule.level}. Its reason was: {rule.reason}"
    in_both_before = {name: rule for name, rule in old.items() if name in new}
    in_both_after = {name: rule for name, rule in new.items() if name in old}
    yield from _named_changes("Rule", in_both_before, in_both_after, in_words)
    if _is_reordered(list(old), list(new)):
        yield "The order of the rules changed."


def _named_changes(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any], in_words: Callable[[object], str]
) -> Iterator[str]:
    for name in (name for name in after if name not in before):
        facts = "; ".join(_facts(after[name], in_words))
        yield f"New {kind.lower()} {name}: {facts}."
    for name in (name for name in before if name not in after):
        yield f"{kind} {name} was taken out."
    for name in (name for name in after if name in before):
        for change in _differences(before[name], after[name], set(), in_words):
            yield f"{kind} {name}: {change}"


def _facts(value: Any, in_words: Callable[[object], str]) -> Iterator[str]:
    for field in fields(value):
        if field.name != "name":
            yield f"{_label(field.name)} {in_words(getattr(value, field.name))}"


# In words


def condition_in_words(item: Item, questionnaire: Questionnaire) -> str:
    """When the item is asked: "always asked", "asked when heart is “Yes”"."""
    if not item.enable_when:
        return "always asked"
    joint = " or " if item.enable_behavior == "any" else " and "
    conditions = (
        _compared(condition.question, condition, _question(questionnaire, condition.question))
        for condition in item.enable_when
    )
    return f"asked when {joint.join(conditions)}"


def rule_in_words(condition: Check | Combination, questionnaire: Questionnaire) -> str:
    """What a rule asks for: "heart is “Yes” and (age_years is at least 65 or asthma is answered)"."""
    if isinstance(condition, Combination):
        joint = " or " if condition.how == "any" else " and "
        return joint.join(
            f"({rule_in_words(member, questionnaire)})"
            if isinstance(member, Combination) and len(member.members) > 1
            else rule_in_words(member, questionnaire)
            for member in condition.members
        )
    if condition.subject is Subject.SCORE:
        return _compared(f"{BY_KEY[condition.name].name} score", condition, None)
    item = _question(questionnaire, condition.name) if condition.subject is Subject.QUESTION else None
    return _compared(condition.name, condition, item)


def _question(questionnaire: Questionnaire, link_id: str) -> Item | None:
    return questionnaire.by_link_id.get(link_id)


def _compared(name: str, condition: Condition | Check, item: Item | None) -> str:
    if condition.operator is Operator.EXISTS:
        there = "answered" if item else "known"
        return f"{name} is {there if condition.answer else f'not {there}'}"
    option = item.option(condition.answer) if item and isinstance(condition.answer, str) else None
    answer = f"“{option.label}”" if option else _value(condition.answer)
    return f"{name} {_COMPARISONS[condition.operator]} {answer}"


def _differences(
    before: Any, after: Any, left_out: Iterable[str], in_words: Callable[[object], str] | None = None
) -> Iterator[str]:
    """A clause for each field of two dataclasses that differs; indexes, which have no repr, are passed over."""
    say = in_words or _value
    for field in fields(after):
        then, now = getattr(before, field.name), getattr(after, field.name)
        if field.repr and field.name not in left_out and then != now:
            yield f"{_label(field.name)} is now {say(now)}; it was {say(then)}."


def _label(name: str) -> str:
    return _LABELS.get(name, f"the {name.replace('_', ' ')}")


def _value(value: object) -> str:
    match value:
        case None | "" | ():
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case StrEnum():
            return value.value
        case str():
            return f"“{value}”"
        case Decimal():
            return format(value, "f")
        case int() | date():
            return str(value)
        case Coding():
            return f"{value.system}|{value.code}"
        case Mapping():
            return ", ".join(f"{name}: {_value(one)}" for name, one in value.items()) or "nothing"
        case tuple():
            return ", ".join(_value(one) for one in value)
        case _:
            return str(value)


def _kind(item: Item) -> str:
    if item.type is ItemType.GROUP:
        return "page" if item.control == "page" else "group"
    return "text" if item.type is ItemType.DISPLAY else "question"


def _named(item: Item) -> str:
    return f"“{item.text}” ({item.link_id})" if item.text else item.link_id


def _place(item: Item | None) -> str:
    return item.link_id if item else "no group"


def _is_reordered(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether what stands in both stands in another order."""
    in_both = set(before) & set(after)
    return [name for name in before if name in in_both] != [name for name in after if name in in_both]
