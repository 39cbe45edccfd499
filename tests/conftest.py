"""What the tests are given: a database with the site's content, a strict client, a real browser."""

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django import live_server_helper

CHROMIUM = os.environ.get("CLINIC_CHROMIUM", "/usr/bin/chromium")
# A browser that is left to itself looks up its maker's hosts; nothing here may leave the machine.
CHROMIUM_FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_blocker: Any) -> None:
    """Every test finds the articles, the questionnaires and the demonstration clinic."""
    from tests import site_database  # models are ready only now

    with django_db_blocker.unblock():
        site_database.use_template()
    site_database.flush_brings_content_back()


class PageReader(HTMLParser):
    """Collects what a page of ours must and must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.headings, self.title, self.inline = 0, "", []
        self.styles: list[str] = []
        self._in_title = self._in_drawing = self._in_style = False  # a drawing has a title of its own

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.headings += tag == "h1"
        self._in_drawing |= tag == "svg"
        self._in_title = tag == "title" and not self._in_drawing
        is_data = attributes.get("type") in ("application/json", "application/ld+json")
        if tag == "script" and not attributes.get("src") and not is_data:
            self.inline.append("<script>")
        self._in_style = tag == "style"
        self.styles += [""] if self._in_style else []
        self.inline += [f"{tag} {name}" for name in attributes if name == "style" or name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_style = False
        self._in_drawing &= tag != "svg"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data.strip()
        if self._in_style:
            self.styles[-1] += data


class StrictClient(Client):
    """Checks every HTML page that it fetches, so that each test of a page is also a test of its frame."""

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        if response.status_code == 200 and response.headers.get("Content-Type", "").startswith("text/html"):
            html = response.text if not response.streaming else response.getvalue().decode()
            page = PageReader()
            page.feed(html)
            where = request["PATH_INFO"]
            assert page.headings == 1, f"{where} has {page.headings} h1"
            assert page.title, f"{where} has no title"
            assert not page.inline, f"{where} has inline script or style: {page.inline}"
            for style in page.styles:
                digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
                admitted = response.headers["Content-Security-Policy"]
                assert f"'sha256-{digest}'" in admitted, f"{where} has a style that its policy refuses"
            assert "{{" not in html, f"{where} shows template code"
            assert "{%" not in html, f"{where} shows template code"
        return response

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """As somebody who has used their second step too: without it nobody is signed in."""
        from tests.signing_in import sign_in  # models are ready only now

        sign_in(self, user)


@pytest.fixture
def client() -> StrictClient:
    return StrictClient()


@pytest.fixture
def staff(db: None) -> Any:
    """A member of staff who may do everything in the admin."""
    from django.contrib.auth.models import User  # models are ready only now

    return User.objects.create_superuser("nurse", password="a long enough password")


@pytest.fixture
def staff_client(staff: Any) -> StrictClient:
    client = StrictClient()
    client.force_login(staff)
    return client


@pytest.fixture(scope="session")
def live_server(request: pytest.FixtureRequest) -> Iterator[live_server_helper.LiveServer]:
    """The site on a port of this machine, its static files served as in production, by WhiteNoise."""
    server = live_server_helper.LiveServer("localhost", start=False)
    server.thread.static_handler = lambda application: application
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; the tests' own code is synchronous all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        executable = CHROMIUM if Path(CHROMIUM).exists() else None  # None: the one that Playwright installed
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, live_server: live_server_helper.LiveServer) -> Iterator[Page]:
    """A page of a fresh browser; open a path with page.goto("/treatments/")."""
    with watched_page(browser, live_server.url, javascript=True) as page:
        yield page


@pytest.fixture
def page_without_js(browser: Browser, live_server: live_server_helper.LiveServer) -> Iterator[Page]:
    with watched_page(browser, live_server.url, javascript=False) as page:
        yield page


@contextmanager
def watched_page(
    browser: Browser, site: str, *, javascript: bool, headers: dict[str, str] | None = None
) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site, java_script_enabled=javascript, locale="en-US", extra_http_headers=headers
    )
    context.set_default_timeout(15_000)  # milliseconds
    complaints: list[str] = []
    complain_about_strangers_and_errors(context, site, complaints)
    yield context.new_page()
    context.close()
    assert not complaints, "\n".join(complaints)


def complain_about_strangers_and_errors(context: BrowserContext, site: str, complaints: list[str]) -> None:
    """Note each request to another host, missing file, script error and Content-Security-Policy violation."""

    def on_request(request: Any) -> None:
        if urlsplit(request.url).netloc != urlsplit(site).netloc and not request.url.startswith("data:"):
            complaints.append(f"request to another host: {request.url}")

    def on_response(response: Any) -> None:
        is_a_page_to_correct = (
            "x-keeps-page" in response.request.headers
        )  # the browser then asks for it itself
        if (
            response.status >= 400
            and not response.request.is_navigation_request()
            and not is_a_page_to_correct
        ):
            complaints.append(f"answered {response.status}: {response.url}")

    def on_console(message: Any) -> None:
        # A page that answers 404 or 422 is reported as failed to load too; a missing file is seen above.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            complaints.append(f"console: {message.text}")

    context.on("request", on_request)
    context.on("response", on_response)
    context.on("console", on_console)
    context.on("weberror", lambda error: complaints.append(f"script error: {error.error}"))
