"""Submissions: the queue, urgent ones first, and one screen to read and answer each."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST

from clinic_site import audit
from clinic_site.audit import Action, AuditEvent, Reason
from intake import actions, storage
from intake.admin import looks
from intake.admin.exports import MOST_AT_ONCE, export_file
from intake.models import Note, Priority, Status, Submission
from intake.models.review import NOTE_LENGTH
from intake.models.submission import CLOSED, SubmissionQuerySet
from intake.process_keys import recipients
from intake.questionnaires.triage import age_in_years
from intake.sealing import CannotOpen
from intake.secret import ReferenceMistyped

REFERENCE_TYPED = 40  # characters that are looked at
LEVEL_LABELS = {
    "crisis_now": "Crisis now",
    "crisis": "Crisis",
    "stop": "Stop",
    "caution": "Caution",
    "note": "Note",
}


class StateFilter(admin.SimpleListFilter):
    """Open submissions unless somebody asks for others: finished ones must not stand in the way of urgent ones."""

    title = "state"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("set-aside", "Perhaps a robot"), ("closed", "Closed"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        rows = list(super().choices(changelist))
        rows[0]["display"] = "Open"
        return rows

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        if "status__exact" in request.GET:
            return queryset  # somebody asked for one status: that says which
        if self.value() == "closed":
            return queryset.filter(status__in=CLOSED)
        if self.value() == "set-aside":
            return cast(SubmissionQuerySet, queryset).set_aside()
        if self.value() == "all":
            return queryset
        return cast(SubmissionQuerySet, queryset).open().not_set_aside()


class ReviewForm(forms.Form):
    """The two things that staff write on a submission."""

    status = forms.ChoiceField(choices=Status.choices)
    note = forms.CharField(
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Added below with your name and the time. Notes are never edited or deleted.",
    )


@admin.register(Submission)
class SubmissionAdmin(admin.ModelAdmin[Submission]):
    change_list_template = "admin/intake/submission_list.html"
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
    show_facets = admin.ShowFacets.NEVER  # they count every choice of every filter
    actions = ["export_selected"]

    def get_queryset(self, request: HttpRequest) -> SubmissionQuerySet:
        return Submission.objects.of_patients().most_urgent_first().with_version().defer("body")

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = set() if looks.may_read(request) else {"reasons"}
        hidden |= set() if looks.may_reveal(request) or looks.may_read(request) else {"person"}
        return [column for column in self.list_display if column not in hidden]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Submission | None = None) -> bool:
        return False

    def has_export_permission(self, request: HttpRequest) -> bool:
        return looks.may_export(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the filters offer: Django would let the address ask about any column."""
        offered = {"priority__exact", "status__exact", StateFilter.parameter_name}
        return lookup in offered and "\0" not in value

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        own = {"export": self.export_view, "reveal": self.reveal_view}
        return [
            path("find/", site.admin_view(require_POST(self.find_view)), name="intake_submission_find"),
            *(
                path(
                    f"<uuid:object_id>/{name}/",
                    site.admin_view(require_POST(view)),
                    name=f"intake_submission_{name}",
                )
                for name, view in own.items()
            ),
            *super().get_urls(),
        ]

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"title": "Submissions, most urgent first", "keys": recipients(), **(extra_context or {})}
        try:
            return super().changelist_view(request, context)
        except ValidationError:  # something was ticked that is no submission
            raise BadRequest from None

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        looks.look_at_list(request, changelist.result_list)
        return changelist

    @admin.display(description="Priority", ordering="priority")
    def priority_word(self, submission: Submission) -> SafeString:
        return priority_badge(submission)

    @admin.display(description="Person")
    def person(self, submission: Submission) -> str:
        head = submission.opened_head
        if head is None:
            return "Cannot be opened"
        name = head.name if submission.is_revealed else head.initials
        age = age_of(head)
        return name if age is None else f"{name}, {age}"

    @admin.display(description="Why")
    def reasons(self, submission: Submission) -> SafeString:
        """The most urgent reason in words, and the names of the other rows that it touches."""
        if submission.opened_head is None:
            return format_html(
                "<p>Sealed to key {}. Call whoever runs the site.</p>", submission.clinic_key_id
            )
        flags = submission.opened_head.flags
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

    @admin.action(description="Export selected as FHIR", permissions=["export"])
    def export_selected(self, request: HttpRequest, queryset: SubmissionQuerySet) -> HttpResponse | None:
        """First why, then the file. The filters of the list go along, so that the file holds what was ticked."""
        chosen = list(queryset.defer(None).with_version()[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            messages.error(request, f"At most {MOST_AT_ONCE} are exported at once. Select fewer.")
            return None
        if not chosen:
            messages.error(
                request, "None of what was ticked is in this list any more. Look at the list again."
            )
            return None
        form = looks.ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            return export_file(request, chosen, reason=form.cleaned_data["reason"])
        context = {
            **self.admin_site.each_context(request),
            "title": "Export submissions",
            "opts": self.opts,
            "form": form,
            "selected": [str(one.pk) for one in chosen],
            "filters": request.GET.urlencode(),
        }
        return TemplateResponse(request, "admin/intake/submission_export.html", context)

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """By reference. A POST, so that what somebody looks for stands in no address and no log."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        audit.write(Action.SEARCH, by=looks.account_of(request))
        typed = request.POST.get("reference", "")[:REFERENCE_TYPED]
        try:
            submission = Submission.objects.of_patients().by_reference(typed).first()
        except ReferenceMistyped as mistyped:
            messages.error(request, str(mistyped))
            return redirect("admin:intake_submission_changelist")
        if submission is None:
            messages.error(
                request, "No submission has this reference. Compare it with what the person was given."
            )
            return redirect("admin:intake_submission_changelist")
        return redirect("admin:intake_submission_change", submission.pk)

    # One submission. These views run in no transaction: the trail is written before anything is shown.

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        submission = self.submission_or_404(request, object_id)
        may_change = self.has_change_permission(request, submission)
        if request.method == "POST" and not may_change:
            raise PermissionDenied
        form = ReviewForm(
            request.POST if request.method == "POST" else None, initial={"status": submission.status}
        )
        if form.is_valid() and self.is_saved(request, submission, form):
            messages.success(request, f"Saved: {submission.reference}.")
            return redirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Submission {submission.reference}",
            "opts": self.opts,
            "submission": submission,
            "badge": priority_badge(submission),
            "form": form,
            "may_change": may_change,
            "may_reveal": looks.may_reveal(request),
            "may_read": looks.may_read(request),
            "may_export": looks.may_export(request),
            "reason_form": looks.ReasonForm(),
            "seen_status": submission.status,
            "first_reason": Reason.CRISIS if submission.priority <= Priority.CRISIS else "",
            "is_revealed": looks.is_revealed(request, submission),
            **self.review_context(request, submission),
        }
        return TemplateResponse(request, "admin/intake/submission_review.html", context)

    def review_context(self, request: HttpRequest, submission: Submission) -> dict[str, Any]:
        try:
            head, body = looks.look_at(request, submission)
        except CannotOpen as refusal:
            return {"unopenable": str(refusal)}
        found = {
            "head": head,
            "age": age_of(head) if head else None,
            "notes": [(note, note_text(note)) for note in looks.notes_shown(request, submission)],
        }
        if head is None or body is None:
            return found
        pages: Sequence[Mapping[str, Any]] = body.pages
        if not looks.is_revealed(request, submission):
            pages = looks.masked(pages, looks.questions_about_identity(submission))
        return found | {
            "flags": [{**flag, "level_label": LEVEL_LABELS[flag["level"]]} for flag in head.flags],
            "flagged": {link_id for flag in head.flags for link_id in flag["evidence"]},
            "pages": pages,
        }

    def is_saved(self, request: HttpRequest, submission: Submission, form: ReviewForm) -> bool:
        at, by = timezone.now(), looks.account_of(request)
        status, seen = form.cleaned_data["status"], form.data.get("initial-status", submission.status)
        if status != seen:
            try:
                if seen not in Status.values:
                    raise actions.StatusChanged
                actions.change_status(submission=submission, status=Status(status), by=by, at=at, seen=seen)
            except actions.StatusChanged:
                submission.refresh_from_db(fields=["status"])
                form.add_error(
                    "status",
                    f"Somebody set the status to “{submission.get_status_display()}” while you had this page open. "
                    "Choose again.",
                )
                return False
        if note := form.cleaned_data["note"].strip():
            actions.write_note(submission=submission, author=by, text=note, at=at)
        return True

    def reveal_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Who it is, for a reason."""
        if not looks.may_reveal(request):
            raise PermissionDenied
        submission = self.submission_or_404(request, str(object_id))
        form = looks.ReasonForm(request.POST)
        if form.is_valid():
            looks.reveal(request, submission, form.cleaned_data["reason"])
        else:
            messages.error(request, "Choose a reason first. It is written down with your name and the time.")
        return redirect("admin:intake_submission_change", object_id)

    def export_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """One submission as a file. A POST, so that no link or picture on another page can ask for it."""
        if not looks.may_export(request):
            raise PermissionDenied
        submission = self.submission_or_404(request, str(object_id))
        form = looks.ReasonForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Choose a reason first. It is written down with your name and the time.")
            return redirect("admin:intake_submission_change", object_id)
        file = export_file(request, [submission], reason=form.cleaned_data["reason"])
        return file or redirect("admin:intake_submission_change", object_id)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who did what with this submission, from the audit trail."""
        submission = self.submission_or_404(request, object_id)
        if not request.user.has_perm("clinic_site.view_auditevent"):
            raise PermissionDenied
        audit.write(Action.OPEN, by=looks.account_of(request), submissions=[submission.pk], detail="history")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Who did what with {submission.reference}",
            "opts": self.opts,
            "submission": submission,
            "events": AuditEvent.objects.naming([submission.pk]).oldest_first(),
        }
        return TemplateResponse(request, "admin/intake/submission_history.html", context)

    def submission_or_404(self, request: HttpRequest, object_id: str) -> Submission:
        """For those who may see submissions; whole, with its body."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            pk = UUID(object_id)
        except ValueError:
            raise Http404("No such submission.") from None
        submission = Submission.objects.of_patients().with_version().filter(pk=pk).first()
        if submission is None:
            raise Http404("No such submission.")
        return submission


def age_of(head: storage.Head) -> int | None:
    return age_in_years(head.birth_date, timezone.localdate()) if head.birth_date else None


def note_text(note: Note) -> str:
    try:
        return storage.read_note(note)
    except CannotOpen as refusal:
        return f"This note cannot be opened. {refusal}"


def priority_badge(submission: Submission) -> SafeString:
    priority = Priority(submission.priority)
    return format_html('<span class="priority priority--{}">{}</span>', priority.name.lower(), priority.label)
