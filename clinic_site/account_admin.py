"""Accounts in the admin: invited, changed, disabled; never deleted, for notes and the audit trail name them.

Nobody sets another's password, and what a group may do is not changed here: accounts/groups.py.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.sites import AdminSite
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin  # registers the two that are unregistered below
from django.contrib.auth.models import Group, User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from clinic_site.accounts import actions
from clinic_site.accounts.actions import write_down
from clinic_site.accounts.groups import ADMINISTRATOR, IN_WORDS, active_administrators
from clinic_site.accounts.invitations import send_link
from clinic_site.sessions import StaffSession, end_sessions
from intake.models.submission import CLOSED, Submission

admin.site.unregister(User)
admin.site.unregister(Group)


class GroupsField(forms.ModelMultipleChoiceField[Group]):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Group.objects.order_by("pk"),
            label="Groups",
            widget=forms.CheckboxSelectMultiple,
            required=False,
            help_text="Each change is written down with your name.",
            **kwargs,
        )

    def label_from_instance(self, group: Group) -> str:
        return f"{group.name}: {IN_WORDS[group.name]}" if group.name in IN_WORDS else group.name


class InvitationForm(forms.Form):
    username = forms.CharField(
        label="User name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text="It can never be changed: what somebody notes about a patient carries it.",
    )
    first_name = forms.CharField(max_length=150)
    last_name = forms.CharField(max_length=150)
    email = forms.EmailField(label="E-mail address", max_length=254, help_text="The link is sent there.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["groups"] = GroupsField()

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("Somebody has or had this user name. Choose another.")
        return username


class AccountForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "groups")
        help_texts = {
            "username": "It can never be changed: what somebody notes about a patient carries it.",
            "is_active": "Whoever leaves is disabled by the button above, never deleted.",
        }

    groups = GroupsField()

    def clean_groups(self) -> Iterable[Group]:
        groups = self.cleaned_data["groups"]
        others = active_administrators().exclude(pk=self.instance.pk)
        if ADMINISTRATOR not in {group.name for group in groups} and not others.exists():
            raise forms.ValidationError(
                "Nobody else could let people in. Make another account an administrator first."
            )
        return groups  # type: ignore[no-any-return]


@admin.register(User)
class AccountAdmin(UserAdmin[User]):
    form = AccountForm
    change_form_template = "admin/accounts/account.html"
    search_fields = ()  # a search would put a name into an address; a clinic's staff fit on a page
    list_display = ("username", "first_name", "last_name", "groups_in_words", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    readonly_fields = ("username", "is_active", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email")}),
        ("What they may do", {"fields": ("groups",)}),
        ("Since when", {"fields": ("is_active", "last_login", "date_joined")}),
    )
    filter_horizontal = ()
    actions = None

    @admin.display(description="Groups")
    def groups_in_words(self, account: User) -> str:
        return ", ".join(sorted(group.name for group in account.groups.all()))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """A superuser's account is changed by superusers and at the terminal."""
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not is_above

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"auth_user_{name}")
            for name, view in (("invite", self.invite_view), ("disable", self.disable_view))
        ]
        others = [one for one in super().get_urls() if one.name != "auth_user_password_change"]
        return [*own, *others]

    # Django changes accounts inside a transaction, in which the trail cannot be written: so it is written before.

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = InvitationForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            account = actions.make_account(**form.cleaned_data, by=request.user.get_username())
            actions.invite(account, by=request.user.get_username())
            send_link(account, request)
            return redirect("admin:auth_user_change", account.pk)
        return self.page(request, "invite", {"title": "Invite somebody", "form": form})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        account = self.get_object(request, unquote(object_id))
        may = account is not None and self.has_change_permission(request, account)
        if account is None or request.method != "POST" or not may:
            return super().change_view(request, object_id, form_url, extra_context)
        by = request.user.get_username()
        form = self.get_form(request, account, change=True)(request.POST, instance=account)
        what = "rights" if form.is_valid() and set(form.changed_data) == {"groups"} else "changed"
        write_down(what, by=by, account=account)
        if form.is_valid():
            actions.write_down_groups(account, form.cleaned_data["groups"], by=by)
        response = super().change_view(request, object_id, form_url, extra_context)
        if response.status_code == 200:  # the form came back with what is wrong
            write_down(f"{what} refused", by=by, account=account)
        return response

    def invite_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new link: for whoever lost the first one, forgot the password, or comes back."""
        account = self.account_or_404(request, pk)
        if request.method == "POST":
            actions.invite(account, by=request.user.get_username())
            send_link(account, request)
            return redirect("admin:auth_user_change", account.pk)
        return self.page(request, "new_link", {"title": f"A new link for {account}", "account": account})

    def disable_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The one screen for somebody who leaves."""
        account = self.account_or_404(request, pk)
        if request.method == "POST":
            try:
                ended = actions.disable_account(account, by=request.user.get_username())
            except actions.LastAdministrator:
                messages.error(
                    request, "Nobody else could let people in. Make another account an administrator first."
                )
            else:
                messages.success(
                    request,
                    f"{account} can no longer sign in. Sessions ended: {ended}. All groups were taken away.",
                )
            return redirect("admin:auth_user_change", account.pk)
        context = {
            "title": f"Disable {account}",
            "account": account,
            "groups": account.groups.all(),
            "sessions": StaffSession.objects.of_account(account.pk).living().count(),
            "assigned": Submission.objects.filter(assigned_to=account.get_username())
            .exclude(status__in=CLOSED)
            .count(),
        }
        return self.page(request, "disable", context)

    def account_or_404(self, request: HttpRequest, pk: int) -> User:
        account = self.get_object(request, str(pk))
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        if account is None:
            raise Http404("No such account.")
        return account

    def page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/accounts/{name}.html", context)


def change_own_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    if request.method != "POST":
        return AdminSite.password_change(admin.site, request, extra_context)
    account: Any = request.user  # the admin asks for a sign-in first
    write_down("password", by=account.get_username(), account=account)
    response = AdminSite.password_change(admin.site, request, extra_context)
    if response.status_code == 200:
        write_down("password refused", by=account.get_username(), account=account)
    else:
        session: Any = request.session
        session.save()  # Django gave it a new key just now
        end_sessions(account.pk, but=session.key_hash)
    return response


admin.site.password_change = change_own_password  # type: ignore[assignment]  # before the addresses are made of it
