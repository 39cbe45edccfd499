"""What staff fill in to import and to publish a questionnaire."""

from django import forms
from django.core.files.uploadedfile import UploadedFile

from intake.definition_files import MAX_RULES_BYTES
from intake.models import QuestionnaireVersion
from intake.models.questionnaire import SIGNED_OFF_BY_LENGTH
from intake.questionnaires.definition import MAX_BYTES


class ImportForm(forms.Form):
    """Two files; cleaned, they are their bytes."""

    questionnaire = forms.FileField(
        label="Questionnaire",
        help_text=f"A FHIR R4 Questionnaire as JSON, at most {MAX_BYTES:,} bytes.",
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json,application/fhir+json"}),
    )
    rules = forms.FileField(
        label="Triage rules",
        required=False,
        help_text=f"TOML, at most {MAX_RULES_BYTES:,} bytes. Without rules no answer is ever flagged.",
        widget=forms.ClearableFileInput(attrs={"accept": ".toml,application/toml"}),
    )
    slug = forms.SlugField(
        label="Name in addresses",
        required=False,
        max_length=QuestionnaireVersion._meta.get_field("slug").max_length,
        help_text="Empty: the name that its other versions have, else the end of its url.",
    )

    def clean_questionnaire(self) -> bytes:
        return contents(self.cleaned_data["questionnaire"], MAX_BYTES)

    def clean_rules(self) -> bytes | None:
        rules = self.cleaned_data["rules"]
        return contents(rules, MAX_RULES_BYTES) if rules else None


def contents(file: UploadedFile, limit: int) -> bytes:
    if (file.size or 0) > limit:
        raise forms.ValidationError(
            f"The file has {file.size:,} bytes, and {limit:,} is the limit. Split it."
        )
    source: bytes = file.read()
    return source


class PublishForm(forms.Form):
    signed_off_by = forms.CharField(
        label="Signed off by",
        max_length=SIGNED_OFF_BY_LENGTH,
        help_text="Name and title of the licensed clinician who answers for every question, threshold and rule.",
    )
    seen = forms.CharField(widget=forms.HiddenInput)
    """What was shown to whoever signs off, so that nothing else is published in their name."""
