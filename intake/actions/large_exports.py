"""Exports too large for one request: asked for by staff, made by the worker, sealed at rest, downloaded once."""

import datetime
import logging
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from clinic_site import audit
from intake import storage
from intake.actions.notices import beat
from intake.csv_export import beginning, submission_csv
from intake.exports import NotExportable, around_entries, submission_bundle
from intake.models import Export, ExportPart, Format, Submission
from intake.questionnaires.fhir import to_bytes

MOST = 20_000  # submissions in one export
PART = 50  # submissions in one part, about 2 MB
SEPARATORS = {Format.FHIR: b",", Format.CSV: b""}
PARTS_IN_A_ROUND = 20  # so that alerts do not wait behind an export
LIFETIME = datetime.timedelta(hours=1)  # from the moment that it is ready
LONGEST_DOWNLOAD = datetime.timedelta(hours=2)  # 800 MB at one megabit a second
LONGEST_IN_THE_MAKING = datetime.timedelta(days=1)

logger = logging.getLogger(__name__)


class NotReady(Exception):
    """It is still being made, was downloaded already, is over an hour old, or is somebody else's."""


def ask_for_export(
    *,
    submissions: Sequence[UUID],
    reason: audit.Reason,
    by: str,
    at: datetime.datetime,
    form: Format = Format.FHIR,
) -> Export:
    """The worker makes it; it may take some minutes."""
    audit.write(audit.Action.EXPORT, by=by, submissions=submissions, reason=reason, detail=f"{form} sealed")
    export = Export(asked_by=by, asked_at=at, reason=reason, format=form, submissions=list(submissions))
    export.save(force_insert=True)
    return export


def make_exports(*, at: datetime.datetime) -> int:
    """Go on with what was asked for, where it was left: how many parts were made."""
    made = 0
    for export in Export.objects.filter(ready_at=None, emptied_at=None).order_by("asked_at"):
        try:
            while made < PARTS_IN_A_ROUND and export.ready_at is None:
                beat(at=timezone.now())
                make_part(export, at=at)
                made += 1
        except OperationalError:  # the database's own trouble: the next round goes on
            raise
        except Exception as error:  # its text may quote a patient
            logger.error("Export %s cannot be made (%s).", export.pk, type(error).__name__)
            empty([export.pk], at=at)
    return made


def make_part(export: Export, *, at: datetime.datetime) -> None:
    """The part and how far it is are kept together: interrupted, the next round makes this part again."""
    ids = export.submissions[export.done : export.done + PART]
    found = Submission.objects.of_patients().with_version().in_bulk(ids)
    entries, left_out = list[bytes](), len(ids) - len(found)
    for pk in ids:
        if pk in found:
            try:
                entries += entries_of(export, found[pk])
            except NotExportable:
                left_out += 1
    part = ExportPart(export=export, number=export.done // PART)
    storage.seal_export_part(part, SEPARATORS[Format(export.format)].join(entries))
    export.done += len(ids)
    export.left_out += left_out
    export.ready_at = at if export.done >= len(export.submissions) else None
    with transaction.atomic():
        if entries:
            ExportPart.objects.bulk_create([part], ignore_conflicts=True)
        export.save(update_fields=["done", "left_out", "ready_at"])


def entries_of(export: Export, submission: Submission) -> list[bytes]:
    """Raises NotExportable."""
    if export.format == Format.CSV:
        return [submission_csv(submission)]
    return [to_bytes(entry) for entry in submission_bundle(submission)["entry"]]


def empty_exports(*, at: datetime.datetime) -> int:
    """Delete the parts of what lay there for an hour, and is not on its way to somebody: how many exports."""
    is_over = Q(ready_at__lte=at - LIFETIME) | Q(asked_at__lte=at - LONGEST_IN_THE_MAKING)
    is_on_its_way = Q(downloaded_at__gt=at - LONGEST_DOWNLOAD)
    over = Export.objects.filter(is_over, emptied_at=None).exclude(is_on_its_way)
    going = list(over.values_list("pk", flat=True))
    empty(going, at=at)
    return len(going)


@transaction.atomic
def empty(exports: Sequence[UUID], *, at: datetime.datetime) -> None:
    ExportPart.objects.filter(export__in=exports).delete()
    Export.objects.filter(pk__in=exports).update(emptied_at=at)


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
        detail=f"{export.format} download",
    )
    if not mine.update(downloaded_at=at):
        raise NotReady
    return list(export.parts.order_by("number").values_list("number", flat=True))


def content_of(export: Export, numbers: Sequence[int], *, notice: str = "") -> Iterator[bytes]:
    """The file, part by part: one Bundle, or one table."""
    form = Format(export.format)
    begins, ends = (beginning(notice), b"") if form == Format.CSV else around_entries(notice)
    yield begins
    for place, number in enumerate(numbers):
        part = ExportPart.objects.select_related("export").get(export=export, number=number)
        yield (SEPARATORS[form] if place else b"") + storage.read_export_part(part)
    yield ends
