"""Whether a condition holds, in one meaning for enableWhen and triage rules; and which items are asked."""

import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from intake.questionnaires.items import Condition, Item, Operator, Questionnaire
from intake.questionnaires.values import Answers

_ORDER: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.GREATER: operator.gt,
    Operator.LESS: operator.lt,
    Operator.GREATER_OR_EQUAL: operator.ge,
    Operator.LESS_OR_EQUAL: operator.le,
}


def holds(how: Operator, answers: Sequence[object], expected: object) -> bool:
    """Whether the answers to one question meet a condition; () stands for no answer.

    FHIR R4: `exists` compares with whether there is an answer; `=` wants at least one equal answer; `!=`
    wants that no answer is equal, so it holds where there is none. R4's text for the orderings repeats the
    "no answer" of `!=`; R5 corrected it to "at least one answer", which is what we do.

    >>> holds(Operator.NOT_EQUAL, (), "yes"), holds(Operator.EXISTS, (), False)
    (True, True)
    >>> holds(Operator.GREATER, (), 3), holds(Operator.GREATER, (2, 5), 3)
    (False, True)
    """
    if how is Operator.EXISTS:
        return bool(answers) is expected
    if how is Operator.EQUAL:
        return any(same(answer, expected) for answer in answers)
    if how is Operator.NOT_EQUAL:
        return not any(same(answer, expected) for answer in answers)
    return any(_comparable(answer, expected) and _ORDER[how](answer, expected) for answer in answers)


def same(answer: object, expected: object) -> bool:
    """Equal, where yes is not 1.

    >>> same(True, 1), same(Decimal("1.0"), 1)
    (False, True)
    """
    return answer == expected and isinstance(answer, bool) == isinstance(expected, bool)


def _comparable(answer: object, expected: object) -> bool:
    if isinstance(answer, bool) or isinstance(expected, bool):
        return False
    if isinstance(answer, datetime) or isinstance(expected, datetime):
        return _is_moment(answer) and _is_moment(expected)
    kinds = ((int, Decimal), date, time)
    return any(isinstance(answer, kind) and isinstance(expected, kind) for kind in kinds)


def _is_moment(value: object) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def asked(questionnaire: Questionnaire, answers: Answers) -> frozenset[str]:
    """The linkIds, groups and displays too, that are enabled together with everything they stand in.

    A condition sees a question that is itself not asked as unanswered. Hidden items are asked like others.
    """
    enabled: set[str] = set()
    parents = questionnaire.parents
    for item in questionnaire.evaluation_order:
        parent = parents.get(item.link_id)
        if parent is not None and parent.link_id not in enabled:
            continue
        if not item.enable_when or _is_enabled(item, answers, enabled):
            enabled.add(item.link_id)
    return frozenset(enabled)


def _is_enabled(item: Item, answers: Answers, enabled: set[str]) -> bool:
    def met(condition: Condition) -> bool:
        given = answers.get(condition.question, ()) if condition.question in enabled else ()
        return holds(condition.operator, given, condition.answer)

    every_or_any: Callable[[Iterable[bool]], bool] = any if item.enable_behavior == "any" else all
    return every_or_any(met(condition) for condition in item.enable_when)
