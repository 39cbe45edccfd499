"""The words and numbers for a crisis: in one place, for one clinic and language, confirmed every year."""

import datetime
import shutil
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.test import Client

from intake import crisis

SHIPPED = Path(django_settings.CRISIS_TEXTS)
TODAY = datetime.date(2026, 11, 24)
pytestmark = pytest.mark.django_db


@pytest.fixture
def own(tmp_path: Path, settings) -> Path:  # type: ignore[no-untyped-def]
    folder = shutil.copytree(SHIPPED, tmp_path / "crisis")
    settings.CRISIS_TEXTS = folder
    return folder


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("confirmed", "errors"),
    [
        ("2026-11-24", []),
        ("2025-11-24", []),
        ("2025-11-23", ["intake.E008"]),
        ("2026-11-25", ["intake.E008"]),
    ],
)
def test_texts_that_nobody_confirmed_for_a_year_are_an_error(
    own: Path, confirmed: str, errors: list[str]
) -> None:
    change(own / "en.toml", "confirmed_on = 2026-11-22", f"confirmed_on = {confirmed}")
    change(own / "es.toml", "confirmed_on = 2026-11-22", "confirmed_on = 2026-11-24")
    assert [problem.id for problem in crisis.problems(own, today=TODAY)] == errors


def test_the_deployment_check_asks_for_them(own: Path) -> None:
    change(own / "en.toml", "confirmed_on = 2026-11-22", "confirmed_on = 2020-01-01")
    found = [problem for problem in run_checks(include_deployment_checks=True) if problem.id == "intake.E008"]
    assert any("en.toml" in problem.msg for problem in found)


@pytest.mark.parametrize(
    ("old", "new"),
    [("confirmed_on", "#"), ("[now]", "[later]"), ("danger = ", "danger: "), ("{danger}", "{other}")],
)
def test_a_file_that_cannot_be_read_is_an_error_and_says_where(own: Path, old: str, new: str) -> None:
    change(own / "en.toml", old, new)
    [problem] = [one for one in crisis.problems(own, today=TODAY) if "en.toml" in one.msg]
    assert problem.id == "intake.E007"


def test_a_folder_without_english_texts_is_an_error(own: Path) -> None:
    (own / "en.toml").unlink()
    assert "intake.E007" in [problem.id for problem in crisis.problems(own, today=TODAY)]


def test_camcops_382_a_clinic_says_it_in_its_own_words(own: Path, client: Client) -> None:
    change(own / "en.toml", 'title = "You deserve support"', 'title = "We are glad that you are here"')
    change(
        own / "en.toml", "also = [", 'also = [{ words = "County line: {number}.", number = "4105550150" },'
    )
    page = client.get("/screening/support/").text
    assert "We are glad that you are here" in page
    assert 'County line: <a href="sms:4105550150">' in page


def test_a_language_without_a_file_gets_the_english_texts_and_never_none(own: Path) -> None:
    assert crisis.texts("fr") == crisis.texts("en") == crisis.texts("en-us")
    assert crisis.texts("es").panels["crisis_now"].title != crisis.texts("en").panels["crisis_now"].title


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("level", ["crisis_now", "crisis", ""])
def test_each_panel_has_both_numbers_and_no_word_that_judges(language: str, level: str) -> None:
    panel = crisis.texts(language).panels[level]
    words = " ".join((panel.title, *panel.before, *panel.after))
    assert "tel:911" in words
    assert "tel:988" in words
    for word in ("commit", "fail", "risk", "score", "severe", "suicid"):
        assert word not in words.lower()


def test_markup_in_a_text_stays_text(own: Path, client: Client) -> None:
    change(own / "en.toml", "In danger now?", "<b>In danger now?")
    assert "&lt;b&gt;In danger" in client.get("/screening/").text
