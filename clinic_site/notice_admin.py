"""The notices in the admin: staff write versions, somebody answers for one in their own name."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from clinic_site import audit
from clinic_site.notices import CannotApprove, NoticeVersion, approve, write_draft

APPROVE = "clinic_site.approve_noticeversion"


class ApprovalForm(forms.Form):
    approved_by = forms.CharField(
        label="Who answers for this text",
        max_length=160,
        help_text="Name and position, such as Privacy officer.",
    )


@admin.register(NoticeVersion)
class NoticeAdmin(admin.ModelAdmin[NoticeVersion]):
    change_form_template = "admin/clinic_site/notice_form.html"
    list_display = ["kind", "version", "state", "written_by", "written_at"]
    list_filter = ["kind"]
    fields = ["kind", "version", "body", "written_by", "written_at", "approved_by", "approved_at"]
    readonly_fields = ["kind", "version", "written_by", "written_at", "approved_by", "approved_at"]
    actions = None

    def get_urls(self) -> list[URLPattern]:
        approval = path(
            "<int:pk>/approve/",
            self.admin_site.admin_view(self.approval_view),
            name="clinic_site_noticeversion_approve",
        )
        return [approval, *super().get_urls()]

    @admin.display(description="state")
    def state(self, notice: NoticeVersion) -> str:
        return f"Approved by {notice.approved_by}" if notice.is_approved else "Draft, not approved"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Which texts there are is set; a new version comes of editing one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: NoticeVersion | None = None) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Written down before Django begins its transaction, in which the trail cannot be written."""
        more = {"may_approve": request.user.has_perm(APPROVE), **(extra_context or {})}
        if request.method != "POST" or not self.has_change_permission(request):
            return super().changeform_view(request, object_id, form_url, more)
        with audit.act(audit.Action.CLINIC, by=request.user.get_username(), detail="notices changed"):
            return super().changeform_view(request, object_id, form_url, more)

    def save_model(self, request: HttpRequest, obj: NoticeVersion, form: Any, change: bool) -> None:
        if "body" not in form.changed_data:
            return
        stored = NoticeVersion.objects.get(pk=obj.pk)
        body = form.cleaned_data["body"].replace("\r\n", "\n")
        draft = write_draft(stored, body=body, by=request.user.get_username())
        if draft.pk != stored.pk:
            messages.info(
                request,
                f"The approved version stays as it is. Your words are version {draft.version}, a draft.",
            )

    def approval_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(APPROVE):
            raise PermissionDenied
        notice = get_object_or_404(NoticeVersion, pk=pk)
        form = ApprovalForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            account = request.user.get_username()
            try:
                with audit.act(audit.Action.CLINIC, by=account, detail="notices approved"):
                    approve(notice, approved_by=form.cleaned_data["approved_by"], account=account)
            except CannotApprove as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{notice} is approved and stands on the site.")
                return redirect("admin:clinic_site_noticeversion_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "notice": notice,
            "form": form,
            "title": f"Approve: {notice}",
        }
        return TemplateResponse(request, "admin/clinic_site/notice_approval.html", context)
