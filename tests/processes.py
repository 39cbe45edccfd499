"""Real processes of the site, each as on a host of its own: the environment, the login and the keys of its role."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection

from clinic_site.roles import Role
from intake.key_files import Holder, make_pair
from tests.catalogue import execute

ROOT = Path(__file__).parent.parent
PATIENCE = 60  # seconds; the other core runs tests
PASSWORD = "of-a-test-login"  # the embedded server asks for none
THROUGH_THE_PROXY = {"X-Forwarded-Proto": "https"}  # what the proxy that ends TLS adds


class Hosts:
    """The clinic's hosts: a folder for each role, keys where docs/keys.md puts them, one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        keys = folder / "public-keys"
        clinic, escrow = make_pair(keys_folder(keys), Holder.CLINIC), make_pair(keys, Holder.ESCROW)
        self.private_key = clinic.private.rename(keys_folder(folder / "private-keys") / clinic.private.name)
        escrow.private.unlink()
        self.keys = {
            "CLINIC_PUBLIC_KEY_FILE": str(clinic.public),
            "CLINIC_ESCROW_PUBLIC_KEY_FILE": str(escrow.public),
        }
        self.sign_in_key = Fernet.generate_key().decode()
        self.logins: dict[Role, str] = {}

    def login(self, role: Role) -> str:
        """A login that is a member of the role and of nothing else."""
        if role not in self.logins:
            name = f"{connection.settings_dict['NAME']}_{role}"
            forget_login(name)
            execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' IN ROLE {role.database_role}")
            self.logins[role] = name
        return self.logins[role]

    def forget_logins(self) -> None:
        for name in self.logins.values():
            forget_login(name)

    def environment(self, role: Role, **changes: str) -> dict[str, str]:
        static = self.folder / role / f"static-{role}"
        if not static.exists():  # those of the tests are collected and compressed already
            shutil.copytree(settings.STATIC_ROOT, static)
        opens = {"CLINIC_PRIVATE_KEY_FILES": str(self.private_key)} if role is not Role.PUBLIC else {}
        signs_in = {"CLINIC_SIGN_IN_KEYS": self.sign_in_key} if role.has_accounts else {}
        ours = ("CLINIC_", "DATABASE_URL", "DJANGO_", "PYTEST_")
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            "CLINIC_ROLE": role,
            "CLINIC_VAR_DIR": str(self.folder / role),
            "CLINIC_SECRET_KEY": f"of-the-{role}-process",
            "CLINIC_HOSTS": "localhost",
            "CLINIC_BEHIND_PROXY": "1",
            "CLINIC_SAME_DAY_REVIEW": "1",
            "DATABASE_URL": database_url(self.login(role)),
            **self.keys,
            **opens,
            **signs_in,
            **changes,
        }

    def run(self, role: Role, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Python with these arguments, as a process of the role."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment(role, **changes),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    @contextmanager
    def serving(self, role: Role) -> Iterator[str]:
        """The site of the role; gives the address that the proxy in front of it would ask."""
        port = free_port()
        site = f"http://localhost:{port}"
        said = self.folder / f"{role}-said"
        with said.open("w") as lines:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", str(port)],
                cwd=ROOT,
                env=self.environment(role, CLINIC_TRUSTED_ORIGINS=site),
                stdout=lines,
                stderr=subprocess.STDOUT,
            )
        try:
            give_up = time.monotonic() + PATIENCE
            while not answers(f"{site}/health/"):
                assert process.poll() is None, said.read_text()
                assert time.monotonic() < give_up, said.read_text()
                time.sleep(0.1)
            yield site
        finally:
            process.terminate()
            process.wait(PATIENCE)
        assert "Traceback" not in said.read_text()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(urllib.request.Request(url, headers=THROUGH_THE_PROXY), timeout=5).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def keys_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


def database_url(login: str) -> str:
    """The tests' database through another login."""
    own: dict[str, Any] = connection.settings_dict
    # The host may be a folder, and that of a URL would be read in lower case.
    host = "".join(f"%{byte:02x}" for byte in os.fsencode(own["HOST"]))
    port = f":{own['PORT']}" if own["PORT"] else ""
    return f"postgres://{login}:{PASSWORD}@{host}{port}/{quote(own['NAME'])}"


def forget_login(name: str) -> None:
    execute(f"DROP ROLE IF EXISTS {name}")
