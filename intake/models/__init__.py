from intake.models.draft import Draft
from intake.models.questionnaire import QuestionnaireVersion
from intake.models.review import Note
from intake.models.submission import Priority, Status, Submission

__all__ = ["Draft", "Note", "Priority", "QuestionnaireVersion", "Status", "Submission"]
