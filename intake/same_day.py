"""What the site answers itself, in hidden questions: chiefly whether somebody still reads this form today.

A question on self-harm that nobody reads gives a person the feeling of having told someone: docs/decisions/0001.
"""

import datetime
from collections.abc import Collection, Mapping
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from clinic_site.clinic import current_clinic
from intake.models import Draft, QuestionnaireVersion
from intake.questionnaires.answers import Answers, Value
from intake.questionnaires.definition import Questionnaire

SAME_DAY = "same_day_review"  # the setting's name in a file of rules


def site_answers(
    version: QuestionnaireVersion, *, at: datetime.datetime | None = None
) -> dict[str, tuple[Value, ...]]:
    """The hidden questions that the site answers. `at` is now where nothing is given."""
    values = {
        SAME_DAY: settings.SAME_DAY_REVIEW and current_clinic().reads_today(at or timezone.now()),
        "in_translation": version.language_shown != version.language,
    }
    return {link_id: (values[setting],) for setting, link_id in version.rules.site.items()}


def answers_now(draft: Draft, *, at: datetime.datetime) -> Answers:
    """The draft's answers with the hours as they are now, until a page that hangs on them was answered."""
    version, link_id = draft.questionnaire_version, draft.questionnaire_version.rules.site.get(SAME_DAY)
    if link_id is None or not settings.SAME_DAY_REVIEW or draft.is_receipt:
        return draft.answers
    if pages_asked_same_day(version.definition, link_id) & set(draft.changed):
        return draft.answers
    return {**draft.answers, link_id: site_answers(version, at=at)[link_id]}


def answers_as_shown(draft: Draft, shown: Collection[str]) -> Answers:
    """The draft's answers as they stood when a page with these questions was shown.

    Where the last reader of the day has left meanwhile, what somebody tells about self-harm still counts.
    """
    version, link_id = draft.questionnaire_version, draft.questionnaire_version.rules.site.get(SAME_DAY)
    if link_id is None or not asked_same_day(version.definition, link_id) & set(shown):
        return draft.answers
    return {**draft.answers, link_id: (True,)}


@lru_cache(maxsize=64)
def asked_same_day(definition: Questionnaire, link_id: str) -> frozenset[str]:
    """The questions that are asked only where the hidden question `link_id` is answered with yes."""
    return frozenset(
        item.link_id
        for item in definition.all_items
        if any(condition.question == link_id for condition in item.enable_when)
    )


def pages_asked_same_day(definition: Questionnaire, link_id: str) -> frozenset[str]:
    pages: Mapping[str, object] = definition.pages_by_item
    return frozenset(
        definition.pages_by_item[one].slug for one in asked_same_day(definition, link_id) if one in pages
    )
