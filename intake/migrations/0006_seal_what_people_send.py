import json

from django.db import migrations, models

WRAPS = {
    "suite": models.PositiveSmallIntegerField(help_text="How it was sealed; see sealing.py."),
    "clinic_key_id": models.CharField(max_length=16),
    "escrow_key_id": models.CharField(max_length=16),
    "clinic_wrap": models.BinaryField(help_text="The key of this row, sealed to the clinic."),
    "escrow_wrap": models.BinaryField(help_text="The key of this row, sealed to the escrow key."),
}
ON_SUBMISSIONS = WRAPS | {
    "head": models.BinaryField(help_text="Sealed: who it is and what stands out. See storage.py."),
    "body": models.BinaryField(
        help_text="Sealed: every answer, and the pages with the wording that was seen."
    ),
}
ON_NOTES = WRAPS | {"text": models.BinaryField(help_text="Sealed. See storage.py.")}
PRIORITIES = {1: "crisis_now", 2: "crisis", 3: "stop", 4: "caution", 5: "routine"}

# The lengths of what suite 1 seals: text in plain that is written into such a column is refused for its length.
LOOKS_SEALED = """
ALTER TABLE intake_submission ADD CONSTRAINT intake_submission_is_sealed CHECK (
    octet_length(clinic_wrap) = 1168 AND octet_length(escrow_wrap) = 1168
    AND octet_length(head) > 4096 AND (octet_length(head) - 16) % 4096 = 0
    AND octet_length(body) > 32768 AND (octet_length(body) - 16) % 32768 = 0
);
ALTER TABLE intake_note ADD CONSTRAINT intake_note_is_sealed CHECK (
    octet_length(clinic_wrap) = 1168 AND octet_length(escrow_wrap) = 1168
    AND octet_length(text) > 4096 AND (octet_length(text) - 16) % 4096 = 0
);
ALTER TABLE intake_draft ADD CONSTRAINT intake_draft_is_sealed CHECK (
    octet_length(contents) = 0
    OR octet_length(contents) > 8192 AND (octet_length(contents) - 29) % 8192 = 0 AND get_byte(contents, 0) = 1
);
"""
MAY_BE_PLAIN = """
ALTER TABLE intake_submission DROP CONSTRAINT intake_submission_is_sealed;
ALTER TABLE intake_note DROP CONSTRAINT intake_note_is_sealed;
ALTER TABLE intake_draft DROP CONSTRAINT intake_draft_is_sealed;
"""
# The worker deletes canaries; what a patient sent goes only by the hand of the tables' owner.
KEEP_WHAT_PATIENTS_SENT = """
CREATE FUNCTION public.intake_keep_what_patients_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.kind <> 'canary' AND current_user <> (
        SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = TG_RELID
    ) THEN
        RAISE EXCEPTION 'what a patient sent is not deleted by %', current_user USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER intake_submission_keep_what_patients_sent BEFORE DELETE ON public.intake_submission
    FOR EACH ROW EXECUTE FUNCTION public.intake_keep_what_patients_sent();
"""
LET_GO = """
DROP TRIGGER intake_submission_keep_what_patients_sent ON public.intake_submission;
DROP FUNCTION public.intake_keep_what_patients_sent();
"""


def seal_plain_rows(apps, schema_editor):
    """What a trial version stored in plain text is sealed; unsent forms are not, for want of their secrets."""
    submissions = apps.get_model("intake", "Submission").objects.select_related("questionnaire_version")
    if not submissions.exists():
        return
    from intake import sealing  # only where it is needed: a server that merely migrates may have no keys
    from intake.process_keys import recipients

    for row in submissions.iterator(chunk_size=100):
        version = row.questionnaire_version
        context = sealing.Context(
            purpose=sealing.Purpose.SUBMISSION,
            submission_id=row.id,
            questionnaire=f"{version.url}|{version.version}",
            definition_hash=row.definition_hash,
            rules_hash=row.rules_hash,
            kind="patient",
            priority=PRIORITIES[row.priority],
            received_at=row.received_at,
        )
        head, body = (
            json.dumps(part, ensure_ascii=False).encode() for part in (row.plain_head, row.plain_body)
        )
        put(row, sealing.seal(head, body, context, recipients()), ON_SUBMISSIONS)
    for note in apps.get_model("intake", "Note").objects.iterator(chunk_size=100):
        context = sealing.Context(
            purpose=sealing.Purpose.NOTE,
            submission_id=note.submission_id,
            questionnaire="",
            definition_hash="",
            rules_hash="",
            kind="note",
            priority="",
            received_at=note.written_at,
            author=note.author,
        )
        sealed = sealing.seal_text(note.plain_text.encode(), context, recipients())
        note.text = sealed.head
        put(note, sealed, WRAPS)
        note.save(update_fields=["text"])


def put(row, sealed, columns):
    for name in columns:
        setattr(row, name, getattr(sealed, name))
    row.save(update_fields=list(columns))


def added(model, columns):
    return [
        migrations.AddField(model, name, type(field)(**field.deconstruct()[3] | {"null": True}))
        for name, field in columns.items()
    ]


def filled(model, columns):
    return [migrations.AlterField(model, name, field.clone()) for name, field in columns.items()]


class Migration(migrations.Migration):
    dependencies = [("intake", "0005_leave_drafts_in_use_to_the_database")]

    operations = [
        migrations.RunSQL("DELETE FROM intake_draft", migrations.RunSQL.noop),
        migrations.RemoveField("draft", "contents"),
        migrations.AddField(
            "draft",
            "contents",
            models.BinaryField(
                default=b"",
                help_text="The answers so far, sealed under the patient's secret. Empty once a receipt is old.",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "draft",
            "revision",
            models.PositiveIntegerField(
                default=1, help_text="Goes up with each save that changes something."
            ),
        ),
        migrations.RenameField("submission", "head", "plain_head"),
        migrations.RenameField("submission", "body", "plain_body"),
        migrations.RenameField("note", "text", "plain_text"),
        *added("submission", ON_SUBMISSIONS),
        *added("note", ON_NOTES),
        migrations.RunPython(seal_plain_rows, migrations.RunPython.noop),
        # PostgreSQL alters no table while checks of a foreign key are waiting.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField("submission", "plain_head"),
        migrations.RemoveField("submission", "plain_body"),
        migrations.RemoveField("note", "plain_text"),
        *filled("submission", ON_SUBMISSIONS),
        *filled("note", ON_NOTES),
        migrations.AddField(
            "submission",
            "kind",
            models.CharField(
                choices=[("patient", "Patient"), ("canary", "Canary")], default="patient", max_length=10
            ),
        ),
        migrations.AddField(
            "submission",
            "opens",
            models.BooleanField(
                help_text="Whether its head could be opened on arrival; empty until that was tried.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            "submission",
            models.CheckConstraint(
                condition=models.Q(("kind__in", ["patient", "canary"])), name="intake_submission_kind_known"
            ),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                condition=models.Q(("opens", False), ("opens", None), _connector="OR"),
                fields=["opens", "received_at"],
                name="intake_submission_not_opened",
            ),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                condition=models.Q(("kind", "canary")),
                fields=["received_at"],
                name="intake_submission_canaries",
            ),
        ),
        migrations.RunSQL(LOOKS_SEALED, MAY_BE_PLAIN),
        migrations.RunSQL(KEEP_WHAT_PATIENTS_SENT, LET_GO),
    ]
