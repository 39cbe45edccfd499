"""An editor in a real browser sees the article as readers will, while writing it."""

import pytest
from playwright.sync_api import Page, expect

from tests.test_browser_admin_policy import staff_page  # noqa: F401  (a fixture)
from treatments.models import Article

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_preview_follows_what_is_typed_and_stays_harmless(staff_page: Page) -> None:  # noqa: F811
    article = Article.objects.get(slug="crps")
    staff_page.goto(f"/admin/treatments/article/{article.pk}/change/")
    shown = staff_page.get_by_role("region", name="As readers will see it")
    expect(shown).to_contain_text("What is CRPS?")
    expect(shown.locator(".meter .solid").first).to_have_css(
        "fill", "rgb(11, 79, 92)"
    )  # drawn as on the site
    expect(staff_page.locator("[data-preview-status]")).to_have_text("Nothing to mend.")
    staff_page.locator("#id_body").fill(
        "It helps 9 in 10. [x](javascript:alert(1)) <img src=x onerror=alert(1)>\n\n## Now *this*"
    )
    expect(shown.get_by_role("heading", name="Now this")).to_be_visible()
    assert shown.locator("img, a").count() == 0
    expect(staff_page.locator("[data-preview-remarks]")).to_contain_text("No source is given for")
