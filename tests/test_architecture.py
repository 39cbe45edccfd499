"""The rules that keep the parts apart. Each is one sentence of the README's map."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = ("clinic_site", "treatments", "intake")
LONGEST_FILE = 400  # lines
PYTHON_FILES = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py"))


def imported_modules(path: Path) -> Iterator[str]:
    """Every module that the file imports, anywhere in it, with relative imports written out."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def files_of(*parts: str) -> list[Path]:
    files = sorted(ROOT.joinpath(*parts).rglob("*.py"))
    assert files
    return files


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize(("app", "other"), [("treatments", "intake"), ("intake", "treatments")])
def test_articles_and_screening_never_import_each_other(app: str, other: str) -> None:
    crossings = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files_of(app)
        for module in imported_modules(path)
        if is_within(module, other)
    }
    assert not crossings


def test_the_questionnaire_engine_imports_only_the_standard_library_and_itself() -> None:
    strangers = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files_of("intake", "questionnaires")
        for module in imported_modules(path)
        if module.split(".")[0] not in sys.stdlib_module_names
        and not is_within(module, "intake.questionnaires")
    }
    assert not strangers


def test_no_file_is_too_long_to_read_in_one_sitting() -> None:
    too_long = {
        f"{path.relative_to(ROOT)}: {length} lines"
        for path in PYTHON_FILES
        if "migrations" not in path.parts and (length := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert not too_long


def test_relative_and_nested_imports_are_seen_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    file = tmp_path / "intake" / "questionnaires" / "scoring.py"
    file.parent.mkdir(parents=True)
    file.write_text("def f():\n    from ..models import draft\n    import django.db\nfrom . import triage\n")
    assert set(imported_modules(file)) == {
        "intake.models", "intake.models.draft", "django.db", "intake.questionnaires",
        "intake.questionnaires.triage",
    }  # fmt: skip
