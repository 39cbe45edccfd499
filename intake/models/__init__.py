from intake.models.draft import Draft
from intake.models.questionnaire import QuestionnaireVersion
from intake.models.review import CallOutcome, Note
from intake.models.search import SearchEntry
from intake.models.submission import Kind, Priority, Status, Submission, Taken
from intake.models.translation import TranslationReview

__all__ = [
    "CallOutcome",
    "Draft",
    "Kind",
    "Note",
    "Priority",
    "QuestionnaireVersion",
    "SearchEntry",
    "Status",
    "Submission",
    "Taken",
    "TranslationReview",
]
