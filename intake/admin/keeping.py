"""How long submissions are kept: the privacy officer's page, and their acts on one submission."""

import datetime
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clinic_site.staff_access import ask_to_confirm, confirmed_recently, needs_fresh_confirmation
from intake import actions
from intake.admin.looks import account_of
from intake.models import RetentionClock, Status, Submission, Tombstone, WhyDeleted
from intake.models.retention import LONGEST_DAYS
from intake.secret import reference_of

SOON = datetime.timedelta(days=30)
MOST_COUNTED = 999  # counting on would make the page slow and tell nobody more
TOMBSTONES_SHOWN = 50


class ClocksForm(forms.Form):
    """One field for each status: days, or nothing for ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for status in Status:
            self.fields[status.value] = forms.IntegerField(
                label=status.label,
                required=False,
                min_value=1,
                max_value=LONGEST_DAYS,
                error_messages={"invalid": "Write a number of days, or leave it empty."},
            )

    def days(self) -> dict[Status, int | None]:
        return {status: self.cleaned_data[status.value] for status in Status}


class DeletionForm(forms.Form):
    reason = forms.ChoiceField(
        choices=[("", "Choose a reason")]
        + [choice for choice in WhyDeleted.choices if choice[0] != WhyDeleted.TIME_OVER]
    )


def may_delete(request: HttpRequest) -> bool:
    return request.user.has_perm("intake.delete_for_a_reason")


@require_http_methods(["GET", "POST"])
def clocks(request: HttpRequest) -> HttpResponse:
    """Shows the clocks; sets them, after saying how many submissions that deletes at once."""
    if not may_delete(request):
        raise PermissionDenied
    if request.method == "POST" and not confirmed_recently(request):
        return ask_to_confirm(request)
    set_now = dict(RetentionClock.objects.values_list("status", "days"))
    form = ClocksForm(request.POST if request.method == "POST" else None, initial=set_now)
    at_once, shown = None, ""
    if form.is_valid():
        days = form.days()
        at_once = sum(past(status, kept) for status, kept in days.items() if kept != set_now.get(status))
        shown = as_shown(days, at_once)
        if not at_once or request.POST.get("confirmed") == shown:
            changed = actions.set_clocks(days=days, by=account_of(request), at=timezone.now())
            messages.success(
                request, f"Saved: {len(changed)} changed." if changed else "Nothing was changed."
            )
            return redirect("retention")
    context = {
        **admin.site.each_context(request),
        "title": "How long submissions are kept",
        "form": form,
        "rows": [(form[status.value], counted(status, set_now.get(status))) for status in Status],
        "at_once": at_once,
        "shown": shown,
        "held": limited(Submission.objects.of_patients().filter(held=True)[: MOST_COUNTED + 1].count()),
        "tombstones": [
            (reference_of(one.pk), one)
            for one in Tombstone.objects.order_by("-ordered_at")[:TOMBSTONES_SHOWN]
        ],
    }
    return TemplateResponse(
        request, "admin/intake/retention.html", context, status=422 if form.errors else 200
    )


def as_shown(days: Mapping[Status, int | None], at_once: int) -> str:
    """What "Yes, delete" is said to: whoever then changes a number is asked again."""
    return " ".join(
        [str(at_once), *(f"{status}={kept}" for status, kept in days.items() if kept is not None)]
    )


def past(status: Status, days: int | None) -> int:
    """How many the worker would delete at once."""
    if days is None:
        return 0
    clock = RetentionClock(status=status, days=days)
    return actions.past_their_time(clock).count()


def counted(status: Status, days: int | None) -> dict[str, str]:
    there = Submission.objects.of_patients().filter(status=status)[: MOST_COUNTED + 1].count()
    soon = ""
    if days is not None:
        clock = RetentionClock(status=status, days=days)
        found = actions.past_their_time(clock, ahead=SOON)[: MOST_COUNTED + 1].count()
        soon = limited(found)
    return {"there": limited(there), "soon": soon}


def limited(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def keeping_context(request: HttpRequest, submission: Submission) -> dict[str, Any]:
    """For templates/admin/intake/_keeping.html."""
    return {
        "keeping": {
            "goes_on": actions.goes_on(submission),
            "ordered": Tombstone.objects.filter(pk=submission.pk).first(),
            "form": DeletionForm() if may_delete(request) else None,
        }
    }


def of_the_privacy_officer(request: HttpRequest, object_id: UUID) -> Submission:
    if not may_delete(request):
        raise PermissionDenied
    return get_object_or_404(Submission.objects.of_patients().defer("body"), pk=object_id)


@require_POST
def hold(request: HttpRequest, object_id: UUID) -> HttpResponse:
    submission = of_the_privacy_officer(request, object_id)
    actions.hold(submission=submission, by=account_of(request), held=request.POST.get("held") == "1")
    messages.success(
        request, "Held: nothing deletes it." if submission.held else "No longer held: the clocks run again."
    )
    return redirect("admin:intake_submission_change", object_id)


@require_POST
@needs_fresh_confirmation
def order_deletion(request: HttpRequest, object_id: UUID) -> HttpResponse:
    submission = of_the_privacy_officer(request, object_id)
    form = DeletionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a reason first. It is kept, with your name and the time.")
        return redirect("admin:intake_submission_change", object_id)
    try:
        actions.order_deletion(
            submission=submission,
            reason=WhyDeleted(form.cleaned_data["reason"]),
            by=account_of(request),
            at=timezone.now(),
        )
    except actions.IsHeld:
        messages.error(request, "A legal hold keeps it. End the hold first.")
    except actions.AlreadyOrdered:
        messages.warning(request, "Somebody ordered that already.")
    else:
        messages.success(
            request, "It is deleted within a minute. Its number, the reason and your name remain."
        )
    return redirect("admin:intake_submission_change", object_id)
