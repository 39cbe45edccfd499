"""The escrow drill: proof that the key in the safe still opens what patients sent."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from intake.keys import Keyring, PrivateKey
from intake.sealing import CannotOpen, Context, Sealed, open_both


class Outcome(Enum):
    OPENED = "opened"
    OTHER_KEY = "other key"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Drill:
    """How many submissions the key opened. Never which, and never what was in them."""

    opened: int
    other_key: int
    """Sealed to another escrow key."""
    refused: int
    """Sealed to this key, and not to be opened with it: changed or damaged."""

    @property
    def passed(self) -> bool:
        return self.opened > 0 and not self.other_key and not self.refused


def drill(rows: Iterable[tuple[Sealed, Context]], key: PrivateKey) -> Drill:
    """Head and body of each row, by the escrow wrap alone; what is inside is thrown away at once."""
    outcomes = Counter(outcome(sealed, context, key) for sealed, context in rows)
    return Drill(outcomes[Outcome.OPENED], outcomes[Outcome.OTHER_KEY], outcomes[Outcome.REFUSED])


def outcome(sealed: Sealed, context: Context, key: PrivateKey) -> Outcome:
    if sealed.escrow_key_id != key.id:
        return Outcome.OTHER_KEY
    try:
        open_both(replace(sealed, clinic_key_id="", clinic_wrap=b""), context, Keyring([key]))
    except CannotOpen:
        return Outcome.REFUSED
    return Outcome.OPENED
