"""Submissions as files for another system. Everything that leaves the review desk leaves through `export_file`."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from clinic_site import audit
from clinic_site.audit import Action
from intake.exports import NotExportable, left_out, submissions_bundle
from intake.models import Submission
from intake.questionnaires.fhir import to_bytes

MOST_AT_ONCE = 500  # submissions; each takes about 6 ms and 40 kB


def export_file(
    request: HttpRequest, submissions: Sequence[Submission], *, reason: str
) -> HttpResponse | None:
    """Written into the audit trail, then made; named by the reference alone.

    None, and the reason as a message, where there is nothing to export. What had to be left out is told in the file
    and, when the next page is opened, in a message.
    """
    leaves = audit.act(
        Action.EXPORT,
        by=request.user.get_username(),
        submissions=[one.pk for one in submissions],
        reason=reason,
        detail="fhir",
    )
    try:
        with leaves:
            bundle = submissions_bundle(submissions)
    except NotExportable as refusal:
        for sentence in str(refusal).splitlines():
            messages.error(request, f"Not exported: {sentence}")
        return None
    for sentence in left_out(bundle):
        messages.warning(request, f"Not in the export: {sentence}")
    name = submissions[0].reference if len(submissions) == 1 else "submissions"
    disposition = content_disposition_header(as_attachment=True, filename=f"{name}.json") or ""
    return HttpResponse(
        to_bytes(bundle),
        content_type="application/fhir+json",
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )
