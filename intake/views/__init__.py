"""The patient's pages, by what a person does there."""

from intake.views.beginning import start, support
from intake.views.questions import page
from intake.views.sending import check, done
from intake.views.stopping import delete, leave, resume, start_again

__all__ = ["check", "delete", "done", "leave", "page", "resume", "start", "start_again", "support"]
