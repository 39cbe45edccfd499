"""What staff write on one submission."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from intake.models import CallOutcome, Status, Submission, Taken
from intake.models.review import NOTE_LENGTH


def colleagues() -> list[str]:
    """The user names of those who can be given a submission: who could not work on it would never see it."""
    can_work = User.objects.with_perm("intake.change_submission").filter(is_staff=True)
    return list(can_work.order_by("username").values_list("username", flat=True))


class ReviewForm(forms.Form):
    """Where the review stands, who does it, and a note."""

    status = forms.ChoiceField()
    assigned_to = forms.ChoiceField(required=False, label="Assigned to")
    note = forms.CharField(
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Added with your name and the time. Notes are never edited or deleted.",
    )

    def __init__(self, submission: Submission, typed: QueryDict | None = None) -> None:
        super().__init__(
            typed,
            initial={"status": submission.status, "assigned_to": submission.assigned_to},
            label_suffix="",
        )
        seen = self.data.get("initial-status") or submission.status
        listed = (Status(submission.status), *submission.moves)
        # Another status may stand there by now than the page showed: what was chosen is told as a conflict.
        allowed = listed if seen == submission.status else tuple(Status)
        self.fields["status"].choices = [(one.value, one.label) for one in allowed]  # type: ignore[attr-defined]
        people = [
            ("", "Nobody"),
            *((name, name) for name in with_present(colleagues(), submission.assigned_to)),
        ]
        self.fields["assigned_to"].choices = people  # type: ignore[attr-defined]


def with_present(names: list[str], present: str) -> list[str]:
    """Also an account that was closed since, so that saving something else does not take it away."""
    return names if not present or present in names else [*names, present]


class CallForm(forms.Form):
    """A call that was made just now."""

    outcome = forms.ChoiceField(
        choices=CallOutcome.choices, widget=forms.RadioSelect, label="What came of it"
    )
    text = forms.CharField(
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="What was said",
        help_text="Kept sealed, like a note. On voicemail say only what the person allowed.",
    )
    try_again_on = forms.DateField(
        required=False,
        label="Try again on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_try_again_on(self) -> Any:
        day = self.cleaned_data["try_again_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError("This day is past. Choose today or a later day, or leave it empty.")
        return day


class TakenForm(forms.Form):
    taken = forms.ChoiceField(
        required=False, choices=[("", "The person filled it in"), *Taken.choices], label="How it came"
    )


class AssignForm(forms.Form):
    """To whom several are given at once."""

    to = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "Nobody"), *((name, name) for name in colleagues())]  # type: ignore[attr-defined]
