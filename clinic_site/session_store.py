"""Django's own session store in the database, with a hash of the key in place of the key, and with two clocks.

A session ends when nobody used it for SESSION_IDLE seconds, and SESSION_COOKIE_AGE seconds after signing in at last,
whatever was done in between. Named by the settings as SESSION_ENGINE.
"""

import datetime
import hashlib
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY as ACCOUNT
from django.contrib.sessions.backends import db
from django.utils import timezone

from clinic_site.sessions import StaffSession

STARTED = "started"  # in the session: the second of the sign-in, set by login_events.py


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> type[Any]:
        return StaffSession

    @property
    def key_hash(self) -> str:
        """What this session is called in the database, and wherever it is named."""
        return hash_of(self.session_key or "")

    def _get_session_from_db(self) -> StaffSession | None:
        found = StaffSession.objects.living().filter(session_key=self.key_hash).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return super().exists(hash_of(session_key))

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            StaffSession.objects.filter(session_key=hash_of(key)).delete()

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        account, now = data.get(ACCOUNT), timezone.now()
        return StaffSession(
            session_key=hash_of(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            account=int(account) if account else None,
            started_at=started_at(data) or now,
            last_seen_at=now,
        )

    def get_expiry_date(self, **kwargs: Any) -> datetime.datetime:
        now = timezone.now()
        longest = (started_at(self) or now) + datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE)
        return min(now + datetime.timedelta(seconds=settings.SESSION_IDLE), longest)

    def get_expiry_age(self, **kwargs: Any) -> int:
        return int((self.get_expiry_date() - timezone.now()).total_seconds())

    def note_use(self) -> None:
        """Somebody is there: the idle clock begins anew."""
        StaffSession.objects.filter(session_key=self.key_hash).update(
            last_seen_at=timezone.now(), expire_date=self.get_expiry_date()
        )


def hash_of(key: str) -> str:
    """Without salt or stretching: a key has 160 random bits, and must be found by its hash."""
    return hashlib.sha256(key.encode()).hexdigest()


def started_at(session: Any) -> datetime.datetime | None:
    started = session.get(STARTED)
    return datetime.datetime.fromtimestamp(started, tz=datetime.UTC) if started else None
