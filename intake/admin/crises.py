"""A crisis on the screen of one submission: who is on call, and the form in which somebody says what was done."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST

from clinic_site.clinic import current_clinic
from intake import actions
from intake.admin.looks import account_of
from intake.models import Note, Submission
from intake.models.review import NOTE_LENGTH


class AcknowledgeForm(forms.Form):
    what_was_done = forms.CharField(
        label="What was done",
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE_LENGTH}),
        help_text="Such as: called at 10:40, reached, is safe, with her sister. Kept with your name and the time.",
        error_messages={
            "required": "Write what was done, then press “I take this up” again.",
            "max_length": f"Shorten what was done: there is room for {NOTE_LENGTH} characters.",
        },
    )


def may_acknowledge(request: HttpRequest) -> bool:
    return request.user.has_perm("intake.change_submission")


def crisis_context(request: HttpRequest, submission: Submission) -> dict[str, Any]:
    """For templates/admin/intake/_crisis.html; empty where there is no crisis."""
    if not submission.is_crisis:
        return {}
    note = submission.notes.filter(acknowledges=True).first() if submission.acknowledged_at else None
    return {
        "crisis": {
            "on_call": current_clinic(),
            "acknowledged": note,
            "form": AcknowledgeForm() if note is None and may_acknowledge(request) else None,
        }
    }


@require_POST
def acknowledge(request: HttpRequest, object_id: UUID) -> HttpResponse:
    if not may_acknowledge(request):
        raise PermissionDenied
    submission = get_object_or_404(Submission.objects.of_patients().with_version(), pk=object_id)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["what_was_done"])))
        return redirect("admin:intake_submission_change", object_id)
    by, done, at = account_of(request), form.cleaned_data["what_was_done"], timezone.now()
    try:
        actions.acknowledge(submission=submission, by=by, what_was_done=done, at=at)
    except actions.NoCrisis:
        messages.error(request, "Nothing in this submission calls for it.")
    except actions.AlreadyAcknowledged as before:
        actions.write_note(submission=submission, author=by, text=done, at=at)
        messages.warning(request, f"{who_was_first(before.note)} What you wrote is kept as a note.")
    else:
        messages.success(request, "Acknowledged. Nobody is reminded of it any more.")
    return redirect("admin:intake_submission_change", object_id)


def who_was_first(note: Note | None) -> str:
    if note is None:
        return "Somebody acknowledged it already."
    written_at = timezone.localtime(note.written_at)
    return f"It was acknowledged on {date_format(written_at, 'F j, H:i')} by {note.author}."
