"""The site, and somebody who writes down all that it keeps, says or asks for outside of the pages themselves."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.core import mail
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.utils.http import urlencode

from clinic_site import embedded
from clinic_site.session_store import SessionStore
from clinic_site.sessions import StaffSession
from tests.markers import written_log

ADDRESS = re.compile(r"""\s(?:href|action|src|formaction)=["']?([^"'\s>]+)""")


class WatchedClient(Client):
    """Notes each address that was asked for, sent to or offered in a page, and what the cookies hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.addresses: set[str] = set()
        self.kept_in_cookies: set[str] = set()
        self.is_typing_addresses = False

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        self.note_cookies(response)
        if not self.is_typing_addresses:
            self.addresses |= {
                request["PATH_INFO"],
                request.get("QUERY_STRING", ""),
                response.headers.get("Location", ""),
            }
            if response.headers.get("Content-Type", "").startswith("text/html"):
                self.addresses |= {unescape(found) for found in ADDRESS.findall(response.content.decode())}
        return response

    def note_cookies(self, response: Any) -> None:
        for name, cookie in response.cookies.items():
            if name == "messages":  # signed and packed
                self.kept_in_cookies.add(str(CookieStorage(response.wsgi_request)._decode(cookie.value)))
            elif name not in ("screening", settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
                self.kept_in_cookies.add(f"{name}={cookie.value}")

    def type_address(self, path: str, **query: str) -> Any:
        """What somebody writes into the browser's address line stands there by their own hand."""
        self.is_typing_addresses = True
        try:
            return self.get(f"{path}?{urlencode(query)}")
        finally:
            self.is_typing_addresses = False


class Watch:
    def __init__(self, log: StringIO) -> None:
        self.clients: list[WatchedClient] = []
        self.log = log

    def client(self) -> WatchedClient:
        self.clients.append(WatchedClient(raise_request_exception=False))
        return self.clients[-1]

    def places(self) -> dict[str, str]:
        """What stands where by now."""
        found = {
            "the log": self.log.getvalue(),
            "mail": "\n".join(message.message().as_string() for message in mail.outbox),
            "addresses": "\n".join(address for client in self.clients for address in client.addresses),
            "cookies": "\n".join(kept for client in self.clients for kept in client.kept_in_cookies),
            "sessions": "\n".join(
                str(SessionStore().decode(session.session_data)) for session in StaffSession.objects.all()
            ),
            "the cache": str(getattr(caches["default"], "_cache", "")),  # that of one process, in memory
            "the database": dump(),
        }
        if settings.EMBEDDED_DATABASE:
            server_log = settings.VAR_DIR / "postgres" / "data" / "server.log"
            found["PostgreSQL's log"] = server_log.read_text(errors="replace")
        return found


@contextmanager
def watched() -> Iterator[Watch]:
    with written_log() as lines:
        yield Watch(lines)


def dump() -> str:
    """Every row of every table, as a thief of a backup has it: what is committed."""
    own = connection.settings_dict
    return subprocess.run(
        [embedded.binaries() / "pg_dump", "--no-owner", "--no-privileges", "--exclude-schema=content"],
        env={
            "PATH": os.defpath,
            "PGHOST": own["HOST"],
            "PGPORT": str(own["PORT"]),
            "PGUSER": own["USER"],
            "PGPASSWORD": own["PASSWORD"],
            "PGDATABASE": own["NAME"],
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout
