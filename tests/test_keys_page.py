"""The page on keys names what is really there: on the day somebody needs it, nobody has time for a slip."""

import re
from pathlib import Path

from django.core.management import load_command_class

from clinic_site.roles import Role

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "keys.md").read_text()


def test_every_setting_that_the_page_on_keys_names_is_read() -> None:
    named = set(re.findall(r"CLINIC_[A-Z_]+", PAGE))
    assert {"CLINIC_PUBLIC_KEY_FILE", "CLINIC_ESCROW_PUBLIC_KEY_FILE", "CLINIC_PRIVATE_KEY_FILES"} <= named
    settings = (ROOT / "clinic_site" / "settings.py").read_text()
    assert [name for name in named if f'"{name}"' not in settings] == []


def test_every_role_that_the_page_on_keys_gives_keys_to_exists() -> None:
    (table,) = re.findall(r"\| process .*?\n\n", PAGE, re.DOTALL)
    assert set(re.findall(r"`([a-z]+)`", table)) == set(Role) - {Role.ALL}


def test_the_commands_on_the_page_on_keys_take_the_options_it_gives_them() -> None:
    for name, options in (
        ("generate_keys", ("--into", "--only")),
        ("escrow_drill", ("--escrow-private-key",)),
    ):
        assert f"manage.py {name} {options[0]}" in PAGE
        usage = load_command_class("intake", name).create_parser("manage.py", name).format_usage()
        assert [option for option in options if option not in usage] == []
