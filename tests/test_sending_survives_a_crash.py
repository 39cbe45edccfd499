"""The site dies at the worst moment, after the database committed and before the answer went out."""

import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from clinic_site.roles import Role
from intake import actions
from intake.cookies import Kept
from intake.models import Draft, Submission
from intake.secret import Secret, reference_of
from tests.applicant import ANSWERS, page_fields, walk
from tests.opened import secret_of
from tests.processes import PATIENCE, ROOT, THROUGH_THE_PROXY, Hosts, answers, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("database_roles")]


class PublicSite:
    """The public process, which can be killed, and started again at the same address."""

    def __init__(self, hosts: Hosts) -> None:
        self.hosts, self.port = hosts, free_port()
        self.address = f"http://localhost:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = self.hosts.environment(Role.PUBLIC, CLINIC_TRUSTED_ORIGINS=self.address)
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", str(self.port)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + PATIENCE
        while not answers(f"{self.address}/health/"):
            assert time.monotonic() < give_up
            time.sleep(0.1)

    def kill(self) -> None:
        assert self.process is not None
        subprocess.run(["pkill", "-9", "-P", str(self.process.pid)], check=False)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PublicSite]:
    hosts = Hosts(tmp_path)
    site = PublicSite(hosts)
    site.start()
    yield site
    site.kill()
    hosts.forget_logins()


class Browser:
    """Holds the patient's secret and the form's token, and asks as a browser behind the proxy does."""

    def __init__(self, address: str, secret: Secret) -> None:
        self.address, self.cookies = address, {"__Host-screening": str(Kept(secret, timezone.now()))}

    def ask(self, path: str, fields: dict[str, str] | None = None, *, timeout: float = 20) -> str:
        request = urllib.request.Request(
            self.address + path,
            data=urllib.parse.urlencode(fields).encode() if fields else None,
            headers=THROUGH_THE_PROXY
            | {
                "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
                "Origin": self.address,
            },
        )
        with urllib.request.urlopen(request, timeout=timeout) as response:
            for cookie in response.headers.get_all("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return str(response.read().decode())


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, f"{name} is not on the page"
    return found[1]


def test_killed_after_the_commit_the_patient_gets_the_same_reference(
    site: PublicSite, client: Client
) -> None:
    walk(client)
    secret = secret_of(client)
    browser = Browser(site.address, secret)
    page = browser.ask("/screening/check/")
    fields = {name: hidden(page, name) for name in ("csrfmiddlewaretoken", "as_of")}

    ask_and_never_hear(browser, "/screening/check/", fields)
    give_up = time.monotonic() + PATIENCE
    while not Submission.objects.exists():
        assert time.monotonic() < give_up
        time.sleep(0.002)
    site.kill()
    site.start()

    reference = reference_of(secret.submission_id)
    assert reference in browser.ask("/screening/done/")
    assert reference in browser.ask("/screening/check/", fields)  # a browser that sends the page once more
    assert Submission.objects.get().reference == reference
    assert Draft.objects.get().is_receipt


def test_killed_between_pages_nothing_that_was_sent_is_lost(site: PublicSite, client: Client) -> None:
    walk(client, until="about-you")
    browser = Browser(site.address, secret_of(client))
    pages = {
        "about-you": {"q-name": "Test Patient 17", "q-birth-date-month": "3", "q-birth-date-day": "9"}
        | {"q-birth-date-year": "1982"},
        "contact": {"q-phone": "(410) 555-0117", "q-email": "patient17@clinic.example"},
    }
    for name, fields in pages.items():
        page = browser.ask(f"/screening/{name}/")
        given = {key: hidden(page, key) for key in ("csrfmiddlewaretoken", "revision")}
        browser.ask(f"/screening/{name}/", fields | given)
        site.kill()
        site.start()
    assert 'value="Test Patient 17"' in browser.ask("/screening/about-you/")
    assert 'value="(410) 555-0117"' in browser.ask("/screening/contact/")


def test_after_any_page_another_process_finds_everything_that_was_sent(client: Client) -> None:
    """What a killed process takes along is what only it knew: this asks the database over a connection of its own."""
    response, sent = client.get("/screening/age/"), 0
    while (path := response.request["PATH_INFO"]) != "/screening/check/":
        fields = page_fields(response, ANSWERS)
        names = response.context["form"].names
        given = {
            link_id for link_id, name in names.items() if any(field.startswith(name) for field in fields)
        }
        response = client.post(path, fields, follow=True)
        assert given <= found_by_another_process(secret_of(client)), path
        sent += len(given)
    assert sent > 60


def found_by_another_process(secret: Secret) -> set[str]:
    def look() -> set[str]:
        try:
            draft = actions.find_draft(secret, at=timezone.now())
            return set(draft.answers) if draft else set()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(look).result()


def ask_and_never_hear(browser: Browser, path: str, fields: dict[str, str]) -> None:
    try:
        browser.ask(path, fields, timeout=0.001)
    except (TimeoutError, urllib.error.URLError):
        return


@pytest.mark.django_db
def test_a_code_that_was_never_given_out_gets_no_reference(client: Client) -> None:
    secret = Secret.new()
    response = client.post("/screening/resume/", {"code": secret.code})
    assert response.status_code == 422
    client.cookies["screening"] = secret.code
    for path in ("/screening/done/", "/screening/check/"):
        page = client.get(path).text
        assert reference_of(secret.submission_id) not in page
    assert client.post("/screening/check/").status_code == 409
    assert not Submission.objects.exists()


# PostgreSQL's own words where it gave up waiting for a replica; here a trigger says them at the COMMIT.
GIVE_UP_WAITING = """
CREATE FUNCTION pg_temp.give_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE WARNING 'canceling wait for synchronous replication due to user request' USING DETAIL =
        'The transaction has already committed locally, but might not have been replicated to the standby.';
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER give_up AFTER INSERT ON intake_submission DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pg_temp.give_up();
"""


def test_what_a_replica_may_not_have_is_not_acknowledged(client: Client) -> None:
    walk(client)
    with connection.cursor() as cursor:
        cursor.execute(GIVE_UP_WAITING)
    try:
        response = client.post("/screening/check/")
        reference = reference_of(secret_of(client).submission_id)
        assert response.status_code == 503
        assert "Please send once more" in response.text
        assert reference not in response.text
        assert "tel:988" in response.text
        assert reference in client.post("/screening/check/", follow=True).text
        assert Submission.objects.count() == 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER give_up ON intake_submission")
