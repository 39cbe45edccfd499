"""A database of the trial version, with answers in plain text, is brought along: what was sent is sealed."""

import json

from intake import storage
from intake.models import Note, Submission
from tests.old_database import migrate, newest, old_database, rows  # noqa: F401  (a fixture is found by its name)

HEAD = {"name": "Test Patient 17", "birth_date": "1982-03-09", "contact": [], "scores": [], "flags": []}
BODY = {"answers": {"name": ["Test Patient 17"]}, "pages": []}


def test_what_was_stored_in_plain_text_is_sealed_and_opens(old_database: None) -> None:  # noqa: F811
    rows(f"""
        INSERT INTO intake_questionnaireversion (slug, url, version, title, language, source, definition_hash,
            rules_source, rules_hash, imported_at, published_by, signed_off_by)
        VALUES ('a', 'https://clinic.example/q', '1', 't', 'en', '', 'd', '', 'r', now(), '', '');
        INSERT INTO auth_user (id, username, password, is_superuser, first_name, last_name, email, is_staff, is_active,
            date_joined) VALUES (1, 'nurse', '', true, '', '', '', true, true, now());
        INSERT INTO intake_submission (id, questionnaire_version_id, definition_hash, rules_hash, language, priority,
            received_at, head, body, status)
        SELECT '00000000-0000-4000-8000-000000000001', id, 'd', 'r', 'en', 3, now(), '{json.dumps(HEAD)}',
            '{json.dumps(BODY)}', 'in_review' FROM intake_questionnaireversion;
        INSERT INTO intake_note (submission_id, author_id, text, written_at)
        VALUES ('00000000-0000-4000-8000-000000000001', 1, 'Called, no answer.', now());
        INSERT INTO intake_draft (id, questionnaire_version_id, language, contents, started_at, saved_at, expires_at)
        SELECT '00000000-0000-4000-8000-000000000002', id, 'en', '{json.dumps(BODY)}', now(), now(), now() + '1 day'
        FROM intake_questionnaireversion;
    """)
    migrate(newest("intake"))
    submission = Submission.objects.with_version().get()
    head, body = storage.read_both(submission)
    assert (head.name, body.answers["name"], submission.status) == (
        "Test Patient 17",
        ["Test Patient 17"],
        "in_review",
    )
    note = Note.objects.get()
    assert (storage.read_note(note), note.author) == ("Called, no answer.", "nurse")
    assert rows("SELECT count(*) FROM intake_draft") == [
        (0,)
    ]  # sealing one takes a secret that nobody here has
    assert b"Patient" not in bytes(submission.head) + bytes(submission.body)
