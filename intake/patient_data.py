"""Every column of this app, sorted by whether it says something about a patient. A test fails for one not listed.

What is patient data is never logged, mailed, put into an address or shown outside the review desk and the patient's
own pages.
"""

PATIENT_DATA = {
    "draft.contents",
    "submission.priority",  # the one clinical fact that the queue and the alert need without opening the rest
    "submission.head",
    "submission.body",
    "note.text",
}

NOT_PATIENT_DATA = {
    "questionnaireversion.id",
    "questionnaireversion.slug",
    "questionnaireversion.url",
    "questionnaireversion.version",
    "questionnaireversion.title",
    "questionnaireversion.language",
    "questionnaireversion.source",
    "questionnaireversion.definition_hash",
    "questionnaireversion.rules_source",
    "questionnaireversion.rules_hash",
    "questionnaireversion.imported_at",
    "questionnaireversion.published_at",
    "questionnaireversion.published_by",
    "questionnaireversion.retired_at",
    "questionnaireversion.signed_off_by",
    "questionnaireversion.signed_off_at",
    "draft.id",  # derived from the patient's secret, which the server does not keep
    "draft.questionnaire_version",
    "draft.language",
    "draft.revision",
    "draft.started_at",
    "draft.saved_at",
    "draft.expires_at",
    "draft.sent_at",
    "submission.id",
    "submission.questionnaire_version",
    "submission.definition_hash",
    "submission.rules_hash",
    "submission.language",
    "submission.kind",
    "submission.received_at",
    "submission.suite",
    "submission.clinic_key_id",
    "submission.escrow_key_id",
    "submission.clinic_wrap",
    "submission.escrow_wrap",
    "submission.opens",
    "submission.status",
    "submission.status_changed_at",
    "submission.assigned_to",
    "note.id",
    "note.submission",
    "note.author",
    "note.suite",
    "note.clinic_key_id",
    "note.escrow_key_id",
    "note.clinic_wrap",
    "note.escrow_wrap",
    "note.written_at",
}
