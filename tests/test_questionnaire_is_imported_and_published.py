"""A questionnaire is brought in as a draft, signed off by a clinician, asked, and one day retired."""

import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from intake import actions
from intake.models import Draft, QuestionnaireVersion, Submission
from intake.models.questionnaire import State
from tests.applicant import send, walk
from tests.engine_builders import URL, choice, item, questionnaire_json
from tests.kidney_questionnaire import KIDNEY_RULES, KIDNEYS, screening_asking
from tests.opened import opened_body

pytestmark = pytest.mark.django_db

AT = datetime.datetime(2126, 3, 9, 15, 0, tzinfo=datetime.UTC)  # after what ships was published, on any day
LATER = AT + datetime.timedelta(days=1)
LIVER = questionnaire_json(choice("liver"))
RULES = KIDNEY_RULES.encode()


def import_one(source: bytes = KIDNEYS, rules: bytes | None = RULES, **how: Any) -> QuestionnaireVersion:
    return actions.import_questionnaire(source, rules, at=how.pop("at", AT), **how)


def publish(version: QuestionnaireVersion, **how: Any) -> QuestionnaireVersion:
    return actions.publish(version, **({"signed_off_by": "Dr. Test", "at": AT} | how))


def screening(*, kidneys: str) -> QuestionnaireVersion:
    """The shipped screening as version 2.0.0, as a draft, with other words for one question."""
    return actions.import_questionnaire(*screening_asking(kidneys, version="2.0.0"), at=AT)


def test_an_imported_questionnaire_is_a_draft_that_no_patient_sees(client: Client) -> None:
    draft = screening(kidneys="Is there anything wrong with your kidneys?")
    assert draft.state == State.DRAFT
    assert draft.slug == "ketamine-screening"
    assert QuestionnaireVersion.objects.current("ketamine-screening") != draft
    assert "Do you have kidney disease?" in walk(client, until="organs").content.decode()


def test_a_draft_imported_again_is_replaced_whole() -> None:
    first = import_one()
    again = import_one(questionnaire_json(choice("liver"), title="Your liver"), None, at=LATER)
    assert again.pk == first.pk
    assert again.title == "Your liver"
    assert [one.link_id for one in again.definition.all_items] == ["page", "liver"]
    assert again.rules.rules == ()
    assert again.imported_at == LATER


def test_a_published_version_with_other_contents_is_refused_until_its_version_is_raised() -> None:
    publish(import_one())
    for source, rules in ((LIVER, None), (KIDNEYS, RULES.replace(b"stop", b"caution"))):
        with pytest.raises(actions.DefinitionRefused, match="Raise `version` in both files"):
            import_one(source, rules)
    raised = import_one(questionnaire_json(choice("liver"), version="1.1.0"), None)
    assert raised.is_draft


def test_importing_exactly_what_is_published_changes_nothing() -> None:
    version = publish(import_one())
    again = import_one(at=LATER)
    assert (again.pk, again.published_at, again.imported_at) == (version.pk, AT, AT)
    with pytest.raises(actions.DefinitionRefused, match="already published under the name test"):
        import_one(slug="another-name")


def test_the_files_are_kept_byte_for_byte() -> None:
    source = b"\xef\xbb\xbf" + KIDNEYS.replace(b": ", b" :  ") + b"\r\n\r\n"
    version = QuestionnaireVersion.objects.get(pk=import_one(source).pk)
    assert bytes(version.source) == source
    assert bytes(version.rules_source) == RULES


def test_a_new_version_keeps_the_name_of_the_earlier_ones() -> None:
    publish(import_one(slug="kidney-check"))
    assert import_one(questionnaire_json(choice("liver"), version="2"), None, at=LATER).slug == "kidney-check"


@pytest.mark.parametrize(
    ("source", "how", "reason"),
    [
        (questionnaire_json(item("a"), url="https://x.example/"), {}, None),
        (questionnaire_json(item("a"), url="https://x.example/???"), {}, "cannot stand in an address"),
        (KIDNEYS, {"slug": "a b"}, "cannot stand in an address"),
        (KIDNEYS, {"slug": "a" * 81}, "more than 80 characters"),
        (b"{}", {}, "resourceType is not Questionnaire"),
    ],
)
def test_what_cannot_have_an_address_of_its_own_is_not_imported(
    source: bytes, how: dict[str, str], reason: str | None
) -> None:
    before = QuestionnaireVersion.objects.count()
    if reason is None:
        assert import_one(source, None, **how).slug == "xexample"
        return
    with pytest.raises(actions.DefinitionRefused, match=reason):
        import_one(source, None, **how)
    assert QuestionnaireVersion.objects.count() == before


def test_a_questionnaire_without_a_title_is_called_by_its_name() -> None:
    assert import_one(questionnaire_json(item("a"), title=None, name="N" * 300), None).title == "N" * 255
    assert import_one(questionnaire_json(item("a"), title=None, version="2"), None).title == "test"


def test_a_questionnaire_without_rules_flags_nothing_and_says_so_in_its_rules() -> None:
    version = import_one(rules=None)
    assert version.rules.rules == ()
    assert b"Imported without triage rules" in bytes(version.rules_source)


def test_publishing_says_who_signed_off_and_who_pressed_the_button() -> None:
    version = publish(import_one(), signed_off_by="  Dr. Test  ", by="nurse", at=LATER)
    stored = QuestionnaireVersion.objects.get(pk=version.pk)
    assert stored.state == State.PUBLISHED
    assert (stored.signed_off_by, stored.signed_off_at) == ("Dr. Test", LATER)
    assert (stored.published_by, stored.published_at) == ("nurse", LATER)


def test_the_shipped_screening_is_published_and_not_signed_off() -> None:
    version = QuestionnaireVersion.objects.current("ketamine-screening")
    assert version is not None
    assert (version.signed_off_by, version.signed_off_at) == ("", None)


def test_a_version_is_published_once() -> None:
    version = publish(import_one())
    with pytest.raises(actions.WrongState, match=r"1\.0\.0 is already published"):
        publish(version, signed_off_by="Somebody else")


def test_what_was_imported_anew_since_it_was_looked_at_is_not_published() -> None:
    looked_at = import_one()
    import_one(LIVER, None)
    with pytest.raises(actions.ChangedMeanwhile):
        publish(looked_at)
    assert QuestionnaireVersion.objects.get(pk=looked_at.pk).is_draft


@pytest.mark.parametrize("name", ["x" * 201, "Dr. Test\nand another"])
def test_who_signed_off_is_one_short_line(name: str) -> None:
    with pytest.raises(actions.DefinitionRefused, match="who signed off"):
        publish(import_one(), signed_off_by=name)


def test_patients_get_the_version_that_was_published_last(client: Client) -> None:
    publish(screening(kidneys="Is there anything wrong with your kidneys?"))
    assert "anything wrong with your kidneys?" in walk(client, until="organs").content.decode()


def test_after_retiring_the_version_before_is_asked_again_and_a_draft_ends_on_its_own(client: Client) -> None:
    newer = publish(screening(kidneys="Are your kidneys ill?"), at=LATER)
    walk(client, until="contact")
    retired = actions.retire(newer, at=LATER)
    assert retired.state == State.RETIRED
    assert "Are your kidneys ill?" in walk(client, until="organs").content.decode()
    assert "Do you have kidney disease?" in walk(Client(), until="organs").content.decode()
    send(client)
    assert Submission.objects.get().questionnaire_version == newer
    assert "Are your kidneys ill?" in str(opened_body().pages)
    assert Draft.objects.filter(questionnaire_version=newer).count() == 1


def test_only_a_published_version_is_retired_and_only_once() -> None:
    draft = import_one()
    with pytest.raises(actions.WrongState, match="is a draft"):
        actions.retire(draft, at=AT)
    version = publish(draft)
    actions.retire(version, at=AT)
    with pytest.raises(actions.WrongState, match="is already retired"):
        actions.retire(version, at=LATER)


def test_the_version_before_is_the_one_that_patients_had_until_then() -> None:
    first = publish(import_one(), at=AT)
    second = publish(import_one(questionnaire_json(choice("liver"), version="2"), None), at=LATER)
    draft = import_one(questionnaire_json(choice("lungs"), version="3"), None)
    assert [QuestionnaireVersion.objects.before(one) for one in (first, second, draft)] == [
        None,
        first,
        second,
    ]


# The command


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "form.json").write_bytes(KIDNEYS)
    (tmp_path / "form.rules.toml").write_bytes(RULES)
    return tmp_path


def command(*arguments: Any, **options: Any) -> str:
    printed = StringIO()
    call_command("import_questionnaire", *arguments, stdout=printed, **options)
    return printed.getvalue()


def test_the_command_keeps_a_draft_and_then_publishes_it_in_the_name_of_a_clinician(files: Path) -> None:
    said = command(files / "form.json", rules=files / "form.rules.toml", slug="kidney-check")
    assert said == "A test, version 1.0.0: kept as a draft of kidney-check; no patient sees it yet\n"
    said = command(
        files / "form.json", rules=files / "form.rules.toml", publish=True, signed_off_by="Dr. Test"
    )
    assert said == "A test, version 1.0.0: published as kidney-check, signed off by Dr. Test\n"
    assert command(files / "form.json", rules=files / "form.rules.toml").endswith("already published\n")
    version = QuestionnaireVersion.objects.get(slug="kidney-check")
    assert (version.signed_off_by, len(version.rules.rules)) == ("Dr. Test", 1)


@pytest.mark.parametrize("options", [{"publish": True}, {"signed_off_by": "Dr. Test"}])
def test_nothing_is_published_without_the_name_of_a_clinician(files: Path, options: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match="go together"):
        command(files / "form.json", **options)


def test_the_command_names_the_file_the_link_id_and_the_reason(files: Path) -> None:
    (files / "form.rules.toml").write_bytes(RULES.replace(b'"kidneys"', b'"liver"'))
    with pytest.raises(CommandError, match=r"form\.rules\.toml: kidneys-yes: .*liver"):
        command(files / "form.json", rules=files / "form.rules.toml")
    (files / "twice.json").write_bytes(questionnaire_json(item("a"), item("a")))
    with pytest.raises(CommandError, match=r"twice\.json: a: two items have this linkId"):
        command(files / "twice.json")
    with pytest.raises(CommandError, match=r"absent\.json: the file is not there"):
        command(files / "absent.json")


def test_a_name_that_is_refused_leaves_no_draft_behind(files: Path) -> None:
    with pytest.raises(CommandError, match="who signed off"):
        command(files / "form.json", publish=True, signed_off_by="x" * 201)
    assert not QuestionnaireVersion.objects.filter(url=URL).exists()
