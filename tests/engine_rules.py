"""A small questionnaire and rules beside it, for the tests of triage: valid as they are, changed by one part."""

import datetime
from typing import Any

from intake.questionnaires.triage import (
    Rules,
    read_rules,
)
from tests.engine_builders import (
    PHQ,
    URL,
    choice,
    extension,
    frequency_item,
    group,
    item,
    peg_item,
    read,
    when,
)

TODAY = datetime.date(2026, 11, 22)
BORN = datetime.date(1962, 3, 9)


def bounded(link_id: str, kind: str, low: int, high: int) -> dict[str, Any]:
    bounds = [extension("minValue", valueInteger=low), extension("maxValue", valueInteger=high)]
    return item(link_id, kind, extension=bounds)


FORM = read(
    choice("heart"),
    choice("heart-when", "recent", "long-ago", **when("heart", answerCoding={"code": "yes"})),
    choice("medicines", "opioid", "sedative", repeats=True),
    choice("pain", "back", kind="open-choice"),
    item("smoker"),
    item("born", "date", extension=[extension("minValue", valueDate="1900-01-01")]),
    bounded("systolic", "integer", 50, 300),
    item("drinks", "decimal"),
    item("notes", "text"),
    item("called", "string"),
    bounded("feet", "integer", 0, 8),
    bounded("inches", "integer", 0, 11),
    bounded("pounds", "decimal", 1, 1_500),
    item("same-day", extension=[extension("questionnaire-hidden", valueBoolean=True)]),
    *map(frequency_item, PHQ[:2]),
    group("peg", *map(peg_item, ("75893-8", "91145-3", "91146-1"))),
)

HEAD = f'questionnaire = "{URL}"\nversion = "1.0.0"\n'
DERIVED = """
[derived.age_years]
kind = "age"
from = "born"
item = "born"
unit = "a"
minimum = 0
maximum = 120

[derived.bmi]
kind = "bmi_us"
feet = "feet"
inches = "inches"
pounds = "pounds"
item = "pounds"
unit = "kg/m2"
minimum = 10
maximum = 100

"""
THRESHOLD = '[thresholds.systolic_stop]\nvalue = 160\nunit = "mm[Hg]"\nsource = "A trial"\n'


def rule(condition: str, *, level: str = "stop", rule_id: str = "r") -> str:
    return (
        f'[[rule]]\nid = "{rule_id}"\nrow = "A row"\nlevel = "{level}"\n'
        f'reason = "Because."\nsource = "A paper"\n{condition}\n'
    )


def rules_of(*parts: str, head: str = HEAD) -> Rules:
    return read_rules((head + DERIVED + "\n".join(parts)).encode(), FORM)


def ask(text: str) -> str:
    """A rule's condition from its short form: `heart = "yes"`, `score:phq2 >= 3`, `derived:bmi > 40`."""
    subject, operator, answer = text.split(" ", 2)
    kind, _, name = subject.rpartition(":")
    return f'{{ {kind or "question"} = "{name}", operator = "{operator}", {answer_of(answer)} }}'


def answer_of(answer: str) -> str:
    return f'threshold = "{answer[1:]}"' if answer.startswith("@") else f"answer = {answer}"
