"""How `tests/fuzz` chooses its examples: the same 150 of each test in CI, ever new ones in `./dev fuzz`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, settings

_SEED = "TEXTATTR_FUZZ_SEED"

fuzz = settings(
    max_examples=300 if _SEED in os.environ else 150,
    deadline=None,
    derandomize=_SEED not in os.environ,
    database=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
    ],
)


def main() -> int:
    """Run `tests/fuzz` over and over, each time with another seed, until a test fails or the time is up."""
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="when to stop (default: 10)")
    parser.add_argument("--seed", type=int, default=None, help="the first seed, to see a failure again")
    options = parser.parse_args()
    first = int(time.time()) if options.seed is None else options.seed
    end = time.monotonic() + 60 * options.minutes
    rounds = 0
    while time.monotonic() < end:
        seed = str(first + rounds)
        command = [sys.executable, "-m", "pytest", "-q", f"--hypothesis-seed={seed}", "tests/fuzz"]
        status = subprocess.run(
            command, cwd=Path(__file__).parents[1], env={**os.environ, _SEED: seed}, check=False
        ).returncode
        if status:
            print(f"failed with seed {seed}: ./dev fuzz --seed {seed} shows it again", file=sys.stderr)
            return status
        rounds += 1
    print(
        f"{rounds} rounds of {fuzz.max_examples} examples a test, seeds {first} to {first + rounds - 1}: all passed"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
