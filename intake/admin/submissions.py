"""Submissions: the queue, urgent ones first, and one screen to read and answer each."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST

from intake import actions, storage
from intake.admin.exports import MOST_AT_ONCE, export_file
from intake.models import Priority, Status, Submission
from intake.models.review import NOTE_LENGTH
from intake.models.submission import CLOSED, SubmissionQuerySet
from intake.questionnaires.triage import age_in_years

LEVEL_LABELS = {
    "crisis_now": "Crisis now",
    "crisis": "Crisis",
    "stop": "Stop",
    "caution": "Caution",
    "note": "Note",
}


class StateFilter(admin.SimpleListFilter):
    """Open submissions unless somebody asks for others: finished ones must not stand in the way of urgent ones."""

    title = "show"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("closed", "Closed"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        rows = list(super().choices(changelist))
        rows[0]["display"] = "Open"
        return rows

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        if "status__exact" in request.GET:
            return queryset  # somebody asked for one status: that says which
        if self.value() == "closed":
            return queryset.filter(status__in=CLOSED)
        return queryset if self.value() == "all" else queryset.exclude(status__in=CLOSED)


class ReviewForm(ModelForm[Submission]):
    """The two things that staff write on a submission."""

    # The status that the page showed is posted along: a note on an old page must not undo a colleague's decision.
    status = forms.ChoiceField(choices=Status.choices, show_hidden_initial=True)
    note = forms.CharField(
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Added below with your name and the time. Notes are never edited or deleted.",
    )

    class Meta:
        model = Submission
        fields = ["status"]

    def clean_status(self) -> str:
        seen = self.data.get(self.add_initial_prefix("status"), self.instance.status)
        if "status" in self.changed_data and seen != self.instance.status:
            raise forms.ValidationError(
                f"Somebody set the status to “{self.instance.get_status_display()}” while you had this page open. "
                "Choose again."
            )
        return str(self.cleaned_data["status"])


@admin.register(Submission)
class SubmissionAdmin(admin.ModelAdmin[Submission]):
    form = ReviewForm
    change_form_template = "admin/intake/submission_review.html"
    list_display = [
        "priority_word",
        "person",
        "reasons",
        "waiting_time",
        "status",
        "reference_code",
    ]
    list_display_links = ["priority_word", "person"]
    list_filter = [StateFilter, "priority", "status"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["export_selected"]
    fields = ["status", "note"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        submissions = Submission.objects.most_urgent_first()
        return (
            submissions
            if request.resolver_match and "object_id" in request.resolver_match.kwargs
            else submissions.defer("body")
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Submission | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(require_POST(self.export_view))
        return [
            path("<uuid:object_id>/export/", export, name="intake_submission_export"),
            *super().get_urls(),
        ]

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {"title": "Submissions, most urgent first", **(extra_context or {})}
        )

    @admin.display(description="Priority", ordering="priority")
    def priority_word(self, submission: Submission) -> SafeString:
        return priority_badge(submission)

    @admin.display(description="Person")
    def person(self, submission: Submission) -> str:
        head = storage.read_head(submission)
        return (
            f"{head.name}, {age_in_years(head.birth_date, timezone.localdate())}"
            if head.birth_date
            else head.name
        )

    @admin.display(description="Why")
    def reasons(self, submission: Submission) -> SafeString:
        """The most urgent reason in words, and the names of the other rows that it touches."""
        flags = storage.read_head(submission).flags
        if not flags:
            return format_html("<p>{}</p>", "No rule applies.")
        others = dict.fromkeys(flag["row"] for flag in flags[1:] if flag["row"] != flags[0]["row"])
        also = format_html('<p class="reasons__also">Also: {}</p>', ", ".join(others)) if others else ""
        return format_html("<p>{}</p>{}", flags[0]["reason"], also)

    @admin.display(description="Waiting", ordering="received_at")
    def waiting_time(self, submission: Submission) -> str:
        return timesince(submission.received_at, depth=1)

    @admin.display(description="Reference")
    def reference_code(self, submission: Submission) -> str:
        return submission.reference

    @admin.action(description="Export selected as FHIR", permissions=["view"])
    def export_selected(self, request: HttpRequest, queryset: SubmissionQuerySet) -> HttpResponse | None:
        if queryset.count() > MOST_AT_ONCE:
            messages.error(request, f"At most {MOST_AT_ONCE} are exported at once. Select fewer.")
            return None
        return export_file(request, list(queryset.defer(None).with_version()))

    # One submission

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        submission = self.get_object(request, object_id)
        context = self.review_context(submission) if submission else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def review_context(self, submission: Submission) -> dict[str, Any]:
        head, body = storage.read_head(submission), storage.read_body(submission)
        return {
            "title": f"Submission {submission.reference}",
            "subtitle": None,
            "submission": submission,
            "badge": priority_badge(submission),
            "head": head,
            "age": age_in_years(head.birth_date, timezone.localdate()) if head.birth_date else None,
            "flags": [{**flag, "level_label": LEVEL_LABELS[flag["level"]]} for flag in head.flags],
            "flagged": {link_id for flag in head.flags for link_id in flag["evidence"]},
            "pages": body.pages,
            "notes": submission.notes.all(),
        }

    def export_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """One submission as a file. A POST, so that no link or picture on another page can ask for it."""
        submission = self.get_object(request, str(object_id))
        if not self.has_view_permission(request, submission):
            raise PermissionDenied
        if submission is None:
            raise Http404("No such submission.")
        return export_file(request, [submission]) or redirect("admin:intake_submission_change", object_id)

    def save_model(self, request: HttpRequest, obj: Submission, form: Any, change: bool) -> None:
        at = timezone.now()
        if "status" in form.changed_data:
            actions.change_status(submission=obj, status=Status(form.cleaned_data["status"]), at=at)
        if form.cleaned_data["note"].strip():
            author = request.user.get_username()
            actions.write_note(submission=obj, author=author, text=form.cleaned_data["note"], at=at)


def priority_badge(submission: Submission) -> SafeString:
    priority = Priority(submission.priority)
    return format_html('<span class="priority priority--{}">{}</span>', priority.name.lower(), priority.label)
