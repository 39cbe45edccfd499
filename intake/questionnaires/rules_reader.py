"""Triage rules from TOML, checked against the questionnaire that they stand beside.

What can be seen to be wrong without an answer is refused by the rule's name: a linkId, option, score,
threshold or key that is not there, and a condition that no answer can ever meet.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from intake.questionnaires.items import (
    CHOICES,
    NUMBERS,
    ORDERINGS,
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
from intake.questionnaires.scoring import BY_KEY, LOINC, why_not_scorable
from intake.questionnaires.toml_source import (
    Table,
    is_number,
    named_tables,
    number_of,
    only_keys,
    read_toml,
    table_of,
    tables_of,
    text_of,
)

MAX_NESTING = 8  # `all` and `any` inside each other

Span = tuple[object, object]  # the lowest and highest value that there can be; None for no bound

_DERIVED_INPUTS: dict[DerivedKind, tuple[tuple[str, frozenset[ItemType]], ...]] = {
    DerivedKind.AGE: (("from", frozenset({ItemType.DATE})),),
    DerivedKind.BMI_US: tuple(
        (part, frozenset({ItemType.INTEGER, ItemType.DECIMAL})) for part in ("feet", "inches", "pounds")
    ),
}

_OF_THE_PATIENT = {
    "name": (ItemType.STRING,),
    "birth_date": (ItemType.DATE,),
    "phone": (ItemType.STRING,),
    "email": (ItemType.STRING,),
    "mail_wanted": (ItemType.BOOLEAN, ItemType.CHOICE),  # to tell them by e-mail that it has arrived
}
_OF_A_HELPER = {
    "name": (ItemType.STRING,),
    "relationship": (ItemType.STRING, ItemType.CHOICE, ItemType.OPEN_CHOICE),
}


def read_rules(source: bytes, questionnaire: Questionnaire) -> Rules:
    """The rules that the file holds; raises RulesRefused, and nothing else, for any bytes."""
    reader = _RulesReader(read_toml(source), questionnaire)
    return reader.rules(hashlib.sha256(source).hexdigest())


class _RulesReader:
    def __init__(self, document: Table, questionnaire: Questionnaire) -> None:
        self.document = document
        self.questionnaire = questionnaire
        self.thresholds: dict[str, Threshold] = {}
        self.derived: dict[str, Derived] = {}
        self.thresholds_used: set[str] = set()
        self.scored: dict[str, tuple[tuple[str, ...], Span]] = {}

    def rules(self, rules_hash: str) -> Rules:
        only_keys(
            "",
            self.document,
            (
                "questionnaire",
                "version",
                "site",
                "identity",
                "helper",
                "thresholds",
                "derived",
                "gate",
                "rule",
            ),
        )
        url = text_of("", self.document, "questionnaire")
        if url != self.questionnaire.url:
            raise RulesRefused(
                "", f"the rules are for {quoted(url)}, not for {quoted(self.questionnaire.url)}"
            )
        version = text_of("", self.document, "version")
        self.thresholds = {
            name: _threshold(name, table) for name, table in named_tables(self.document, "thresholds")
        }
        self.derived = {
            name: self.one_derived(name, table) for name, table in named_tables(self.document, "derived")
        }
        gates = tuple(self.gate(table) for table in tables_of("", self.document, "gate"))
        rules = tuple(self.rule(table) for table in tables_of("", self.document, "rule"))
        seen: set[str] = set()
        for rule in rules:
            if rule.id in seen:
                raise RulesRefused(rule.id, "two rules have this id; give each its own")
            seen.add(rule.id)
        for name in sorted(self.thresholds.keys() - self.thresholds_used):
            raise RulesRefused(name, "no rule uses this threshold, so changing it does nothing; take it out")
        identity, contact = self.identity()
        return Rules(
            questionnaire=url,
            version=version,
            site=self.site(),
            identity=identity,
            contact=contact,
            helper=self.persons_questions("helper", _OF_A_HELPER),
            thresholds=self.thresholds,
            derived=tuple(self.derived.values()),
            gates=gates,
            rules=rules,
            rules_hash=rules_hash,
        )

    def site(self) -> dict[str, str]:
        table = table_of("site", self.document, "site")
        site = {setting: self.single(f"site.{setting}", text_of("site", table, setting)) for setting in table}
        for setting, item in site.items():
            if not item.hidden or item.type is not ItemType.BOOLEAN:
                raise RulesRefused(
                    f"site.{setting}", f"{item.link_id} is not a hidden yes-or-no question; name one that is"
                )
        return {setting: item.link_id for setting, item in site.items()}

    def identity(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Who it is and how to reach them, for the list of submissions and for an export."""
        contact = table_of("identity", self.document, "identity").get("contact", [])
        if not isinstance(contact, list) or not all(isinstance(link_id, str) for link_id in contact):
            raise RulesRefused("identity", "contact must be a list of linkIds; correct it")
        identity = self.persons_questions("identity", _OF_THE_PATIENT, "contact")
        return identity, tuple(self.single("identity", link_id).link_id for link_id in contact)

    def persons_questions(
        self, where: str, kinds: Mapping[str, tuple[ItemType, ...]], *others: str
    ) -> dict[str, str]:
        """The linkId for each part that the table has, such as "name"."""
        table = table_of(where, self.document, where)
        only_keys(where, table, (*kinds, *others))
        found = {}
        for part, allowed in kinds.items():
            if part in table:
                item = self.single(where, text_of(where, table, part))
                if item.type not in allowed:
                    raise RulesRefused(
                        where,
                        f"{part} names {item.link_id} of type {item.type}; name a {' or '.join(allowed)}",
                    )
                found[part] = item.link_id
        return found

    def single(self, where: str, link_id: str) -> Item:
        """A question that one person answers once."""
        item = self.question(where, link_id)
        if item.occurrence:
            raise RulesRefused(where, f"{quoted(link_id)} may be asked several times; name another question")
        return item

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
        written = text_of(name, table, "kind")
        if written not in set(DerivedKind):
            raise RulesRefused(
                name, f"kind {quoted(written)} is unknown; write one of {', '.join(DerivedKind)}"
            )
        kind = DerivedKind(written)
        inputs = _DERIVED_INPUTS[kind]
        only_keys(name, table, ("kind", "item", "unit", "minimum", "maximum", *(part for part, _ in inputs)))
        questions = []
        for part, types in inputs:
            item = self.single(name, text_of(name, table, part))
            if item.type not in types:
                wanted = " or ".join(sorted(types))
                raise RulesRefused(
                    name, f"{part} names {item.link_id} of type {item.type}; name one of type {wanted}"
                )
            questions.append(item.link_id)
        minimum, maximum = number_of(name, table, "minimum"), number_of(name, table, "maximum")
        if minimum > maximum:
            raise RulesRefused(name, "minimum is above maximum; swap them")
        told_at = self.question(name, text_of(name, table, "item")).link_id
        return Derived(name, kind, tuple(questions), told_at, text_of(name, table, "unit"), minimum, maximum)

    def gate(self, table: Table) -> Gate:
        page = text_of("gate", table, "page")
        where = f"gate {page}"
        only_keys(where, table, ("page", "when", "all", "any"))
        return Gate(page, self.condition(where, table))

    def rule(self, table: Table) -> Rule:
        rule_id = text_of("a rule", table, "id")
        only_keys(rule_id, table, ("id", "row", "level", "reason", "source", "when", "all", "any"))
        level = text_of(rule_id, table, "level")
        if level not in set(Level):
            raise RulesRefused(rule_id, f"level {quoted(level)} is unknown; write one of {', '.join(Level)}")
        return Rule(
            id=rule_id,
            row=text_of(rule_id, table, "row"),
            level=Level(level),
            reason=text_of(rule_id, table, "reason"),
            source=text_of(rule_id, table, "source"),
            condition=self.condition(rule_id, table),
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
            raise RulesRefused(where, "a condition must be a table; write { question = ... }")
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
        only_keys(where, table, (subject, "operator", "answer", "threshold"))
        name = text_of(where, table, subject)
        written = text_of(where, table, "operator")
        if written not in set(Operator):
            raise RulesRefused(
                where, f"operator {quoted(written)} is unknown; write one of {' '.join(Operator)}"
            )
        operator = Operator(written)
        answer = self.answer(where, table)
        if subject is Subject.QUESTION:
            item = self.question(where, name)
            evidence: tuple[str, ...] = (item.link_id,)
            span = _question_span(where, item, operator, answer)
        elif subject is Subject.SCORE:
            evidence, span = self.score(where, name)
        else:
            evidence, span = self.derived_value(where, name)
        if operator is Operator.EXISTS:
            if not isinstance(answer, bool):
                raise RulesRefused(where, f"exists of {name} needs true or false as its answer; write one")
        elif subject is not Subject.QUESTION and not is_number(answer):
            raise RulesRefused(where, f"{name} is a number; write a number as the answer")
        elif not _reachable(operator, answer, span):
            raise RulesRefused(
                where,
                f"{name} {operator} {answer} says nothing: it goes from {span[0]} to {span[1]}; correct it",
            )
        return Check(subject, name, operator, answer, evidence)

    def score(self, where: str, key: str) -> tuple[tuple[str, ...], Span]:
        """The questions of an instrument that this questionnaire can score, and its range."""
        if key not in self.scored:  # many conditions may look at one score, and each look is at every item
            self.scored[key] = self.find_score(where, key)
        return self.scored[key]

    def find_score(self, where: str, key: str) -> tuple[tuple[str, ...], Span]:
        if reason := why_not_scorable(self.questionnaire, key):
            raise RulesRefused(where, reason)
        wanted = {(LOINC, code) for code in BY_KEY[key].codes}
        questions = tuple(
            item.link_id
            for item in self.questionnaire.all_items
            if item.is_question
            and not item.occurrence
            and wanted & {(coding.system, coding.code) for coding in item.codings}
        )
        return questions, (0, BY_KEY[key].maximum)

    def derived_value(self, where: str, name: str) -> tuple[tuple[str, ...], Span]:
        """The questions that a declared value is derived from, and its bounds."""
        if name not in self.derived:
            raise RulesRefused(where, f"no derived value is named {quoted(name)}; declare it")
        derived = self.derived[name]
        return derived.questions, (derived.minimum, derived.maximum)

    def answer(self, where: str, table: Table) -> bool | int | Decimal | date | str:
        if ("answer" in table) == ("threshold" in table):
            raise RulesRefused(where, "a condition has either an answer or a threshold; write one")
        if "threshold" in table:
            name = text_of(where, table, "threshold")
            if name not in self.thresholds:
                raise RulesRefused(where, f"no threshold is named {quoted(name)}; declare it")
            self.thresholds_used.add(name)
            return self.thresholds[name].value
        answer = table["answer"]
        if isinstance(answer, str):
            return text_of(where, table, "answer")
        if isinstance(answer, bool) or (isinstance(answer, date) and not isinstance(answer, datetime)):
            return answer
        if isinstance(answer, (int, Decimal)):
            return number_of(where, table, "answer")
        raise RulesRefused(where, "an answer must be a text, number, date, true or false; correct it")


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
    elif item.type in NUMBERS:
        fits, wanted = is_number(answer), "a number"
    elif item.type in (ItemType.TIME, ItemType.DATE_TIME):
        raise RulesRefused(where, f"{item.link_id} is a {item.type}, which a rule cannot compare; use exists")
    else:
        fits, wanted = isinstance(answer, str), "a text"
    if not fits:
        raise RulesRefused(where, f"{quoted(str(answer))} is no answer to {item.link_id}; write {wanted}")
    ordered = item.type in NUMBERS or item.type is ItemType.DATE
    if operator in ORDERINGS and not ordered:
        raise RulesRefused(where, f"{item.link_id} is of type {item.type} and has no order; use = or !=")
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


def _threshold(name: str, table: Table) -> Threshold:
    only_keys(name, table, ("value", "unit", "source"))
    return Threshold(
        name, number_of(name, table, "value"), text_of(name, table, "unit"), text_of(name, table, "source")
    )
