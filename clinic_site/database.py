"""The two sides of the database: the process, which has the rights of its role, and the owner of the tables.

Whoever owns a table may read, change and drop it whatever was granted. So the site never runs as the owner; only
migrations and grants do.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections


@contextmanager
def as_owner() -> Iterator[None]:
    """Inside, the database connection is the owner's: CLINIC_OWNER_DATABASE_URL, or without it this process's
    own login without the role that it assumes. What was open in a transaction before is not seen inside."""
    process = connections[DEFAULT_DB_ALIAS]
    wanted = owner_settings(process.settings_dict)
    if wanted == process.settings_dict:  # it is the owner's already: in the tests, or inside another as_owner
        yield
        return
    owner = process.copy()
    owner.settings_dict = wanted
    connections[DEFAULT_DB_ALIAS] = owner
    try:
        yield
    finally:
        owner.close()
        connections[DEFAULT_DB_ALIAS] = process
        if not process.in_atomic_block:
            process.close()  # the owner may have made the role just now: the next connection assumes it


def owner_settings(process: dict[str, Any]) -> dict[str, Any]:
    """The connection's settings with the owner's login, on the same database."""
    owner = copy.deepcopy(process)
    login: dict[str, Any] | None = settings.OWNER_DATABASE
    if login:
        for name in ("USER", "PASSWORD", "HOST", "PORT"):
            owner[name] = login[name]
        owner["OPTIONS"] = dict(login.get("OPTIONS", {}))
    owner["OPTIONS"].pop("assume_role", None)
    return owner
