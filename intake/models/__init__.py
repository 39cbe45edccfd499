from intake.models.draft import Draft
from intake.models.export import Export, ExportPart, Format
from intake.models.notice import Channel, Heartbeat, Notice, NoticeKind
from intake.models.numbers import PageCount
from intake.models.questionnaire import QuestionnaireVersion
from intake.models.retention import RetentionClock, Tombstone, WhyDeleted
from intake.models.review import CallOutcome, Note
from intake.models.search import SearchEntry
from intake.models.submission import Kind, Priority, Status, Submission, Taken
from intake.models.translation import TranslationReview

__all__ = [
    "CallOutcome",
    "Channel",
    "Draft",
    "Export",
    "ExportPart",
    "Format",
    "Heartbeat",
    "Kind",
    "Note",
    "Notice",
    "NoticeKind",
    "PageCount",
    "Priority",
    "QuestionnaireVersion",
    "RetentionClock",
    "SearchEntry",
    "Status",
    "Submission",
    "Taken",
    "Tombstone",
    "TranslationReview",
    "WhyDeleted",
]
