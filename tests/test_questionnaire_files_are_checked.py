"""`manage.py check_questionnaire`: a clinic learns what is wrong with a file before anything is imported."""

import copy
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.management.commands.load_questionnaires import SHIPPED
from intake.questionnaires.definition import read_questionnaire
from intake.questionnaires.pages import ADDRESSES_OF_THE_SITE
from tests.engine_builders import choice, group, item, questionnaire_json
from tests.kidney_questionnaire import KIDNEY_RULES, KIDNEYS

ROOT = Path(__file__).parent.parent


def verdict(*paths: Path, verbosity: int = 1) -> tuple[int, str]:
    """The exit status and what was printed."""
    printed = StringIO()
    try:
        call_command("check_questionnaire", *paths, stdout=printed, verbosity=verbosity)
    except SystemExit as left:
        return int(str(left.code)), printed.getvalue()
    return 0, printed.getvalue()


def written(folder: Path, source: bytes | str, name: str = "form.json") -> Path:
    path = folder / name
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return path


def test_the_screening_that_ships_is_accepted_with_its_rules() -> None:
    path = SHIPPED / "ketamine-screening.json"
    assert verdict(path) == (0, f"{path}: accepted\n")


def test_a_form_from_elsewhere_is_accepted_and_what_the_site_leaves_out_is_listed_on_request(
    tmp_path: Path,
) -> None:
    width = {
        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-width",
        "valueQuantity": {},
    }
    path = written(tmp_path, questionnaire_json(choice("kidneys", extension=[width])))
    assert verdict(path) == (0, f"{path}: accepted with 1 warning\n")
    first, *warnings = verdict(path, verbosity=2)[1].splitlines()
    assert first == f"{path}: accepted with 1 warning"
    assert len(warnings) == 1
    assert "sdc-questionnaire-width" in warnings[0]


def test_one_bad_file_among_good_ones_fails_the_check_and_each_file_has_its_own_line(tmp_path: Path) -> None:
    good = written(tmp_path, KIDNEYS, "good.json")
    bad = written(tmp_path, questionnaire_json(item("a"), item("a")), "bad.json")
    status, printed = verdict(good, bad)
    assert status == 1
    lines = printed.splitlines()
    assert lines[0] == f"{good}: accepted"
    assert lines[1].startswith(f"{bad}: refused: a: two items have this linkId")
    assert len(lines) == 2


def circle() -> bytes:
    def when(question: str) -> list[dict[str, Any]]:
        return [{"question": question, "operator": "exists", "answerBoolean": True}]

    return questionnaire_json(item("a", enableWhen=when("b")), item("b", enableWhen=when("a")))


def deep() -> str:
    return '{"item":[' * 500 + "]}" * 500


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("not json at all", "the file is not JSON"),
        ("", "the file is not JSON"),
        (b"\xff\xfe\x00", "the file is not UTF-8"),
        ("[]", "a list"),
        ('{"resourceType": "Patient"}', "resourceType is not Questionnaire"),
        (circle(), "depends on itself"),
        (deep(), "flatten them"),
        (questionnaire_json(item("a"), url=None), "url is missing"),
        (questionnaire_json(item("a"), version=None), "version is missing"),
        (questionnaire_json(item("a"), version="1 0"), "version has a space"),
        (questionnaire_json(item("a"), version="1" * 41), "version has more than 40 characters"),
    ],
)
def test_a_file_that_is_no_usable_questionnaire_is_refused_in_one_line(
    tmp_path: Path, source: bytes | str, reason: str
) -> None:
    status, printed = verdict(written(tmp_path, source))
    assert status == 1
    assert reason in printed
    assert printed.startswith(f"{tmp_path / 'form.json'}: refused: ")
    assert printed.count("\n") == 1


def test_a_file_over_two_megabytes_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, b" " * 2_000_001)

    def open_nothing(*args: Any, **kwargs: Any) -> int:
        raise AssertionError("it was opened")

    monkeypatch.setattr("intake.definition_files.os.open", open_nothing)
    status, printed = verdict(path)
    assert status == 1
    assert "2,000,001 bytes, and 2,000,000 is the limit" in printed


def test_what_is_not_a_readable_file_is_refused_and_nothing_waits_for_it(tmp_path: Path) -> None:
    pipe, link, missing = tmp_path / "pipe", tmp_path / "link", tmp_path / "missing.json"
    os.mkfifo(pipe)
    link.symlink_to(link)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        paths = [tmp_path, pipe, link, missing, tmp_path / "socket", Path("/dev/zero"), Path("n" * 300)]
        status, printed = verdict(*paths)
    assert status == 1
    lines = printed.splitlines()
    assert len(lines) == len(paths)
    assert all(": refused: " in line for line in lines)
    assert "it is a folder" in lines[0]
    assert "it is not a regular file" in lines[1]
    assert "the file is not there" in lines[3]


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, KIDNEYS)

    def forbid(*args: Any, **kwargs: Any) -> int:
        raise PermissionError(
            13, "Permission denied"
        )  # root may read everything, so we say it for the system

    monkeypatch.setattr("intake.definition_files.os.open", forbid)
    assert "it may not be read by this user" in verdict(path)[1]


def test_a_file_name_of_any_characters_is_printed_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"form\n\xff.json")
    path.write_bytes(KIDNEYS)
    status, printed = verdict(path)
    assert status == 0
    assert printed == f"{tmp_path}/form\\n\\udcff.json: accepted\n"


def test_the_longest_file_name_has_no_rules_beside_it_and_is_still_judged(tmp_path: Path) -> None:
    assert verdict(written(tmp_path, KIDNEYS, "n" * 250 + ".json"))[0] == 0


def test_the_rules_beside_a_file_are_checked_too(tmp_path: Path) -> None:
    path = written(tmp_path, KIDNEYS)
    rules = written(tmp_path, KIDNEY_RULES, "form.rules.toml")
    assert verdict(path)[0] == 0
    rules.write_text(KIDNEY_RULES.replace('question = "kidneys"', 'question = "liver"'))
    status, printed = verdict(path)
    assert status == 1
    assert printed.startswith(f"{path}: refused: form.rules.toml: kidneys-yes: ")
    assert "liver" in printed


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('version = "1.0.0"', 'version = "0.9.0"', "the rules are for version 0.9.0"),
        ("[[rule]]", '[site]\nmoon = "hidden"\n[[rule]]', "site.moon: the site has no such setting"),
        (
            "[[rule]]",
            '[[gate]]\npage = "../check"\nwhen = { question = "kidneys", operator = "=", answer = "no" }\n[[rule]]',
            "gate ../check: there is no page of that name",
        ),
    ],
)
def test_rules_that_this_site_cannot_follow_are_refused(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    hidden = item("hidden", extension=[hidden_mark()])
    path = written(tmp_path, questionnaire_json(choice("kidneys"), hidden))
    written(tmp_path, KIDNEY_RULES.replace(old, new, 1), "form.rules.toml")
    status, printed = verdict(path)
    assert status == 1
    assert reason in printed


def hidden_mark() -> dict[str, Any]:
    return {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden", "valueBoolean": True}


def test_rules_that_cannot_be_read_are_not_taken_for_absent(tmp_path: Path) -> None:
    path = written(tmp_path, KIDNEYS)
    (tmp_path / "form.rules.toml").mkdir()
    status, printed = verdict(path)
    assert status == 1
    assert "form.rules.toml: it is a folder" in printed


def test_no_page_hides_behind_an_address_that_the_screening_uses_itself() -> None:
    for address in ADDRESSES_OF_THE_SITE:
        (page,) = read_questionnaire(questionnaire_json(item=[group(address, item("a"))])).pages
        assert page.slug.startswith(address)
        assert page.slug not in ADDRESSES_OF_THE_SITE


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every value in a JSON document."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in parts for place in leaves(one, (*path, key)))]


SCREENING = json.loads((SHIPPED / "ketamine-screening.json").read_text())
SCREENING_RULES = (SHIPPED / "ketamine-screening.rules.toml").read_bytes()
PLACES = [path for path in leaves(SCREENING) if path]
SPOILERS = [None, True, -1, 1e300, "", "a b", "\x00", "\ud800", "check", [], {}, [{}], {"linkId": "check"}]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(SPOILERS)), min_size=1, max_size=3),
    st.integers(0, len(SCREENING_RULES)),
    st.binary(max_size=3),
)
def test_the_screening_spoiled_anywhere_is_accepted_or_refused_in_one_line(
    spoiled: list[tuple[Any, ...]], place: int, noise: bytes
) -> None:
    document = copy.deepcopy(SCREENING)
    for path, value in spoiled:
        inside = document
        try:
            for key in path[:-1]:
                inside = inside[key]
            inside[path[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took the place away
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), json.dumps(document))
        written(Path(folder), SCREENING_RULES[:place] + noise + SCREENING_RULES[place:], "form.rules.toml")
        status, printed = verdict(path)
    assert printed.count("\n") == 1
    assert status == (": refused: " in printed)
    assert (": accepted" in printed) is (status == 0)


def test_the_check_needs_no_database_and_never_shows_a_traceback(tmp_path: Path) -> None:
    shutil.copy(SHIPPED / "ketamine-screening.json", tmp_path / "good.json")
    written(tmp_path, json.dumps({"resourceType": "Questionnaire", "item": 7}), "bad.json")
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody:x@127.0.0.1:1/none",
        "CLINIC_SECRET_KEY": "x" * 60,
        "CLINIC_HOSTS": "localhost",
        "PYTHONIOENCODING": "ascii",
    }
    names = ["good.json", "bad.json", "ab\u00e4sent.json"]
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", "check_questionnaire", *names],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == ""
    assert [line.split(": ")[1] for line in done.stdout.splitlines()] == ["accepted", "refused", "refused"]


def test_the_embedded_database_is_not_started_for_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    from clinic_site import embedded
    from manage import database_for

    def start(*args: Any) -> Any:
        raise AssertionError("the database was started")

    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(embedded, "running", start)
    with database_for(["check_questionnaire", "form.json"]):
        pass
