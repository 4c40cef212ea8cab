"""Ray: the same table as of one process, whoever of the cluster dies, and whichever engine begins or ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
import warnings
from pathlib import Path

import corpora_small as small
import numpy as np
import pandas as pd
import pytest
from corpora_deadly import dies_once, dies_over_w3

import textattr
from textattr.cli import main
from textattr.corpora import explain_table
from textattr.corpora.errors import RunError
from textattr.errors import MissingExtraError, OptionError

pytest.importorskip("pyarrow", reason="needs the extra textattr[corpora]")

TESTS = Path(__file__).parents[1]
SECONDS = 120  # after which a test has failed


@pytest.fixture(scope="module")
def ray(tmp_path_factory):
    """A Ray of this machine with room for two workers, for all tests: to start it takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(TESTS))  # where workers find the functions that they explain
        patch.setenv("TEXTATTR_TEST_MARK", str(tmp_path_factory.mktemp("deaths") / "mark"))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # or others on a busy machine come first
        patch.setenv("RAY_AUTH_MODE", "token")  # by which other programs, and no other users, come in
        patch.setenv("RAY_AUTH_TOKEN", uuid.uuid4().hex)
        patch.delenv(
            "PYTHONDONTWRITEBYTECODE", raising=False
        )  # or each process of Ray compiles all of it again
        ray = pytest.importorskip("ray", reason="needs the extra textattr[ray]")  # which reads these now
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(
                address="local",
                num_cpus=2,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
            )
        yield ray
        ray.shutdown()


@pytest.fixture(scope="module")
def address(ray):
    return ray.get_runtime_context().gcs_address


def run(explainer, source, out, **options):
    given = {
        "text": "review",
        "rows_per_shard": 4,
        "progress": False,
        "engine": "ray",
        "workers": 2,
    } | options
    return explain_table(explainer, source, out, **given)


def plain(explainer, source, out, **options):
    return run(explainer, source, out, engine="local", workers=1, **options)


def rows_of(out):
    return pd.concat(map(pd.read_parquet, sorted(out.glob("*.parquet"))), ignore_index=True)


def require_same_rows(out, expected):
    names = [sorted(path.name for path in each.glob("part-*")) for each in (out, expected)]
    assert names[0] == names[1]
    found, wanted = rows_of(out), rows_of(expected)
    pd.testing.assert_frame_equal(found.drop(columns="weights"), wanted.drop(columns="weights"), atol=1e-6)
    for one, other in zip(found.weights, wanted.weights, strict=True):
        if one is None or other is None:
            assert one is other
        else:
            np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.fixture(scope="module")
def frame():
    return pd.DataFrame({"review": [*small.texts(30), "", None], "month": range(32)})


def test_the_same_table(ray, frame, tmp_path):
    explainer = small.of_model("convolution")
    expected = plain(explainer, frame, tmp_path / "one", keep=["month"])
    done = run(explainer, frame, tmp_path / "two", keep=["month"])
    assert (done.rows, done.errors, done.first_error) == (32, 2, expected.first_error)
    require_same_rows(tmp_path / "two", tmp_path / "one")
    said = [json.loads((tmp_path / name / "run.json").read_text()) for name in ("one", "two")]
    assert said[0]["identity"] == said[1]["identity"]
    assert list(said[0]["result"]) == list(said[1]["result"])
    assert run(explainer, frame, tmp_path / "two", keep=["month"]).explained == 0
    assert ray.is_initialized(), "a Ray of the program's own stays"


@pytest.mark.parametrize("first", ["local", "ray"])
def test_one_engine_goes_on_with_what_the_other_began(ray, first, frame, tmp_path):
    explainer = small.black_box()
    plain(explainer, frame, tmp_path / "whole")
    other = {"local": "ray", "ray": "local"}[first]
    run(explainer, frame, tmp_path / "out", engine=first, workers=1)
    for shard in sorted((tmp_path / "out").glob("part-*"))[2:7]:
        shard.unlink()
    done = run(explainer, frame, tmp_path / "out", engine=other, workers=1)
    assert (done.rows, done.explained, done.errors) == (32, 20, 2)
    require_same_rows(tmp_path / "out", tmp_path / "whole")


def test_a_function_of_a_notebook(ray, frame, tmp_path):
    assert run(small.black_box(lambda texts: small.margins(texts)), frame, tmp_path / "out").rows == 32


def test_errors_end_the_run_where_they_shall(ray, frame, tmp_path):
    with pytest.raises(RunError, match="rows that could not be explained: 2, allowed: 1"):
        run(small.black_box(), frame, tmp_path / "out", max_errors=1, workers=1)
    assert list((tmp_path / "out").glob("part-*"))


def test_a_worker_that_dies_is_replaced(ray, frame, tmp_path):
    done = run(small.black_box(dies_once), frame, tmp_path / "out", workers=1, keep=["month"])
    assert (done.rows, done.errors) == (32, 2)
    plain(small.black_box(dies_once), frame, tmp_path / "whole", keep=["month"])
    require_same_rows(tmp_path / "out", tmp_path / "whole")


def test_rows_that_kill_every_worker_are_named(ray, tmp_path):
    deadly = pd.DataFrame({"review": ["w4"] * 4 + ["w3"] * 4})
    with pytest.raises(RunError, match=r"workers died \(.*\) over rows 4 to 7 of 'table'"):
        run(small.black_box(dies_over_w3), deadly, tmp_path / "out", workers=1)
    assert len(list((tmp_path / "out").glob("part-*"))) == 1, "what was finished stays"


SCRIPT = """
import signal
import sys
import corpora_small as small
import pandas as pd
import textattr

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs begin without
frame = pd.DataFrame({{"review": small.texts(120)}})
textattr.explain_table(
    small.black_box(small.slow_margins), frame, {out!r}, text="review", rows_per_shard=3, workers=2, progress=False,
    engine=textattr.RayEngine(address={address!r}),
)
"""


def started(out, address):
    """A program of its own that explains 40 shards on the cluster."""
    code = SCRIPT.format(out=str(out), address=address)
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_shards(out, process, count):
    end = time.monotonic() + SECONDS
    while len(list(out.glob("part-*"))) < count and process.poll() is None:
        assert time.monotonic() < end, "no shards"
        time.sleep(0.005)


def workers_of(ray):
    """The processes of all actors."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    processes = [line.split(None, 2) for line in found.stdout.splitlines()]
    ours, grown = {str(os.getpid())}, 0
    while len(ours) > grown:
        grown = len(ours)
        ours |= {pid for pid, parent, _ in processes if parent in ours}
    return [int(pid) for pid, _, args in processes if pid in ours and args.startswith("ray::RayWorker")]


@pytest.mark.parametrize("whom", ["worker", "driver", "Ctrl-C"])
def test_killed_at_any_moment_and_taken_up_again(ray, whom, address, tmp_path):
    frame, out, explainer = (
        pd.DataFrame({"review": small.texts(120)}),
        tmp_path / "out",
        small.black_box(small.slow_margins),
    )
    plain(explainer, frame, tmp_path / "whole", rows_per_shard=3)
    rng = np.random.default_rng(len(whom))
    process = started(out, address)
    wait_for_shards(out, process, int(rng.integers(1, 20)))
    time.sleep(float(rng.uniform(0, 0.02)))
    if whom == "worker":
        os.kill(int(rng.choice(workers_of(ray))), signal.SIGKILL)
        said = process.communicate(timeout=SECONDS)
        assert (process.returncode, said) == (0, ("", ""))
    else:
        process.send_signal(signal.SIGKILL if whom == "driver" else signal.SIGINT)
        process.communicate(timeout=SECONDS)
        assert process.returncode != 0
        assert 0 < len(list(out.glob("part-*.parquet"))) < 40
    done = plain(explainer, frame, out, rows_per_shard=3)
    assert done.rows == 120
    assert not list(out.glob(".*unfinished"))
    require_same_rows(out, tmp_path / "whole")


def test_an_address_beside_the_rays_own(ray, address, frame, tmp_path):
    with pytest.raises(OptionError, match="connected to a Ray already, and address='auto' is given"):
        run(small.black_box(), frame, tmp_path / "out", engine=textattr.RayEngine(address="auto"))


def test_no_room(ray, frame, tmp_path):
    engine = textattr.RayEngine(resources={"GPU": 2}, patience=0.1)
    with pytest.raises(
        RunError, match=r"room for a worker of 1 CPU, 2 GPU: .* the machines have 2 CPU, 0 GPU\."
    ):
        run(small.black_box(), frame, tmp_path / "out", engine=engine)


def test_a_worker_that_is_not_ready_in_time(ray, frame, tmp_path):
    with pytest.raises(RunError, match=r"within 0.001 seconds, none has: .* give a longer patience="):
        run(small.black_box(), frame, tmp_path / "out", engine=textattr.RayEngine(patience=0.001))


NOWHERE = """
import pandas as pd
import textattr
import corpora_small as small
engine = textattr.RayEngine(address="127.0.0.1:1")
textattr.explain_table(small.black_box(), pd.DataFrame({"t": ["w3"]}), "out", text="t", engine=engine)
"""


def test_no_cluster_at_the_address(ray, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    said = subprocess.run(
        [sys.executable, "-c", NOWHERE],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert "expected a Ray at 127.0.0.1:1 that lets this program in: " in said.stderr.splitlines()[-1]


def test_the_command(ray, frame, tmp_path, capsys):
    small.of_model("convolution").model.save(tmp_path / "model.keras")
    (tmp_path / "words.txt").write_text("\n".join(["<pad>", "<unk>", *small.VOCABULARY]))
    frame.head(8).to_csv(tmp_path / "data.csv", index=False)
    ids = ["--vocabulary", tmp_path / "words.txt", "--unknown", 1, "--splitting", "words"]
    where = ["--engine", "ray", "--workers", 1, "--resources", "CPU=1", "--rows-per-shard", 4]
    given = [
        tmp_path / "model.keras",
        tmp_path / "data.csv",
        "--text-column",
        "review",
        "--out",
        tmp_path / "out",
    ]
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in ["batch", *given, *ids, *where, "--method", "gradient_x_input"]])
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    assert "8 rows in" in said.out


def test_without_the_extra(frame, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"ray is not installed: pip install 'textattr\[ray\]'"):
        run(small.black_box(), frame, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"address": ""}, "address must be that of a cluster"),
        ({"resources": ["GPU"]}, "resources must be amounts by name"),
        ({"resources": {"GPU": -1}}, r"resources\['GPU'\] must be a number of at least 0"),
        ({"resources": {"GPU": 1.5}}, "a whole number or a fraction below 1, got 1.5"),
        ({"patience": 0}, "patience must be positive"),
        ({"logs": "yes"}, "logs"),
    ],
)
def test_options_that_are_none(options, says):
    with pytest.raises(OptionError, match=says):
        textattr.RayEngine(**options)


def test_what_an_actor_is_given():
    engine = textattr.RayEngine(resources={"CPU": 4, "GPU": 0.25, "memory": 2e9, "TPU": 1})
    options = engine.options()
    assert engine.threads == 4
    assert (options["num_cpus"], options["num_gpus"], options["memory"]) == (4, 0.25, 2e9)
    assert options["resources"] == {"TPU": 1}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--address", "auto"), "expected --engine ray beside --address and --resources"),
        (("--engine", "ray", "--resources", "GPU"), "expected --resources as NAME=AMOUNT"),
        (("--engine", "dask"), "dask"),
    ],
)
def test_wrong_arguments(more, says, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["batch", "m.keras", "t.csv", "--text-column", "text", "--out", "out", *more])
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
