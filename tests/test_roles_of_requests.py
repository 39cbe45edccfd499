"""What a test asks of the site runs with the rights that it has in production; the test's own code as the owner."""

from typing import Any

import pytest
from django.db import ProgrammingError, connection, connections
from django.test import Client

from clinic_site.database import as_owner
from clinic_site.grants import DATABASE_ROLES
from clinic_site.roles import Role
from intake.models import Draft, Submission
from tests.applicant import send
from tests.catalogue import current_user
from tests.serving_roles import acting_as


def users_during(client: Client, path: str) -> set[str]:
    """Whom the database takes the page for, asked at each of its queries."""
    users = set()

    def ask(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        with connections["default"].connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            users.add(cursor.fetchone()[0])
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(ask):
        client.get(path)
    return users


@pytest.mark.django_db
def test_a_page_in_a_test_has_the_rights_that_it_has_in_production(
    client: Client, staff_client: Client
) -> None:
    owner = current_user()
    for path in ("/", "/health/", "/screening/", "/fhir/Questionnaire"):
        assert users_during(client, path) == {"web_public"}, path
    assert users_during(staff_client, "/admin/") == {"web_staff"}
    assert users_during(staff_client, "/treatments/crps/") == {"web_staff"}
    assert users_during(client, "/treatments/crps/") == {"web_public"}
    assert current_user() == owner not in DATABASE_ROLES


@pytest.mark.django_db(transaction=True)
def test_also_where_the_connection_is_opened_by_the_page_and_where_the_page_fails(client: Client) -> None:
    owner = current_user()
    connection.close()
    assert users_during(client, "/") == {"web_public"}
    with pytest.raises(ZeroDivisionError), acting_as(Role.STAFF):
        raise ZeroDivisionError
    assert current_user() == owner


@pytest.mark.django_db
def test_a_page_that_reads_what_its_role_may_not_is_red_here(client: Client) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), acting_as(Role.PUBLIC):
        Submission.objects.first()


@pytest.mark.django_db(transaction=True)
def test_inside_as_owner_the_connection_is_the_owners_and_outside_the_processs() -> None:
    owner = current_user()
    with acting_as(Role.ALL):
        assert current_user() == "web_all"
        with as_owner():
            assert current_user() == owner
            with as_owner():
                assert current_user() == owner
        assert current_user() == "web_all"


@pytest.mark.django_db
def test_a_patient_begins_saves_sends_and_comes_back_with_the_public_rights_alone(client: Client) -> None:
    """`send` posts every page; each runs as web_public, as the test above shows."""
    assert send(client).status_code == 200
    assert Submission.objects.count() == 1
    assert Draft.objects.get().is_receipt
    assert client.get("/screening/done/").status_code == 200
