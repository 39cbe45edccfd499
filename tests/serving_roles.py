"""Every request that a test makes has the database rights of the process that serves it in production.

The tests' own code works as the owner of the tables. A page that reads what its role may not read is red here too.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from clinic_site.roles import Role


def serve_as_in_production(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., Any]:
    """A middleware that only the tests install."""

    def serve(request: HttpRequest) -> HttpResponse:
        role = role_serving(request)
        with acting_as(role):
            response = get_response(request)
        if response.streaming:  # made while it is read, after the request
            response.streaming_content = streamed(role, response.streaming_content)
        return response

    return serve


def role_serving(request: HttpRequest) -> Role:
    if request.path.startswith(("/admin/", "/invitation/")):
        return Role.STAFF
    # The staff's host has the articles too, so that editors see their drafts. The public one never gets their cookie.
    reads_as_staff = (
        request.path.startswith("/treatments/") and settings.SESSION_COOKIE_NAME in request.COOKIES
    )
    return Role.STAFF if reads_as_staff else Role.PUBLIC


@contextmanager
def acting_as(role: Role) -> Iterator[None]:
    """Inside, this thread's connection has the rights of the role, also where it is opened only then."""
    connection = connections["default"]
    own = connection.settings_dict
    connection.settings_dict = {**own, "OPTIONS": {**own["OPTIONS"], "assume_role": role.database_role}}
    say(f"SET ROLE {role.database_role}")
    try:
        yield
    finally:
        say("RESET ROLE")
        connection.settings_dict = own


def say(sql: str) -> None:
    """Past Django, so that a test that counts queries counts the page's alone."""
    open_one = connections["default"].connection
    # After an error in a transaction PostgreSQL hears nothing but the rollback, which takes the role back too.
    if open_one and not open_one.closed and open_one.info.transaction_status != TRANSACTION_STATUS_INERROR:
        with open_one.cursor() as cursor:
            cursor.execute(sql)


def streamed(role: Role, parts: Any) -> Iterator[bytes]:
    with acting_as(role):
        yield from parts
