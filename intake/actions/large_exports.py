"""Exports too large for one request: asked for by staff, made by the worker, sealed at rest, downloaded once."""

import datetime
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from clinic_site import audit
from intake import storage
from intake.exports import NotExportable, submission_bundle
from intake.models import Export, ExportPart, Submission
from intake.questionnaires.fhir import to_bytes

MOST = 20_000  # submissions in one export
PART = 50  # submissions in one part, about 2 MB
PARTS_IN_A_ROUND = 20  # so that alerts do not wait behind an export
LIFETIME = datetime.timedelta(hours=1)  # from the moment that it is ready
ON_ITS_WAY = datetime.timedelta(minutes=5)  # that a download may take
LONGEST_IN_THE_MAKING = datetime.timedelta(days=1)
BEGINNING, END = b'{"resourceType":"Bundle","type":"collection","entry":[', b"]}"


class NotReady(Exception):
    """It is still being made, was downloaded already, is over an hour old, or is somebody else's."""


def ask_for_export(
    *, submissions: Sequence[UUID], reason: audit.Reason, by: str, at: datetime.datetime
) -> Export:
    """The worker makes it; it may take some minutes."""
    audit.write(audit.Action.EXPORT, by=by, submissions=submissions, reason=reason, detail="fhir sealed")
    export = Export(asked_by=by, asked_at=at, reason=reason, submissions=list(submissions))
    export.save(force_insert=True)
    return export


def make_exports(*, at: datetime.datetime) -> int:
    """Go on with what was asked for, where it was left: how many parts were made."""
    made = 0
    for export in Export.objects.filter(ready_at=None, emptied_at=None).order_by("asked_at"):
        while made < PARTS_IN_A_ROUND and export.ready_at is None:
            make_part(export, at=at)
            made += 1
    return made


def make_part(export: Export, *, at: datetime.datetime) -> None:
    """The part and how far it is are kept together: interrupted, the next round makes this part again."""
    ids = export.submissions[export.done : export.done + PART]
    found = Submission.objects.of_patients().with_version().in_bulk(ids)
    entries, left_out = [], len(ids) - len(found)
    for pk in ids:
        if pk in found:
            try:
                entries += submission_bundle(found[pk])["entry"]
            except NotExportable:
                left_out += 1
    part = ExportPart(export=export, number=export.done // PART)
    storage.seal_export_part(part, b",".join(map(to_bytes, entries)))
    export.done += len(ids)
    export.left_out += left_out
    export.ready_at = at if export.done >= len(export.submissions) else None
    with transaction.atomic():
        if entries:
            ExportPart.objects.bulk_create([part], ignore_conflicts=True)
        export.save(update_fields=["done", "left_out", "ready_at"])


def empty_exports(*, at: datetime.datetime) -> int:
    """Delete the parts of what was downloaded, or lay there for an hour: how many exports."""
    over = Export.objects.filter(emptied_at=None).filter(
        Q(downloaded_at__lte=at - ON_ITS_WAY)
        | Q(ready_at__lte=at - LIFETIME)
        | Q(asked_at__lte=at - LONGEST_IN_THE_MAKING)
    )
    with transaction.atomic():
        going = list(over.values_list("pk", flat=True))
        ExportPart.objects.filter(export__in=going).delete()
        Export.objects.filter(pk__in=going).update(emptied_at=at)
    return len(going)


def take_export(*, export: Export, by: str, at: datetime.datetime) -> list[int]:
    """Take it, once: the numbers of its parts, for `parts_of`. Raises NotReady."""
    mine = Export.objects.filter(
        pk=export.pk, asked_by=by, downloaded_at=None, emptied_at=None, ready_at__gt=at - LIFETIME
    )
    if not mine.exists():
        raise NotReady
    audit.write(
        audit.Action.EXPORT,
        by=by,
        submissions=export.submissions,
        reason=export.reason,
        detail="fhir download",
    )
    # The worker deletes the parts a little later than this, so that they can be read on the way out.
    if not mine.update(downloaded_at=at):
        raise NotReady
    return list(export.parts.order_by("number").values_list("number", flat=True))


def content_of(export: Export, numbers: Sequence[int]) -> Iterator[bytes]:
    """The file, part by part: one Bundle."""
    yield BEGINNING
    for place, number in enumerate(numbers):
        part = ExportPart.objects.select_related("export").get(export=export, number=number)
        yield (b"," if place else b"") + storage.read_export_part(part)
    yield END
