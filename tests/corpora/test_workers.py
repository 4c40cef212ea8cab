"""Several processes: the same table, whichever of them dies, and whenever."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from pathlib import Path

import corpora_small as small
import numpy as np
import pandas as pd
import pytest
from corpora_deadly import dies_once, dies_over_w3

from textattr.corpora import explain_table
from textattr.corpora.errors import RunError
from textattr.corpora.shard_of_rows import ShardOfRows

pa = pytest.importorskip("pyarrow")

HERE = Path(__file__).parent


def run(explainer, source, out, **options):
    given = {"text": "review", "rows_per_shard": 4, "progress": False} | options
    return explain_table(explainer, source, out, **given)


def rows_of(out):
    return pd.concat(map(pd.read_parquet, sorted(out.glob("*.parquet"))), ignore_index=True)


def require_same_rows(out, expected):
    found, wanted = rows_of(out), rows_of(expected)
    pd.testing.assert_frame_equal(found.drop(columns="weights"), wanted.drop(columns="weights"), atol=1e-6)
    for one, other in zip(found.weights, wanted.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.fixture(scope="module")
def frame():
    return pd.DataFrame({"review": small.texts(30)})


@pytest.mark.parametrize(
    "name",
    [  # a mask is left to the rest: what is sent to a worker is a saved model in either case
        pytest.param(name, marks=[pytest.mark.rest] * (name == "masked BiLSTM")) for name in small.EXPLAINERS
    ],
)
def test_two_workers_write_the_same_table(name, frame, tmp_path):
    explainer = small.EXPLAINERS[name]()
    run(explainer, frame, tmp_path / "one")
    done = run(explainer, frame, tmp_path / "two", workers=2)
    assert (done.rows, done.errors) == (30, 0)
    require_same_rows(tmp_path / "two", tmp_path / "one")
    assert run(explainer, frame, tmp_path / "two", workers=2).explained == 0


def test_a_worker_that_dies_is_replaced(frame, tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTATTR_TEST_MARK", str(tmp_path / "mark"))
    done = run(small.black_box(dies_once), frame, tmp_path / "out", workers=2)
    assert (tmp_path / "mark").exists()
    assert (done.rows, done.errors) == (30, 0)
    assert sorted(rows_of(tmp_path / "out").row) == list(range(30))


def test_rows_that_kill_every_worker_are_named(frame, tmp_path):
    deadly = pd.DataFrame({"review": ["w4"] * 4 + ["w3"] * 4})
    with pytest.raises(
        RunError, match=r"2 workers died \(signal 9, .*\) over rows 4 to 7 of 'table'"
    ) as raised:
        run(small.black_box(dies_over_w3), deadly, tmp_path / "out", workers=1 + 1)
    assert "what was finished stays" in str(raised.value)


def test_a_shard_travels_without_the_rest_of_its_table():
    table = pa.table({"review": ["a film"] * 20_000, "month": pa.array(["may"] * 20_000).dictionary_encode()})
    rows = ShardOfRows(1, "table", 500, table.slice(500, 10))
    sent = pickle.dumps(rows)
    assert len(sent) < 2000
    arrived = pickle.loads(sent)
    assert (arrived.part, arrived.source, arrived.first) == (1, "table", 500)
    assert arrived.table.equals(rows.table)


def test_what_cannot_be_sent_to_workers(frame, tmp_path):
    with pytest.raises(RunError, match=r"cannot be sent to workers .*stand in a module"):
        run(small.black_box(lambda texts: small.margins(texts)), frame, tmp_path / "out", workers=2)


SCRIPT = """
import sys
sys.path[:0] = [{tests!r}]
import corpora_small as small
import pandas as pd
import textattr

def main():
    frame = pd.DataFrame({{"review": small.texts(120)}})
    explainer = small.black_box(small.slow_margins)
    textattr.explain_table(
        explainer, frame, {out!r}, text="review", rows_per_shard=3, workers={workers}, progress=False
    )

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_any_moment_and_taken_up_again(workers, tmp_path):
    frame = pd.DataFrame({"review": small.texts(120)})
    run(small.black_box(small.slow_margins), frame, tmp_path / "whole", rows_per_shard=3)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(tests=str(HERE.parent), out=str(tmp_path / "out"), workers=workers))
    rng = np.random.default_rng(workers)
    process = subprocess.Popen([sys.executable, script], start_new_session=True)
    wait_for_shards(tmp_path / "out", process, more=int(rng.integers(1, 20)))
    time.sleep(float(rng.uniform(0, 0.02)))
    process.kill()
    process.wait()
    time.sleep(0.2)  # workers notice that they are alone
    before = len(list((tmp_path / "out").glob("part-*.parquet")))
    assert 0 < before < 40
    done = run(small.black_box(small.slow_margins), frame, tmp_path / "out", rows_per_shard=3)
    assert done.rows == 120
    assert not list((tmp_path / "out").glob(".*unfinished"))
    require_same_rows(tmp_path / "out", tmp_path / "whole")


def wait_for_shards(out, process, more):
    """Until so many more shards are there."""
    before, end = len(list(out.glob("part-*"))), time.monotonic() + 60
    while len(list(out.glob("part-*"))) < before + more and process.poll() is None:
        assert time.monotonic() < end, "no shards"
        time.sleep(0.005)


def test_a_script_without_its_guard_is_told(tmp_path):
    lines = SCRIPT.format(tests=str(HERE.parent), out=str(tmp_path / "out"), workers=2)
    (tmp_path / "script.py").write_text(lines.replace('if __name__ == "__main__":\n    main()', "main()"))
    said = subprocess.run(
        [sys.executable, tmp_path / "script.py"], capture_output=True, text=True, timeout=60
    )
    assert said.returncode != 0
    assert 'behind if __name__ == "__main__":' in said.stderr
