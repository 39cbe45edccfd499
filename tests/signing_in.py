"""Signing in for tests: as somebody who has used their second step in this very session, a moment ago."""

import time
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from clinic_site.staff_access import SECOND_STEP


def sign_in(client: Client, account: Any) -> None:
    """Past the pages; those are tested in test_staff_sign_in.py."""
    Client.force_login(client, account)
    note_second_step(client, account)


def note_second_step(client: Client, account: Any, *, seconds_ago: float = 0) -> None:
    session = client.session
    session[SECOND_STEP] = {"account": account.pk, "at": time.time() - seconds_ago, "by": "code"}
    session.save()


def sign_in_at(page: Page, where: str, account: Any) -> None:
    """The same in a browser, which then shows the page `where`."""
    client = Client()
    sign_in(client, account)
    page.goto(where)
    name, host = settings.SESSION_COOKIE_NAME, str(urlsplit(page.url).hostname)
    page.context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "domain": host, "path": "/"}]
    )
    page.goto(where)


def code_of(seed: str, *, steps_later: int = 0) -> str:
    """What an authenticator app shows now, or so many half minutes later."""
    step = int(time.time()) // 30 + steps_later
    return format_hotp_value(hotp_value(seed.replace(" ", ""), step))


def sign_in_for_the_first_time(page: Page, name: str, password: str) -> str:
    """Through the pages, from the one that asks for the password. The seed in the authenticator app."""
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    seed = page.locator(".step__seed").inner_text()
    page.get_by_label("Type the six digits").fill(code_of(seed))
    page.get_by_role("button", name="Set up the app").click()
    page.get_by_role("link", name="I have kept them: go on").click()
    return seed
