"""The chain of the audit trail: every row's hash covers its columns and the hash of the row before."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

ROWS_AT_A_TIME = 500
FINDINGS_KEPT = 20

# Every column as the text that went into the hash. Times stay text: a tampered one may be no date that Python knows.
ROWS = """
SELECT id, previous_hash, row_hash, id::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    account::text, role::text, action::text, submissions::text, reason::text, detail::text
FROM public.clinic_site_auditevent AS event ORDER BY event.id
"""
HEAD = "SELECT id, row_hash FROM public.clinic_site_auditevent ORDER BY id DESC LIMIT 1"
TRIGGERS = """
SELECT tgname, tgenabled FROM pg_trigger
WHERE tgrelid = 'public.clinic_site_auditevent'::regclass AND NOT tgisinternal
"""
# By name, and how it is enabled: O on the server that writes, A always.
TRIGGERS_WANTED = {
    "clinic_site_auditevent_by_role": "O",
    "clinic_site_auditevent_chained": "O",
    "clinic_site_auditevent_kept": "A",
    "clinic_site_auditevent_kept_whole": "A",
}


class NotAHead(ValueError):
    """The text is not NUMBER:HASH, as `verify_audit --head` prints it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a trail. Whoever keeps one outside can tell later whether the rows up to it are the same."""

    id: int
    row_hash: bytes

    @classmethod
    def from_text(cls, text: str) -> "Head":
        number, _, written = text.strip().partition(":")
        try:
            head = cls(int(number), bytes.fromhex(written))
        except ValueError:
            raise NotAHead(text) from None
        if head.id < 0 or len(head.row_hash) != hashlib.sha256().digest_size:
            raise NotAHead(text)
        return head

    def __str__(self) -> str:
        return f"{self.id}:{self.row_hash.hex()}"


BEFORE_THE_FIRST = Head(0, bytes(32))


@dataclass(slots=True)
class Walk:
    """What a walk along the chain found, in the order of the rows."""

    rows: int = 0
    head: Head = BEFORE_THE_FIRST
    findings: list[tuple[int, str]] = field(default_factory=list)
    """From which row on, and what is wrong; the first few."""
    finding_count: int = 0

    def find(self, number: int, what: str) -> None:
        self.finding_count += 1
        if len(self.findings) < FINDINGS_KEPT:
            self.findings.append((number, what))


def canonical(parts: Sequence[str | None]) -> bytes:
    """Each part with its length in bytes before it, so that no two lists of parts give the same bytes.

    >>> canonical(["open", "", "Ünal"])
    b'4:open,0:,5:\\xc3\\x9cnal,'
    """
    written = (b"\0" if part is None else part.encode() for part in parts)  # no text of PostgreSQL has a NUL
    return b"".join(b"%d:%b," % (len(part), part) for part in written)


def row_hash(columns: Sequence[str | None], previous_hash: bytes) -> bytes:
    """As the database computes it (migrations/0004)."""
    return hashlib.sha256(canonical(["audit event 1", *columns, previous_hash.hex()])).digest()


def head() -> Head:
    """The last row, without a look at those before it."""
    with connection.cursor() as cursor:
        cursor.execute(HEAD)
        last = cursor.fetchone()
    return Head(last[0], bytes(last[1])) if last else BEFORE_THE_FIRST


def walk(heads: Iterable[Head] = ()) -> Walk:
    """Check every row against the one before, and against the heads that were kept elsewhere."""
    found, missing = Walk(), set(heads) - {BEFORE_THE_FIRST}
    # In one transaction the rows come through a cursor of the server, a few at a time.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(ROWS)
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            for number, previous, own, *columns in rows:
                check_row(found, number, bytes(previous or b""), bytes(own or b""), columns)
                missing.discard(found.head)
    for number in sorted(head.id for head in missing):
        found.find(number, "is not, or no longer, the one whose hash was kept elsewhere")
    return found


def check_row(found: Walk, number: int, previous: bytes, own: bytes, columns: Sequence[str | None]) -> None:
    last = found.head
    if number > last.id + 1:
        found.find(last.id + 1, f"is missing, and every row up to {number - 1}")
    elif number <= last.id:
        found.find(number, "stands out of order")
    if previous != last.row_hash:
        found.find(number, "does not follow the row before it")
    if own != row_hash(columns, previous):
        found.find(number, "is not as it was written")
    found.rows += 1
    found.head = Head(number, own)


def triggers_off() -> list[str]:
    """The triggers that should guard the table and do not, by name."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        there = dict(cursor.fetchall())
    return [name for name, enabled in TRIGGERS_WANTED.items() if there.get(name) != enabled]
