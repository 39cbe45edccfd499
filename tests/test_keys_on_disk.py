"""Keys are made in pairs, in files that nothing overwrites; a site that has none makes its own, once."""

import re
import stat
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from intake.key_files import Holder, is_trial_key, make_pair, readable_private_keys, trial_keys, write_new
from intake.keys import KeyRefused, Keyring, PrivateKey, PublicKey, Recipients
from intake.sealing import open_head, seal, self_test
from tests.sealed_rows import BODY, HEAD, PATIENT

ROOT = Path(__file__).resolve().parent.parent


def generate(folder: Path, *options: str, verbosity: int = 1) -> str:
    printed = StringIO()
    call_command("generate_keys", "--into", str(folder), *options, stdout=printed, verbosity=verbosity)
    return printed.getvalue()


def files_of(folder: Path) -> dict[str, int]:
    return {
        re.sub("[0-9a-f]{16}", "ID", path.name): stat.S_IMODE(path.stat().st_mode)
        for path in folder.iterdir()
    }


def test_generate_keys_makes_a_pair_for_the_clinic_and_one_for_escrow(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "keys"
    generate(folder)
    assert files_of(folder) == {
        **{"clinic-ID.private": 0o400, "clinic-ID.public": 0o444},
        **{"escrow-ID.private": 0o400, "escrow-ID.public": 0o444},
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    recipients = Recipients(*(PublicKey.from_file(path) for path in sorted(folder.glob("*.public"))))
    for path in folder.glob("*.private"):
        key = PrivateKey.from_file(path)
        assert key.id in path.name
        assert open_head(seal(HEAD, BODY, PATIENT, recipients), PATIENT, Keyring([key])) == HEAD


def test_generate_keys_says_what_each_file_is_for_and_shows_no_secret(tmp_path: Path) -> None:
    said = generate(tmp_path)
    for path in tmp_path.iterdir():
        assert path.name in said
        key_lines = [line for line in path.read_text().splitlines() if not line.startswith(("#", "id:"))]
        assert not [line for line in key_lines if line in said]
    for words in (
        "CLINIC_PUBLIC_KEY_FILE",
        "CLINIC_PRIVATE_KEY_FILES",
        "CLINIC_ESCROW_PUBLIC_KEY_FILE",
        "escrow_drill",
    ):
        assert words in said
    assert generate(tmp_path, verbosity=0) == ""


def test_generate_keys_leaves_older_keys_in_the_folder_alone(tmp_path: Path) -> None:
    generate(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    generate(tmp_path, "--only", "clinic")
    after = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert before.items() <= after.items()
    assert sorted(path.suffix for path in after.keys() - before.keys()) == [".private", ".public"]
    assert all(path.name.startswith("clinic-") for path in after.keys() - before.keys())


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "clinic.private"
    path.write_text("the only copy")
    with pytest.raises(KeyRefused, match="clinic.private: it cannot be written"):
        write_new(path, "another", mode=0o400)
    assert path.read_text() == "the only copy"


def test_where_no_folder_can_be_made_generate_keys_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="cannot be made"):
        generate(tmp_path / "file" / "keys")


def test_a_site_without_keys_makes_its_own_once_and_keeps_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "var" / "keys"
    made = trial_keys(folder)
    assert "Never use them for patients" in caplog.text
    caplog.clear()
    found = trial_keys(folder)
    assert not caplog.text
    assert (found.recipients, found.private.id) == (made.recipients, made.private.id)
    assert self_test(found.recipients, Keyring([found.private])) == ()
    assert list(folder.parent.iterdir()) == [folder]


def test_a_trial_key_says_so_itself_also_in_a_copy_elsewhere(tmp_path: Path) -> None:
    trial_keys(tmp_path / "keys")
    pair = make_pair(tmp_path, Holder.CLINIC)
    for path in (tmp_path / "keys").iterdir():
        copy = tmp_path / f"copy-of-{path.name}"
        copy.write_bytes(path.read_bytes())
        assert is_trial_key(copy)
    assert not is_trial_key(pair.private)
    assert not is_trial_key(pair.public)
    assert not is_trial_key(tmp_path / "nothing")


def test_processes_that_start_together_take_the_same_trial_keys(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from intake.key_files import trial_keys; print('ready', flush=True); "
        "sys.stdin.readline(); keys = trial_keys(Path(sys.argv[1])); print(keys.private.id, keys.recipients)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, tmp_path / "keys"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = {process.communicate(timeout=60)[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 6
    assert len(said) == 1
    assert len(list((tmp_path / "keys").iterdir())) == 4
    assert list(tmp_path.iterdir()) == [tmp_path / "keys"]


def test_a_folder_of_trial_keys_that_is_not_whole_is_refused_and_not_filled_up(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    trial_keys(folder)
    make_pair(folder, Holder.CLINIC)
    with pytest.raises(KeyRefused, match=r"2 files clinic-\*\.private"):
        trial_keys(folder)
    for path in folder.glob("clinic-*"):
        path.unlink()
    with pytest.raises(KeyRefused, match=r"0 files clinic-\*\.private"):
        trial_keys(folder)


def test_where_trial_keys_cannot_be_kept_the_site_says_so(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(KeyRefused, match="cannot be made there"):
        trial_keys(tmp_path / "keys")


def test_private_keys_left_in_a_folder_are_found(tmp_path: Path) -> None:
    clinic, escrow = make_pair(tmp_path, Holder.CLINIC), make_pair(tmp_path, Holder.ESCROW)
    assert readable_private_keys({tmp_path, tmp_path / "nothing"}) == [clinic.private, escrow.private]
    assert readable_private_keys({tmp_path}, "escrow-*.private") == [escrow.private]
