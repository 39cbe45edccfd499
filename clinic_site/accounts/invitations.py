"""A link by which somebody sets their own password, once: nobody else ever knows it.

It is good for PASSWORD_RESET_TIMEOUT seconds, and until a password is set, a newer link is made or the account is
disabled. Nothing of it is kept in the database: it is signed over what the account is now.
"""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from clinic_site.accounts import actions
from clinic_site.clinic import current_clinic


class InvitationTokens(PasswordResetTokenGenerator):
    key_salt = "clinic_site.accounts.invitations"

    def check_token(self, user: Any, token: str | None) -> bool:
        return bool(user and user.is_active) and super().check_token(user, token)


tokens = InvitationTokens()


def link_of(account: User, request: HttpRequest) -> str:
    number, token = urlsafe_base64_encode(force_bytes(account.pk)), tokens.make_token(account)
    return request.build_absolute_uri(reverse("invitation", args=[number, token]))


def send_link(account: User, request: HttpRequest) -> None:
    """By mail; where the site sends none, to whoever asked, to be handed over in person."""
    link, clinic = link_of(account, request), current_clinic()
    if not settings.EMAIL_HOST:
        messages.warning(
            request, f"This site sends no mail. Give this link to them, and to nobody else: {link}"
        )
        return
    words = {
        "account": account,
        "link": link,
        "clinic": clinic,
        "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
    }
    try:
        send_mail(
            f"Your account at {clinic.name}",
            render_to_string("accounts/invitation_mail.txt", words),
            None,
            [account.email],
        )
    except OSError as error:  # smtplib's errors are among them
        messages.error(
            request,
            f"The mail could not be sent ({type(error).__name__}). Send a new link from the account's page.",
        )
        return
    messages.success(request, f"A link to set a password was sent to {account.email}.")


class AcceptInvitation(PasswordResetConfirmView):
    """Django's own page for a new password: the token goes into the session and out of the address first."""

    token_generator = tokens
    template_name = "accounts/invitation.html"
    reset_url_token = "password"  # noqa: S105 - a word of the address # nosec B105

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        site = admin.site
        return super().get_context_data(**kwargs, site_header=site.site_header, site_title=site.site_title)

    def form_valid(self, form: Any) -> HttpResponse:
        account: User = self.user
        actions.accept_invitation(account, form.cleaned_data["new_password1"])
        self.request.session.flush()
        messages.success(self.request, f"Your password is set. Sign in as {account.get_username()}.")
        return redirect("admin:login")
