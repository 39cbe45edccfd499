"""Submissions as a table: a line for each answer, in the words that the patient saw."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from intake import storage
from intake.exports import NotExportable
from intake.models import Submission
from intake.sealing import CannotOpen

COLUMNS = ("reference", "received", "part", "question", "answer", "linkId")
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def submissions_csv(submissions: Iterable[Submission], *, notice: str = "") -> tuple[bytes, list[str]]:
    """The file, and a sentence for each that could not be opened. Raises NotExportable where not one of them could.

    It begins with a byte order mark, without which Excel takes it for another encoding.
    """
    lines: list[Sequence[str]] = []
    sentences = []
    for submission in submissions:
        try:
            lines += lines_of(submission)
        except CannotOpen as refusal:
            sentences.append(f"{submission.reference}: it cannot be opened. {refusal}")
    if sentences and not lines:
        raise NotExportable("\n".join(sentences))
    left_out = [("", "", "Left out", "", sentence, "") for sentence in sentences]
    return beginning(notice) + table_of([*lines, *left_out]), sentences


def submission_csv(submission: Submission) -> bytes:
    """The lines of one, to stand after `beginning`. Raises NotExportable."""
    try:
        return table_of(lines_of(submission))
    except CannotOpen as refusal:
        raise NotExportable(f"{submission.reference}: it cannot be opened. {refusal}") from refusal


def beginning(notice: str) -> bytes:
    notices = [("", "", "Notice", "", notice, "")] if notice else []
    return b"\xef\xbb\xbf" + table_of([COLUMNS, *notices])


def table_of(lines: Iterable[Sequence[str]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([harmless(cell) for cell in line] for line in lines)
    return file.getvalue().encode()


def lines_of(submission: Submission) -> Iterator[Sequence[str]]:
    head, body = storage.read_both(submission)
    start = (submission.reference, submission.received_at.isoformat(timespec="seconds"))
    for flag in head.flags:
        yield (*start, "Flags", flag["level"], flag["reason"], flag["rule_id"])
    for score in head.scores:
        points = "no total" if score["points"] is None else str(score["points"])
        yield (*start, "Scores", score["name"], f"{points} ({score['unit']}) {score['band']}".strip(), "")
    for page in body.pages:
        for item in page["items"]:
            if item["is_question"]:
                answer = "; ".join(map(str, item["answers_in_words"]))
                yield (*start, page["title"], item["text"], answer, item["link_id"])


def harmless(cell: str) -> str:
    """Not a formula, in whatever program it is opened.

    >>> [harmless(cell) for cell in ("=1+1", "-2", " @SUM(A1)", "plain, with a comma")]
    ["'=1+1", "'-2", "' @SUM(A1)", 'plain, with a comma']
    """
    return f"'{cell}" if cell.lstrip(" ").startswith(STARTS_A_FORMULA) else cell
