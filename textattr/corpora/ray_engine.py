"""`RayEngine`: where Ray runs and what each of its workers needs, for tables that one machine is too slow for."""

from __future__ import annotations

import logging
import os
import socket
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from textattr._optional import require
from textattr.checks import flag, number, shown
from textattr.corpora.errors import RunError
from textattr.errors import OptionError

_KNOWN = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}  # what Ray has arguments of their own for
_KNOCK = 10.0  # seconds in which a cluster has to answer
# Set where nobody has set them: a Ray of our own sends nothing home, leaves GPUs to programs as they are, and does not
# put its workers behind all others, where they get next to nothing on a machine that is busy.
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",
}


@dataclass(frozen=True)
class RayEngine:
    """Ray explains, here or on a cluster: `engine=textattr.RayEngine(...)`; `engine="ray"` is one as it comes.

    The run reads and writes where it was started, alone: the cluster needs neither the source nor the folder, but
    textattr, and whatever else the explainer is made of. A Ray that the program is connected to already is used as it
    is. Workers for which there is no room yet begin when there is.

    Args:
        address: of a cluster, "host:6379" or "auto"; None: that of the environment variable RAY_ADDRESS, or else a
            Ray on this machine that begins and ends with the run.
        resources: what each worker is given: "CPU" (1 where it is not named, and so many threads), "GPU", which may be
            a fraction, "memory" in bytes, and names of the cluster's own.
        patience: seconds in which the first worker has to be there, its model loaded.
        logs: show Ray's own messages, and what workers write to stdout and stderr.

    Raises:
        OptionError: for an option that is none.

    Example:
        >>> import textattr
        >>> textattr.RayEngine(resources={"GPU": 0.25}).needs
        {'CPU': 1, 'GPU': 0.25}
    """

    address: str | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    patience: float = 600.0
    logs: bool = False

    def __post_init__(self) -> None:
        if self.address is not None and not (isinstance(self.address, str) and self.address):
            raise OptionError(
                f'address must be that of a cluster, as "host:6379", or "auto", got {shown(self.address)}'
            )
        if not isinstance(self.resources, Mapping):
            raise OptionError(
                f'resources must be amounts by name, as {{"GPU": 0.5}}, got {shown(self.resources)}'
            )
        for name, amount in self.resources.items():
            if not isinstance(name, str) or not name:
                raise OptionError(f"resources must be amounts by name, got the name {shown(name)}")
            number(f"resources[{name!r}]", amount, least=0)
            if amount > 1 and amount != int(amount):
                raise OptionError(
                    f"resources[{name!r}] must be a whole number or a fraction below 1, got {shown(amount)}"
                )
        number("patience", self.patience, above=0)
        flag("logs", self.logs)

    @property
    def needs(self) -> dict[str, float]:
        """What each worker is given, by Ray's own names."""
        return {"CPU": 1, **self.resources}

    @property
    def threads(self) -> int:
        """How many threads a worker may use."""
        return max(1, int(self.needs["CPU"]))

    def options(self) -> dict[str, Any]:
        """Of an actor. One that dies is replaced by the run, which knows what it had begun."""
        named = {_KNOWN[name]: amount for name, amount in self.needs.items() if name in _KNOWN}
        others = {name: amount for name, amount in self.needs.items() if name not in _KNOWN}
        return {**named, "resources": others, "max_restarts": 0, "max_task_retries": 0}

    @contextmanager
    def connected(self, workers: int) -> Iterator[Any]:
        """Ray, inside the `with`: the one of the program, that of the address, or one that is started for `workers`.

        Raises:
            MissingExtraError: without Ray.
            RunError: where there is no cluster at the address, or no room on this machine.
        """
        ray = require("ray", extra="ray")
        if ray.is_initialized():
            if self.address is not None:
                raise OptionError(
                    f"this program is connected to a Ray already, and address={self.address!r} is given: leave out "
                    "one of the two (ray.shutdown() disconnects)"
                )
            yield ray
            return
        address = self.address or os.environ.get("RAY_ADDRESS") or "local"
        self._start(ray, address, workers)
        try:
            with nullcontext() if self.logs else _nothing_printed():
                if address == "local":
                    self.require_room(ray)
                yield ray
        finally:
            ray.shutdown()

    def _start(self, ray: Any, address: str, workers: int) -> None:
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        options: dict[str, Any] = {"address": address, "log_to_driver": self.logs}
        options["logging_level"] = logging.INFO if self.logs else logging.CRITICAL
        if address == "local":  # as many cores as the workers ask for, so that none waits for another
            cores = max(os.cpu_count() or 1, workers * self.threads)
            options |= {"num_cpus": cores, "include_dashboard": False}
        try:
            _require_listener(address)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what later versions of Ray will do
                ray.init(**options)
        except Exception as error:  # ConnectionError, RuntimeError, ValueError, whatever gRPC raises
            ray.shutdown()  # of what it had begun
            raise RunError(
                f"Ray did not start on this machine: {_first_line(error)} It gives up after half a minute: the same "
                "call may succeed when the machine is less busy, or give the address= of a Ray that runs"
                if address == "local"
                else f"expected a Ray at {address} that lets this program in: {_first_line(error)} `ray status "
                f"--address {address}` tells more (a cluster may ask for RAY_AUTH_MODE=token and RAY_AUTH_TOKEN in the "
                "environment); without address=, one is started on this machine"
            ) from error

    def require_room(self, ray: Any) -> None:
        """Make sure that some machine has what a worker needs, if all else were idle.

        Raises:
            RunError: where none has; it says what they have.
        """
        room = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        if any(all(each.get(name, 0) >= amount for name, amount in self.needs.items()) for each in room):
            return
        names = dict.fromkeys([*self.needs, "CPU", "GPU"])
        has = dict.fromkeys(_told({name: each.get(name, 0) for name in names}) for each in room)
        raise RunError(
            f"no machine has room for a worker of {_told(self.needs)}: expected one, the machines have "
            f"{'; '.join(has) or 'nothing'}. Ask for less in resources=, or give the address= of a cluster that has it"
        )


@contextmanager
def _nothing_printed() -> Iterator[None]:
    """Keep off stdout what Ray prints there of workers that die, for which it has no setting."""
    module = sys.modules.get("ray._private.worker")
    name = "print_to_stdstream"
    kept = getattr(module, name, None)
    if kept is None:
        yield
        return
    setattr(module, name, lambda *_, **__: None)
    try:
        yield
    finally:
        setattr(module, name, kept)


def _require_listener(address: str) -> None:
    """Make sure that something listens at "host:port": Ray itself would try for minutes.

    Raises:
        OSError: where nothing does.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK).close()


def _told(amounts: Mapping[str, float]) -> str:
    return ", ".join(f"{amount:g} {name}" for name, amount in amounts.items())


def _first_line(error: Exception) -> str:
    said = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return said if said.endswith(".") else f"{said}."
