"""Where staff are signed in. The database keeps a hash of each session's key: with the table alone nobody gets in.

It stands beside Django's own sessions app because that keeps the keys as browsers send them.
"""

from django.db import models
from django.utils import timezone

KEY_HASH_LENGTH = 64  # hexadecimal digits of a SHA-256


class StaffSessionQuerySet(models.QuerySet["StaffSession"]):
    def living(self) -> "StaffSessionQuerySet":
        return self.filter(expire_date__gt=timezone.now())

    def expired(self) -> "StaffSessionQuerySet":
        return self.filter(expire_date__lte=timezone.now())

    def of_account(self, number: int) -> "StaffSessionQuerySet":
        return self.filter(account=number)


class StaffSession(models.Model):
    """One browser. The first three columns are named as Django's session store wants them: session_store.py."""

    session_key = models.CharField("hash of the key", max_length=KEY_HASH_LENGTH, primary_key=True)
    session_data = models.TextField()
    expire_date = models.DateTimeField(db_index=True)

    account = models.BigIntegerField(null=True, db_index=True, help_text="Its number; empty before sign-in.")
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    objects = StaffSessionQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Session of account {self.account}"


def end_sessions(account: int, *, but: str | None = None) -> int:
    """Sign an account out everywhere, `but` in one browser, named by the hash of its key: how many it were."""
    ended, _ = StaffSession.objects.of_account(account).exclude(session_key=but or "").delete()
    return ended


def clear_expired_sessions() -> None:
    """The worker may see of a session only when it ends; DELETE ... WHERE is all this does."""
    StaffSession.objects.expired().delete()
