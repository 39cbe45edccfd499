"""Exports of many submissions: asked for here, made by the worker, downloaded here once."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST

from clinic_site.audit import Reason
from clinic_site.clinic import current_clinic
from clinic_site.staff_access import needs_fresh_confirmation
from intake import actions
from intake.actions.large_exports import MOST
from intake.admin.exports import CONTENT_TYPES, ENDINGS
from intake.admin.looks import account_of, may_export
from intake.models import Export, Format, Status, Submission
from intake.models.submission import SubmissionQuerySet

SHOWN = 20


class LargeExportForm(forms.Form):
    status = forms.ChoiceField(choices=[("", "Any status but withdrawn"), *Status.choices], required=False)
    since = forms.DateField(
        label="Received from", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label="Received until", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    format = forms.ChoiceField(choices=Format.choices, initial=Format.FHIR, required=False)
    reason = forms.ChoiceField(label="Because", choices=[("", "Choose a reason"), *Reason.choices])

    def chosen(self) -> SubmissionQuerySet:
        rows = Submission.objects.of_patients()
        status = self.cleaned_data["status"]
        rows = rows.filter(status=status) if status else rows.not_withdrawn()
        if self.cleaned_data["since"]:
            rows = rows.filter(received_at__gte=at_the_clinic(self.cleaned_data["since"], time.min))
        if self.cleaned_data["until"]:
            rows = rows.filter(received_at__lte=at_the_clinic(self.cleaned_data["until"], time.max))
        return rows.order_by("received_at", "id")


def at_the_clinic(day: date, moment: time) -> datetime:
    """Compared with the column itself, so that an index serves; `received_at__date` would take none."""
    return timezone.make_aware(datetime.combine(day, moment))


@require_http_methods(["GET", "POST"])
@needs_fresh_confirmation
def exports(request: HttpRequest) -> HttpResponse:
    if not may_export(request):
        raise PermissionDenied
    form = LargeExportForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and is_asked_for(request, form):
        return redirect("exports")
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Large exports",
        "form": form,
        "exports": Export.objects.filter(asked_by=account_of(request)).order_by("-asked_at")[:SHOWN],
        "most": MOST,
    }
    return TemplateResponse(request, "admin/intake/exports.html", context, status=422 if form.errors else 200)


def is_asked_for(request: HttpRequest, form: LargeExportForm) -> bool:
    chosen = list(form.chosen().values_list("pk", flat=True)[: MOST + 1])
    if not chosen:
        form.add_error(None, "No submission is like that. Choose others.")
        return False
    if len(chosen) > MOST:
        form.add_error(None, f"There are more than {MOST:,}. Choose a shorter time.")
        return False
    actions.ask_for_export(
        submissions=chosen,
        form=Format(form.cleaned_data["format"] or Format.FHIR),
        reason=Reason(form.cleaned_data["reason"]),
        by=account_of(request),
        at=timezone.now(),
    )
    messages.success(request, f"{len(chosen)} are being exported. Look here again in a minute.")
    return True


@require_POST
@needs_fresh_confirmation
def download(request: HttpRequest, export_id: UUID) -> Any:  # a stream is no HttpResponse to the type checker
    if not may_export(request):
        raise PermissionDenied
    export = get_object_or_404(Export, pk=export_id, asked_by=account_of(request))
    try:
        numbers = actions.take_export(export=export, by=account_of(request), at=timezone.now())
    except actions.NotReady:
        messages.error(
            request, "It can be downloaded once, within an hour. Ask for it again if you still need it."
        )
        return redirect("exports")
    disposition = (
        content_disposition_header(as_attachment=True, filename=f"submissions.{ENDINGS[export.format]}") or ""
    )
    return StreamingHttpResponse(
        actions.content_of(export, numbers, notice=current_clinic().redisclosure_notice),
        content_type=CONTENT_TYPES[export.format],
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )
