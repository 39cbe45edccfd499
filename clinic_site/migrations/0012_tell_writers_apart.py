from django.db import migrations

# Which process wrote a row of the trail is told by the rights that it has, where these are of one role alone: nobody in
# the staff's process can write in the worker's name. It runs as whoever inserts, and, by its name, before the row is
# chained. A login that took its role off again may name only roles that it is a member of; the owner may name any.
NAME_ROLE = """
CREATE FUNCTION public.clinic_site_name_audit_role() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_user IN ('web_public', 'web_staff', 'web_worker', 'web_all') THEN
        NEW.role := substr(current_user, 5);
    ELSIF EXISTS (
        SELECT FROM pg_roles, pg_class WHERE rolname = 'web_' || NEW.role AND pg_class.oid = TG_RELID
        AND NOT pg_has_role(pg_roles.oid, 'MEMBER') AND NOT pg_has_role(relowner, 'USAGE')
    ) THEN
        RAISE EXCEPTION 'this login may not write in the name of that process' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION public.clinic_site_name_audit_role() FROM PUBLIC;
CREATE TRIGGER clinic_site_auditevent_by_role BEFORE INSERT ON public.clinic_site_auditevent
FOR EACH ROW EXECUTE FUNCTION public.clinic_site_name_audit_role();
"""
LET_ROLE_BE = """
DROP TRIGGER clinic_site_auditevent_by_role ON public.clinic_site_auditevent;
DROP FUNCTION public.clinic_site_name_audit_role();
"""

# Sealed notes and the trail carry the user name: with another one, what somebody wrote would be nobody's.
KEEP_NAMES = """
CREATE FUNCTION public.clinic_site_keep_user_name() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a user name is never changed' USING ERRCODE = 'restrict_violation';
END
$$;
REVOKE ALL ON FUNCTION public.clinic_site_keep_user_name() FROM PUBLIC;
CREATE TRIGGER clinic_site_user_name_kept BEFORE UPDATE ON public.auth_user
FOR EACH ROW WHEN (OLD.username IS DISTINCT FROM NEW.username) EXECUTE FUNCTION public.clinic_site_keep_user_name();
"""
LET_NAMES_CHANGE = """
DROP TRIGGER clinic_site_user_name_kept ON public.auth_user;
DROP FUNCTION public.clinic_site_keep_user_name();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("clinic_site", "0011_name_a_security_contact"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(NAME_ROLE, LET_ROLE_BE),
        migrations.RunSQL(KEEP_NAMES, LET_NAMES_CHANGE),
    ]
