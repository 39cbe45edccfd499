"""Key files on a disk: made in pairs, never overwritten, readable by their owner alone."""

import logging
import os
import shutil
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from intake.keys import KeyRefused, PrivateKey, PublicKey, Recipients, read_key_file

logger = logging.getLogger(__name__)

TRIAL_WORDS = "TRIAL KEY, made by the site itself at its first start. Never for patients."


class Holder(StrEnum):
    CLINIC = "clinic"
    ESCROW = "escrow"


ABOUT_PRIVATE = {
    Holder.CLINIC: "Private key of the clinic: whoever has this file can read every answer. See docs/keys.md.",
    Holder.ESCROW: "Private key of the escrow: whoever has this file can read every answer. See docs/keys.md.",
}
ABOUT_PUBLIC = {
    Holder.CLINIC: "Public key of the clinic: it seals answers and opens none. See docs/keys.md.",
    Holder.ESCROW: "Public key of the escrow: it seals answers and opens none. See docs/keys.md.",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """The two files of one key."""

    holder: Holder
    key_id: str
    private: Path
    public: Path


@dataclass(frozen=True, slots=True)
class TrialKeys:
    recipients: Recipients
    private: PrivateKey
    """The clinic's. The escrow private key is made too, and nothing ever reads it."""


def make_pair(folder: Path, holder: Holder, *comments: str) -> Pair:
    """A new key in two files, read back from the disk before anybody relies on it. Raises KeyRefused."""
    key = PrivateKey.generate()
    pair = Pair(holder, key.id, folder / f"{holder}-{key.id}.private", folder / f"{holder}-{key.id}.public")
    write_new(pair.private, key.to_text(ABOUT_PRIVATE[holder], *comments), mode=0o400)
    write_new(pair.public, key.public_key.to_text(ABOUT_PUBLIC[holder], *comments), mode=0o444)
    read_back = PrivateKey.from_file(pair.private).public_key, PublicKey.from_file(pair.public)
    if read_back != (key.public_key, key.public_key):
        raise KeyRefused(f"{folder}: what was written there is not what can be read. Use another disk.")
    return pair


def write_new(path: Path, text: str, *, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w") as key_file:
            os.fchmod(descriptor, mode)  # whatever the umask says
            key_file.write(text)
            key_file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise KeyRefused(f"{path}: it cannot be written: {error.strerror}") from None


def trial_keys(folder: Path) -> TrialKeys:
    """The keys of a site that was given none: those in the folder, made on first use. Raises KeyRefused.

    Both pairs appear at once, by the renaming of a folder, so that of two processes that start together the second
    takes the keys of the first, and a crash leaves no half.
    """
    if not folder.is_dir() or not any(folder.iterdir()):
        make_trial_keys(folder)
    private = PrivateKey.from_file(only_file(folder, "clinic-*.private"))
    escrow = PublicKey.from_file(only_file(folder, "escrow-*.public"))
    return TrialKeys(Recipients(private.public_key, escrow), private)


def make_trial_keys(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))  # mode 0700
    try:
        for holder in Holder:
            make_pair(beside, holder, TRIAL_WORDS)
        beside.rename(folder)
    except FileExistsError:
        pass  # another process was faster
    except OSError as error:
        if not (folder.is_dir() and any(folder.iterdir())):  # some systems say ENOTEMPTY for the same
            raise KeyRefused(f"{folder}: keys cannot be made there: {error.strerror}") from None
    else:
        logger.warning("No keys are set, so trial keys were made in %s. Never use them for patients.", folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def only_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise KeyRefused(
            f"{folder}: trial keys stand there alone, and there are {len(found)} files {pattern}. Move other keys "
            "away; if nothing sealed with the trial keys is worth keeping, delete the folder."
        )
    return found[0]


def is_trial_key(path: Path) -> bool:
    """Whether the site made the key itself: that is written in the file, so it stays true of a copy."""
    try:
        return TRIAL_WORDS in read_key_file(path)
    except KeyRefused:
        return False


def readable_private_keys(folders: set[Path], pattern: str = "*") -> list[Path]:
    """Private key files that this process could read, whatever they are called and whether or not anybody meant it."""
    return sorted(path for folder in folders for path in folder.glob(pattern) if is_private_key(path))


def is_private_key(path: Path) -> bool:
    """By what is in it; of a file that cannot be made out, by its name."""
    if not path.is_file() or not os.access(path, os.R_OK):
        return False
    try:
        PrivateKey.from_text(read_key_file(path))
    except KeyRefused:
        return path.suffix == ".private"
    return True
