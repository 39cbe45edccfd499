"""What the tests of the questionnaires' desk share: a small form of two pages, and how its pages are reached."""

from typing import Any

from django.utils import timezone

from intake import actions
from intake.models import QuestionnaireVersion
from tests.engine_builders import choice, coded, group, item, questionnaire_json, when
from tests.kidney_questionnaire import KIDNEY_RULES

DESK = "/admin/intake/questionnaireversion/"
FORM = questionnaire_json(
    item=[
        group(
            "organs",
            choice("kidneys", required=True),
            choice("kidneys-since", "long", "short", **when("kidneys", **coded("yes"))),
        ),
        group("more", item("liver", **when("kidneys-since", **coded("long"))), item("weight", "integer")),
    ],
)


def imported(source: bytes = FORM, rules: str | None = KIDNEY_RULES) -> QuestionnaireVersion:
    return actions.import_questionnaire(source, rules.encode() if rules else None, at=timezone.now())


def address(version: QuestionnaireVersion, page: str = "") -> str:
    return f"{DESK}{version.pk}/{page or 'change'}/"


def text(response: Any) -> str:
    return str(response.content.decode())
