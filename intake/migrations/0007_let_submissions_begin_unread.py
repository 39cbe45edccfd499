import django.db.models.deletion
from django.db import migrations, models

# The process that serves the public fills in every column of the row that it adds. If it were taken over, it must not
# say that its row was looked at already, or that staff are done with it.
BEGIN_UNREAD = """
CREATE FUNCTION public.intake_submission_begins_unread() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> (
        SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = TG_RELID
    ) THEN
        NEW.opens := NULL;
        NEW.status := 'new';
        NEW.status_changed_at := NULL;
        NEW.assigned_to := '';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER intake_submission_begins_unread BEFORE INSERT ON public.intake_submission
    FOR EACH ROW EXECUTE FUNCTION public.intake_submission_begins_unread();
"""
BEGIN_AS_WRITTEN = """
DROP TRIGGER intake_submission_begins_unread ON public.intake_submission;
DROP FUNCTION public.intake_submission_begins_unread();
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0006_seal_what_people_send")]

    operations = [
        migrations.RunSQL(BEGIN_UNREAD, BEGIN_AS_WRITTEN),
        migrations.AlterField(  # for Django's eyes alone: the foreign key in the database is the same
            "note",
            "submission",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="intake.submission"
            ),
        ),
    ]
