"""Every write of the screening, as a verb."""

from intake.actions.drafts import (
    AlreadySent,
    DraftGone,
    NotComplete,
    all_problems,
    clear_expired_drafts,
    discard_draft,
    find_draft,
    save_page,
    site_answers,
    start_draft,
    submit,
)
from intake.actions.questionnaires import (
    ChangedMeanwhile,
    WrongState,
    import_questionnaire,
    load_questionnaire,
    load_questionnaires,
    publish,
    retire,
)
from intake.actions.reviews import change_status, write_note
from intake.definition_files import DefinitionRefused

__all__ = [
    "AlreadySent",
    "ChangedMeanwhile",
    "DefinitionRefused",
    "DraftGone",
    "NotComplete",
    "WrongState",
    "all_problems",
    "change_status",
    "clear_expired_drafts",
    "discard_draft",
    "find_draft",
    "import_questionnaire",
    "load_questionnaire",
    "load_questionnaires",
    "publish",
    "retire",
    "save_page",
    "site_answers",
    "start_draft",
    "submit",
    "write_note",
]
