"""A questionnaire answered by staff to see what its rules make of it. Nothing here is stored."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intake import models
from intake.forms import PageForm
from intake.questionnaires.answers import Answers, Problem, ProblemKind, in_words, kept, problems
from intake.questionnaires.changes import rule_in_words
from intake.questionnaires.definition import Questionnaire
from intake.questionnaires.rules import Rule
from intake.questionnaires.scoring import Score
from intake.questionnaires.triage import Flag, Priority, Rules, derive, gate, triage


class TrialForm(PageForm):
    """One page among all the others in one form; what is left empty is no mistake here."""

    def page_problems(self) -> list[Problem]:
        return [problem for problem in super().page_problems() if problem.kind is not ProblemKind.MISSING]


@dataclass(frozen=True, slots=True)
class RaisedFlag:
    flag: Flag
    condition: str
    """What the rule asks for, in words."""
    evidence: tuple[tuple[str, str], ...]
    """Each question that it looked at: its wording, and the answer in words."""

    @property
    def level_label(self) -> str:
        return self.flag.level.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What staff would see of such a submission, and whether it could be sent at all."""

    priority: Priority
    flags: tuple[RaisedFlag, ...]
    scores: tuple[Score, ...]
    derived: tuple[tuple[str, str], ...]
    """Name, and the value with its unit."""
    gate: str
    """The page that is shown instead of the questionnaire, or ""."""
    missing: int
    """Required questions without an answer."""

    @property
    def priority_label(self) -> str:
        return models.Priority[self.priority.name].label


def trial_forms(
    questionnaire: Questionnaire,
    rules: Rules,
    site_answers: Answers,
    *,
    today: datetime.date,
    data: Mapping[str, Any] | None = None,
) -> tuple[list[TrialForm], Answers]:
    """A form for each page that asks something, and the answers that were right.

    An answer may open further questions, also on its own page, so the pages are read again until no question is
    added. That ends: no question depends on itself.
    """
    answers = dict(site_answers)
    shown: list[list[str]] | None = None
    while True:
        forms = []
        for page in questionnaire.pages:
            form = TrialForm(questionnaire, rules, page, answers=answers, today=today, data=data)
            form.prefix = page.slug  # two pages may name their fields alike
            if data is not None:
                form.is_valid()  # reads what was posted
                answers = form.answers_with_this_page()
            forms.append(form)
        asked = [list(form.names) for form in forms]
        if asked == shown or data is None:
            return [form for form in forms if form.fields], answers
        shown = asked


def outcome(questionnaire: Questionnaire, rules: Rules, answers: Answers, *, today: datetime.date) -> Outcome:
    answers = kept(questionnaire, answers)
    result = triage(questionnaire, rules, answers, today=today)
    by_id = {rule.id: rule for rule in rules.rules}
    values = derive(rules, answers, today=today)
    return Outcome(
        priority=result.priority,
        flags=tuple(raised(flag, by_id[flag.rule_id], questionnaire, answers) for flag in result.flags),
        scores=result.scores,
        derived=tuple(
            (one.name, "not known" if values[one.name] is None else f"{values[one.name]} {one.unit}")
            for one in rules.derived
        ),
        gate=gate(questionnaire, rules, answers, today=today) or "",
        missing=sum(problem.kind is ProblemKind.MISSING for problem in problems(questionnaire, answers)),
    )


def raised(flag: Flag, rule: Rule, questionnaire: Questionnaire, answers: Answers) -> RaisedFlag:
    items = [questionnaire.item(link_id) for link_id in flag.evidence]
    return RaisedFlag(
        flag,
        rule_in_words(rule.condition, questionnaire),
        tuple(
            (item.text, ", ".join(in_words(item, answers.get(item.link_id, ()))) or "not answered")
            for item in items
        ),
    )
