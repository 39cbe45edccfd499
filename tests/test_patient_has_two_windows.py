"""One form open in two windows: neither overwrites the other in silence, and nothing that was typed is lost."""

import pytest
from django.test import Client

from tests.applicant import ANSWERS, page_fields, walk
from tests.opened import saved_answers

pytestmark = pytest.mark.django_db

CONTACT = "/screening/contact/"


def fields_with_revision(response, **answers):  # type: ignore[no-untyped-def]
    """What a browser posts for the page that was shown, the hidden revision among it."""
    given = {link_id.replace("_", "-"): answer for link_id, answer in answers.items()}
    return page_fields(response, ANSWERS | given) | {"revision": str(response.context["revision"])}


def test_the_second_window_is_told_what_the_first_saved_and_keeps_what_it_typed(client: Client) -> None:
    walk(client)
    first, second = client.get(CONTACT), client.get(CONTACT)
    client.post(CONTACT, fields_with_revision(first, phone="(410) 555-0151"))
    response = client.post(CONTACT, fields_with_revision(second, phone="(410) 555-0152"))
    page = response.content.decode()
    assert response.status_code == 409
    assert "You answered this page in another window too" in page
    assert "(410) 555-0151" in page
    assert 'value="(410) 555-0152"' in page
    assert saved_answers(client)["phone"] == ["(410) 555-0151"]


def test_pressing_continue_again_keeps_what_the_second_window_typed(client: Client) -> None:
    walk(client)
    first, second = client.get(CONTACT), client.get(CONTACT)
    client.post(CONTACT, fields_with_revision(first, phone="(410) 555-0151"))
    response = client.post(CONTACT, fields_with_revision(second, phone="(410) 555-0152"))
    response = client.post(CONTACT, fields_with_revision(response, phone="(410) 555-0152"))
    assert response.status_code == 302
    assert saved_answers(client)["phone"] == ["(410) 555-0152"]


def test_a_conflict_hides_no_crisis_help(client: Client) -> None:
    """What was typed in the second window is not saved yet; whoever typed it may need somebody now."""
    walk(client)
    path = "/screening/mood-3/"
    first, second = client.get(path), client.get(path)
    client.post(path, fields_with_revision(first, mood_movement="LA6569-3"))
    response = client.post(path, fields_with_revision(second, mood_self_harm="LA6571-9"))
    assert response.status_code == 409
    assert response.context["crisis_level"]
    assert 'class="crisis-panel' in response.text


def test_sending_the_same_page_twice_is_no_conflict(client: Client) -> None:
    """The answer to the first request got lost on the way, and the browser sends it again."""
    walk(client)
    fields = fields_with_revision(client.get(CONTACT), phone="(410) 555-0151")
    assert client.post(CONTACT, fields).status_code == 302
    assert client.post(CONTACT, fields).status_code == 302
    assert saved_answers(client)["phone"] == ["(410) 555-0151"]


def test_windows_on_different_pages_do_not_disturb_each_other(client: Client) -> None:
    walk(client)
    contact, pain = client.get(CONTACT), client.get("/screening/pain/")
    client.post(CONTACT, fields_with_revision(contact, phone="(410) 555-0151"))
    response = client.post("/screening/pain/", fields_with_revision(pain, pain_where=["back"]))
    assert response.status_code == 302
    assert saved_answers(client)["phone"] == ["(410) 555-0151"]


@pytest.mark.parametrize("revision", ["", "abc", "-1", "9" * 50, "²"])
def test_a_revision_that_is_none_keeps_nobody_from_saving(client: Client, revision: str) -> None:
    walk(client)
    fields = page_fields(client.get(CONTACT), ANSWERS) | {"q-phone": "(410) 555-0151", "revision": revision}
    client.post(CONTACT, fields)
    assert saved_answers(client)["phone"] == ["(410) 555-0151"]
