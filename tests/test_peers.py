"""What `benchmarks/peers.py` makes of what its workers print, without another program and without an index."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
LOGITS = np.array([2.0, -1.0])


@pytest.fixture(scope="module")
def table():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        return importlib.import_module("peers_table")


@pytest.fixture(scope="module")
def peers(table):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        return importlib.import_module("peers")


def told(seconds=0.02, logits=LOGITS):
    each = {"1": seconds, "10": seconds, "100": seconds}
    return {"logits": list(logits), "baseline": 0.5, "first": 1.0, "seconds": each, "memory": each}


def measured(table, title, relevance, *, logits=LOGITS):
    one = table.Measured(title, "itself", "integrated_gradients")
    for seconds in (0.02, 0.5, 0.03):
        one = one.with_round(told(seconds, logits), np.array(relevance), LOGITS)
    return one


def test_what_was_measured_becomes_a_row(table):
    ours = measured(table, "textattr", [[1.0, 0.5], [-1.0, -0.5]])
    theirs = measured(table, "other", [[1.0, 0.8], [-1.0, -0.5]])
    rows = table.numbers_of([theirs, ours])[2:]
    cells = [[cell.strip() for cell in row.split("|")[2:-1]] for row in rows]
    assert cells[0] == ["textattr", "itself", "1.00", "30.00", "3.00", "0.30", "0", "0", "0", "0", ""]
    assert cells[1][-2:] == ["0.1", "0.3"]  # (0.3 + 0) / (1.5 + 1.5), and 0.3 of a largest weight of 1


def test_who_is_faster_is_told(table):
    ours, slower = (measured(table, title, [[1.0, 0.5], [-1.0, -0.5]]) for title in ("textattr", "slower"))
    faster = replace(ours, title="faster", rounds=(told(0.015),))
    sentence = table.faster_than_ours([slower, faster, ours])
    expected = "faster (integrated gradients, 50 steps, 0.15 ms to 0.30)"
    assert sentence == f"Faster than textattr, of 100 documents: {expected}."
    assert table.faster_than_ours([ours]).endswith(": none.")


def test_other_logits_are_another_network(table):
    one = measured(table, "other", [[1.0, 0.5], [-1.0, -0.5]], logits=LOGITS + 1e-3)
    assert one.error == "its network is another one: logits differ by 0.001"
    assert table.numbers_of([one])[2:] == []


def test_what_cannot_be_imported_is_a_row(table):
    peer = table.Peer("other", {"Python": "3.11"}, error="ModuleNotFoundError: No module named 'a|b'")
    text = table.section([peer], [], "python benchmarks/peers.py")
    assert "| other | all | `ModuleNotFoundError: No module named 'a/b'` |" in text
    assert "| other | Python 3.11 |" in text


def test_a_worker_tells_what_went_wrong(tmp_path):
    script = tmp_path / "worker.py"
    script.write_text(
        "from work import run\ndef load(case):\n    import no_such_program\nrun(load, ['numpy', 'no-such'])\n"
    )
    np.savez(tmp_path / "case.npz", ids=np.ones((2, 3), "int32"), nothing=3)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(BENCHMARKS / "peer_workers")},
        check=True,
    )
    assert '"error": "ModuleNotFoundError: No module named \'no_such_program\'"' in done.stdout
    assert f'"numpy": "{np.__version__}"' in done.stdout


def test_a_worker_that_prints_nothing_fails_with_its_last_line(peers, monkeypatch, tmp_path):
    (tmp_path / "worker.py").write_text("import sys\nsys.exit('out of luck')\n")
    monkeypatch.setattr(peers, "WORKERS", tmp_path)
    found = peers.ask(Path(sys.executable), peers.Recipe("other", "worker.py", ("other",)), tmp_path)
    assert found == {"error": "ended with code 1: out of luck"}


def test_neither_addresses_nor_folders_are_told(peers, tmp_path):
    text = f"  × no file in\n  │ {tmp_path}/x at https://an.index/simple: gone"
    assert peers.plain(text, tmp_path) == "no file in DIR/x at (address) gone"


@pytest.mark.parametrize("behind", ["", "\n## Pictures\n\nlast\n"])
def test_the_section_is_replaced_and_nothing_else(table, tmp_path, behind):
    path = tmp_path / "RESULTS.md"
    path.write_text("# Results\n\n## First\n\ntext\n", encoding="utf-8")
    table.put_into(path, f"{table.HEADING}\n\nold\n\n### deeper\n")
    path.write_text(path.read_text(encoding="utf-8") + behind, encoding="utf-8")
    table.put_into(path, f"{table.HEADING}\n\nnew\n")
    assert (
        path.read_text(encoding="utf-8")
        == f"# Results\n\n## First\n\ntext\n\n{table.HEADING}\n\nnew\n{behind}"
    )
