"""What takes tasks and gives their outcomes, in any order: this process, or Ray."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import sys
from typing import Any, Callable, Iterable, Iterator, Optional, Sequence

from tasks import Outcome, Task, perform
from trail import FleetError

Executor = Callable[[Sequence[Task]], Iterable[Outcome]]
#: Outcomes are small: the least room for objects that Ray takes is plenty.
OBJECT_BYTES = 80 << 20
#: Tasks that Ray is given at once: plenty for hundreds of workers, and quick to wait for.
MOST_PENDING = 1000


@contextlib.contextmanager
def executor(workers: int, address: Optional[str] = None) -> Iterator[Executor]:
    """So many processes of Ray on this machine; or the cluster at an address; or, with neither,
    this process, which does one task after the other."""
    if not workers and not address:
        yield lambda tasks: map(perform, tasks)
        return
    # Both are read when Ray is imported.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if not address:
        # Without this Ray takes the address of a network device for 127.0.0.1, and listens on all.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    try:
        import ray
    except ImportError as error:
        raise FleetError("Ray is not installed: pip install ray, or --workers 0") from error
    place: dict[str, Any] = {"address": address}
    if not address:
        place = {
            "address": "local",
            "num_cpus": workers,
            "include_dashboard": False,
            "_node_ip_address": "127.0.0.1",
            "object_store_memory": OBJECT_BYTES,
        }
    # Ray's messages are no results.
    with contextlib.redirect_stdout(sys.stderr):
        ray.init(**place, logging_level=logging.ERROR, log_to_driver=False)
        try:
            yield lambda tasks: _run(ray, tasks)
        finally:
            ray.shutdown()


def _run(ray: Any, tasks: Sequence[Task]) -> Iterator[Outcome]:
    """Hands all tasks to Ray. One whose process dies is repeated, three times."""
    nodes = [node["Resources"].get("memory", 0) for node in ray.nodes() if node["Alive"]]
    for task in tasks:
        # Ray would wait for a larger machine for ever.
        if task.memory > max(nodes):
            raise FleetError(f"{task.name} needs {task.memory >> 20} MiB: no machine has them")
    remote = ray.remote(num_cpus=1, max_retries=3)(perform)
    rest = iter(tasks)
    pending: dict[Any, Task] = {}
    while True:
        for task in itertools.islice(rest, MOST_PENDING - len(pending)):
            pending[remote.options(memory=task.memory).remote(task)] = task
        if not pending:
            return
        (done,), _ = ray.wait(list(pending))
        task = pending.pop(done)
        try:
            yield ray.get(done)
        except ray.exceptions.RayError as error:
            yield Outcome(task.name, error=f"{type(error).__name__}: {error}")
