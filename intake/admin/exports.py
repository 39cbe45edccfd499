"""Submissions as files for another system. Everything that leaves the review desk leaves through `export_file`."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from clinic_site import audit
from clinic_site.audit import Action
from clinic_site.clinic import current_clinic
from intake.csv_export import submissions_csv
from intake.exports import NotExportable, left_out, submissions_bundle, with_notice
from intake.models import Submission
from intake.questionnaires.fhir import to_bytes

MOST_AT_ONCE = 500  # submissions; each takes about 6 ms and 40 kB
CONTENT_TYPES = {"fhir": "application/fhir+json", "csv": "text/csv; charset=utf-8"}
ENDINGS = {"fhir": "json", "csv": "csv"}


def export_file(
    request: HttpRequest, submissions: Sequence[Submission], *, reason: str, form: str = "fhir"
) -> HttpResponse | None:
    """Written into the audit trail, then made; named by the reference alone. `form` is "fhir" or "csv".

    None, and the reason as a message, where there is nothing to export. What had to be left out is told in the file
    and, when the next page is opened, in a message.
    """
    leaves = audit.act(
        Action.EXPORT,
        by=request.user.get_username(),
        submissions=[one.pk for one in submissions],
        reason=reason,
        detail=form,
    )
    try:
        with leaves:
            content, missing = as_csv(submissions) if form == "csv" else as_fhir(submissions)
    except NotExportable as refusal:
        for sentence in str(refusal).splitlines():
            messages.error(request, f"Not exported: {sentence}")
        return None
    for sentence in missing:
        messages.warning(request, f"Not in the export: {sentence}")
    name = submissions[0].reference if len(submissions) == 1 else "submissions"
    disposition = content_disposition_header(as_attachment=True, filename=f"{name}.{ENDINGS[form]}") or ""
    return HttpResponse(
        content,
        content_type=CONTENT_TYPES[form],
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )


def as_fhir(submissions: Sequence[Submission]) -> tuple[bytes, list[str]]:
    bundle = with_notice(submissions_bundle(submissions), current_clinic().redisclosure_notice)
    return to_bytes(bundle), left_out(bundle)


def as_csv(submissions: Sequence[Submission]) -> tuple[bytes, list[str]]:
    return submissions_csv(submissions, notice=current_clinic().redisclosure_notice)
