"""The four roles of a process. One code base; CLINIC_ROLE says which part of it this process is."""

from enum import StrEnum


class Role(StrEnum):
    """Standard library only, so that the settings can read it."""

    PUBLIC = "public"  # the site and the screening: writes submissions, cannot read them back
    STAFF = "staff"  # the review desk and the accounts, on a host name of its own
    WORKER = "worker"  # notices, retention, keys: no pages
    ALL = "all"  # one process for everything: for a laptop or a demonstration

    @property
    def serves_public(self) -> bool:
        return self in (Role.PUBLIC, Role.ALL)

    @property
    def has_accounts(self) -> bool:
        """Whether the admin, accounts and sessions are loaded at all."""
        return self in (Role.STAFF, Role.ALL)

    @property
    def database_role(self) -> str:
        """The database role whose grants this process works under: grants.py.

        >>> Role.PUBLIC.database_role
        'web_public'
        """
        return f"web_{self.value}"
