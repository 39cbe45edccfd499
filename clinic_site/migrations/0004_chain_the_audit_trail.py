from django.db import migrations

# A row's hash is SHA-256 over its columns as length-prefixed text, the hash of the row before among them, as
# clinic_site/audit_chain.py computes it again. Both must change together, or verify_audit finds every row broken.
#
# The function runs as the owner of the table, because those who write may not read. It counts the rows itself: a
# sequence leaves gaps where a transaction is rolled back, and a gap must mean that a row was taken out. In a
# REPEATABLE READ transaction it may see an old last row; the primary key then refuses the row, never a fork.
CHAIN = """
CREATE FUNCTION public.clinic_site_chain_audit_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
DECLARE
    last_id bigint;
    last_hash bytea;
BEGIN
    -- Held until the end of the transaction: the next writer waits until it is known whether this row stays.
    PERFORM pg_advisory_xact_lock(6010571935223187565);
    SELECT id, row_hash INTO last_id, last_hash
        FROM public.clinic_site_auditevent ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(last_id, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.previous_hash := coalesce(last_hash, decode(repeat('00', 32), 'hex'));
    NEW.row_hash := sha256(convert_to((
        SELECT string_agg(octet_length(convert_to(part, 'UTF8')) || ':' || part || ',', '' ORDER BY place)
        FROM unnest(ARRAY[
            'audit event 1', NEW.id::text, to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            NEW.account::text, NEW.role::text, NEW.action::text, NEW.submissions::text, NEW.reason::text,
            NEW.detail::text, encode(NEW.previous_hash, 'hex')
        ]) WITH ORDINALITY AS parts (part, place)
    ), 'UTF8'));
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION public.clinic_site_chain_audit_event() FROM PUBLIC;
CREATE TRIGGER clinic_site_auditevent_chained BEFORE INSERT ON public.clinic_site_auditevent
FOR EACH ROW EXECUTE FUNCTION public.clinic_site_chain_audit_event();
"""
UNCHAIN = """
DROP TRIGGER clinic_site_auditevent_chained ON public.clinic_site_auditevent;
DROP FUNCTION public.clinic_site_chain_audit_event();
"""

# ALWAYS: also where session_replication_role is set, as tools that load a dump do. Only the owner's ALTER TABLE
# turns them off. The chain above stays an ordinary trigger, so that a replica keeps the rows as they are.
KEEP = """
CREATE FUNCTION public.clinic_site_keep_audit_trail() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only ever added to: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;
REVOKE ALL ON FUNCTION public.clinic_site_keep_audit_trail() FROM PUBLIC;
CREATE TRIGGER clinic_site_auditevent_kept BEFORE UPDATE OR DELETE ON public.clinic_site_auditevent
FOR EACH ROW EXECUTE FUNCTION public.clinic_site_keep_audit_trail();
CREATE TRIGGER clinic_site_auditevent_kept_whole BEFORE TRUNCATE ON public.clinic_site_auditevent
FOR EACH STATEMENT EXECUTE FUNCTION public.clinic_site_keep_audit_trail();
ALTER TABLE public.clinic_site_auditevent ENABLE ALWAYS TRIGGER clinic_site_auditevent_kept;
ALTER TABLE public.clinic_site_auditevent ENABLE ALWAYS TRIGGER clinic_site_auditevent_kept_whole;
"""
UNKEEP = """
DROP TRIGGER clinic_site_auditevent_kept ON public.clinic_site_auditevent;
DROP TRIGGER clinic_site_auditevent_kept_whole ON public.clinic_site_auditevent;
DROP FUNCTION public.clinic_site_keep_audit_trail();
"""


class Migration(migrations.Migration):
    dependencies = [("clinic_site", "0003_add_the_audit_trail")]

    operations = [migrations.RunSQL(CHAIN, UNCHAIN), migrations.RunSQL(KEEP, UNKEEP)]
