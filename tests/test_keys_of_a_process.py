"""Each process has the keys of its role and no others, or it does not start."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured

from clinic_site.roles import Role
from intake import checks, process_keys
from intake.key_files import Holder, Pair, make_pair, trial_keys
from intake.keys import KeyRefused
from intake.sealing import open_head, seal
from tests.sealed_rows import BODY, HEAD, PATIENT

ROOT = Path(__file__).resolve().parent.parent


class Keys:
    """The files of a clinic: public ones in one folder, private ones in another, as on its hosts."""

    def __init__(self, folder: Path) -> None:
        self.clinic, self.escrow = self.make(folder, Holder.CLINIC), self.make(folder, Holder.ESCROW)

    def make(self, folder: Path, holder: Holder) -> Pair:
        for name in ("public", "private", "safe"):
            (folder / name).mkdir(exist_ok=True)
        pair = make_pair(folder / "public", holder)
        place = folder / ("safe" if holder is Holder.ESCROW else "private")
        return Pair(holder, pair.key_id, pair.private.rename(place / pair.private.name), pair.public)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def configure(settings: Any, keys: Keys, tmp_path: Path) -> Callable[..., None]:
    """The settings of a process of this role as docs/keys.md has them, changed by what a test is about."""

    def apply(role: Role, **changes: Any) -> None:
        settings.ROLE = role
        settings.STAFF_URL = "https://desk.clinic.example"
        settings.VAR_DIR = tmp_path / "var"
        settings.PUBLIC_KEY_FILE = str(keys.clinic.public)
        settings.ESCROW_PUBLIC_KEY_FILE = str(keys.escrow.public)
        settings.PRIVATE_KEY_FILES = [] if role is Role.PUBLIC else [str(keys.clinic.private)]
        settings.ESCROW_PRIVATE_KEY_FILE = ""
        for name, value in changes.items():
            setattr(settings, name, value)

    return apply


def found(*, deploy: bool = False) -> list[str]:
    """The ids of our own findings, but for the one that comes by itself a year after the crisis texts were read."""
    messages = run_checks(tags=[Tags.security], include_deployment_checks=deploy)
    ids = [message.id or "" for message in messages]
    return [one for one in ids if one.startswith("intake.") and one != "intake.E008"]


NO_KEYS = {"PUBLIC_KEY_FILE": "", "ESCROW_PUBLIC_KEY_FILE": "", "PRIVATE_KEY_FILES": []}


@pytest.mark.parametrize("role", list(Role))
def test_a_process_with_the_keys_of_its_role_starts_and_may_be_deployed(
    configure: Callable[..., None], role: Role
) -> None:
    configure(role)
    assert found(deploy=True) == []
    checks.refuse_private_keys_in_public()
    checks.refuse_to_start()


def test_what_the_public_process_seals_the_staffs_process_opens(configure: Callable[..., None]) -> None:
    configure(Role.PUBLIC)
    sealed = seal(HEAD, BODY, PATIENT, process_keys.recipients())
    with pytest.raises(KeyRefused, match="opens nothing"):
        process_keys.keyring()
    configure(Role.STAFF)
    assert open_head(sealed, PATIENT, process_keys.keyring()) == HEAD


def test_the_public_process_does_not_start_with_a_private_key_in_its_settings(
    configure: Callable[..., None], keys: Keys
) -> None:
    for setting in ({"PRIVATE_KEY_FILES": ["elsewhere"]}, {"ESCROW_PRIVATE_KEY_FILE": "elsewhere"}):
        configure(Role.PUBLIC, **setting)
        assert found() == ["intake.E001"]
        with pytest.raises(ImproperlyConfigured, match="This is the public process, and CLINIC_"):
            checks.refuse_private_keys_in_public()


def test_the_public_process_does_not_start_with_a_private_key_beside_its_public_one(
    configure: Callable[..., None], keys: Keys
) -> None:
    left = keys.clinic.private.rename(keys.clinic.public.with_suffix(".private"))
    configure(Role.PUBLIC)
    assert found() == ["intake.E001"]
    with pytest.raises(ImproperlyConfigured, match=str(left)):
        checks.refuse_private_keys_in_public()


def test_a_command_of_a_public_process_that_has_a_private_key_does_not_run(
    keys: Keys, tmp_path: Path
) -> None:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("CLINIC_", "DATABASE_URL"))
    }
    environment = kept | {
        "CLINIC_ROLE": "public",
        "CLINIC_HOSTS": "clinic.example",
        "CLINIC_SECRET_KEY": "for the tests only",
        "CLINIC_VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": "postgres://web_public@localhost:1/nothing",
        "CLINIC_OWNER_DATABASE_URL": "",
        "CLINIC_PUBLIC_KEY_FILE": str(keys.clinic.public),
        "CLINIC_ESCROW_PUBLIC_KEY_FILE": str(keys.escrow.public),
        "CLINIC_PRIVATE_KEY_FILES": str(keys.clinic.private),
    }
    command = [sys.executable, "manage.py", "version"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "This is the public process, and CLINIC_PRIVATE_KEY_FILES is set." in ran.stderr

    del environment["CLINIC_PRIVATE_KEY_FILES"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("role", [Role.STAFF, Role.WORKER, Role.ALL])
def test_a_process_that_reads_answers_needs_private_keys(configure: Callable[..., None], role: Role) -> None:
    configure(role, PRIVATE_KEY_FILES=[])
    assert found() == ["intake.E003"]
    with pytest.raises(ImproperlyConfigured, match="CLINIC_PRIVATE_KEY_FILES is not set"):
        checks.refuse_to_start()


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.STAFF, Role.WORKER])
def test_only_one_process_that_does_everything_may_go_without_keys(
    configure: Callable[..., None], role: Role
) -> None:
    configure(role, **NO_KEYS)
    assert found() == ["intake.E002"]
    with pytest.raises(ImproperlyConfigured, match="CLINIC_PUBLIC_KEY_FILE is not set"):
        checks.refuse_to_start()
    assert not process_keys.trial_folder().exists()


def test_a_key_file_that_cannot_be_used_is_named(configure: Callable[..., None], keys: Keys) -> None:
    configure(Role.STAFF, ESCROW_PUBLIC_KEY_FILE=str(keys.clinic.public))
    assert found() == ["intake.E002"]  # one key for both
    configure(Role.STAFF, PUBLIC_KEY_FILE=str(keys.clinic.public) + "x")
    with pytest.raises(ImproperlyConfigured, match="publicx: it cannot be read"):
        checks.refuse_to_start()
    keys.clinic.private.chmod(0o644)
    configure(Role.STAFF)
    with pytest.raises(ImproperlyConfigured, match="chmod 400"):
        checks.refuse_to_start()


def test_staff_who_could_not_read_what_is_sent_from_now_on_are_told(
    configure: Callable[..., None], keys: Keys, tmp_path: Path
) -> None:
    other = keys.make(tmp_path, Holder.CLINIC)
    configure(Role.STAFF, PUBLIC_KEY_FILE=str(other.public))
    assert found() == ["intake.E004"]
    configure(
        Role.STAFF,
        PUBLIC_KEY_FILE=str(other.public),
        PRIVATE_KEY_FILES=[str(keys.clinic.private), str(other.private)],
    )
    assert found() == []  # while keys are exchanged


def test_the_escrow_private_key_is_kept_from_every_process(
    configure: Callable[..., None], keys: Keys
) -> None:
    configure(Role.STAFF, PRIVATE_KEY_FILES=[str(keys.clinic.private), str(keys.escrow.private)])
    assert "intake.E004" in found()
    configure(Role.STAFF, ESCROW_PRIVATE_KEY_FILE=str(keys.escrow.private))
    assert found(deploy=True) == ["intake.E006"]
    configure(Role.STAFF)
    keys.escrow.private.rename(keys.clinic.private.with_name(keys.escrow.private.name))
    assert found(deploy=True) == ["intake.E006"]


def test_one_process_without_keys_makes_them_at_its_start_and_may_not_be_deployed(
    configure: Callable[..., None],
) -> None:
    configure(Role.ALL, **NO_KEYS)
    assert found() == []
    assert not process_keys.trial_folder().exists()  # a check makes nothing
    checks.refuse_to_start()
    assert process_keys.trial_folder().exists()
    assert found() == []
    assert found(deploy=True) == ["intake.E005"]
    sealed = seal(HEAD, BODY, PATIENT, process_keys.recipients())
    assert open_head(sealed, PATIENT, process_keys.keyring()) == HEAD


def test_trial_keys_stay_trial_keys_when_they_are_named(
    configure: Callable[..., None], tmp_path: Path
) -> None:
    made = trial_keys(tmp_path / "elsewhere")
    files = {path.name.split("-")[0] + path.suffix: str(path) for path in (tmp_path / "elsewhere").iterdir()}
    Path(files["escrow.private"]).unlink()
    configure(
        Role.ALL,
        PUBLIC_KEY_FILE=files["clinic.public"],
        ESCROW_PUBLIC_KEY_FILE=files["escrow.public"],
        PRIVATE_KEY_FILES=[files["clinic.private"]],
    )
    assert process_keys.recipients() == made.recipients
    assert found() == []
    assert found(deploy=True) == ["intake.E005"] * 3


def test_a_public_key_that_others_may_exchange_is_warned_of(
    configure: Callable[..., None], keys: Keys
) -> None:
    keys.clinic.public.chmod(0o664)
    configure(Role.PUBLIC)
    assert found(deploy=True) == ["intake.W001"]
