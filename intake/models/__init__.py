from intake.models.draft import Draft
from intake.models.questionnaire import QuestionnaireVersion
from intake.models.review import Note
from intake.models.submission import Kind, Priority, Status, Submission
from intake.models.translation import TranslationReview

__all__ = [
    "Draft",
    "Kind",
    "Note",
    "Priority",
    "QuestionnaireVersion",
    "Status",
    "Submission",
    "TranslationReview",
]
