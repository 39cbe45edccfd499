"""A published version never changes: not through the admin, not through a bug, not in the database's own shell."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from intake import actions
from intake.models import QuestionnaireVersion
from tests.engine_builders import choice, questionnaire_json

pytestmark = pytest.mark.django_db

TABLE = "intake_questionnaireversion"
COLUMNS = [field.column for field in QuestionnaireVersion._meta.concrete_fields]
CHANGED = {  # another value of each column's kind
    "id": "id + 1000",
    "source": "'other'::bytea",
    "rules_source": "'other'::bytea",
    "imported_at": "now()",
    "published_at": "NULL",
    "signed_off_at": "now()",
}


@pytest.fixture
def published() -> QuestionnaireVersion:
    draft = actions.import_questionnaire(questionnaire_json(choice("kidneys")), None, at=timezone.now())
    return actions.publish(draft, signed_off_by="Dr. Test", at=timezone.now())


def execute(sql: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def row(version: QuestionnaireVersion) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {TABLE} WHERE id = %s", [version.pk])
        return list(cursor.fetchall())


@pytest.mark.parametrize("column", [column for column in COLUMNS if column != "retired_at"])
def test_no_column_of_a_published_version_can_be_changed(
    published: QuestionnaireVersion, column: str
) -> None:
    before, value = row(published), CHANGED.get(column, f"'x' || substr({column}, 2)")
    with pytest.raises(IntegrityError, match="is published and cannot be changed"):
        execute(f"UPDATE {TABLE} SET {column} = {value} WHERE id = %s", published.pk)
    assert row(published) == before


def test_a_published_version_cannot_be_deleted(published: QuestionnaireVersion) -> None:
    with pytest.raises(IntegrityError, match="is published and cannot be deleted"):
        execute(f"DELETE FROM {TABLE} WHERE id = %s", published.pk)
    assert row(published)


def test_retiring_a_version_does_not_open_it_to_change(published: QuestionnaireVersion) -> None:
    execute(f"UPDATE {TABLE} SET retired_at = now() WHERE id = %s", published.pk)
    with pytest.raises(IntegrityError, match="cannot be changed"):
        execute(f"UPDATE {TABLE} SET title = 'x', retired_at = NULL WHERE id = %s", published.pk)
    with pytest.raises(IntegrityError, match="cannot be deleted"):
        execute(f"DELETE FROM {TABLE} WHERE id = %s", published.pk)


def test_a_draft_may_be_changed_and_deleted() -> None:
    draft = actions.import_questionnaire(questionnaire_json(choice("kidneys")), None, at=timezone.now())
    execute(f"UPDATE {TABLE} SET title = 'Another title' WHERE id = %s", draft.pk)
    draft.refresh_from_db()
    assert draft.title == "Another title"
    execute(f"DELETE FROM {TABLE} WHERE id = %s", draft.pk)
    assert not row(draft)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("retired_at = now()", "retired_after_published"),
        ("signed_off_by = 'Dr. Test', signed_off_at = now()", "signed_off_by_and_at"),
        ("published_at = now(), signed_off_by = 'Dr. Test'", "signed_off_by_and_at"),
        ("published_at = now(), signed_off_at = now()", "signed_off_by_and_at"),
    ],
)
def test_a_draft_is_neither_retired_nor_signed_off_and_a_name_has_its_date(
    change: str, constraint: str
) -> None:
    draft = actions.import_questionnaire(questionnaire_json(choice("kidneys")), None, at=timezone.now())
    with pytest.raises(IntegrityError, match=f"intake_questionnaireversion_{constraint}"):
        execute(f"UPDATE {TABLE} SET {change} WHERE id = %s", draft.pk)


@pytest.mark.django_db(transaction=True)
def test_a_flushed_test_database_gets_its_published_versions_back() -> None:
    before = list(QuestionnaireVersion.objects.values_list("pk", "definition_hash"))
    actions.import_questionnaire(questionnaire_json(choice("kidneys")), None, at=timezone.now())
    call_command("flush", interactive=False, verbosity=0)
    assert list(QuestionnaireVersion.objects.values_list("pk", "definition_hash")) == before
    assert QuestionnaireVersion.objects.current("ketamine-screening")
