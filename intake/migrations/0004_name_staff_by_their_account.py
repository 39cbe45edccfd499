from django.conf import settings
from django.db import migrations, models

# A process that serves the public loads no accounts, so nothing of the screening points at their table.
# The columns hold the account's number as text when these run, and must again when they are undone. The last line
# of each settles the foreign keys of the rows it touched: PostgreSQL alters no table while checks are waiting.
NUMBERS_TO_NAMES = """
UPDATE intake_note SET author = username FROM auth_user WHERE auth_user.id::text = author;
UPDATE intake_submission SET assigned_to = username FROM auth_user WHERE auth_user.id::text = assigned_to;
SET CONSTRAINTS ALL IMMEDIATE;
"""
NAMES_TO_NUMBERS = """
UPDATE intake_note SET author = auth_user.id FROM auth_user WHERE username = author;
UPDATE intake_submission SET assigned_to = (SELECT id FROM auth_user WHERE username = assigned_to);
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0003_keep_published_versions_unchanged"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="note",
            name="author",
            field=models.CharField(help_text="The account's user name.", max_length=150),
        ),
        # Not yet the empty text for nobody: undone, the column must be able to say nobody as a number.
        migrations.AlterField(
            model_name="submission",
            name="assigned_to",
            field=models.CharField(blank=True, max_length=150, null=True),
        ),
        migrations.RunSQL(NUMBERS_TO_NAMES, NAMES_TO_NUMBERS),
        migrations.AlterField(
            model_name="submission",
            name="assigned_to",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The user name of the account; empty for nobody.",
                max_length=150,
            ),
        ),
    ]
