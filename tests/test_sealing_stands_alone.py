"""Ciphers stand in one place, which needs neither Django nor a database to be read or used."""

from pathlib import Path

from tests.test_architecture import PYTHON_FILES, ROOT, imported_modules, is_within

CIPHERS = {Path("intake", name) for name in ("sealing.py", "keys.py", "secret.py")}
OF_STAFF = {
    Path("clinic_site", "accounts", "second_step_keys.py")
}  # the seeds of their second steps: no patient's
PURE = CIPHERS | {Path("intake", name) for name in ("key_files.py", "escrow.py")}


def test_nothing_but_the_sealing_touches_a_cipher() -> None:
    users = {
        path.relative_to(ROOT)
        for path in PYTHON_FILES
        for module in imported_modules(path)
        if is_within(module, "cryptography")
    }
    assert users == CIPHERS | OF_STAFF


def test_the_sealing_needs_no_django() -> None:
    strangers = {
        f"{path} imports {module}"
        for path in PURE
        for module in imported_modules(ROOT / path)
        if is_within(module, "django")
        or (is_within(module, "intake") and not any(is_within(module, name) for name in modules_of(PURE)))
    }
    assert not strangers


def modules_of(paths: set[Path]) -> set[str]:
    return {".".join(path.with_suffix("").parts) for path in paths}
