from django.db import migrations

# Everything but retired_at, named by what it is not, so that a column added later is kept too.
CREATE = """
CREATE FUNCTION intake_keep_published_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'version % of % is published and cannot be deleted', OLD.version, OLD.url
            USING ERRCODE = 'restrict_violation', HINT = 'Retire it.';
    END IF;
    IF to_jsonb(NEW) - 'retired_at' IS DISTINCT FROM to_jsonb(OLD) - 'retired_at' THEN
        RAISE EXCEPTION 'version % of % is published and cannot be changed', OLD.version, OLD.url
            USING ERRCODE = 'restrict_violation', HINT = 'Import a new version.';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER intake_questionnaireversion_kept BEFORE UPDATE OR DELETE ON intake_questionnaireversion
FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION intake_keep_published_version();
"""
DROP = """
DROP TRIGGER intake_questionnaireversion_kept ON intake_questionnaireversion;
DROP FUNCTION intake_keep_published_version();
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_record_who_signed_off_a_version")]

    operations = [migrations.RunSQL(CREATE, DROP)]
