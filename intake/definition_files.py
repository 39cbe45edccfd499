"""Questionnaire files and their triage rules: read with care, and judged by all that this site asks of them.

Needs no database, so that a file can be checked anywhere.
"""

import errno
import json
import os
import stat
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from intake.models import QuestionnaireVersion
from intake.questionnaires import toml_source
from intake.questionnaires.answers import Answers, asked
from intake.questionnaires.definition import (
    MAX_BYTES,
    Questionnaire,
    QuestionnaireRefused,
    read_questionnaire,
)
from intake.questionnaires.pages import is_there
from intake.questionnaires.triage import Rules, RulesRefused, read_rules

MAX_RULES_BYTES = toml_source.MAX_BYTES
# What [site] of a rules file may ask for; the site answers it when a draft starts.
SITE_SETTINGS = ("same_day_review", "in_translation")


class DefinitionRefused(Exception):
    """A questionnaire or its rules cannot be used here. `str()` names the linkId or rule, and says what to do."""

    def __init__(self, reason: str, *, is_about_rules: bool = False) -> None:
        super().__init__(reason)
        self.is_about_rules = is_about_rules


# Reading


def rules_beside(path: Path) -> Path:
    """Where the rules of a questionnaire file stand: `phq.rules.toml` beside `phq.json`."""
    return path.parent / f"{path.stem}.rules.toml"


def read_definition(path: Path) -> bytes:
    """The bytes of a questionnaire file; raises DefinitionRefused for whatever is not a file that can be read."""
    try:
        return read_file(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        raise DefinitionRefused(why_unreadable(error)) from error


def read_rules_file(path: Path) -> bytes:
    try:
        return read_file(path, MAX_RULES_BYTES)
    except (OSError, ValueError) as error:
        raise DefinitionRefused(why_unreadable(error), is_about_rules=True) from error


def read_rules_beside(path: Path) -> bytes | None:
    """The rules that stand beside a questionnaire file, None where there are none."""
    try:
        return read_file(rules_beside(path), MAX_RULES_BYTES)
    except (OSError, ValueError) as error:
        # A name that is too long with .rules.toml at its end is the name of no file.
        if isinstance(error, OSError) and error.errno in (errno.ENOENT, errno.ENAMETOOLONG):
            return None
        raise DefinitionRefused(why_unreadable(error), is_about_rules=True) from error


def read_file(path: Path, limit: int) -> bytes:
    """The whole file, looked at before it is opened: a pipe would wait for a writer, and a huge file fill memory."""
    check_is_small_file(path.stat(), limit)
    # It may have been exchanged since: O_NONBLOCK opens a pipe without waiting.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as file:
        check_is_small_file(os.fstat(descriptor), limit)
        return file.read(limit + 1)  # one more than allowed, so that a growing file is refused by the engine


def check_is_small_file(found: os.stat_result, limit: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is not a regular file; name a file")
    if found.st_size > limit:
        raise ValueError(f"the file has {found.st_size:,} bytes, and {limit:,} is the limit; split it")


def why_unreadable(error: OSError | ValueError) -> str:
    """What to do about a file that cannot be read.

    >>> why_unreadable(FileNotFoundError(2, "No such file or directory"))
    'the file is not there; check its name'
    """
    if not isinstance(error, OSError):
        return str(error) if "null byte" not in str(error) else "the name has a NUL in it; correct it"
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return "the file is not there; check its name"
        case errno.EISDIR:
            return "it is a folder; name the file in it"
        case errno.EACCES | errno.EPERM:
            return "it may not be read by this user; grant the right to read it"
        case _:
            return f"the file cannot be read ({error.strerror}); put it somewhere else"


# Judging


def check_definition(source: bytes, rules_source: bytes | None) -> tuple[Questionnaire, Rules | None]:
    """The questionnaire and its rules, once every test is passed; raises DefinitionRefused."""
    try:
        definition = read_questionnaire(source)
    except QuestionnaireRefused as refusal:
        raise DefinitionRefused(str(refusal)) from refusal
    check_root(definition)
    if rules_source is None:
        check_beginning(definition, {})
        return definition, None
    try:
        rules = read_rules(rules_source, definition)
    except RulesRefused as refusal:
        raise DefinitionRefused(str(refusal), is_about_rules=True) from refusal
    check_rules_fit(definition, rules)
    for answer in (True, False):
        check_beginning(definition, dict.fromkeys(rules.site.values(), (answer,)))
    return definition, rules


def check_root(definition: Questionnaire) -> None:
    """A version is found by its url and version, and neither may outgrow the database."""
    if not definition.url:
        raise DefinitionRefused("url is missing; write the questionnaire's canonical url")
    if not definition.version:
        raise DefinitionRefused('version is missing; write one, such as "1.0.0"')
    for name in ("url", "version"):
        written = getattr(definition, name)
        if not written.isprintable() or " " in written or "|" in written:
            raise DefinitionRefused(f"{name} has a space, a | or a line end in it; write it without")
    columns = QuestionnaireVersion._meta
    for field in (
        columns.get_field("url"),
        columns.get_field("version"),
        columns.get_field("title"),
        columns.get_field("language"),
    ):
        if len(getattr(definition, field.name)) > (field.max_length or 0):
            raise DefinitionRefused(f"{field.name} has more than {field.max_length} characters; shorten it")


def check_beginning(definition: Questionnaire, site_answers: Answers) -> None:
    """Somebody who has answered nothing yet must find a page, or nobody can ever begin.

    One page at the beginning means that there is always one: no question can close what it depends on.
    """
    enabled = asked(definition, site_answers)
    if not any(is_there(page, enabled) for page in definition.pages):
        raise DefinitionRefused(
            "at the beginning nothing is asked; give at least one question that is shown no enableWhen"
        )


def check_rules_fit(definition: Questionnaire, rules: Rules) -> None:
    if rules.version != definition.version:
        raise DefinitionRefused(
            f"version: the rules are for version {rules.version} and the questionnaire is {definition.version}; "
            "write the same in both files",
            is_about_rules=True,
        )
    for setting in rules.site:
        if setting not in SITE_SETTINGS:
            raise DefinitionRefused(
                f"site.{setting}: the site has no such setting; write one of {', '.join(SITE_SETTINGS)}",
                is_about_rules=True,
            )
    for gate in rules.gates:
        try:
            validate_slug(gate.page)  # "../check" would be a template too
            get_template(f"intake/outcomes/{gate.page}.html")
        except (ValidationError, TemplateDoesNotExist):
            raise DefinitionRefused(
                f"gate {gate.page}: there is no page of that name in templates/intake/outcomes; name one that is there",
                is_about_rules=True,
            ) from None


def check_slug(slug: str) -> None:
    """Raises DefinitionRefused for a name that cannot stand in an address."""
    longest = QuestionnaireVersion._meta.get_field("slug").max_length or 0
    try:
        validate_slug(slug)
    except ValidationError:
        raise DefinitionRefused(
            f"the name {slug!r} cannot stand in an address; use letters, digits and hyphens"
        ) from None
    if len(slug) > longest:
        raise DefinitionRefused(f"the name {slug!r} has more than {longest} characters; shorten it")


def rules_without_any(definition: Questionnaire) -> bytes:
    """The rules file of a questionnaire that comes without one: it flags nothing."""
    # A TOML text is written like a JSON one, but that it escapes DEL too.
    url, version = (
        json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
        for text in (definition.url, definition.version)
    )
    said = "# Imported without triage rules: nothing is flagged."
    return f"{said}\nquestionnaire = {url}\nversion = {version}\n".encode()
