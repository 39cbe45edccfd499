"""What the site runs on is pinned by version and hash, known by name, and free of what a scanner would stop at."""

import json
import re
import subprocess
import sys
from importlib import metadata
from io import StringIO
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.core.management import call_command

from clinic_site.bill_of_materials import locked, needs, normal

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text()
ASKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[a-z,]+\])?==(?P<version>\S+)", re.MULTILINE)


def test_the_lock_has_what_is_asked_for_in_the_version_that_is_asked_for() -> None:
    versions = {name: version for name, (version, _) in locked(LOCK).items()}
    asked = {
        normal(line["name"]): line["version"]
        for line in ASKED.finditer((ROOT / "requirements.txt").read_text())
    }
    assert len(asked) > 10
    assert {name: versions.get(name) for name in asked} == asked, "run: make lock"


def test_each_file_of_each_package_has_a_hash_and_the_lock_names_no_host() -> None:
    packages = locked(LOCK)
    assert all(hashes for _, hashes in packages.values())
    assert len(packages["cryptography"][1]) > 10, "wheels for other systems than this one too"
    assert "://" not in LOCK


def test_what_is_installed_here_is_what_the_lock_says() -> None:
    for name, (version, _) in locked(LOCK).items():
        try:
            assert metadata.version(name) == version, "run: make lock"
        except metadata.PackageNotFoundError:
            assert f"{name}=={version} ;" in LOCK, "only what another system needs is not installed"


def bill() -> Any:
    said = StringIO()
    call_command("sbom", stdout=said)
    return json.loads(said.getvalue())


def test_the_bill_of_materials_is_valid_cyclonedx() -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(bill())) is None
    assert validator.validate_str(json.dumps(bill() | {"components": [{"name": "x"}]})) is not None


def test_it_names_every_package_with_its_hashes_licence_and_what_it_needs() -> None:
    written = bill()
    components = {one["name"]: one for one in written["components"]}
    assert components.keys() == locked(LOCK).keys()
    django = components["django"]
    assert django["purl"] == f"pkg:pypi/django@{metadata.version('django')}"
    assert "BSD" in django["licenses"][0]["license"]["name"]
    assert len(django["externalReferences"][0]["hashes"]) >= 2
    needed = {one["ref"]: one["dependsOn"] for one in written["dependencies"]}
    assert any(ref.startswith("pkg:pypi/asgiref@") for ref in needed[django["purl"]])
    assert needs("no-such-package", {}) == set()
    assert bill() == written


def test_a_rule_is_switched_off_only_by_its_name() -> None:
    """Ruff and bandit themselves run in `make check`."""
    silenced = re.compile(r"#\s*(noqa|nosec)(?P<names>[^\n]*)")
    found = [
        (path, found)
        for app in ("clinic_site", "intake", "treatments")
        for path in ROOT.glob(f"{app}/**/*.py")
        for found in silenced.finditer(path.read_text())
    ]
    assert len(found) > 5
    assert [str(path) for path, one in found if not re.match(r":? ?[A-Z]+[0-9]+", one["names"])] == []


def test_the_scanner_finds_what_it_is_there_for(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import subprocess\nsubprocess.run(input(), shell=True)\n")
    found = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-c", str(ROOT / "pyproject.toml"), "-r", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1
    assert "B602" in found.stdout
