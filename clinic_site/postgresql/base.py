"""Named by the settings as ENGINE, therefore a package with a module of this name."""

from typing import Any

from django.db.backends.postgresql import base

# As a question, not as SET ROLE: on a new database the roles are still to be made, and where one login owns
# everything it may not be a member of them. What the connection ended up with is judged by role_checks.py.
ASSUME_ROLE = """
SELECT set_config('role', rolname, false) FROM pg_catalog.pg_roles
WHERE rolname = %s AND pg_catalog.pg_has_role(oid, 'MEMBER')
"""


class DatabaseWrapper(base.DatabaseWrapper):
    """Every new connection assumes OPTIONS["assume_role"] where its login is a member of that role."""

    def _configure_role(self, connection: Any) -> bool:
        role = self.settings_dict["OPTIONS"].get("assume_role")
        if not role:
            return False
        with connection.cursor() as cursor:
            cursor.execute(ASSUME_ROLE, [role])
        return True
