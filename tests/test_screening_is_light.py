"""A page of questions is small: it is filled in on a phone, in a bad hour, on a bad line."""

import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.test import Client

from tests.applicant import walk

pytestmark = pytest.mark.django_db
MOST_PAGE, MOST_SCRIPT = 12_000, 10_000  # bytes over the wire, compressed with brotli


def over_the_wire(page: str, pattern: str) -> int:
    paths = re.findall(pattern, page)
    assert paths
    return sum((Path(settings.STATIC_ROOT) / f"{path}.br").stat().st_size for path in paths)


@pytest.mark.parametrize(
    "name", ["about-you", "pain", "pain-impact", "mind", "medicines", "mood-1", "consent"]
)
def test_a_page_of_questions_with_its_looks_is_small_and_so_are_its_scripts(
    client: Client, name: str
) -> None:
    page = walk(client, until=name).text
    looks = over_the_wire(page, r'<link rel="stylesheet" href="/static/([^"]+)"')
    scripts = over_the_wire(page, r'<script[^>]* src="/static/([^"]+)"')
    whole = len(brotli.compress(page.encode())) + looks
    assert whole <= MOST_PAGE, f"{whole} bytes, {looks} of them CSS"
    assert scripts <= MOST_SCRIPT, f"{scripts} bytes of JavaScript"
