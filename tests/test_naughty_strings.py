"""The Big List of Naughty Strings (485 of them, MIT, naughty_strings/) through everything that the public may type."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from intake.forms import BirthDateForm, EmailForm, ItemField, PageForm
from intake.models import Submission
from intake.questionnaires.answers import Answers, Value, from_json, in_words, to_json
from intake.questionnaires.definition import Item, Questionnaire, read_questionnaire
from intake.secret import CodeMistyped, Secret
from tests.applicant import FIRST_PAGE, page_fields, send, walk
from tests.filled_forms import TODAY, html_of, no_rules
from tests.opened import opened_body

ROOT = Path(__file__).parent.parent
NAUGHTY: list[str] = json.loads((ROOT / "tests" / "naughty_strings" / "blns.json").read_text())
# What a form cannot carry as it stands, and what JSON and PostgreSQL stumble over.
OURS = ["\x00", "a\x00b", "\ufffe\uffff", "😀" * 500, "\r\n.\r\n", "{{ clinic.phone }}", "%s%n%x"]
ALL = [*dict.fromkeys(NAUGHTY), *OURS]
# By HTTP one of each kind is enough: the list stands in the order of its kinds.
SOME = [*ALL[:: len(ALL) // 20], *OURS]


@cache
def screening() -> Questionnaire:
    path = ROOT / "intake" / "questionnaires" / "definitions" / "ketamine-screening.json"
    return read_questionnaire(path.read_bytes())


def typed_everywhere(field: ItemField, text: str) -> tuple[Value, ...] | None:
    """The text in each input of the question: what the question made of it, None where it refused it in words."""
    endings = ("", "-month", "-day", "-year", "-time", "-other", "-unit")
    written = field.widget.value_from_datadict({f"q{ending}": text for ending in endings}, {}, "q")
    try:
        return field.clean(written)
    except ValidationError:
        return None


def test_the_list_is_whole() -> None:
    assert len(NAUGHTY) == 485


def test_every_question_takes_or_refuses_each_in_words_and_keeps_it_as_it_was_typed() -> None:
    questions = [item for item in screening().all_items if item.is_question]
    assert len(questions) > 80
    taken = 0
    for item in questions:
        field = ItemField(item)
        answers = {text: typed_everywhere(field, text) for text in ALL}
        for values in answers.values():
            if values:
                taken += 1
                assert kept_as_json(item, values) == values
                assert in_words(item, values)
    assert taken > 1000, "the boxes for free words take nearly all of them"


def kept_as_json(item: Item, values: tuple[Value, ...]) -> tuple[Value, ...]:
    written = json.dumps(to_json(screening(), {item.link_id: values}))
    return from_json(screening(), json.loads(written))[item.link_id]


def test_the_page_shows_each_again_without_becoming_another_page() -> None:
    page = next(page for page in screening().pages if page.slug == "about-you")
    answers: Answers = {}
    blank = PageForm(screening(), no_rules(screening()), page, answers=answers, today=TODAY)
    tags = html_of(blank).count("<")
    for text in ALL:
        posted = dict.fromkeys(blank.names.values(), text)
        form = PageForm(screening(), no_rules(screening()), page, answers=answers, today=TODAY, data=posted)
        html = html_of(form)
        assert "<script" not in html
        assert "onerror" not in html.replace("&lt;", "").split("value=")[0]
        assert html.count("<") < 2 * tags + 100


def test_codes_e_mail_addresses_and_birth_dates() -> None:
    birth_date = screening().item("birth-date")
    for text in ALL:
        with pytest.raises(CodeMistyped):
            Secret.from_code(text)
        EmailForm({"email": text}).is_valid()
        parts = {f"{BirthDateForm.NAME}-{part}": text for part in ("month", "day", "year")}
        assert not BirthDateForm(birth_date, (TODAY,), data=parts).is_valid()


# By HTTP, as far as the nurse


@pytest.mark.django_db
def test_what_a_patient_writes_reaches_the_nurse_as_it_was_written(staff_client: Client) -> None:
    text = "\n".join(one for one in ALL if "\x00" not in one and len(one) < 60)[:1900]
    send(
        Client(),
        treatments_notes=text,
        medicine_names="<img src=x onerror=alert(1)>",
        name="'; DROP TABLE x;--",
    )
    submission = Submission.objects.get()
    assert (
        text.replace("\r", "").split()
        == opened_body().answers["treatments-notes"][0].replace("\r", "").split()
    )
    shown = staff_client.get(f"/admin/intake/submission/{submission.pk}/change/")
    assert shown.status_code == 200
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown.text
    assert "<img src=x" not in shown.text
    reason = {"reason": "call"}
    assert staff_client.post(f"/admin/intake/submission/{submission.pk}/export/", reason).status_code < 400


@pytest.mark.django_db
def test_no_page_breaks_over_any_kind_of_them() -> None:
    client = Client()
    page = walk(client, until="about-you")
    blank = page_fields(page, {})
    for text in SOME:
        answers: dict[str, Any] = dict.fromkeys([*blank, "revision", "return", "shown", "extra"], text)
        assert client.post("/screening/about-you/", answers).status_code in (200, 302, 409, 422), text
        assert client.post("/screening/resume/", {"code": text}).status_code == 422, text
        for path in (FIRST_PAGE, "/screening/support/", "/search/"):
            asked = client.get(path, {"return": text, "q": text})
            assert asked.status_code in (200, 302), (path, text)
        assert client.get(f"/screening/{text}/".replace("\r", "")).status_code in (200, 301, 302, 404), text
