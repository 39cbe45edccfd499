"""How editors write articles and sources, and what is refused beside the field."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone

from treatments.actions import DRAFT_LINK_DAYS
from treatments.content import citation_problem
from treatments.models import Article, Source


class MarkdownField(forms.CharField):
    def to_python(self, value: Any) -> str:
        """Browsers send CRLF. Stored with LF, a text that nobody changed is not taken for edited."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class ArticleForm(forms.ModelForm[Article]):
    reviewed_anew = forms.BooleanField(
        label="Reviewed as it stands now",
        required=False,
        help_text="Tick it when the clinician named above has reviewed the words that you are about to save. "
        "Else a change of title, summary, body or evidence empties “reviewed by”.",
    )

    class Meta:
        field_classes = {"body": MarkdownField}
        widgets = {
            "body": forms.Textarea(attrs={"rows": 40, "cols": 110}),
            "conditions": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "published_at" in self.fields:  # left out for who may only look
            for part, name in zip(self.fields["published_at"].widget.widgets, ("date", "time"), strict=True):
                part.attrs["aria-label"] = f"Published at: {name}"

    def clean_body(self) -> str:
        body = str(self.cleaned_data["body"])
        if problem := citation_problem(body, known=Source.objects.values_list("key", flat=True)):
            raise forms.ValidationError(
                f"Line {problem.line}: {problem.reason} Add or look it up under Sources."
            )
        return body

    def clean_last_reviewed_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["last_reviewed_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("This day is still to come. Enter the day on which it was checked.")
        return day

    def clean_reviewed_anew(self) -> bool:
        """Another name in “reviewed by” is a review entered anew."""
        ticked: bool = self.cleaned_data["reviewed_anew"]
        reviewer = self.cleaned_data.get("reviewed_by", "")
        if ticked and not reviewer.strip():
            raise forms.ValidationError("Enter who reviewed it under “reviewed by”.")
        return ticked or (bool(reviewer) and "reviewed_by" in self.changed_data)


class SourceForm(forms.ModelForm[Source]):
    url = forms.URLField(label="URL", required=False, max_length=500, assume_scheme="https")


class DraftLinkForm(forms.Form):
    days = forms.TypedChoiceField(
        label="The link ends after",
        coerce=int,
        initial=14,
        choices=[(days, "1 day" if days == 1 else f"{days} days") for days in DRAFT_LINK_DAYS],
    )
