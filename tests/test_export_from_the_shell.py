"""manage.py export_submission: by reference, to the standard output or to a file of one's own."""

import io
import json
import resource
import stat
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from intake.exports import submission_bundle, submissions_bundle
from intake.models import Submission
from intake.questionnaires.fhir import to_bytes
from intake.secret import ReferenceMistyped, ids_of, reference_of
from tests.applicant import send

pytestmark = pytest.mark.django_db

NOBODYS = "0000-0000"


@pytest.fixture
def submission() -> Submission:
    send(Client())
    return Submission.objects.get()


def copy_of(submission: Submission, number: int) -> Submission:
    """Another submission with an id of our choice."""
    columns = {field.attname: getattr(submission, field.attname) for field in Submission._meta.fields}
    copy = Submission(**columns | {"id": uuid.UUID(int=number), "received_at": timezone.now()})
    copy.save(force_insert=True)
    return copy


def export(*references: str, **options: Any) -> bytes:
    """What arrives on a standard output that cannot write all letters as text."""
    received = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    call_command("export_submission", *references, stdout=received, **options)
    return received.buffer.getvalue()  # type: ignore[attr-defined]  # a BytesIO


def refusal(*references: str, **options: Any) -> str:
    with pytest.raises(CommandError) as refused:
        export(*references, **options)
    return str(refused.value)


def test_the_standard_output_gets_exactly_the_bytes_of_the_bundle(submission: Submission) -> None:
    assert export(submission.reference) == to_bytes(submission_bundle(submission))


def test_several_submissions_are_one_bundle_and_each_stands_in_it_once() -> None:
    for name in ("Test Patient 1", "Test Pätient 2"):
        send(Client(), name=name)
    first, second = Submission.objects.order_by("received_at")
    exported = export(first.reference, second.reference, first.reference)
    assert exported == to_bytes(submissions_bundle([first, second]))
    names = [
        entry["resource"]["name"][0]["text"]
        for entry in json.loads(exported)["entry"]
        if entry["resource"]["resourceType"] == "Patient"
    ]
    assert names == ["Test Patient 1", "Test Pätient 2"]


# References


@pytest.mark.parametrize(
    "number", [0, 1, 0x07FF, (1 << 40) - 1, 0b00000_00001_00000_00001_00000_00001_00000_00001]
)
def test_a_reference_is_found_however_it_is_typed(submission: Submission, number: int) -> None:
    wanted = copy_of(submission, (number << 88) + 12_345)
    for neighbour in (number - 1, number + 1):
        if 0 <= neighbour < 1 << 40:
            copy_of(submission, (neighbour << 88) + 12_345)
    reference = wanted.reference
    for typed in (
        reference,
        reference.lower(),
        reference.replace("-", ""),
        f" {reference[:2]} {reference[2:]} ",
        reference.replace("0", "O").replace("1", "I"),
        reference.replace("0", "o").replace("1", "l"),
    ):
        assert Submission.objects.by_reference(typed).get() == wanted


def test_the_first_and_the_last_id_of_a_reference_have_it_and_their_neighbours_have_not() -> None:
    reference = "7K2M-4QZD"
    first, last = ids_of(reference)
    assert reference_of(first) == reference_of(last) == reference
    assert reference_of(uuid.UUID(int=first.int - 1)) != reference
    assert reference_of(uuid.UUID(int=last.int + 1)) != reference


def test_a_reference_is_looked_up_in_the_index_of_the_primary_key() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Submission.objects.by_reference("7K2M-4QZD").explain()
    assert "Index Cond: ((id >= " in plan


@pytest.mark.parametrize(
    "typed",
    ["", "7K2M", "7K2M-4QZU", "7K2M-4QZ!", "7K2M-4QZD-7K2M", "x" * 100_000, "7K2M-4QZ\0", "７K2M4QZD"],
)
def test_what_is_no_reference_is_told_as_such(typed: str) -> None:
    with pytest.raises(ReferenceMistyped):
        Submission.objects.by_reference(typed)
    said = refusal(typed)
    assert said.startswith("Nothing was exported.\n")
    assert "8 letters and digits" in said


def test_every_wrong_reference_is_named_and_nothing_is_exported(
    submission: Submission, tmp_path: Path
) -> None:
    said = refusal(NOBODYS, submission.reference, "oops", output=tmp_path / "export.json")
    assert f"{NOBODYS}: there is no such submission; compare it with the review desk's list" in said
    assert "oops: a reference has 8 letters and digits" in said
    assert not list(tmp_path.iterdir())


def test_of_two_submissions_with_one_reference_none_is_exported(submission: Submission) -> None:
    copy_of(submission, submission.pk.int ^ 1)
    said = refusal(submission.reference)
    assert f"{submission.reference}: two submissions have it" in said
    assert "review desk" in said


# Files


def test_a_file_is_readable_by_its_owner_alone(submission: Submission, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    assert export(submission.reference, output=file) == b""
    assert file.read_bytes() == to_bytes(submission_bundle(submission))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_is_not_overwritten_without_being_told(submission: Submission, tmp_path: Path) -> None:
    file, linked = tmp_path / "export.json", tmp_path / "link.json"
    file.write_text("something dear")
    file.chmod(0o644)
    linked.symlink_to(tmp_path / "nowhere.json")
    for taken in (file, linked):
        assert refusal(submission.reference, output=taken) == (
            f"{taken} is there already; name another file, or say --overwrite"
        )
    assert file.read_text() == "something dear"
    export(submission.reference, output=file, overwrite=True)
    assert file.read_bytes() == to_bytes(submission_bundle(submission))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.json", "link.json"]


def test_a_place_that_takes_no_file_is_refused_in_words(submission: Submission, tmp_path: Path) -> None:
    assert "is no file; name one" in refusal(submission.reference, output=tmp_path, overwrite=True)
    assert "is no file; name one" in refusal(submission.reference, output=Path("/dev/null"), overwrite=True)
    assert "name another file" in refusal(submission.reference, output=tmp_path / "nobody" / "export.json")
    assert "name another file" in refusal(submission.reference, output=tmp_path / ("x" * 300))
    assert Path("/dev/null").is_char_device()


def test_a_full_disk_leaves_no_half_of_a_file(submission: Submission, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text("something dear")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        for target, overwrite in ((tmp_path / "new.json", False), (file, True)):
            assert "cannot be written" in refusal(submission.reference, output=target, overwrite=overwrite)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["export.json"]
    assert file.read_text() == "something dear"
