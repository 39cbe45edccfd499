"""Every write of the screening, as a verb."""

from intake.actions.drafts import (
    AlreadySent,
    ChangedElsewhere,
    DraftGone,
    NotComplete,
    NotConfirmed,
    all_problems,
    change_language,
    clear_expired_drafts,
    discard_draft,
    find_draft,
    follow_the_hours,
    save_page,
    start_draft,
    submit,
)
from intake.actions.notices import beat, make_notices, tell
from intake.actions.questionnaires import (
    ChangedMeanwhile,
    WrongState,
    import_questionnaire,
    load_questionnaire,
    load_questionnaires,
    publish,
    retire,
)
from intake.actions.reviews import StatusChanged, change_status, write_note
from intake.actions.safety import AlreadyAcknowledged, NoCrisis, acknowledge
from intake.actions.sealing import (
    FirstLook,
    count_sealed_to,
    delete_old_canaries,
    forget_first_looks_that_failed,
    look_at_new_submissions,
    reseal,
    seal_canary,
)
from intake.actions.translations import review_translation
from intake.definition_files import DefinitionRefused
from intake.same_day import site_answers

__all__ = [
    "AlreadyAcknowledged",
    "AlreadySent",
    "ChangedElsewhere",
    "ChangedMeanwhile",
    "DefinitionRefused",
    "DraftGone",
    "FirstLook",
    "NoCrisis",
    "NotComplete",
    "NotConfirmed",
    "StatusChanged",
    "WrongState",
    "acknowledge",
    "all_problems",
    "beat",
    "change_language",
    "change_status",
    "clear_expired_drafts",
    "count_sealed_to",
    "delete_old_canaries",
    "discard_draft",
    "find_draft",
    "follow_the_hours",
    "forget_first_looks_that_failed",
    "import_questionnaire",
    "load_questionnaire",
    "load_questionnaires",
    "look_at_new_submissions",
    "make_notices",
    "publish",
    "reseal",
    "retire",
    "review_translation",
    "save_page",
    "seal_canary",
    "site_answers",
    "start_draft",
    "submit",
    "tell",
    "write_note",
]
