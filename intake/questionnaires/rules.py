"""What triage rules are made of, after reading: frozen values, made by `rules_reader`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from intake.questionnaires.items import Operator


class RulesRefused(ValueError):
    """The rules cannot be followed as written. Says where, what is wrong and what to do."""

    def __init__(self, rule_id: str, reason: str) -> None:
        super().__init__(f"{rule_id}: {reason}" if rule_id else reason)
        self.rule_id = rule_id
        """The rule, threshold, derived value or gate, or "" for the file as a whole."""
        self.reason = reason


class Level(StrEnum):
    """How urgent a flag is, most urgent first."""

    CRISIS_NOW = "crisis_now"
    CRISIS = "crisis"
    STOP = "stop"
    CAUTION = "caution"
    NOTE = "note"


class Subject(StrEnum):
    """What a condition looks at."""

    QUESTION = "question"
    SCORE = "score"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that the clinic's medical director sets."""

    name: str
    value: Decimal
    unit: str
    source: str


class DerivedKind(StrEnum):
    AGE = "age"
    """Whole years between a date and today."""
    BMI_US = "bmi_us"
    """703 x pounds / inches squared, to one decimal."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A value worked out from answers, with its unit and the bounds of what can be true."""

    name: str
    kind: DerivedKind
    questions: tuple[str, ...]
    """LinkIds: the date; or feet, inches, pounds."""
    item: str
    """Where a value out of bounds is told."""
    unit: str
    minimum: Decimal
    maximum: Decimal


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of a rule."""

    subject: Subject
    name: str
    """A linkId, an instrument's key or a derived value's name."""
    operator: Operator
    answer: bool | int | Decimal | date | str
    evidence: tuple[str, ...]
    """The linkIds that it looks at: a question, or those that a score or derived value is made of."""


@dataclass(frozen=True, slots=True)
class Combination:
    how: Literal["all", "any"]
    members: tuple["Check | Combination", ...]


@dataclass(frozen=True, slots=True)
class Gate:
    page: str
    """The page that is shown instead of the questionnaire."""
    condition: Combination


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    row: str
    level: Level
    reason: str
    source: str
    condition: Combination


@dataclass(frozen=True, slots=True)
class Rules:
    questionnaire: str
    """The questionnaire's url."""
    version: str
    site: Mapping[str, str]
    """Setting -> linkId of the hidden question that the site answers when a draft starts."""
    identity: Mapping[str, str]
    """Who the answers are about: "name", "birth_date", "phone" and "email" -> linkId."""
    contact: tuple[str, ...]
    """LinkIds of the answers that say how the person may be reached."""
    helper: Mapping[str, str]
    """Who typed them for the patient: "name" and "relationship" -> linkId. An answer to one of them says so."""
    thresholds: Mapping[str, Threshold]
    derived: tuple[Derived, ...]
    gates: tuple[Gate, ...]
    rules: tuple[Rule, ...]
    rules_hash: str
    """SHA-256 of the original bytes, in hex."""
