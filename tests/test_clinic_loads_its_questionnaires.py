"""Questionnaire files are published once, never changed under the people who answered, and refused with a reason."""

import json
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from intake.management.commands.load_questionnaires import SHIPPED
from intake.models import Draft, QuestionnaireVersion, Submission
from tests.applicant import send, walk
from tests.opened import opened_body
from tests.screening_answers import SCREENING

pytestmark = pytest.mark.django_db

NAME = "ketamine-screening"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped files, to be spoiled."""
    for suffix in (".json", ".rules.toml"):
        shutil.copy(SHIPPED / f"{NAME}{suffix}", tmp_path)
    return tmp_path


def edit(folder: Path, suffix: str, old: str, new: str) -> None:
    path = folder / f"{NAME}{suffix}"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def refusal(folder: Path) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("load_questionnaires", folder, verbosity=0)
    return str(refused.value)


def test_loading_again_changes_nothing(folder: Path) -> None:
    before = list(
        QuestionnaireVersion.objects.values_list("pk", "definition_hash", "rules_hash", "published_at")
    )
    call_command("load_questionnaires", folder, verbosity=0)
    after = list(
        QuestionnaireVersion.objects.values_list("pk", "definition_hash", "rules_hash", "published_at")
    )
    assert after == before


def test_a_broken_question_is_refused_with_the_file_the_link_id_and_the_reason(folder: Path) -> None:
    edit(folder, ".json", '"linkId": "pregnant"', '"linkId": "kidneys"')
    message = refusal(folder)
    assert message.startswith("ketamine-screening.json: kidneys: ")
    assert "two items have this linkId; give each item its own" in message


def test_a_file_that_is_not_json_is_refused_by_name(folder: Path) -> None:
    (folder / f"{NAME}.json").write_text("not json")
    assert refusal(folder).startswith("ketamine-screening.json: ")


def test_a_rule_about_a_question_that_does_not_exist_is_refused_by_name(folder: Path) -> None:
    edit(folder, ".rules.toml", '{ question = "pregnant"', '{ question = "pregnancy-test"')
    message = refusal(folder)
    assert message.startswith("ketamine-screening.rules.toml: pregnan")
    assert "pregnancy-test" in message


def test_a_questionnaire_without_rules_is_refused(folder: Path) -> None:
    (folder / f"{NAME}.rules.toml").unlink()
    assert "rules.toml" in refusal(folder)


def test_a_changed_question_without_a_new_version_is_refused(folder: Path) -> None:
    edit(folder, ".json", "Do you have kidney disease?", "Is there anything wrong with your kidneys?")
    message = refusal(folder)
    assert "already published" in message
    assert "Raise `version`" in message


def raise_version(folder: Path) -> None:
    for ending in (".json", ".rules.toml"):
        edit(folder, ending, f'"{SCREENING.version}"', '"99.0.0"')


def test_somebody_who_began_ends_on_the_version_they_began_with(folder: Path, client: Client) -> None:
    walk(client, until="contact")
    raise_version(folder)
    edit(folder, ".json", "Do you have kidney disease?", "Is there anything wrong with your kidneys?")
    call_command("load_questionnaires", folder, verbosity=0)
    assert "Do you have kidney disease?" in walk(client, until="organs").content.decode()
    assert "anything wrong with your kidneys?" in walk(Client(), until="organs").content.decode()


def test_an_old_submission_keeps_the_words_that_were_seen(folder: Path, client: Client) -> None:
    send(client)
    raise_version(folder)
    edit(folder, ".json", "Do you have kidney disease?", "Is there anything wrong with your kidneys?")
    call_command("load_questionnaires", folder, verbosity=0)
    submission = Submission.objects.get()
    assert submission.questionnaire_version.version == SCREENING.version
    assert "Do you have kidney disease?" in json.dumps(opened_body(submission).pages)


def test_a_broken_file_leaves_the_published_ones_as_they_were(folder: Path, client: Client) -> None:
    raise_version(folder)
    (folder / "zz-broken.json").write_text("{}")
    refusal(folder)
    assert not QuestionnaireVersion.objects.filter(version="99.0.0").exists()
    walk(client, until="contact")
    assert Draft.objects.get().questionnaire_version.version == SCREENING.version
