from typing import Any

# Their admin pages are registered by the import: of seeds and of addresses that nobody enters.
from allauth.account import admin as account_pages  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa import admin as second_step_pages  # noqa: F401
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from clinic_site import (
    account_admin,  # noqa: F401  (registers accounts and groups)
    audit,
    audit_admin,  # noqa: F401  (registers the audit trail)
    notice_admin,  # noqa: F401  (registers the notices)
)
from clinic_site.accounts.sign_in import sign_in
from clinic_site.clinic import Clinic, Holiday, OpeningHours, Person, Price
from clinic_site.clinic_forms import ClinicForm, OpeningHoursFormSet

admin.site.login = sign_in  # type: ignore[method-assign]  # before the addresses are made of it
for model in (EmailAddress, Authenticator):
    admin.site.unregister(model)
admin.site.site_header = "Review desk"
admin.site.site_title = "Review desk"
admin.site.enable_nav_sidebar = False  # the queue needs the width
admin.site.index_title = "What would you like to do?"


# Stacked: in a table of the admin's no field has a label, and none fits on a phone.
class OpeningHoursInline(admin.StackedInline[OpeningHours, Clinic]):
    model = OpeningHours
    formset = OpeningHoursFormSet
    fields = [("weekday", "opens", "closes")]
    extra = 0


class HolidayInline(admin.StackedInline[Holiday, Clinic]):
    model = Holiday
    extra = 0


class PersonInline(admin.StackedInline[Person, Clinic]):
    model = Person
    extra = 0


class PriceInline(admin.StackedInline[Price, Clinic]):
    model = Price
    extra = 0


@admin.register(Clinic)
class ClinicAdmin(admin.ModelAdmin[Clinic]):
    """The one row of facts; it can be written and edited, never doubled or deleted."""

    form = ClinicForm
    inlines = [OpeningHoursInline, HolidayInline, PersonInline, PriceInline]
    fieldsets = [
        (None, {"fields": ["name", "tagline", "is_demonstration"]}),
        (
            "How people reach you",
            {"fields": ["phone", "email", "street", "city", "state", "postal_code", "directions"]},
        ),
        ("How submissions are reviewed", {"fields": ["review_within_hours", "is_part_2_program"]}),
        ("Security", {"fields": ["security_email", "security_email_until"]}),
        ("How you treat", {"fields": ["protocol"]}),
        (
            "Who is called when someone may be in danger",
            {
                "fields": [
                    "on_call_name",
                    "on_call_phone",
                    "alert_email",
                    "acknowledge_within_minutes",
                    "escalation_email",
                ],
                "description": "Needed, with opening hours, before CLINIC_SAME_DAY_REVIEW may be switched on.",
            },
        ),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Clinic.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """At once the one row that there is."""
        clinic = Clinic.objects.first()
        if clinic is None or not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        return redirect("admin:clinic_site_clinic_change", clinic.pk)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Written down before Django begins its transaction, in which the trail cannot be written."""
        may = self.has_change_permission if object_id else self.has_add_permission
        if request.method != "POST" or not may(request):
            return super().changeform_view(request, object_id, form_url, extra_context)
        by, what = request.user.get_username(), "facts hours holidays people prices"
        with audit.act(audit.Action.CLINIC, by=by, detail=what):
            response = super().changeform_view(request, object_id, form_url, extra_context)
        if response.status_code == 200:  # the form came back with what is wrong
            audit.write(audit.Action.CLINIC, by=by, detail=f"{what} refused")
        return response

    def save_model(self, request: HttpRequest, obj: Clinic, form: Any, change: bool) -> None:
        obj.pk = 1  # the one row, whatever the table's counter says
        super().save_model(request, obj, form, change)
