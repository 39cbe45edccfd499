"""Every page of the admin in a real browser: nothing inline, nothing from elsewhere, no script error."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from clinic_site.accounts import second_step
from intake import actions
from intake.admin.queue import TABS
from intake.models import Submission
from tests.applicant import send
from tests.axe import bring_axe, violations
from tests.conftest import StrictClient, watched_page
from tests.crises import HAS_THOUGHTS, SAYS_AT_RISK_NOW, sent
from tests.signing_in import note_second_step
from tests.test_changes_of_accounts_are_written_down import PASSWORD
from tests.test_export_from_admin import QUEUE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ALIKE = ("/delete/", "/history/")  # Django's own, the same for all models: axe looks at one of each
HTML = "text/html; charset=utf-8"
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
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


def crisis_pages(client: StrictClient) -> Iterator[tuple[str, str]]:
    """What the queue and one submission show in their states, and the pages that only a form leads to."""
    yield "the queue, empty", client.get(QUEUE).text
    calm, crisis, closed = sent(), sent(SAYS_AT_RISK_NOW, ago=timedelta(hours=2)), sent(HAS_THOUGHTS)
    Submission.objects.filter(pk=closed.pk).update(head=bytes(closed.head)[:-1] + b"x")
    actions.look_at_new_submissions()
    for tab in TABS:
        yield f"the queue, {tab}", client.get(QUEUE, {"tab": tab}).text
    one = f"{QUEUE}{crisis.pk}/"
    yield "one submission, masked", client.get(f"{one}change/").text
    yield (
        "a decision too early",
        client.post(f"{one}change/", {"status": "declined", "initial-status": "new"}).text,
    )
    yield "a call without an outcome", client.post(f"{one}call/", {}).text
    client.post(f"{one}reveal/", {"reason": "crisis"})
    client.post(f"{one}acknowledge/", {"what_was_done": "Called."})
    yield "one submission, revealed", client.get(f"{one}change/").text
    yield "one that cannot be opened", client.get(f"{QUEUE}{closed.pk}/change/").text
    yield "two side by side", client.get(f"{one}compare/{calm.pk}/").text
    yield "history", client.get(f"{one}history/").text
    yield "printed", client.post(f"{one}print/", {"reason": "handover"}).text
    ticked = {"_selected_action": [str(calm.pk), str(crisis.pk)]}
    yield "assign", client.post(QUEUE, {**ticked, "action": "assign"}).text
    yield "export", client.post(QUEUE, {**ticked, "action": "export_selected"}).text
    yield "found", client.post(f"{QUEUE}find/", {"reference": "test patient"}, follow=True).text
    Submission.objects.filter(pk=calm.pk).update(status="declined", status_changed_at=LONG_AGO)
    yield "a clock to confirm", client.post("/admin/desk/retention/", {"declined": "30"}).text
    yield from pages_of_the_way_in()
    yield "sign in", StrictClient().get("/admin/login/", follow=True).text
    yield "signed in wrongly", StrictClient().post("/admin/login/", {"username": "x", "password": "y"}).text
    note_second_step(client, User.objects.get(username="nurse"), seconds_ago=24 * 60 * 60)
    yield "confirm", client.post(QUEUE, {**ticked, "action": "export_selected"}, follow=True).text


def pages_of_the_way_in() -> Iterator[tuple[str, str]]:
    """Between the password and being signed in, and after too many tries."""
    account = User.objects.create_superuser("test-colleague", password=PASSWORD)
    half_way, typed = StrictClient(), {"username": "test-colleague", "password": PASSWORD}
    yield "setting up a second step", half_way.post("/admin/login/", typed, follow=True).text
    seed = second_step.encrypt(second_step.generate_totp_secret())
    Authenticator.objects.create(user=account, type=second_step.APP, data={"secret": seed})
    yield "the second step", half_way.post("/admin/login/", typed, follow=True).text
    yield "a wrong code", half_way.post("/admin/login/second-step/", {"code": "000000"}).text
    guesses = (half_way.post("/admin/login/second-step/", {"code": "000000"}) for _ in range(40))
    yield "too many tries", next(one for one in guesses if one.status_code == 429).text


SIDEWAYS = (
    "document.documentElement.scrollWidth > innerWidth ? [`${document.documentElement.scrollWidth} px`] : []"
)


def flaws(page: Page) -> list[str]:
    """In light on a phone whatever axe looks for; in dark on a wide screen the colours."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = [*violations(page), *page.evaluate(SIDEWAYS)]
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="dark")
    return [*found, *(f"dark {one}" for one in violations(page, ["color-contrast"]))]


def test_no_page_of_the_admin_breaks_the_policy_or_shuts_anybody_out(
    staff_page: Page, staff_client: StrictClient
) -> None:
    send(Client())
    bring_axe(staff_page)
    found: dict[str, list[str]] = {}
    walked = set()
    for address in (*addresses(), *beside_the_admin()):
        if not is_page(staff_client.get(address)):
            continue
        answer = staff_page.goto(address)
        assert answer is not None
        assert answer.status in (200, 403), (address, answer.status)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        kind = next((kind for kind in ALIKE if address.endswith(kind)), address)
        walked.add(address)
        if kind not in found:
            found[kind] = flaws(staff_page)
    assert len(walked) > 40
    assert {"/admin/first-run/", "/admin/sessions/", "/admin/second-step/"} <= walked
    staff_page.goto("/admin/no/such/page/")
    Submission.objects.all().delete()
    html = {"shown": ""}
    staff_page.route("**/admin/shown/", lambda route: route.fulfill(body=html["shown"], content_type=HTML))
    drawing = (
        "<svg xmlns='http://www.w3.org/2000/svg'/>"  # the code to point a phone at is for who is half way in
    )
    staff_page.route(
        "**/picture.svg", lambda route: route.fulfill(body=drawing, content_type="image/svg+xml")
    )
    for name, html["shown"] in crisis_pages(staff_client):
        staff_page.goto("/admin/shown/")
        found[name] = flaws(staff_page)
    assert {where: what for where, what in found.items() if what} == {}
