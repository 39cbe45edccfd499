"""Every change of an account, as a verb. Each is written into the audit trail before it is done.

The trail names an account by its number, as the address of its page does: `given clinician user_7`.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group, User
from django.db import transaction

from clinic_site import audit
from clinic_site.accounts.groups import WORD_OF_GROUP, active_administrators
from clinic_site.sessions import end_sessions


class LastAdministrator(Exception):
    """Nobody else could let people in. Nothing was changed."""


def write_down(what: str, *, by: str, account: User | None = None) -> None:
    """`what` in the trail's words; `account` is None while it has no number yet."""
    whose = f" user_{account.pk}" if account else ""
    audit.write(audit.Action.ACCOUNT, by=by, detail=f"{what}{whose}")


def make_account(
    *, username: str, first_name: str, last_name: str, email: str, groups: Iterable[Group], by: str
) -> User:
    """An account that nobody can sign in to until its owner has set a password: invitations.py."""
    write_down("made", by=by)
    account = User(username=username, first_name=first_name, last_name=last_name, email=email, is_staff=True)
    account.set_unusable_password()
    account.save()
    write_down_groups(account, groups, by=by)
    account.groups.set(groups)
    return account


def write_down_groups(account: User, groups: Iterable[Group], *, by: str) -> None:
    """Before `account` is put into exactly these groups: a row for each one that it gets or loses."""
    before, after = set(account.groups.all()), set(groups)
    for word, changed in (("given", after - before), ("taken", before - after)):
        for group in sorted(changed, key=lambda group: group.pk):
            write_down(f"{word} {WORD_OF_GROUP.get(group.name, f'group_{group.pk}')}", by=by, account=account)


def invite(account: User, *, by: str) -> None:
    """Whoever gets the link of invitations.py sets the password; the old one, and every session, ends now.

    A disabled account is let in again, into no group.
    """
    write_down("invited", by=by, account=account)
    with transaction.atomic():
        account.is_active = True
        account.set_unusable_password()  # also makes every earlier link useless
        account.save(update_fields=["is_active", "password"])
        end_sessions(account.pk)


def accept_invitation(account: User, password: str) -> None:
    """The owner sets the password."""
    write_down("password", by=account.get_username(), account=account)
    with transaction.atomic():
        account.set_password(password)
        account.save(update_fields=["password"])
        end_sessions(account.pk)


def disable_account(account: User, *, by: str) -> int:
    """Whoever leaves is out at once: no sign-in, no groups, no session, how many of these it were.

    What is assigned to them stays so, for somebody to take over. Raises LastAdministrator.
    """
    if not active_administrators().exclude(pk=account.pk).exists():
        raise LastAdministrator
    write_down("disabled rights", by=by, account=account)
    with transaction.atomic():
        account.is_active = account.is_superuser = False
        account.set_unusable_password()
        account.save(update_fields=["is_active", "is_superuser", "password"])
        account.groups.clear()
        account.user_permissions.clear()
        return end_sessions(account.pk)
