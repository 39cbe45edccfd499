import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_store_questionnaires_drafts_and_submissions")]

    operations = [
        migrations.AddField(
            model_name="questionnaireversion",
            name="imported_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="questionnaireversion",
            name="published_by",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The account that published it; empty for the shell.",
                max_length=150,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="questionnaireversion",
            name="signed_off_by",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Empty: not yet signed off by a clinician.",
                max_length=200,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="questionnaireversion",
            name="signed_off_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="questionnaireversion",
            constraint=models.CheckConstraint(
                condition=Q(retired_at=None) | Q(published_at__isnull=False),
                name="intake_questionnaireversion_retired_after_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="questionnaireversion",
            constraint=models.CheckConstraint(
                condition=Q(signed_off_by="", signed_off_at=None)
                | Q(~Q(signed_off_by=""), signed_off_at__isnull=False, published_at__isnull=False),
                name="intake_questionnaireversion_signed_off_by_and_at",
            ),
        ),
    ]
