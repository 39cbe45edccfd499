import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """For Django's eyes alone: the foreign key in the database is the same."""

    dependencies = [("intake", "0004_name_staff_by_their_account")]

    operations = [
        migrations.AlterField(
            model_name="draft",
            name="questionnaire_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="intake.questionnaireversion",
            ),
        ),
    ]
