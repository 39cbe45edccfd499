"""What every test would do again at the same cost, done once or at less cost; the results stay the same."""

from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from whitenoise.base import WhiteNoise


def hash_passwords_cheaply() -> None:
    """Argon2 as ever, with less work: a tenth of a second for each account of each test adds up to minutes."""
    Argon2PasswordHasher.time_cost = 1
    Argon2PasswordHasher.memory_cost = 8 * Argon2PasswordHasher.parallelism  # KiB, the least that it takes


def scan_static_files_once() -> None:
    """Each test client makes the middleware anew, and WhiteNoise then looks at every static file."""
    scan = WhiteNoise.update_files_dictionary
    found: dict[tuple[str, str | None], dict[str, Any]] = {}

    def scan_once(self: WhiteNoise, root: str, prefix: str | None) -> None:
        if (root, prefix) not in found:
            others, self.files = self.files, {}
            scan(self, root, prefix)
            found[root, prefix], self.files = self.files, others
        self.files.update(found[root, prefix])

    WhiteNoise.update_files_dictionary = scan_once
