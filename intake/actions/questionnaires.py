"""Versions of questionnaires: imported, published, retired."""

import datetime
import hashlib
from pathlib import Path

from django.db import transaction
from django.utils.text import slugify

from intake.definition_files import (
    DefinitionRefused,
    check_definition,
    check_slug,
    read_definition,
    read_rules_file,
    rules_beside,
    rules_without_any,
)
from intake.models import QuestionnaireVersion
from intake.models.questionnaire import SIGNED_OFF_BY_LENGTH, TITLE_LENGTH, State


class WrongState(Exception):
    """Only a draft can be published, and only a published version retired. `str()` says what it is instead."""


class ChangedMeanwhile(Exception):
    """The draft was imported anew since the caller looked at it."""


@transaction.atomic
def import_questionnaire(
    source: bytes, rules_source: bytes | None, *, slug: str = "", at: datetime.datetime
) -> QuestionnaireVersion:
    """Keep a questionnaire and its rules as a draft that no patient sees; the same url and version again replace it.

    Without a slug it gets that of the url's other versions, else the end of the url. Exactly what is published
    already is returned as it is. Raises DefinitionRefused for a file that cannot be used, and for a published
    version with other contents.
    """
    definition, rules = check_definition(source, rules_source)
    rules_bytes = rules_without_any(definition) if rules_source is None else rules_source
    slug = slug or slug_for(definition.url)
    check_slug(slug)
    contents = {
        "slug": slug,
        "title": (definition.title or definition.name or slug)[:TITLE_LENGTH],
        "language": definition.language or "en",
        "source": source,
        "definition_hash": definition.definition_hash,
        "rules_source": rules_bytes,
        "rules_hash": hashlib.sha256(rules_bytes).hexdigest(),
    }
    version, is_new = QuestionnaireVersion.objects.select_for_update().get_or_create(
        url=definition.url, version=definition.version, defaults={**contents, "imported_at": at}
    )
    if is_new:
        return version
    if version.is_draft:
        QuestionnaireVersion.objects.filter(pk=version.pk).update(**contents, imported_at=at)
        version.refresh_from_db()
        return version
    if (version.definition_hash, version.rules_hash) != (contents["definition_hash"], contents["rules_hash"]):
        raise DefinitionRefused(
            f"version {definition.version} is already published with another text or other rules. "
            "Raise `version` in both files, so that what people already sent keeps the words they saw."
        )
    if version.slug != slug:
        raise DefinitionRefused(
            f"version {definition.version} is already published under the name {version.slug}; "
            "give a questionnaire of another name its own url"
        )
    return version


def slug_for(url: str) -> str:
    earlier = QuestionnaireVersion.objects.filter(url=url).order_by("-imported_at", "-pk").first()
    return earlier.slug if earlier else slugify(url.rstrip("/").rpartition("/")[2])


@transaction.atomic
def publish(
    version: QuestionnaireVersion, *, signed_off_by: str, by: str = "", at: datetime.datetime
) -> QuestionnaireVersion:
    """From now on new drafts begin with this version, and nobody can change it any more.

    `signed_off_by` names the clinician who answers for the questions and the rules, "" for nobody yet; `by` is
    the account that pressed the button. Raises WrongState, ChangedMeanwhile, or DefinitionRefused where today's
    site would no longer take the file.
    """
    draft = QuestionnaireVersion.objects.select_for_update().get(pk=version.pk)
    if not draft.is_draft:
        raise WrongState(f"Version {draft.version} is already published.")
    if (draft.definition_hash, draft.rules_hash) != (version.definition_hash, version.rules_hash):
        raise ChangedMeanwhile
    check_definition(bytes(draft.source), bytes(draft.rules_source))
    draft.signed_off_by = check_name(signed_off_by)
    draft.signed_off_at = at if draft.signed_off_by else None
    draft.published_by = by
    draft.published_at = at
    draft.save(update_fields=["signed_off_by", "signed_off_at", "published_by", "published_at"])
    return draft


def check_name(name: str) -> str:
    name = name.strip()
    if len(name) > SIGNED_OFF_BY_LENGTH or not name.isprintable():
        raise DefinitionRefused(
            f"the name of who signed off must be one line of at most {SIGNED_OFF_BY_LENGTH} characters; shorten it"
        )
    return name


@transaction.atomic
def retire(version: QuestionnaireVersion, *, at: datetime.datetime) -> QuestionnaireVersion:
    """No new draft begins with this version; people who began with it may finish, and what was sent stays readable.

    Raises WrongState where it is not published or was retired before.
    """
    published = QuestionnaireVersion.objects.select_for_update().get(pk=version.pk)
    if published.state is not State.PUBLISHED:
        state = "a draft" if published.is_draft else "already retired"
        raise WrongState(f"Version {published.version} is {state}; only a published version is retired.")
    published.retired_at = at
    published.save(update_fields=["retired_at"])
    return published


@transaction.atomic
def load_questionnaires(folder: Path, *, at: datetime.datetime) -> list[tuple[QuestionnaireVersion, bool]]:
    """Publish each `<slug>.json` of the folder with its `<slug>.rules.toml`: (version, whether it is new).

    Nobody is named as having signed them off. Raises DefinitionRefused, with the file's name, for a broken file
    and for a changed one whose version was not raised.
    """
    return [load_questionnaire(path, at=at) for path in sorted(folder.glob("*.json"))]


def load_questionnaire(path: Path, *, at: datetime.datetime) -> tuple[QuestionnaireVersion, bool]:
    rules_path = rules_beside(path)
    try:
        version = import_questionnaire(
            read_definition(path), read_rules_file(rules_path), slug=path.stem, at=at
        )
        if version.is_draft:
            return publish(version, signed_off_by="", at=at), True
    except DefinitionRefused as refusal:
        at_fault = rules_path if refusal.is_about_rules else path
        raise DefinitionRefused(
            f"{at_fault.name}: {refusal}", is_about_rules=refusal.is_about_rules
        ) from refusal
    return version, False
