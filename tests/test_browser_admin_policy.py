"""Every page of the admin in a real browser: nothing inline, nothing from elsewhere, no script error."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.applicant import send
from tests.conftest import StrictClient, watched_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NO_PAGES = (
    "logout",
    "view_on_site",
)  # the first ends the walk, the second needs the number of a kind of object


@pytest.fixture
def staff_page(browser: Browser, live_server: LiveServer, staff_client: StrictClient) -> Iterator[Page]:
    """A browser in which somebody who may do everything is signed in."""
    with watched_page(browser, live_server.url, javascript=True) as page:
        page.context.add_cookies(
            [
                {"name": name, "value": cookie.value, "url": live_server.url}
                for name, cookie in staff_client.cookies.items()
            ]
        )
        yield page


WITHOUT_ROWS = {"translationreview"}  # nothing of it ships


def patterns(resolver: Any) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from patterns(pattern)


def admin_patterns() -> list[URLPattern]:
    (entry,) = [one for one in get_resolver().url_patterns if getattr(one, "namespace", None) == "admin"]
    return [pattern for pattern in patterns(entry) if pattern.name]


def addresses() -> Iterator[str]:
    """Each address of the admin that shows a page, with an object of the kind where it shows one."""
    models = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
    for pattern in admin_patterns():
        name = str(pattern.name)
        if name in NO_PAGES or len(pattern.pattern.converters) > 1:  # two numbers: a form's alone
            continue
        arguments: list[Any] = []
        if pattern.pattern.converters:
            model = models.get("_".join(name.split("_")[:-1])) or models["auth_user"]
            one = model._default_manager.order_by("pk").first()
            assert one is not None or model._meta.model_name in WITHOUT_ROWS, model
            if one is None:
                continue
            arguments = [one.pk]
        elif name == "app_list":
            arguments = ["intake"]
        yield reverse(f"admin:{name}", args=arguments)


def beside_the_admin(entries: Any = None, beginning: str = "") -> Iterator[str]:
    """The pages of our own under /admin/ that are not of Django's admin: sessions, second step, retention."""
    for entry in entries or get_resolver().url_patterns:
        path = f"{beginning}{entry.pattern}"
        if isinstance(entry, URLPattern):
            if path.startswith("admin/") and "<" not in path and not path.startswith("admin/login/"):
                yield f"/{path}"
        elif getattr(entry, "namespace", None) is None and path.startswith("admin/"):
            yield from beside_the_admin(entry.url_patterns, path)


def is_page(answer: Any) -> bool:
    """Not a file, and not what only a form asks for: a browser shows nothing of those."""
    return answer.status_code not in (404, 405) and answer.headers.get("Content-Type", "").startswith(
        "text/html"
    )


def test_no_page_of_the_admin_breaks_the_policy(staff_page: Page, staff_client: StrictClient) -> None:
    send(Client())
    walked = set()
    for address in (*addresses(), *beside_the_admin()):
        if not is_page(staff_client.get(address)):
            continue
        answer = staff_page.goto(address)
        assert answer is not None
        assert answer.status in (200, 403), (address, answer.status)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        walked.add(address)
    assert len(walked) > 40
    assert {"/admin/first-run/", "/admin/sessions/", "/admin/second-step/"} <= walked
    staff_page.goto("/admin/no/such/page/")
