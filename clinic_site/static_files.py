"""Collecting the static files, only when one of them changed: hashing and compressing them takes seconds."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django import get_version
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect_static_files() -> bool:
    """Bring STATIC_ROOT up to date. True where anything had changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = hashlib.sha256("\n".join(sorted(_versions())).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == state:
        return False
    # Not cleared: a page that somebody opened before still asks for the files of its day.
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(state)
    return True


def _versions() -> Iterator[str]:
    yield get_version()
    for finder in get_finders():
        for path, storage in finder.list([]):
            yield f"{path} {storage.size(path)} {storage.get_modified_time(path).timestamp()}"
