"""The patient's pages, by what a person does there."""

from intake.views.beginning import for_me, start, support
from intake.views.questions import page
from intake.views.resuming import resume
from intake.views.sending import check, copy, done
from intake.views.stopping import delete, leave, mail_link, own_device, start_again

__all__ = [
    "check",
    "copy",
    "delete",
    "done",
    "for_me",
    "leave",
    "mail_link",
    "own_device",
    "page",
    "resume",
    "start",
    "start_again",
    "support",
]
