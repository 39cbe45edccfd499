"""The embedded PostgreSQL: for trying out and developing, never for patients."""

import hashlib
import os
from pathlib import Path

ROLE = DATABASE = "clinic"
LONGEST_SOCKET_PATH = 103  # bytes: the limit of macOS; Linux allows 107


def database_url(folder: Path) -> str:
    """Where the server that keeps its data in `folder` listens: a socket that only its user may use.

    Every byte of the host is percent-encoded, because the parts of a URL are otherwise read in lower case.
    """
    host = "".join(f"%{byte:02x}" for byte in os.fsencode(socket_folder(folder)))
    return f"postgresql://{ROLE}@{host}/{DATABASE}"


def socket_folder(folder: Path) -> Path:
    """Beside the data, or in /tmp where that path is too long for a socket."""
    beside = folder.resolve() / "socket"
    if len(os.fsencode(beside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(beside)).hexdigest()[:16]
    return Path("/tmp") / f"clinic-postgres-{name}"  # noqa: S108  (start() makes it private, or refuses it)
