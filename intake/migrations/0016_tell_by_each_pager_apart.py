from django.db import migrations, models

# One row stood for both ways. Where a way is not set, its rows wait, and nobody is told twice of what was told.
APART = """
INSERT INTO public.intake_notice
    (kind, channel, submission_id, day, made_at, next_try_at, tries, batch, sent_at)
    SELECT kind, 'https', submission_id, day, made_at, next_try_at, tries, NULL, sent_at
    FROM public.intake_notice WHERE channel = 'call';
UPDATE public.intake_notice SET channel = 'command' WHERE channel = 'call';
"""
TOGETHER = """
DELETE FROM public.intake_notice WHERE channel = 'https';
UPDATE public.intake_notice SET channel = 'call' WHERE channel = 'command';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0015_find_calls_to_make"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="channel",
            field=models.CharField(
                choices=[
                    ("mail", "E-mail"),
                    ("command", "The clinic's pager, by a command"),
                    ("https", "The clinic's pager or text messages, over HTTPS"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunSQL(APART, TOGETHER),
    ]
