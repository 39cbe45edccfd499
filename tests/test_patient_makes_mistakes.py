"""Bad input gets a sentence that says what to do, and the other answers are kept."""

import html

import pytest
from django.test import Client

from intake.models import Draft, Submission
from tests.applicant import ANSWERS, FIRST_PAGE, page_fields, walk
from tests.opened import saved_answers

pytestmark = pytest.mark.django_db


def error_texts(response) -> list[str]:  # type: ignore[no-untyped-def]
    return [error for errors in response.context["form"].errors.values() for error in errors]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"q-birth-date-year": "2150"}, "Check the year in “Date of birth”: that date is in the future"),
        ({"q-birth-date-year": "1880"}, "Check the year in “Date of birth”: that is more than 120 years ago"),
        ({"q-birth-date-month": "2", "q-birth-date-day": "31"}, "Enter a real date for “Date of birth”"),
        ({"q-birth-date-month": "Smarch"}, "Check the month in “Date of birth”: write 1 to 12, or its name"),
        ({"q-birth-date-day": "32"}, "Check the day in “Date of birth”: write 1 to 31"),
        ({"q-birth-date-year": "82"}, "Write the year in “Date of birth” with 4 digits"),
        ({"q-birth-date-month": ""}, "Add the month to “Date of birth”"),
        ({"q-birth-date-day": " "}, "Add the day to “Date of birth”"),
        ({"q-birth-date-year": ""}, "Add the year to “Date of birth”"),
        ({"q-birth-date-month": "", "q-birth-date-year": ""}, "Enter a real date for “Date of birth”"),
        (
            {"q-birth-date-month": "", "q-birth-date-day": "", "q-birth-date-year": ""},
            "Enter a date for “Date of birth”",
        ),
    ],
)
def test_a_wrong_birth_date_is_refused_and_the_name_is_kept(
    client: Client, changed: dict, sentence: str
) -> None:
    response = walk(client, until="about-you")
    response = client.post("/screening/about-you/", page_fields(response, ANSWERS) | changed)
    assert response.status_code == 422
    assert any(text.startswith(sentence) for text in error_texts(response)), error_texts(response)
    page = html.unescape(response.content.decode())
    assert "<title>Error: " in page
    assert 'href="#q-birth-date"' in page
    assert 'id="q-birth-date"' in page
    assert saved_answers(client)["name"] == ["Test Patient 17"]


@pytest.mark.parametrize("month", ["3", "03", "mar", "Mar.", "March", "MARCH"])
def test_a_month_may_be_a_number_or_a_name(client: Client, month: str) -> None:
    response = walk(client, until="about-you")
    client.post("/screening/about-you/", page_fields(response, ANSWERS) | {"q-birth-date-month": month})
    assert saved_answers(client)["birth-date"] == ["1982-03-09"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("q-name", "x" * 5000, "Shorten your answer to “Full name”"),
        ("q-name", "Test\x00Patient", "Your answer to “Full name” has a character that cannot be stored"),
        ("q-name", "   ", "Write an answer for “Full name”"),
        ("q-name", "x" * 10_000_000, "Shorten your answer to “Full name”"),
    ],
)
def test_text_that_cannot_be_stored_is_refused_by_name(
    client: Client, name: str, text: str, sentence: str
) -> None:
    response = walk(client, until="about-you")
    response = client.post("/screening/about-you/", page_fields(response, ANSWERS) | {name: text})
    assert response.status_code == 422
    assert any(error.startswith(sentence) for error in error_texts(response)), error_texts(response)
    assert saved_answers(client)["birth-date"] == ["1982-03-09"]
    assert len(response.content) < 100_000


def test_an_option_that_is_not_on_the_list_is_refused(client: Client) -> None:
    response = client.post(FIRST_PAGE, {"q-adult": "maybe"})
    assert response.status_code == 422
    assert error_texts(response)[0].startswith("Choose one of the answers listed")
    assert not Draft.objects.exists()


def test_none_of_these_together_with_a_medicine_is_refused(client: Client) -> None:
    response = walk(client, until="medicines")
    response = client.post("/screening/medicines/", {"q-medicines-sleepy": ["opioids", "none"]})
    assert response.status_code == 422
    assert "not both" in error_texts(response)[0]


def test_two_answers_to_a_question_for_one_are_refused(client: Client) -> None:
    response = client.post(FIRST_PAGE, {"q-adult": ["yes", "no"]})
    assert error_texts(response)[0].startswith("Choose only one answer")


@pytest.mark.parametrize("weight", ["abc", "12e5", "-3", "1000000000000", "160.5.2", "１６０"])
def test_a_number_that_is_none_is_refused_and_the_height_is_kept(client: Client, weight: str) -> None:
    response = walk(client, until="size")
    response = client.post("/screening/size/", page_fields(response, ANSWERS) | {"q-weight-pounds": weight})
    assert response.status_code == 422
    assert "weight in pounds" in error_texts(response)[0]
    assert saved_answers(client)["height-feet"] == [5]


def test_inches_without_feet_are_asked_about(client: Client) -> None:
    fields = page_fields(walk(client, until="size"), ANSWERS)
    response = client.post("/screening/size/", fields | {"q-height-feet": ""})
    assert error_texts(response) == ["Enter a number for “Your height: feet”"]
    assert (
        client.post("/screening/size/", fields | {"q-height-feet": "", "q-height-inches": ""}).status_code
        == 302
    )


def test_a_name_in_which_nothing_can_be_seen_is_asked_for_again(client: Client) -> None:
    fields = page_fields(walk(client, until="about-you"), ANSWERS) | {"q-name": "\u200b\u200b"}
    response = client.post("/screening/about-you/", fields)
    assert response.status_code == 422
    assert error_texts(response) == ["Write an answer for “Full name”"]


def test_an_empty_page_names_every_question_that_needs_an_answer(client: Client) -> None:
    walk(client, until="mind")
    response = client.post("/screening/mind/", {})
    assert len(error_texts(response)) == len(response.context["form"].names) == 4
    page = response.content.decode()
    for name in response.context["form"].names.values():
        assert f'href="#{name}"' in page
        assert f'id="{name}"' in page


def test_an_error_never_wipes_what_was_typed(client: Client) -> None:
    response = walk(client, until="about-you")
    fields = page_fields(response, ANSWERS) | {"q-birth-date-day": "99"}
    page = client.post("/screening/about-you/", fields).content.decode()
    assert 'value="Test Patient 17"' in page
    assert 'value="99"' in page
    assert 'value="1982"' in page


def test_a_page_that_does_not_exist_is_a_404_with_the_phone_number(client: Client) -> None:
    response = client.get("/screening/no-such-page/")
    assert response.status_code == 404
    assert "(410) 555-0142" in response.content.decode()


def test_a_form_too_large_to_read_is_a_plain_page_with_the_phone_number(client: Client) -> None:
    response = client.post(FIRST_PAGE, {"q-adult": "x" * 13_000_000})
    assert response.status_code == 400
    assert "(410) 555-0142" in response.content.decode()


def test_markup_in_an_answer_is_shown_as_text(client: Client) -> None:
    response = walk(client, name="<script>alert(1)</script>")
    page = response.content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_a_missing_security_token_is_explained_and_what_was_saved_stays(client: Client) -> None:
    walk(client, until="contact")
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = client.cookies
    response = careful.post("/screening/contact/", {"q-phone": "(410) 555-0117"})
    assert response.status_code == 403
    assert "still saved" in response.content.decode()
    assert saved_answers(client)["name"] == ["Test Patient 17"]


def test_a_withdrawn_consent_is_not_sent(client: Client) -> None:
    walk(client)
    response = client.post("/screening/consent/", {"q-consent-limits": "understand"})
    assert response.status_code == 422
    assert "Some pages are not finished" in client.get("/screening/check/").content.decode()
    client.post("/screening/check/")
    assert not Submission.objects.exists()


def test_an_answer_that_was_replaced_by_a_wrong_one_is_not_sent(client: Client) -> None:
    walk(client)
    client.post("/screening/contact/", {"q-phone": "x" * 500})
    client.post("/screening/check/")
    assert not Submission.objects.exists()


def test_an_emptied_optional_answer_is_gone(client: Client) -> None:
    walk(client)
    response = client.get("/screening/contact/")
    client.post("/screening/contact/", page_fields(response, ANSWERS) | {"q-email": ""})
    assert "email" not in saved_answers(client)


@pytest.mark.parametrize(
    "phone", ["none of your business", "555-0117", "12", "4105550117" * 3, "(410) 555-01l7"]
)
def test_a_phone_number_that_cannot_be_called_is_refused(client: Client, phone: str) -> None:
    response = walk(client, until="contact")
    response = client.post("/screening/contact/", page_fields(response, ANSWERS) | {"q-phone": phone})
    assert response.status_code == 422
    assert "phone number with its area code" in error_texts(response)[0]


@pytest.mark.parametrize("phone", ["(410) 555-0117", "410.555.0117", "+1 410 555 0117", "4105550117 ext. 12"])
def test_a_phone_number_may_be_written_in_many_ways(client: Client, phone: str) -> None:
    response = walk(client, until="contact")
    response = client.post("/screening/contact/", page_fields(response, ANSWERS) | {"q-phone": phone})
    assert response.status_code == 302


def test_an_email_address_that_cannot_be_one_is_refused(client: Client) -> None:
    response = walk(client, until="contact")
    response = client.post(
        "/screening/contact/", page_fields(response, ANSWERS) | {"q-email": "not an email"}
    )
    assert "name@example.com" in error_texts(response)[0]


def test_saying_no_to_being_an_adult_later_stops_the_sending(client: Client) -> None:
    walk(client)
    page = client.post(FIRST_PAGE, {"q-adult": "no"}).content.decode()
    assert "This form is for adults" in page
    client.post("/screening/check/")
    assert not Submission.objects.exists()


def test_blanking_a_reading_asks_what_follows_from_it_at_once(client: Client) -> None:
    answers = {
        "high_blood_pressure": "yes",
        "bp_systolic": "120",
        "bp_diastolic": "80",
        "bp_controlled": "not-sure",
    }
    walk(client, until="head-and-nerves", **answers)
    response = client.post("/screening/blood-pressure/", {"q-bp-controlled": "not-sure"})
    assert response["Location"] == "/screening/blood-pressure-signs/"


def test_words_beside_a_tick_are_kept_without_ticking_something_else(client: Client) -> None:
    response = walk(client, until="pain")
    fields = page_fields(response, ANSWERS) | {"q-pain-where": ["back"], "q-pain-where-other": "left jaw"}
    client.post("/screening/pain/", fields)
    assert saved_answers(client)["pain-where"] == ["back", {"other": "left jaw"}]
