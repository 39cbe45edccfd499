"""`make bench` keeps running; what it measures is never judged by a test."""

import re

import pytest

from tests.bench.__main__ import TOPICS, measured_table
from tests.bench.measuring import Row, measure, table


@pytest.mark.django_db
def test_every_row_is_measured_and_stands_in_the_table() -> None:
    head, *lines = measured_table(seconds=0).splitlines()
    assert head.split() == ["Milliseconds", "this", "run", "budget", "ratio", "runs"]
    assert "questionnaires" in TOPICS
    rows = lines[: lines.index("")]
    assert len(rows) >= 4
    for line in rows:
        assert re.search(r"\S  +[0-9]+\.[0-9]{3}  [ 0-9.]{6}  [ 0-9.e+-]{5,}  +1$", line), line


def test_a_row_is_run_often_and_what_comes_before_is_not_measured() -> None:
    calls = {"before": 0, "run": 0}

    def count(name: str) -> None:
        calls[name] += 1

    row = Row("a row", run=lambda: count("run"), budget=2, before=lambda: count("before"))
    measured = measure(row, seconds=0.05)
    assert measured.runs > 1
    assert calls == {"before": measured.runs + 1, "run": measured.runs + 1}
    assert measured.ratio == measured.milliseconds / measured.yardstick
    assert " 2 " in table([measured])
