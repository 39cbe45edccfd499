"""Whatever somebody writes into an address, the answer is a page, a refusal or "not found", and never an error."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLResolver, get_resolver

from tests.signing_in import sign_in

STRANGE = ("²", "٣", "\0", "-1", "9" * 400, "🙂", "..", "%00")
PLACE = re.compile(r"<[^>]+>|\(\?P<[^>]+>[^)]*\)")
SIGNS_OUT = "/admin/logout/"


def routes(resolver: Any, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, here)
        else:
            yield "/" + re.sub(r"[\^$\\]", "", here)


@pytest.mark.django_db
@pytest.mark.parametrize("strange", STRANGE)
def test_no_strange_part_of_an_address_is_an_error(staff: User, strange: str) -> None:
    client = Client(raise_request_exception=False)
    sign_in(client, staff)
    written = quote(strange, safe="")
    found = {}
    for route in sorted(set(routes(get_resolver())) - {SIGNS_OUT}):
        address = (
            PLACE.sub(written, route)
            if PLACE.search(route)
            else f"{route}?p={written}&q={written}&tab={written}"
        )
        found[address] = client.get(address).status_code
    assert len(found) > 150
    assert client.get("/admin/").status_code == 200, "nothing signed the nurse out"
    assert [address for address, status in found.items() if status >= 500] == []
