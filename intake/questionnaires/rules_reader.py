"""Triage rules from TOML, checked against the questionnaire that they stand beside.

What can be seen to be wrong without an answer is refused by the rule's name: a linkId, option, score,
threshold or key that is not there, and a condition that no answer can ever meet.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from intake.questionnaires.items import (
    CHOICES,
    ORDERINGS,
    UNSTORABLE,
    Item,
    ItemType,
    Operator,
    Questionnaire,
)
from intake.questionnaires.json_source import quoted
from intake.questionnaires.rules import (
    Check,
    Combination,
    Derived,
    DerivedKind,
    Gate,
    Level,
    Rule,
    Rules,
    RulesRefused,
    Subject,
    Threshold,
)
from intake.questionnaires.scoring import BY_KEY, why_not_scorable

MAX_BYTES = 500_000
MAX_NESTING = 8  # `all` and `any` inside each other
_LARGEST = 10**18  # beyond any number that a clinic asks for

Table = Mapping[str, object]
Span = tuple[
    object, object
]  # the lowest and highest value that can be answered; None where there is no bound

_DERIVED_INPUTS: dict[DerivedKind, tuple[tuple[str, frozenset[ItemType]], ...]] = {
    DerivedKind.AGE: (("from", frozenset({ItemType.DATE})),),
    DerivedKind.BMI_US: tuple(
        (part, frozenset({ItemType.INTEGER, ItemType.DECIMAL})) for part in ("feet", "inches", "pounds")
    ),
}


def read_rules(source: bytes, questionnaire: Questionnaire) -> Rules:
    """The rules that the file holds; raises RulesRefused, and nothing else, for any bytes."""
    reader = _RulesReader(_read_toml(source), questionnaire)
    return reader.rules(hashlib.sha256(source).hexdigest())


def _read_toml(source: bytes) -> Table:
    if len(source) > MAX_BYTES:
        raise RulesRefused("", f"the file has more than {MAX_BYTES:,} bytes; shorten it")
    try:
        return tomllib.loads(source.decode("utf-8-sig"), parse_float=Decimal)
    except RecursionError:
        raise RulesRefused("", "lists stand too deep inside each other; flatten them") from None
    except (ValueError, ArithmeticError) as error:
        raise RulesRefused("", f"the file is not TOML: {quoted(str(error))}; correct it") from None


class _RulesReader:
    def __init__(self, document: Table, questionnaire: Questionnaire) -> None:
        self.document = document
        self.questionnaire = questionnaire
        self.thresholds: dict[str, Threshold] = {}
        self.derived: dict[str, Derived] = {}
        self.thresholds_used: set[str] = set()

    def rules(self, rules_hash: str) -> Rules:
        _only(
            "",
            self.document,
            ("questionnaire", "version", "site", "identity", "thresholds", "derived", "gate", "rule"),
        )
        url = _text("", self.document, "questionnaire")
        if url != self.questionnaire.url:
            raise RulesRefused(
                "", f"the rules are for {quoted(url)}, not for {quoted(self.questionnaire.url)}"
            )
        version = _text("", self.document, "version")
        self.thresholds = {
            name: _threshold(name, table) for name, table in _named_tables(self.document, "thresholds")
        }
        self.derived = {
            name: self.one_derived(name, table) for name, table in _named_tables(self.document, "derived")
        }
        gates = tuple(self.gate(table) for table in _tables("", self.document, "gate"))
        rules = tuple(self.rule(table) for table in _tables("", self.document, "rule"))
        seen: set[str] = set()
        for rule in rules:
            if rule.id in seen:
                raise RulesRefused(rule.id, "two rules have this id; give each its own")
            seen.add(rule.id)
        for name in self.thresholds.keys() - self.thresholds_used:
            raise RulesRefused(name, "no rule uses this threshold, so changing it does nothing; take it out")
        identity, contact = self.identity()
        return Rules(
            questionnaire=url,
            version=version,
            site=self.site(),
            identity=identity,
            contact=contact,
            thresholds=self.thresholds,
            derived=tuple(self.derived.values()),
            gates=gates,
            rules=rules,
            rules_hash=rules_hash,
        )

    def site(self) -> dict[str, str]:
        table = _table("site", self.document, "site")
        site = {setting: self.question(f"site.{setting}", _text("site", table, setting)) for setting in table}
        for setting, item in site.items():
            if not item.hidden:
                raise RulesRefused(f"site.{setting}", f"{item.link_id} is shown to the patient; hide it")
        return {setting: item.link_id for setting, item in site.items()}

    def identity(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Who is asked and how to reach them, for the list of submissions."""
        table = _table("identity", self.document, "identity")
        _only("identity", table, ("name", "birth_date", "contact"))
        kinds = {"name": (ItemType.STRING,), "birth_date": (ItemType.DATE,)}
        identity = {}
        for part, allowed in kinds.items():
            if part in table:
                item = self.question("identity", _text("identity", table, part))
                if item.type not in allowed:
                    raise RulesRefused(
                        "identity", f"{part} names {item.link_id}, a {item.type}; name a {allowed[0]}"
                    )
                identity[part] = item.link_id
        contact = table.get("contact", [])
        if not isinstance(contact, list) or not all(isinstance(link_id, str) for link_id in contact):
            raise RulesRefused("identity", "contact must be a list of linkIds; correct it")
        return identity, tuple(self.question("identity", link_id).link_id for link_id in contact)

    def question(self, where: str, link_id: str) -> Item:
        item = self.questionnaire.by_link_id.get(link_id)
        if item is None:
            raise RulesRefused(
                where, f"the questionnaire has no item {quoted(link_id)}; name one that it has"
            )
        if not item.is_question:
            raise RulesRefused(
                where, f"{quoted(link_id)} is a {item.type} and has no answer; name a question"
            )
        return item

    def one_derived(self, name: str, table: Table) -> Derived:
        written = _text(name, table, "kind")
        if written not in set(DerivedKind):
            raise RulesRefused(
                name, f"kind {quoted(written)} is unknown; write one of {', '.join(DerivedKind)}"
            )
        kind = DerivedKind(written)
        inputs = _DERIVED_INPUTS[kind]
        _only(name, table, ("kind", "item", "unit", "minimum", "maximum", *(part for part, _ in inputs)))
        questions = []
        for part, types in inputs:
            item = self.question(name, _text(name, table, part))
            if item.type not in types:
                wanted = " or ".join(sorted(types))
                raise RulesRefused(name, f"{part} names {item.link_id}, a {item.type}; name a {wanted}")
            questions.append(item.link_id)
        minimum, maximum = _number(name, table, "minimum"), _number(name, table, "maximum")
        if minimum > maximum:
            raise RulesRefused(name, "minimum is above maximum; swap them")
        told_at = self.question(name, _text(name, table, "item")).link_id
        return Derived(name, kind, tuple(questions), told_at, _text(name, table, "unit"), minimum, maximum)

    def gate(self, table: Table) -> Gate:
        page = _text("gate", table, "page")
        where = f"gate {page}"
        _only(where, table, ("page", "when", "all", "any"))
        return Gate(page, self.condition(where, table))

    def rule(self, table: Table) -> Rule:
        rule_id = _text("a rule", table, "id")
        _only(rule_id, table, ("id", "row", "level", "reason", "source", "when", "all", "any"))
        level = _text(rule_id, table, "level")
        if level not in set(Level):
            raise RulesRefused(rule_id, f"level {quoted(level)} is unknown; write one of {', '.join(Level)}")
        condition = self.condition(rule_id, table)
        return Rule(
            id=rule_id,
            row=_text(rule_id, table, "row"),
            level=Level(level),
            reason=_text(rule_id, table, "reason"),
            source=_text(rule_id, table, "source"),
            condition=condition,
            evidence=tuple(dict.fromkeys(_evidence(condition))),
        )

    def condition(self, where: str, table: Table) -> Combination:
        """The one of `when`, `all` and `any` that a rule or gate has."""
        found = [word for word in ("when", "all", "any") if word in table]
        if len(found) != 1:
            raise RulesRefused(where, f"it has {len(found)} of when, all and any; write one of them")
        if found == ["when"]:
            return Combination("all", (self.member(where, table["when"], 1),))
        return self.combination(where, table, 1)

    def combination(self, where: str, table: Table, depth: int) -> Combination:
        how: Literal["all", "any"] = "all" if "all" in table else "any"
        members = table[how]
        if not isinstance(members, list) or not members:
            raise RulesRefused(where, f"{how} must be a list of conditions; write at least one")
        return Combination(how, tuple(self.member(where, member, depth) for member in members))

    def member(self, where: str, member: object, depth: int) -> Check | Combination:
        if depth > MAX_NESTING:
            raise RulesRefused(where, f"conditions stand more than {MAX_NESTING} deep; split the rule")
        if not isinstance(member, dict):
            raise RulesRefused(where, f"{quoted(str(member))} is not a condition; write {{ question = ... }}")
        if len(member) == 1 and member.keys() <= {"all", "any"}:
            return self.combination(where, member, depth + 1)
        return self.check(where, member)

    def check(self, where: str, table: Table) -> Check:
        subjects = [subject for subject in Subject if subject in table]
        if len(subjects) != 1:
            raise RulesRefused(
                where, "a condition looks at one question, one score or one derived value; write one"
            )
        subject = subjects[0]
        _only(where, table, (subject, "operator", "answer", "threshold"))
        name = _text(where, table, subject)
        written = _text(where, table, "operator")
        if written not in set(Operator):
            raise RulesRefused(
                where, f"operator {quoted(written)} is unknown; write one of {' '.join(Operator)}"
            )
        operator = Operator(written)
        answer = self.answer(where, table)
        match subject:
            case Subject.QUESTION:
                item = self.question(where, name)
                evidence: tuple[str, ...] = (item.link_id,)
                span = _question_span(where, item, operator, answer)
            case Subject.SCORE:
                if reason := why_not_scorable(self.questionnaire, name):
                    raise RulesRefused(where, reason)
                evidence = self.linked(BY_KEY[name].codes)
                span = (0, BY_KEY[name].maximum)
            case Subject.DERIVED:
                if name not in self.derived:
                    raise RulesRefused(where, f"no derived value is named {quoted(name)}; declare it")
                evidence = self.derived[name].questions
                span = (self.derived[name].minimum, self.derived[name].maximum)
        if operator is Operator.EXISTS:
            if not isinstance(answer, bool):
                raise RulesRefused(where, f"exists of {name} needs true or false as its answer; write one")
        elif subject is not Subject.QUESTION and not _is_number(answer):
            raise RulesRefused(where, f"{name} is a number; write a number as the answer")
        elif not _reachable(operator, answer, span):
            raise RulesRefused(
                where,
                f"{name} {operator} {answer} says nothing: it goes from {span[0]} to {span[1]}; correct it",
            )
        return Check(subject, name, operator, answer, evidence)

    def linked(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The linkIds of the questions that carry these codes, in document order."""
        wanted = set(codes)
        return tuple(
            item.link_id
            for item in self.questionnaire.all_items
            if wanted & {coding.code for coding in item.codings} and item.is_question
        )

    def answer(self, where: str, table: Table) -> bool | int | Decimal | date | str:
        if ("answer" in table) == ("threshold" in table):
            raise RulesRefused(where, "a condition has either an answer or a threshold; write one")
        if "threshold" in table:
            name = _text(where, table, "threshold")
            if name not in self.thresholds:
                raise RulesRefused(where, f"no threshold is named {quoted(name)}; declare it")
            self.thresholds_used.add(name)
            return self.thresholds[name].value
        answer = table["answer"]
        if isinstance(answer, str):
            return _text(where, table, "answer")
        if isinstance(answer, bool) or (isinstance(answer, date) and not isinstance(answer, datetime)):
            return answer
        if isinstance(answer, (int, Decimal)):
            return _number(where, table, "answer")
        raise RulesRefused(
            where, f"{quoted(str(answer))} is no answer; write a text, number, date, true or false"
        )


def _question_span(where: str, item: Item, operator: Operator, answer: object) -> Span:
    """What the question's answers range over, once it is clear that the condition's answer is of its kind."""
    if operator is Operator.EXISTS:
        return None, None
    if item.type in CHOICES:
        fits, wanted = (
            isinstance(answer, str) and item.option(answer) is not None,
            "one of its options' codes",
        )
    elif item.type is ItemType.BOOLEAN:
        fits, wanted = isinstance(answer, bool), "true or false"
    elif item.type is ItemType.DATE:
        fits, wanted = isinstance(answer, date), "a date such as 1962-03-09"
    elif item.type in (ItemType.INTEGER, ItemType.DECIMAL):
        fits, wanted = _is_number(answer), "a number"
    else:
        fits, wanted = isinstance(answer, str), "a text"
    if not fits:
        raise RulesRefused(where, f"{quoted(str(answer))} is no answer to {item.link_id}; write {wanted}")
    ordered = item.type in (ItemType.INTEGER, ItemType.DECIMAL, ItemType.DATE)
    if operator in ORDERINGS and not ordered:
        raise RulesRefused(where, f"{item.link_id} is a {item.type} and has no order; use = or !=")
    if (
        item.type is ItemType.INTEGER and operator not in ORDERINGS and answer % 1  # type: ignore[operator]
    ):
        raise RulesRefused(where, f"{item.link_id} has whole numbers only, and {answer} is none; correct it")
    return (item.min_value, item.max_value) if ordered else (None, None)


def _reachable(operator: Operator, answer: object, span: Span) -> bool:
    """Whether some value in the span meets the condition and, for !=, some value does not."""
    lowest, highest = span
    below = lowest is not None and answer < lowest  # type: ignore[operator]  # of one kind, see _question_span
    above = highest is not None and answer > highest  # type: ignore[operator]
    match operator:
        case Operator.GREATER:
            return not above and answer != highest
        case Operator.GREATER_OR_EQUAL:
            return not above
        case Operator.LESS:
            return not below and answer != lowest
        case Operator.LESS_OR_EQUAL:
            return not below
        case _:
            return not below and not above


def _evidence(condition: Check | Combination) -> Iterable[str]:
    if isinstance(condition, Check):
        return condition.evidence
    return (link_id for member in condition.members for link_id in _evidence(member))


def _threshold(name: str, table: Table) -> Threshold:
    _only(name, table, ("value", "unit", "source"))
    return Threshold(
        name, _number(name, table, "value"), _text(name, table, "unit"), _text(name, table, "source")
    )


# ---- One value of a table, or a refusal that names it ----


def _is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _only(where: str, table: Table, known: Iterable[str]) -> None:
    for key in sorted(table.keys() - set(known)):
        raise RulesRefused(where, f"the key {quoted(key)} is not understood; take it out")


def _text(where: str, table: Table, key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RulesRefused(where, f"{key} must be a text that is not empty; write it")
    if UNSTORABLE.search(value):
        raise RulesRefused(where, f"{key} has a control character in it, {quoted(value)}; retype it")
    return value


def _number(where: str, table: Table, key: str) -> Decimal:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise RulesRefused(where, f"{key} must be a number; write it")
    if not -_LARGEST < value < _LARGEST:  # NaN compares as false
        raise RulesRefused(where, f"{key} is no number that a clinic asks for; correct it")
    return Decimal(value)


def _table(where: str, table: Table, key: str) -> Table:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise RulesRefused(where, f"{key} must be a table; write [{key}]")
    return value


def _named_tables(document: Table, key: str) -> list[tuple[str, Table]]:
    tables = _table(key, document, key)
    return [(name, _table(name, tables, name)) for name in tables]


def _tables(where: str, document: Table, key: str) -> list[Table]:
    values = document.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise RulesRefused(where, f"{key} must be a list of tables; write [[{key}]]")
    return values
