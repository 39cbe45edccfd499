"""A lost phone: somebody else takes the second step away, and the next sign-in sets up a new one."""

from enum import StrEnum
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.views.decorators.cache import never_cache

from clinic_site import audit
from clinic_site.accounts.second_step import forget_second_step
from clinic_site.accounts.sign_in import only_get_and_post, page
from clinic_site.sessions import end_sessions
from clinic_site.staff_access import needs_fresh_confirmation


class Why(StrEnum):
    """Words of the audit trail."""

    LOST = "lost"
    STOLEN = "stolen"
    REPLACED = "replaced"

    @property
    def in_words(self) -> str:
        return WHY_IN_WORDS[self]


WHY_IN_WORDS = {
    Why.LOST: "The phone or key is lost or broken",
    Why.STOLEN: "It was stolen, or somebody else may have used it",
    Why.REPLACED: "There is a new one, and the old one is gone",
}


def reset_second_step(account: User, *, by: str, why: Why) -> None:
    """Written down first; the account is signed out everywhere."""
    audit.write(audit.Action.ACCOUNT, by=by, detail=f"second_step reset {why} user_{account.pk}")
    forget_second_step(account)
    end_sessions(account.pk)


@never_cache
@only_get_and_post
@needs_fresh_confirmation
def lost_phone(request: HttpRequest, pk: int) -> HttpResponse:
    """For another's account: whoever lost their own phone cannot show that it is they."""
    account = get_object_or_404(User, pk=pk)
    is_above = account.is_superuser and not request.user.is_superuser
    if not request.user.has_perm("auth.change_user") or account.pk == request.user.pk or is_above:
        raise PermissionDenied
    why = request.POST.get("why", "")
    if request.method == "POST" and why in list(Why):
        reset_second_step(account, by=request.user.get_username(), why=Why(why))
        messages.success(
            request,
            f"{account.get_username()} is signed out everywhere, and sets up a new second step at the next sign-in.",
        )
        return redirect("admin:auth_user_change", pk)
    context = {"account": account, "reasons": list(Why), "is_missing": request.method == "POST"}
    return page(request, "lost_phone", f"Reset the second step of {account.get_username()}", context)


def urls() -> list[Any]:
    return [path("auth/user/<int:pk>/second-step/", admin.site.admin_view(lost_phone), name="lost_phone")]
