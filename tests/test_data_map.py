"""docs/data-map.md tells of every field that is kept, and of no other, so that it stays true."""

import re
from pathlib import Path

import pytest
from django.apps import apps

from intake.patient_data import NOT_PATIENT_DATA, PATIENT_DATA
from intake.questionnaires.definition import read_questionnaire

ROOT = Path(__file__).parent.parent
SCREENING = ROOT / "intake" / "questionnaires" / "definitions" / "ketamine-screening.json"
DATA_MAP = (ROOT / "docs" / "data-map.md").read_text()
# Django's and allauth's, about staff
TABLES_ELSEWHERE = (
    "auth.User",
    "admin.LogEntry",
    "mfa.Authenticator",
    "account.EmailAddress",
    "account.EmailConfirmation",
)


def first_cells(heading: str) -> list[str]:
    """What stands in code type in the first column of the tables under a heading of the second level."""
    section = DATA_MAP.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def columns(model: type) -> set[str]:
    return {f"{model._meta.model_name}.{field.name}" for field in model._meta.concrete_fields}  # type: ignore[attr-defined]


def test_it_says_of_every_question_of_the_screening_why_it_is_asked() -> None:
    screening = read_questionnaire(SCREENING.read_bytes())
    questions = {item.link_id for item in screening.all_items if item.is_question}
    described = first_cells("What patients are asked")
    assert set(described) == questions
    assert len(described) == len(questions), "a question stands there twice"


@pytest.mark.django_db
def test_it_says_of_every_column_about_patients_and_staff_what_it_is_for() -> None:
    models = [*apps.get_app_config("clinic_site").get_models(), *map(apps.get_model, TABLES_ELSEWHERE)]
    kept = PATIENT_DATA | NOT_PATIENT_DATA | set().union(*map(columns, models))
    described = first_cells("The columns of the database")
    assert set(described) == kept
    assert len(described) == len(kept), "a column stands there twice"
