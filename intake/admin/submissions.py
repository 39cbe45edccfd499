"""Submissions: the queue, urgent ones first, and one screen to read and answer each."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from clinic_site import audit
from clinic_site.audit import Action, AuditEvent
from clinic_site.clinic import Clinic
from clinic_site.staff_access import ask_to_confirm, confirmed_recently
from intake import actions, alarms, search
from intake.admin import compare_page, looks, printing, queue, review_page
from intake.admin.exports import MOST_AT_ONCE, export_file
from intake.admin.review_forms import AssignForm, CallForm, TakenForm
from intake.models import CallOutcome, Submission, Taken
from intake.one_query import answers
from intake.people import Term
from intake.process_keys import recipients
from intake.secret import ReferenceMistyped

FOUND = "found"  # in the session: what the last search found, by id; never what was looked for
TERM_TYPED = 200  # characters that are looked at
QUEUE = "admin:intake_submission_changelist"
ONE = "admin:intake_submission_change"
MOST_EVENTS = 500  # on the page of one submission; the whole trail answers the rest
FORMATS = {"export_selected": "fhir", "export_csv": "csv"}


@admin.register(Submission)
class SubmissionAdmin(admin.ModelAdmin[Submission]):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Submission | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        admin_view = self.admin_site.admin_view
        acts = {
            "export": self.export_view,
            "reveal": self.reveal_view,
            "call": self.call_view,
            "taken": self.taken_view,
            "print": self.print_view,
        }
        return [
            path("find/", admin_view(self.find_view), name="intake_submission_find"),
            path("typed-in/", admin_view(require_GET(self.typed_in_view)), name="intake_submission_typed_in"),
            path(
                "<uuid:object_id>/compare/<uuid:other_id>/",
                admin_view(require_GET(self.compare_view)),
                name="intake_submission_compare",
            ),
            *(
                path(
                    f"<uuid:object_id>/{name}/",
                    admin_view(require_POST(view)),
                    name=f"intake_submission_{name}",
                )
                for name, view in acts.items()
            ),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        site = self.admin_site
        around = {  # without the list of all that is in the admin, which asks the database and is not shown here
            "site_title": site.site_title,
            "site_header": site.site_header,
            "site_url": site.site_url,
            "has_permission": site.has_permission(request),
            "opts": self.opts,
        }
        return TemplateResponse(request, f"admin/intake/{template}.html", around | context)

    # The queue

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.together(request)
        me = looks.account_of(request)
        try:
            tab, after, before = queue.place({name: str(value) for name, value in request.GET.items()})
            page = queue.page_of(tab, me, after=after, before=before)
        except queue.NoSuchPlace:  # an old bookmark, or somebody tried out what an address may ask for
            return redirect(QUEUE)
        at = timezone.now()
        found = answers(
            **queue.counts(me), **alarms.questions(at)
        )  # the tabs and the banners in one statement
        tabs = [(one, queue.in_tab(found[one.key])) for one in queue.TABS.values()]
        banners = alarms.in_sentences(found, at=at)
        return self.list_of(
            request, page.rows, title="Submissions", tab=tab, page=page, tabs=tabs, alarms=banners
        )

    def list_of(
        self, request: HttpRequest, rows: list[Submission], *, title: str, **context: Any
    ) -> HttpResponse:
        looks.look_at_list(request, rows)
        clinic, at = Clinic.objects.first(), timezone.now()
        target = clinic.review_within_hours if clinic else None
        return self.page(
            request,
            "submission_list",
            title=title,
            rows=[(one, queue.waiting(one, at=at, target=target)) for one in rows],
            clinic=clinic,
            may_read=looks.may_read(request),
            may_see_who=looks.may_reveal(request) or looks.may_read(request),
            may_search=looks.may_reveal(request),
            may_change=self.has_change_permission(request),
            may_export=looks.may_export(request),
            keys=recipients(),
            **context,
        )

    def together(self, request: HttpRequest) -> HttpResponse:
        """What is done with all that were ticked."""
        act, here = request.POST.get("action", ""), redirect(request.get_full_path())
        try:
            pks = queue.ticked(request.POST.getlist("_selected_action"))
        except queue.NoSuchPlace:
            raise BadRequest from None
        if len(pks) > MOST_AT_ONCE:
            messages.error(request, f"At most {MOST_AT_ONCE} are taken at once. Select fewer.")
            return here
        chosen = list(queue.those(pks))
        if not chosen:
            messages.error(request, "Tick at least one submission first.")
        elif act in FORMATS:
            return self.export_selected(request, chosen, act)
        elif act in ("assign", "assign_me"):
            return self.assign_selected(request, chosen, act)
        return here

    def assign_selected(self, request: HttpRequest, chosen: list[Submission], act: str) -> HttpResponse:
        """To oneself at once; to another first whom."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        me = looks.account_of(request)
        typed = {"to": me} if act == "assign_me" else request.POST if "to" in request.POST else None
        form = AssignForm(typed)
        if not form.is_valid():
            selected = [str(one.pk) for one in chosen]
            return self.page(
                request,
                "submission_assign",
                title="Assign submissions",
                form=form,
                action="assign",
                selected=selected,
            )
        to = form.cleaned_data["to"]
        count = actions.assign_all(submissions=chosen, to=to, by=me)
        whom = f"assigned to {to}" if to else "assigned to nobody"
        messages.success(request, f"{count} submission{'s are' if count != 1 else ' is'} now {whom}.")
        return redirect(request.get_full_path())

    def export_selected(self, request: HttpRequest, chosen: list[Submission], act: str) -> HttpResponse:
        """First why, then the file."""
        if not looks.may_export(request):
            raise PermissionDenied
        if not confirmed_recently(request):
            return ask_to_confirm(request)
        form = looks.ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            file = export_file(request, chosen, reason=form.cleaned_data["reason"], form=FORMATS[act])
            return file or redirect(QUEUE)
        return self.page(
            request,
            "submission_export",
            title="Export submissions",
            form=form,
            action=act,
            format=FORMATS[act].upper(),
            selected=[str(one.pk) for one in chosen],
        )

    # Finding

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """A POST, so that what somebody looks for stands in no address and no log; then a list of what was found."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.search(request)
        kept = request.session.get(FOUND)
        found = queue.ticked([one for one in kept if isinstance(one, str)]) if isinstance(kept, list) else []
        rows = list(queue.those(found).defer("body")[: search.MOST_FOUND])
        how_many = "1 submission" if len(rows) == 1 else f"{len(rows)} submissions"
        return self.list_of(request, rows, title=f"Found: {how_many}", is_search=True)

    def search(self, request: HttpRequest) -> HttpResponse:
        by = looks.account_of(request)
        audit.write(Action.SEARCH, by=by)
        typed, people = request.POST.get("reference", "")[:TERM_TYPED], dict[UUID, str]()
        try:
            found = list(
                Submission.objects.of_patients().by_reference(typed).values_list("pk", flat=True)[:2]
            )
        except ReferenceMistyped as mistyped:
            found, refusal = [], str(mistyped)
        else:
            refusal = "No submission has this reference. Compare it with what the person was given."
        if looks.may_reveal(request):
            people = search.find_people(Term.of(typed), by=by)
            refusal = (
                "Nobody was found by this name, birth date, phone, e-mail or reference. Try less of the name, or the "
                "reference alone."
            )
        # What is in memory may have been deleted since.
        there = queue.those([*found, *people]).named_or_not_withdrawn(found).values_list("pk", flat=True)
        found = list(there[: search.MOST_FOUND + 1])
        if not found:
            messages.error(request, refusal)
            return redirect(QUEUE)
        if len(found) == 1:
            return redirect(ONE, found[0])
        if len(found) > search.MOST_FOUND:
            messages.warning(
                request, f"More than {search.MOST_FOUND} were found, and not all are listed. Type more."
            )
        request.session[FOUND] = [str(pk) for pk in found[: search.MOST_FOUND]]
        return redirect("admin:intake_submission_find")

    def typed_in_view(self, request: HttpRequest) -> HttpResponse:
        """How somebody of the staff types in what a person says on the phone or wrote on paper."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        screening = reverse("intake:start") if settings.ROLE.serves_public else ""
        title = "Type in a form from a call or from paper"
        return self.page(request, "submission_typed_in", title=title, screening=screening)

    # One submission. These views run in no transaction: the trail is written before anything is shown.

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        submission = self.submission_or_404(request, object_id)
        may_change = self.has_change_permission(request, submission)
        if request.method == "POST" and not may_change:
            raise PermissionDenied
        form = review_page.form_for(request, submission)
        if form.is_valid() and review_page.is_saved(request, submission, form):
            messages.success(request, f"Saved: {submission.reference}.")
            return redirect(request.path)
        if request.method == "POST":  # on a phone the field that says why is many screens below
            messages.error(request, "Not all of it was saved. Under “Review” it says why.")
        context = review_page.context(request, submission)
        return self.page(request, "submission_review", form=form, may_change=may_change, **context)

    def reveal_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Who it is, for a reason."""
        if not looks.may_reveal(request):
            raise PermissionDenied
        submission = self.submission_or_404(request, str(object_id))
        if reason := self.reason_given(request):
            looks.reveal(request, submission, reason)
        return redirect(ONE, object_id)

    def export_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """One submission as a file. A POST, so that no link or picture on another page can ask for it."""
        if not looks.may_export(request):
            raise PermissionDenied
        submission = self.submission_or_404(request, str(object_id))
        if not confirmed_recently(request):
            return ask_to_confirm(request)
        if not (reason := self.reason_given(request)):
            return redirect(ONE, object_id)
        form = "csv" if request.POST.get("format") == "csv" else "fhir"
        return export_file(request, [submission], reason=reason, form=form) or redirect(ONE, object_id)

    def print_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The whole on one page, made for paper."""
        if not (looks.may_read(request) and looks.may_reveal(request)):
            raise PermissionDenied
        submission = self.submission_or_404(request, str(object_id))
        if not confirmed_recently(request):
            return ask_to_confirm(request)
        if not (reason := self.reason_given(request)):
            return redirect(ONE, object_id)
        context = printing.context(request, submission, reason)
        if context is None:
            return redirect(ONE, object_id)
        return self.page(request, "submission_print", **context)

    def call_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        submission = self.to_change_or_404(request, object_id)
        form = CallForm(request.POST)
        if not form.is_valid():
            messages.error(request, "The call was not saved. Under “Write down a call” it says why.")
            context = review_page.context(request, submission, call_form=form)
            context["form"] = review_page.form_for(request, submission, is_posted=False)
            return self.page(request, "submission_review", may_change=True, **context)
        actions.write_call(
            submission=submission,
            author=looks.account_of(request),
            outcome=CallOutcome(form.cleaned_data["outcome"]),
            text=form.cleaned_data["text"].strip(),
            at=timezone.now(),
            try_again_on=form.cleaned_data["try_again_on"],
        )
        messages.success(request, "The call is written down.")
        return redirect(ONE, object_id)

    def taken_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        submission = self.to_change_or_404(request, object_id)
        form = TakenForm(request.POST)
        if form.is_valid():
            taken = Taken(form.cleaned_data["taken"]) if form.cleaned_data["taken"] else None
            actions.tell_how_it_was_taken(submission=submission, taken=taken, by=looks.account_of(request))
            messages.success(request, f"Saved: {submission.reference}.")
        else:
            messages.error(request, "Choose how it came from the list.")
        return redirect(ONE, object_id)

    def compare_view(self, request: HttpRequest, object_id: UUID, other_id: UUID) -> HttpResponse:
        """Two submissions of one person side by side."""
        if not looks.may_read(request):
            raise PermissionDenied
        pair = [self.submission_or_404(request, str(pk)) for pk in (object_id, other_id)]
        return self.page(request, "submission_compare", **compare_page.context(request, pair))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who did what with this submission, from the audit trail."""
        submission = self.submission_or_404(request, object_id)
        if not request.user.has_perm("clinic_site.view_auditevent"):
            raise PermissionDenied
        audit.write(Action.OPEN, by=looks.account_of(request), submissions=[submission.pk], detail="history")
        return self.page(
            request,
            "submission_history",
            title=f"Who did what with {submission.reference}",
            submission=submission,
            events=AuditEvent.objects.in_brief().naming([submission.pk]).order_by("-id")[:MOST_EVENTS],
            most=MOST_EVENTS,
        )

    def reason_given(self, request: HttpRequest) -> str:
        form = looks.ReasonForm(request.POST)
        if form.is_valid():
            return str(form.cleaned_data["reason"])
        messages.error(request, "Choose a reason first. It is written down with your name and the time.")
        return ""

    def to_change_or_404(self, request: HttpRequest, object_id: UUID) -> Submission:
        submission = self.submission_or_404(request, str(object_id))
        if not self.has_change_permission(request, submission):
            raise PermissionDenied
        return submission

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
