"""The public and the staff's process side by side, as a clinic runs them: two hosts, two logins, one database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, expect

from clinic_site.roles import Role
from tests.conftest import watched_page
from tests.processes import THROUGH_THE_PROXY, Hosts
from tests.signing_in import sign_in_for_the_first_time
from tests.test_browser_main_path import PASSWORD, fill_in_the_screening, send_it

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("database_roles"),  # it makes logins
]


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    hosts = Hosts(tmp_path)
    yield hosts
    hosts.forget_logins()


def test_a_patient_sends_on_the_public_host_and_a_nurse_reads_it_on_the_staffs(
    hosts: Hosts, browser: Browser
) -> None:
    User.objects.create_superuser("test-nurse", password=PASSWORD)
    with hosts.serving(Role.PUBLIC) as public, hosts.serving(Role.STAFF) as staff:
        with watched_page(browser, public, javascript=True, headers=THROUGH_THE_PROXY) as page:
            fill_in_the_screening(page)
            reference = send_it(page)
            page.goto("/admin/")
            expect(page.locator("h1")).to_have_text("Page not found")

        with watched_page(browser, staff, javascript=True, headers=THROUGH_THE_PROXY) as page:
            page.goto("/screening/")
            expect(page.locator("h1")).to_have_text("Page not found")
            page.goto("/")  # leads to the review desk, which asks who it is
            sign_in_for_the_first_time(page, "test-nurse", PASSWORD)
            # Filled in within seconds, so it is set aside as a robot's might be.
            page.goto("/admin/intake/submission/?tab=quarantine")
            row = page.locator("#result_list tbody tr").first
            expect(row).to_contain_text(reference)
            row.get_by_role("link").first.click()
            for words in (reference, "PHQ-9", "behind the left knee"):  # sealed on the other host
                expect(page.locator("#content")).to_contain_text(words)
            expect(page.get_by_text("one process for everything")).to_have_count(0)
