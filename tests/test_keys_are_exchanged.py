"""Sealing everything again to a new key: stopped at any moment, it loses nothing, and begins where it was."""

import datetime
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models import Q
from django.utils import timezone

from clinic_site.audit import AuditEvent
from clinic_site.roles import Role
from intake import actions, sealing, search, storage
from intake.key_files import Holder, make_pair
from intake.keys import Keyring, PrivateKey, PublicKey, Recipients
from intake.models import Note, Priority, QuestionnaireVersion, Submission
from intake.people import Person
from tests.processes import ROOT, Hosts, keys_folder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("database_roles")]

ROWS = 1000
KILLS = 5


class Rotation:
    """A clinic's hosts, with rows that are sealed to the old key, and a new key beside it."""

    def __init__(self, folder: Path) -> None:
        self.hosts = Hosts(folder)
        self.old = PrivateKey.from_file(self.hosts.private_key)
        self.escrow = PublicKey.from_file(Path(self.hosts.keys["CLINIC_ESCROW_PUBLIC_KEY_FILE"]))
        self.pair = make_pair(keys_folder(folder / "new"), Holder.CLINIC)
        self.new = PrivateKey.from_file(self.pair.private)

    def seal_rows(self, count: int) -> None:
        version = QuestionnaireVersion.objects.current("ketamine-screening")
        assert version is not None
        recipients = Recipients(self.old.public_key, self.escrow)
        rows = []
        for number in range(count):
            row = Submission(
                id=uuid.uuid4(),
                questionnaire_version=version,
                definition_hash=version.definition_hash,
                rules_hash=version.rules_hash,
                language="en",
                priority=Priority.ROUTINE,
                received_at=timezone.now() - datetime.timedelta(minutes=number),
            )
            sealed = sealing.seal(b"{}", f'"{number}"'.encode(), storage.context_of(row), recipients)
            storage.put_wraps(row, sealed)
            row.head, row.body = sealed.head, sealed.body
            rows.append(row)
        Submission.objects.bulk_create(rows, batch_size=200)

    def command(self, *more: str) -> list[str]:
        named = ["--from", self.old.id, "--to", self.new.id, "--batch", "10"]
        return [sys.executable, "manage.py", "reseal", *named, *more]

    def environment(self) -> dict[str, str]:
        return self.hosts.environment(
            Role.WORKER,
            CLINIC_PRIVATE_KEY_FILES=f"{self.hosts.private_key},{self.pair.private}",
            CLINIC_PUBLIC_KEY_FILE=str(self.pair.public),
        )

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(), cwd=ROOT, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def done(self) -> int:
        return Submission.objects.filter(clinic_key_id=self.new.id).count()


@pytest.fixture
def rotation(tmp_path: Path) -> Iterator[Rotation]:
    rotation = Rotation(tmp_path)
    yield rotation
    rotation.hosts.forget_logins()


def opens_with(key: PrivateKey, row: Submission) -> bool:
    try:
        sealing.open_both(storage.sealed_of(row), storage.context_of(row), Keyring([key]))
    except sealing.CannotOpen:
        return False
    return True


def test_sealing_again_is_killed_five_times_and_every_row_opens(rotation: Rotation) -> None:
    rotation.seal_rows(ROWS)
    for kill in range(1, KILLS + 1):
        process = rotation.start()
        while rotation.done() < kill * ROWS // (3 * KILLS):  # long before the end, on a busy machine too
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)
        process.kill()
        process.communicate()
        assert rotation.done() < ROWS
    last = rotation.start()
    said, complaints = last.communicate(timeout=60)
    assert last.returncode == 0, complaints.decode()
    assert f"from key {rotation.old.id} to key {rotation.new.id}" in said.decode()
    rows = list(Submission.objects.with_version())
    assert len(rows) == ROWS
    assert all(opens_with(rotation.new, row) for row in rows)
    assert not opens_with(rotation.old, rows[0])
    assert AuditEvent.objects.filter(action="key", detail__startswith="reseal").count() == KILLS + 1


def test_a_row_that_does_not_open_is_told_and_stays_as_it_is(rotation: Rotation) -> None:
    rotation.seal_rows(3)
    Submission.objects.update(opens=True)
    first, second, _ = Submission.objects.order_by("pk")
    search.entry_for(first.pk, Person("Test Patient 17", None, (), ()), rotation.new).save()
    Submission.objects.filter(pk=first.pk).update(head=second.head)
    finished = subprocess.run(
        rotation.command(), cwd=ROOT, env=rotation.environment(), capture_output=True, text=True, timeout=60
    )
    assert finished.returncode == 1
    assert "not yet in the search under the clinic's present key: 2." in finished.stdout
    assert "Not sealed again: 1" in finished.stderr
    assert "keep that private key" in finished.stderr
    assert Submission.objects.get(pk=first.pk).clinic_key_id == rotation.old.id
    assert rotation.done() == 2


def test_notes_are_sealed_again_too(rotation: Rotation, monkeypatch: pytest.MonkeyPatch) -> None:
    rotation.seal_rows(1)
    monkeypatch.setattr(storage, "recipients", lambda: Recipients(rotation.old.public_key, rotation.escrow))
    note = Note(submission=Submission.objects.get(), author="nurse", written_at=timezone.now())
    storage.seal_note(note, "Called, no answer.")
    note.save()
    process = rotation.start()
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, complaints.decode()
    old = Q(clinic_key_id=rotation.old.id) | Q(escrow_key_id=rotation.old.id)
    assert not Note.objects.filter(old).exists()
    monkeypatch.setattr(storage, "keyring", lambda: Keyring([rotation.new]))
    assert storage.read_note(Note.objects.get()) == "Called, no answer."


def test_a_key_that_nobody_here_could_check_is_refused(rotation: Rotation) -> None:
    stranger = PrivateKey.generate()
    finished = rotation.hosts.run(
        Role.WORKER, "manage.py", "reseal", "--from", rotation.old.id, "--to", stranger.id
    )
    assert finished.returncode == 1
    assert f"There is no key {stranger.id} here" in finished.stderr


def test_what_no_key_of_the_worker_opened_is_looked_at_again_once_it_is_sealed_anew(
    rotation: Rotation,
) -> None:
    rotation.seal_rows(2)
    Submission.objects.update(opens=False)
    batches = actions.reseal(
        replacing=rotation.old.id, to=rotation.new.public_key, opened_with=Keyring([rotation.old]), batch=1
    )
    assert [one.done for one in batches] == [1, 1]
    assert Submission.objects.filter(opens=None).count() == 2
