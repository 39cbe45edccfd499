"""From the check page to an answer and back: what a change opened is met on the way, and nothing twice."""

from typing import Any

import pytest
from django.test import Client

from tests.applicant import ANSWERS, page_fields, walk

pytestmark = pytest.mark.django_db
CHECK = "/screening/check/"


def change(client: Client, page: str, **answers: str) -> Any:
    """Follow "Change" on the check page to this page, answer it and press Continue: the page that is shown then."""
    return answer(client, client.get(f"/screening/{page}/?return=check"), **answers)


def answer(client: Client, shown: Any, **answers: str) -> Any:
    """Send the form that is shown, with the hidden fields that stand in it."""
    given = ANSWERS | {link_id.replace("_", "-"): text for link_id, text in answers.items()}
    hidden = {"return": str(shown.context["detour"])} if shown.context["detour"] else {}
    if hidden:
        assert f'name="return" value="{hidden["return"]}"' in shown.content.decode()
    return client.post(shown.request["PATH_INFO"], page_fields(shown, given) | hidden, follow=True)


def path_of(shown: Any) -> str:
    return str(shown.request["PATH_INFO"])


def test_a_change_that_opens_questions_leads_through_them_and_back_to_the_check_page(client: Client) -> None:
    walk(client)
    shown = change(client, "heart", heart_problem="yes")
    assert path_of(shown) == "/screening/heart-more/"
    assert path_of(answer(client, shown, heart_recent="no", heart_controlled="yes")) == CHECK


def test_a_change_that_opens_optional_questions_leads_through_them_too(client: Client) -> None:
    walk(client)
    shown = change(client, "heart", high_blood_pressure="not-sure")
    assert path_of(shown) == "/screening/blood-pressure/"
    shown = answer(client, shown, bp_systolic="130", bp_diastolic="80")
    assert path_of(shown) == CHECK
    assert "130" in shown.content.decode()


def test_optional_pages_opened_on_the_way_are_all_seen_once(client: Client) -> None:
    walk(client)
    opened = ["heart-more", "blood-pressure", "blood-pressure-signs"]
    shown = change(client, "heart", heart_problem="yes", high_blood_pressure="not-sure")
    seen = []
    while path_of(shown) != CHECK:
        seen.append(path_of(shown).split("/")[2])
        assert len(seen) < 9, seen
        shown = answer(client, shown)
    assert seen == opened


def test_an_optional_page_that_was_left_blank_before_is_not_shown_again(client: Client) -> None:
    walk(client, high_blood_pressure="not-sure", emergency_name="", emergency_phone="")
    assert path_of(change(client, "contact", phone="(410) 555-0199")) == CHECK


def test_a_page_that_gained_a_question_is_shown_again(client: Client) -> None:
    walk(client, substance_use="yes", substance_now="no")
    shown = change(client, "alcohol", alcohol_weekly="yes")
    assert path_of(shown) == "/screening/substances-more/"
    assert "alcohol-days" in shown.context["form"].names


def test_a_mistake_on_the_way_does_not_lose_the_way_back(client: Client) -> None:
    walk(client)
    shown = answer(client, client.get("/screening/contact/?return=check"), phone="none")
    assert shown.status_code == 422
    assert path_of(answer(client, shown, phone="(410) 555-0199")) == CHECK


def test_the_crisis_page_does_not_lose_the_way_back(client: Client) -> None:
    walk(client)
    shown = change(client, "mood-3", mood_self_harm="LA6569-3")  # several days
    assert path_of(shown) == "/screening/support/"
    shown = client.get(shown.context["following"])
    assert path_of(shown) == "/screening/safety/"
    assert path_of(answer(client, shown, risk_now="no")) == CHECK


def test_a_look_at_the_crisis_page_on_the_way_does_not_lose_the_way_back(client: Client) -> None:
    walk(client)
    shown = change(client, "heart", heart_problem="yes")
    assert 'href="/screening/support/?return=check.heart-more"' in shown.content.decode()
    following = client.get("/screening/support/?return=check.heart-more").context["following"]
    assert following == "/screening/heart-more/?return=check.heart-more"


def test_a_thought_told_once_more_leads_from_the_crisis_page_back_to_the_check_page(client: Client) -> None:
    walk(client, mood_self_harm="LA6569-3", risk_now="no")
    shown = change(client, "mood-3", mood_self_harm="LA6570-1")  # more than half the days
    assert path_of(shown) == "/screening/support/"
    assert shown.context["following"] == CHECK


def test_back_from_a_change_leads_to_the_check_page(client: Client) -> None:
    walk(client)
    page = client.get("/screening/contact/?return=check").content.decode()
    assert f'<a class="back-link" href="{CHECK}">' in page


@pytest.mark.parametrize(
    "written", ["check.no-such-page", "check.", 'check."><b>', "https://clinic.example/", ""]
)
def test_a_way_back_that_somebody_made_up_leads_nowhere_else(client: Client, written: str) -> None:
    walk(client)
    shown = client.get("/screening/contact/", {"return": written})
    fields = page_fields(shown, ANSWERS) | {"return": written}
    response = client.post("/screening/contact/", fields)
    assert response["Location"] == (CHECK if written.startswith("check") else "/screening/contact-safety/")
