"""Answers by linkId: which items are asked, what is missing or wrong, what is kept, and how it is shown."""

from intake.questionnaires.conditions import asked
from intake.questionnaires.items import MOST_ANSWERS, STRING_LIMIT, Page, Questionnaire
from intake.questionnaires.parsing import parse
from intake.questionnaires.stored import SeenItem, SeenPage, as_seen, from_json, in_words, notes_of, to_json
from intake.questionnaires.values import (
    TEXT_LIMIT,
    AnswerRefused,
    Answers,
    Other,
    Problem,
    ProblemKind,
    Value,
    text_limit,
    wrong_with,
)

__all__ = [
    "MOST_ANSWERS",
    "STRING_LIMIT",
    "TEXT_LIMIT",
    "AnswerRefused",
    "Answers",
    "Other",
    "Problem",
    "ProblemKind",
    "SeenItem",
    "SeenPage",
    "Value",
    "as_seen",
    "asked",
    "from_json",
    "in_words",
    "kept",
    "notes_of",
    "parse",
    "problems",
    "text_limit",
    "to_json",
]


def kept(questionnaire: Questionnaire, answers: Answers) -> Answers:
    """Only the answers to questions that are asked, in document order: what a submission holds."""
    enabled = asked(questionnaire, answers)
    return {
        item.link_id: given
        for item in questionnaire.all_items
        if item.is_question and item.link_id in enabled and (given := answers.get(item.link_id, ()))
    }


def problems(
    questionnaire: Questionnaire, answers: Answers, *, on: Page | None = None
) -> tuple[Problem, ...]:
    """What is missing or wrong among the asked items, of one page or of all, in document order.

    A hidden or read-only item is never missing. Answers to linkIds that the questionnaire does not have come
    last, and only when all pages are looked at.
    """
    enabled = asked(questionnaire, answers)
    found: list[Problem] = []
    for item in questionnaire.all_items:
        if item.link_id not in enabled or (on and questionnaire.page_of(item.link_id) != on):
            continue
        if given := answers.get(item.link_id, ()):
            if wrong := wrong_with(item, given):
                found.append(Problem(item.link_id, *wrong))
        elif item.required and not item.hidden and not item.read_only:
            found.append(Problem(item.link_id, ProblemKind.MISSING))
    if on is None:
        unknown = (link_id for link_id in answers if link_id not in questionnaire.by_link_id)
        found += [Problem(link_id, ProblemKind.UNKNOWN_ITEM) for link_id in unknown]
    return tuple(found)
