"""Notes and submissions name staff by user name, and a database of an earlier version is brought along."""

from django.apps import apps
from django.db.models import ForeignKey

from tests.old_database import migrate, old_database, rows  # noqa: F401  (a fixture is found by its name)

OURS = ("clinic_site", "intake", "treatments")
BEFORE = ("intake", "0003_keep_published_versions_unchanged")
AFTER = ("intake", "0004_name_staff_by_their_account")
AUTH = ("auth", "0012_alter_user_first_name_max_length")


def test_nothing_of_ours_points_at_an_account() -> None:
    """The process that serves the public loads no accounts: their table is not there for it."""
    pointing = [
        f"{model._meta.label}.{field.name}"
        for app in OURS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model._meta.app_label not in OURS
    ]
    assert not pointing


def test_what_staff_did_before_keeps_their_name(old_database: None) -> None:  # noqa: F811
    version = "1, 'a', 'u', '1', 't', 'en', '', '', '', '', now(), '', ''"
    columns = "id, slug, url, version, title, language, source, definition_hash, rules_source, rules_hash, imported_at"
    rows(
        f"""
        INSERT INTO auth_user (id, username, password, is_superuser, first_name, last_name, email, is_staff,
                               is_active, date_joined)
        VALUES (7, 'nurse', '', false, '', '', '', true, true, now()),
               (8, '7', '', false, '', '', '', true, true, now());
        INSERT INTO intake_questionnaireversion ({columns}, published_by, signed_off_by) VALUES ({version});
        INSERT INTO intake_submission (id, questionnaire_version_id, definition_hash, rules_hash, language,
                                       priority, received_at, head, body, status, assigned_to_id)
        SELECT gen_random_uuid(), 1, '', '', 'en', 5, now(), '{{}}', '{{}}', 'new', account
        FROM unnest(ARRAY[7, 8, NULL]) AS account;
        INSERT INTO intake_note (submission_id, author_id, text, written_at)
        SELECT id, coalesce(assigned_to_id, 7), 'seen', now() FROM intake_submission;
        """,
    )
    migrate(AFTER)
    assert rows("SELECT assigned_to FROM intake_submission ORDER BY 1") == [
        ("",),
        ("7",),
        ("nurse",),
    ]
    assert rows("SELECT author FROM intake_note ORDER BY 1") == [("7",), ("nurse",), ("nurse",)]

    migrate(BEFORE)
    assert rows("SELECT assigned_to_id FROM intake_submission ORDER BY 1") == [
        (7,),
        (8,),
        (None,),
    ]
    assert rows("SELECT author_id FROM intake_note ORDER BY 1") == [(7,), (7,), (8,)]
