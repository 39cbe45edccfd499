"""The audit trail in the admin: read-only, and fast however long it grows.

Whoever looks at it leaves a mark too: one event for each page of the list and each report.
"""

import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property

from clinic_site import audit
from clinic_site.audit import Action, AuditEvent, AuditEventQuerySet
from clinic_site.audit_reports import (
    ReferenceMistyped,
    names_of_accounts,
    submissions_of,
    who_looked_at,
)
from intake.secret import reference_of

MOST_COUNTED = 2_000  # rows: the list pages no further back than that; filters and reports do
LONGEST_REPORT = 2_000  # events on one page


class CountingSomePaginator(Paginator[AuditEvent]):
    """Counts no further than anybody turns pages: count(*) reads a whole table."""

    @cached_property
    def count(self) -> int:
        rows: AuditEventQuerySet = self.object_list  # type: ignore[assignment]
        return rows.order_by()[:MOST_COUNTED].count()


class AccountFilter(admin.SimpleListFilter):
    title = "account"
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(account, account) for account in audit.accounts_seen()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(account=self.value()) if self.value() else queryset


class PersonForm(forms.Form):
    """Who looked at this person? Cleaned, the reference is the ids that it stands for."""

    prefix = "person"
    reference = forms.CharField(
        max_length=20, help_text="As the person was given it, such as 7K2M-9QXA.", strip=True
    )

    def clean_reference(self) -> list[Any]:
        try:
            found = submissions_of(self.cleaned_data["reference"])
        except ReferenceMistyped as error:
            raise forms.ValidationError(str(error)) from error
        if not found:
            raise forms.ValidationError("No submission has this reference, and the trail names none.")
        return found


class AccountForm(forms.Form):
    """What did this account do between two times?"""

    prefix = "account"
    name = forms.ChoiceField(label="Account")
    since = forms.DateTimeField(label="From")
    until = forms.DateTimeField(label="Until", help_text="What was done at this minute is not in the list.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].choices = [(name, name) for name in audit.accounts_seen()]  # type: ignore[attr-defined]
        for name in ("since", "until"):
            widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
            self.fields[name].widget = widget

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since >= until:
            self.add_error("until", "Choose a time after “From”.")
        return self.cleaned_data


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin[AuditEvent]):
    change_list_template = "admin/clinic_site/audit_list.html"
    change_form_template = "admin/clinic_site/audit_event.html"
    list_display = ["at_second", "account_name", "what", "some_references", "reason", "role"]
    list_filter = ["at", "action", AccountFilter]
    list_per_page = 50
    ordering = ["-at"]
    sortable_by = ()  # no other order has an index
    paginator = CountingSomePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count every choice of every filter
    actions = None
    fields = (
        "id", "at_second", "account_name", "role", "what", "all_references", "reason", "hash_before", "hash_of_row"
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        is_one = bool(request.resolver_match and "object_id" in request.resolver_match.kwargs)
        return AuditEvent.objects.all() if is_one else AuditEvent.objects.in_brief()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        report = path(
            "report/", self.admin_site.admin_view(self.report_view), name="clinic_site_auditevent_report"
        )
        return [report, *super().get_urls()]

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self.must_see_the_trail(request)
        audit.write(Action.LIST, by=request.user.get_username(), detail="audit trail")
        context = {"title": "Audit trail, newest first", "most_counted": MOST_COUNTED}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    @admin.display(description="When")
    def at_second(self, event: AuditEvent) -> str:
        return f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S %Z}"

    @admin.display(description="Account")
    def account_name(self, event: AuditEvent) -> str:
        return event.account or "nobody known"

    @admin.display(description="Submissions")
    def some_references(self, event: AuditEvent) -> str:
        """Reads the columns of in_brief."""
        first, count = event.first_submissions, event.submission_count  # type: ignore[attr-defined]
        shown = ", ".join(reference_of(submission) for submission in first)
        return f"{shown} and {count - len(first):,} more" if count > len(first) else shown

    # One event

    @admin.display(description="Submissions")
    def all_references(self, event: AuditEvent) -> str:
        return ", ".join(event.references) or "none"

    @admin.display(description="Hash of the event before")
    def hash_before(self, event: AuditEvent) -> str:
        return bytes(event.previous_hash).hex()

    @admin.display(description="Hash")
    def hash_of_row(self, event: AuditEvent) -> str:
        return bytes(event.row_hash).hex()

    # Reports

    def report_view(self, request: HttpRequest) -> HttpResponse:
        """Two forms, and the list that one of them asked for. POST, so that no reference stands in an address."""
        self.must_see_the_trail(request)
        asked = request.POST.get("report") if request.method == "POST" else None
        person = PersonForm(request.POST if asked == "person" else None)
        account = AccountForm(request.POST if asked == "account" else None, initial=today())
        context = {"title": "Reports of the audit trail", "person": person, "account": account}
        if person.is_valid():
            context |= self.person_report(request, person)
        elif account.is_valid():
            context |= self.account_report(request, account)
        context |= {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, "admin/clinic_site/audit_report.html", context)

    def person_report(self, request: HttpRequest, form: PersonForm) -> dict[str, Any]:
        submissions = form.cleaned_data["reference"]
        audit.write(
            Action.LIST, by=request.user.get_username(), submissions=submissions, detail="audit report"
        )
        title = f"Who looked at {reference_of(submissions[0])}"
        return {"title": title, "is_of_a_person": True, **listed(who_looked_at(submissions))}

    def account_report(self, request: HttpRequest, form: AccountForm) -> dict[str, Any]:
        name, since, until = (form.cleaned_data[field] for field in ("name", "since", "until"))
        audit.write(Action.LIST, by=request.user.get_username(), detail="audit report")
        events = AuditEvent.objects.by_account(name, since=since, until=until).oldest_first()
        return {"title": f"What {name} did", "since": since, "until": until, **listed(events)}

    def must_see_the_trail(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def today() -> dict[str, datetime.datetime]:
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return {"since": start, "until": start + datetime.timedelta(days=1)}


def listed(events: AuditEventQuerySet) -> dict[str, Any]:
    """The rows of a printable list, and whether they are all of them."""
    names = names_of_accounts()
    rows = list(events[: LONGEST_REPORT + 1])
    return {
        "rows": [(event, names.get(event.account, event.account)) for event in rows[:LONGEST_REPORT]],
        "longest_report": LONGEST_REPORT if len(rows) > LONGEST_REPORT else None,
        "made_at": timezone.now(),
    }
