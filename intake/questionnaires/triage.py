"""Rules, answers and scores to flags and a priority, each with its reason in words.

For staff only: the person who answers is told no flag, level or score. Whatever calls this passes the day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from intake.questionnaires.answers import Answers, Problem, ProblemKind, kept
from intake.questionnaires.conditions import asked, holds
from intake.questionnaires.items import Operator, Questionnaire
from intake.questionnaires.rules import (
    Check,
    Combination,
    Derived,
    DerivedKind,
    Level,
    Rule,
    Rules,
    RulesRefused,
    Subject,
)
from intake.questionnaires.rules_reader import read_rules
from intake.questionnaires.scoring import BY_KEY, Score, points_of, scores

__all__ = [
    "Flag",
    "Level",
    "Priority",
    "Rules",
    "RulesRefused",
    "Triage",
    "age_in_years",
    "bound_problems",
    "derive",
    "gate",
    "read_rules",
    "triage",
]

INCHES_PER_FOOT = 12
BMI_FACTOR = 703  # kg/m2 from pounds and inches
BMI_NEVER = Decimal(1_000_000)  # kg/m2; above this only the bounds matter, and rounding needs too many digits


class Priority(StrEnum):
    """How urgent a submission is, most urgent first: its most urgent flag, where a note alone is routine."""

    CRISIS_NOW = "crisis_now"
    CRISIS = "crisis"
    STOP = "stop"
    CAUTION = "caution"
    ROUTINE = "routine"


_URGENCY = {level: place for place, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Flag:
    """One rule that fired."""

    rule_id: str
    level: Level
    reason: str
    source: str
    row: str
    """The row of the screening table that the rule implements."""
    evidence: tuple[str, ...]
    """The linkIds of what made the rule fire: of its conditions, those that held."""


@dataclass(frozen=True, slots=True)
class Triage:
    priority: Priority
    flags: tuple[Flag, ...]
    """Most urgent first, then in the order of the file."""
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What conditions look at."""

    questionnaire: Questionnaire
    answers: Answers
    asked: frozenset[str]
    points: Mapping[str, Decimal | None]
    derived: Mapping[str, Decimal | None]

    def about(self, check: Check) -> Sequence[object]:
        """The one number that a condition is about; () where nobody knows it."""
        numbers = self.points if check.subject is Subject.SCORE else self.derived
        number = numbers.get(check.name)
        return () if number is None else (number,)

    def places(self, check: Check) -> tuple[str, ...]:
        """The linkIds where a condition on a question may be met, each for itself: one, or those of a group that
        repeats, in each repetition that is asked. So a rule misses none of them, whatever its operator.
        """
        everywhere = self.questionnaire.occurrences.get(check.name, ())
        return tuple(link_id for link_id in everywhere if link_id in self.asked) or (check.name,)

    def met_at(self, check: Check) -> list[str]:
        given = {link_id: self.answers.get(link_id, ()) for link_id in self.places(check)}
        return [link_id for link_id, one in given.items() if holds(check.operator, one, check.answer)]

    def deciding(self, check: Check) -> tuple[str, ...]:
        """The linkIds behind a condition that holds: a question, what a value is derived from, or of a score's items
        those that made it high, or that it lacks.
        """
        if check.subject is Subject.QUESTION:
            return tuple(self.met_at(check)) or check.evidence
        if check.subject is not Subject.SCORE:
            return check.evidence
        points = {link_id: self.points_of_item(link_id, check.name) for link_id in check.evidence}
        if check.operator in (Operator.GREATER, Operator.GREATER_OR_EQUAL):
            found = [link_id for link_id, point in points.items() if point]
        else:
            is_lacking = check.operator is Operator.EXISTS and check.answer is False
            found = [link_id for link_id, point in points.items() if (point is None) is is_lacking]
        return tuple(found) or check.evidence

    def points_of_item(self, link_id: str, instrument: str) -> Decimal | None:
        item = self.questionnaire.item(link_id)
        return points_of(item, self.answers.get(link_id, ()), BY_KEY[instrument])


def triage(questionnaire: Questionnaire, rules: Rules, answers: Answers, *, today: date) -> Triage:
    """The flags that the kept answers raise, and the priority that follows."""
    answers = kept(questionnaire, answers)
    found = scores(questionnaire, answers)
    facts = _facts(questionnaire, rules, answers, found, today)
    raised = [rule for rule in rules.rules if _is_met(rule.condition, facts)]
    flags = tuple(_flag(rule, facts) for rule in sorted(raised, key=lambda rule: _URGENCY[rule.level]))
    return Triage(_priority(flags), flags, found)


def gate(questionnaire: Questionnaire, rules: Rules, answers: Answers, *, today: date) -> str | None:
    """The name of the page that the kept answers lead to instead of the questionnaire, None to go on."""
    answers = kept(questionnaire, answers)
    facts = _facts(questionnaire, rules, answers, scores(questionnaire, answers), today)
    return next((one.page for one in rules.gates if _is_met(one.condition, facts)), None)


def _facts(
    questionnaire: Questionnaire, rules: Rules, answers: Answers, found: Sequence[Score], today: date
) -> _Facts:
    points = {score.instrument: score.points for score in found}
    enabled = asked(questionnaire, answers) if questionnaire.occurrences else frozenset()
    return _Facts(questionnaire, answers, enabled, points, derive(rules, answers, today=today))


def _is_met(condition: Check | Combination, facts: _Facts) -> bool:
    if isinstance(condition, Combination):
        met = (_is_met(member, facts) for member in condition.members)
        return any(met) if condition.how == "any" else all(met)
    if condition.subject is Subject.QUESTION:
        return bool(facts.met_at(condition))
    about = facts.about(condition)
    if not about and condition.operator is Operator.NOT_EQUAL:
        # FHIR's "!=" holds for a question without an answer; a number that nobody knows differs from nothing.
        return False
    return holds(condition.operator, about, condition.answer)


def _flag(rule: Rule, facts: _Facts) -> Flag:
    evidence = tuple(dict.fromkeys(_evidence(rule.condition, facts)))
    return Flag(rule.id, rule.level, rule.reason, rule.source, rule.row, evidence)


def _evidence(condition: Check | Combination, facts: _Facts) -> Iterator[str]:
    """What made a condition hold. Of an `any`, what did not hold proves nothing and is left out."""
    if isinstance(condition, Check):
        yield from facts.deciding(condition)
        return
    for member in condition.members:
        if _is_met(member, facts):
            yield from _evidence(member, facts)


def _priority(flags: Sequence[Flag]) -> Priority:
    if not flags or flags[0].level is Level.NOTE:
        return Priority.ROUTINE
    return Priority(flags[0].level.value)


# ---- Derived values ----


def derive(rules: Rules, answers: Answers, *, today: date) -> Mapping[str, Decimal | None]:
    """Each declared value by name, None where an answer that it needs is missing.

    Takes kept answers: it knows no questionnaire, so it cannot tell what is asked.
    """
    return {derived.name: _derived(derived, answers, today) for derived in rules.derived}


def _derived(derived: Derived, answers: Answers, today: date) -> Decimal | None:
    given = [answers.get(link_id, ()) for link_id in derived.questions]
    if not all(given):
        return None
    values = [values[0] for values in given]
    if derived.kind is DerivedKind.AGE:
        born = values[0]
        return Decimal(age_in_years(born, today)) if isinstance(born, date) else None
    numbers = [Decimal(value) for value in values if isinstance(value, (int, Decimal))]
    return _bmi_us(*numbers) if len(numbers) == len(values) else None


def age_in_years(born: date, today: date) -> int:
    """Whole years; below zero for a date in the future. Born on February 29 counts from March 1.

    >>> age_in_years(date(1962, 3, 9), date(2026, 3, 8)), age_in_years(date(1962, 3, 9), date(2026, 3, 9))
    (63, 64)
    """
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _bmi_us(feet: Decimal, inches: Decimal, pounds: Decimal) -> Decimal | None:
    """kg/m2 to one decimal, half up; None for a person without height.

    >>> _bmi_us(Decimal(5), Decimal(10), Decimal(170))
    Decimal('24.4')
    """
    height = feet * INCHES_PER_FOOT + inches
    if height <= 0:
        return None
    bmi = BMI_FACTOR * pounds / height**2
    if bmi > BMI_NEVER:
        return BMI_NEVER
    return bmi.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def bound_problems(
    rules: Rules, questionnaire: Questionnaire, answers: Answers, *, today: date
) -> tuple[Problem, ...]:
    """Derived values that cannot be true, told at the item that the rules name, with the bound passed.

    Inches alone are no height: the feet are told as missing, where they are asked.
    """
    answers = kept(questionnaire, answers)
    values = derive(rules, answers, today=today)
    found = []
    for derived in rules.derived:
        if derived.kind is DerivedKind.BMI_US:
            feet, inches, _ = derived.questions
            if inches in answers and feet not in answers and feet in asked(questionnaire, answers):
                found.append(Problem(feet, ProblemKind.MISSING))
        value = values[derived.name]
        if value is not None and value < derived.minimum:
            found.append(Problem(derived.item, ProblemKind.OUT_OF_BOUNDS_LOW, derived.minimum))
        elif value is not None and value > derived.maximum:
            found.append(Problem(derived.item, ProblemKind.OUT_OF_BOUNDS_HIGH, derived.maximum))
    return tuple(found)
