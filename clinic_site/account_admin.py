"""Accounts and groups in the admin, as Django has them, with a row in the audit trail before each change.

The row names the account by its number, as the address of its page does: `rights user_7`.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import (
    GroupAdmin,
    UserAdmin,
)  # registers the two that stand below in their place
from django.contrib.auth.models import Group, User
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from clinic_site import audit

RIGHTS = frozenset({"is_staff", "is_superuser", "groups", "user_permissions", "permissions"})


def write_down(request: HttpRequest, what: str, account: Model | None = None) -> None:
    """`what` in the trail's words; `account` is the account or group, None while it has no number yet."""
    whose = f" {account._meta.model_name}_{account.pk}" if account else ""
    audit.write(audit.Action.ACCOUNT, by=request.user.get_username(), detail=f"{what}{whose}")


class WrittenDownFirst(admin.ModelAdmin[Any]):
    """Before Django begins its transaction, in which the trail cannot be written."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if request.method == "POST" and self.has_add_permission(request):
            write_down(request, "made")
        return super().add_view(request, form_url, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        account = self.get_object(request, unquote(object_id))
        if request.method == "POST" and account and self.has_change_permission(request, account):
            write_down(request, self.what_changes(request, account), account)
        return super().change_view(request, object_id, form_url, extra_context)

    def what_changes(self, request: HttpRequest, account: Model) -> str:
        form = self.get_form(request, account, change=True)(request.POST, instance=account)
        changed = set(form.changed_data)
        is_disabled = "is_active" in changed and form.initial["is_active"]
        words = ["disabled"] if is_disabled else []
        words += ["rights"] if changed & RIGHTS else []
        others = changed - RIGHTS - ({"is_active"} if is_disabled else set())
        return " ".join(words + (["changed"] if others or not words else []))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        account = self.get_object(request, unquote(object_id))
        if request.method == "POST" and account and self.has_delete_permission(request, account):
            write_down(request, "deleted", account)
        return super().delete_view(request, object_id, extra_context)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for account in queryset:
            write_down(request, "deleted", account)
        super().delete_queryset(request, queryset)


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(WrittenDownFirst, UserAdmin[User]):
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        account = self.get_object(request, unquote(id))
        if request.method == "POST" and account and self.has_change_permission(request, account):
            write_down(request, "password", account)
        return super().user_change_password(request, id, form_url)


@admin.register(Group)
class RightsAdmin(WrittenDownFirst, GroupAdmin):
    """Who may do what; whoever is in a group may do what the group may."""


def change_own_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    if request.method == "POST":
        write_down(request, "password", request.user)  # type: ignore[arg-type]  # the admin asks for a sign-in first
    return AdminSite.password_change(admin.site, request, extra_context)


admin.site.password_change = change_own_password  # type: ignore[assignment]  # before the addresses are made of it
