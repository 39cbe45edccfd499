"""Promises about the repository itself."""

import re
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).parent.parent
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9.-]+)(\[[a-z,-]+\])?==[0-9][^ ]* +# \S.{10,}$")


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    said = StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=said)
    assert said.getvalue().strip() == "No changes detected"


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_each_dependency_is_pinned_and_has_its_reason_beside_it(file: str) -> None:
    lines = [line for line in (ROOT / file).read_text().splitlines() if line and line[0] not in "#-"]
    assert lines
    assert [line for line in lines if not REQUIREMENT.match(line)] == []


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_project_speaks_of_no_machine_it_was_made_on() -> None:
    """No path of somebody's home or work folder, which would mean nothing to anybody else."""
    private = re.compile(rb"(?<![\w.-])/(root|home|Users|work)/[\w.-]+")
    found = {
        f"{path.relative_to(ROOT)}: {match.group().decode()}"
        for path in tracked_files()
        if path != Path(__file__)
        for match in private.finditer(path.read_bytes())
    }
    assert not found


def test_each_command_of_the_makefile_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in ("run", "test", "check", "lock", "sbom", "bench", "format"):
        assert re.search(rf"^{command}:.*## \w", makefile, re.MULTILINE), command
