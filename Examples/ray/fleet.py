"""Proves many steps of one program, and verifies its whole run, on many cores or machines.

    python3 fleet.py FOLDER --input program.elf --every 1000000000 --steps 0:8000000000:100000

Three phases, each of which goes by what the one before left in FOLDER:

snapshot  runs the program once. snapshots/ gets a snapshot every so many steps, and index.json with
          their claims. What was cut short goes on from the last snapshot.
prove     makes claims.json and proofs/FIRST-LAST.json.gz for a list of steps, an array of proofs
          from each task, which opens the snapshot before its steps.
verify    runs every segment, from one snapshot to the next, and compares claims.

With --vm-library all of it is another VM's: the program, the states and the proofs, which
`falconet verify --vm-library` takes.

Ray runs the tasks of the last two: with --workers on this machine, with --address on a cluster
whose machines have FOLDER, and this program, at the same paths. With --workers 0 they run here, one
by one, without Ray.

Prints a summary as JSON. Exit codes: 0; 1 for an error, or a segment that does not reproduce; 2 for
a panic of the VM in the first phase; 64 for bad usage; 130 for an interruption.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import sys
import time
from dataclasses import asdict
from typing import Any, NoReturn, Optional, Sequence

from falconet import FalconetError, ForeignVM, Machine, Panic

from executors import Executor, executor
from tasks import Outcome, Setup, Task, proofs, verifications
from trail import AnyMachine, FleetError, Trail, write_json

PHASES = ("snapshot", "prove", "verify")
ENGINES = ("translator", "portable", "step", "check")
FORMER_ENGINES = {"jit": "translator", "interpreter": "portable"}
MOST_STEPS = 10_000_000


def load(path: str, version: int, vm_library: Optional[str] = None) -> AnyMachine:
    """A machine from an ELF file, or from a snapshot in any format; or what another VM takes."""
    if vm_library:
        return ForeignVM(vm_library).open(path)
    with open(path, "rb") as file:
        is_elf = file.read(4) == b"\x7fELF"
    return Machine.load_elf(path, version) if is_elf else Machine.open(path)


def snapshot(setup: Setup, trail: Trail, start: AnyMachine, every: int) -> dict[str, Any]:
    """Runs the program to its end, from the last snapshot that there is."""
    began, taking = time.monotonic(), 0.0
    known = len(trail.points)
    with start:
        if known:
            trail.points[0].check(start, "the input")
        else:
            trail.take(start)
    if trail.exit_code is None:
        with trail.snapshots.open(trail.points[-1]) as machine:
            setup.furnish(machine)
            while machine.exit_code is None:
                machine.run(until=(machine.step // every + 1) * every)
                since = time.monotonic()
                point = trail.take(machine)
                taking += time.monotonic() - since
                log(f"step {point.step}: claim {point.claim}, {point.pages} pages")
    paths = [trail.snapshots.path(segment.start) for segment in trail.segments]
    return {
        "seconds": time.monotonic() - began,
        "secondsTaking": taking,
        "taken": len(trail.points) - known,
        "snapshots": len(paths),
        "bytes": sum(path.stat().st_size for path in paths if path.exists()),
    }


def perform(tasks: Sequence[Task], executor: Executor) -> tuple[list[Outcome], dict[str, Any]]:
    """Has tasks done. Returns their outcomes and a summary."""
    began, outcomes = time.monotonic(), []
    for outcome in executor(tasks):
        outcomes.append(outcome)
        log(f"{outcome.name}: {'failed' if outcome.error else 'done'} ({outcome.seconds:.2f} s)")
    return outcomes, {
        "seconds": time.monotonic() - began,
        "tasks": len(tasks),
        "secondsOpening": sum(outcome.opening for outcome in outcomes),
        "secondsInTasks": sum(outcome.seconds for outcome in outcomes),
        "errors": [f"{outcome.name}: {outcome.error}" for outcome in outcomes if outcome.error],
    }


def prove(
    setup: Setup, trail: Trail, steps: Sequence[int], most: int, executor: Executor
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Makes proofs. Returns claims and a summary. Past the end all claims are the last one."""
    parts, past = trail.split(steps)
    outcomes, summary = perform(proofs(setup, parts, most), executor)
    last = trail.points[-1].claim
    claims = {step: (last, last) for step in past}
    for outcome in outcomes:
        claims.update(outcome.claims)
    ordered = sorted(claims.items())
    rows = [{"step": step, "pre": pre, "post": post} for step, (pre, post) in ordered]
    return rows, {"claims": len(rows), "pastEnd": len(past), **summary}


def rounded(value: Any) -> Any:
    """A summary with seconds to the millisecond."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return round(value, 3) if isinstance(value, float) else value


def log(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


# The command line


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(64, f"{self.prog}: {message}\n")


def natural(word: str) -> int:
    number = int(word)
    if number < 0:
        raise ValueError(word)
    return number


def positive(word: str) -> int:
    return natural(word) or natural("-1")


def steps_of(word: str) -> list[int]:
    """N, FIRST:END:STRIDE, or @FILE with a step in each line."""
    if word.startswith("@"):
        try:
            words = pathlib.Path(word[1:]).read_text().split()
        except OSError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        found: Sequence[int] = [int(line) for line in words]
    elif ":" in word:
        first, end, stride = map(int, word.split(":"))
        found = range(first, end, positive(str(stride)))
    else:
        found = [int(word)]
    if len(found) > MOST_STEPS:
        raise argparse.ArgumentTypeError(f"more than {MOST_STEPS} steps")
    if found and not 0 <= min(found) <= max(found) < 1 << 64:
        raise argparse.ArgumentTypeError(f"a step out of range in {word}")
    return list(found)


def local_input(word: str) -> tuple[int, bytes]:
    """INDEX=0xHEX."""
    index, _, value = word.partition("=0x")
    return int(index), bytes.fromhex(value)


def parser() -> Parser:
    result = Parser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="fleet.py"
    )
    add = result.add_argument
    add("folder", type=pathlib.Path)
    add("--input", help="an ELF file, or a snapshot in any format")
    add("--vm-library", help="a library with fpvm.h of another VM, which executes all steps")
    add("--state-version", type=int, default=8, help="of an ELF file")
    add("--every", type=positive, default=10**9, help="steps between snapshots")
    add("--format", choices=["bin", "bin.gz", "fsnap"], default="bin.gz", help="of snapshots")
    add("--steps", type=steps_of, action="extend", default=[], help="N, FIRST:END:STRIDE or @FILE")
    add("--claims-only", action="store_true", help="no proofs")
    add("--chunk", type=positive, default=10_000, help="steps that a task proves at most")
    add("--preimages", help="a folder of pre-images, as a host stores them")
    add("--local", type=local_input, action="append", default=[], help="INDEX=0xHEX, a local input")
    add(
        "--engine", type=lambda name: FORMER_ENGINES.get(name, name), choices=ENGINES,
        default="translator", help="verifies")
    add("--phases", nargs="+", choices=PHASES, default=PHASES)
    add("--workers", type=int, default=0, help="processes of Ray on this machine; 0: without Ray")
    add("--address", help="of a Ray cluster")
    return result


def fleet(arguments: argparse.Namespace) -> dict[str, Any]:
    """Does the phases that are asked for. Returns the summary."""
    folder = arguments.folder.resolve()
    for name in ("snapshots", "proofs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    library = arguments.vm_library and os.path.abspath(arguments.vm_library)
    trail = Trail.load(folder / "snapshots", arguments.format, library)
    setup = Setup(
        trail.snapshots,
        None if arguments.claims_only else folder / "proofs",
        arguments.preimages and os.path.abspath(arguments.preimages),
        tuple(arguments.local),
        arguments.engine,
    )
    summary: dict[str, Any] = {"workers": arguments.address or arguments.workers}
    if "snapshot" in arguments.phases:
        start = load(arguments.input, arguments.state_version, library)
        summary["snapshot"] = snapshot(setup, trail, start, arguments.every)
    if not trail.points:
        raise FleetError(f"{folder} has no snapshots: do the phase `snapshot` first")
    summary["end"] = {**asdict(trail.points[-1]), "exitCode": trail.exit_code}
    if set(arguments.phases) == {"snapshot"}:
        return summary
    began = time.monotonic()
    with executor(arguments.workers, arguments.address) as run:
        summary["secondsStarting"] = time.monotonic() - began
        if "prove" in arguments.phases:
            rows, summary["prove"] = prove(setup, trail, arguments.steps, arguments.chunk, run)
            write_json(folder / "claims.json", rows)
        if "verify" in arguments.phases:
            _, summary["verify"] = perform(verifications(setup, trail), run)
    return summary


def main(words: Optional[Sequence[str]] = None) -> int:
    """Does what the command line says. Returns the exit code."""
    arguments = parser().parse_args(words)
    if "snapshot" in arguments.phases and arguments.input is None:
        parser().error("the phase `snapshot` needs --input")
    try:
        summary = fleet(arguments)
    except Panic as panic:
        log(f"error: {panic}")
        return 2
    except (FleetError, FalconetError, OSError) as error:
        log(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps(rounded(summary), indent=1))
    failures = [line for phase in PHASES for line in summary.get(phase, {}).get("errors", [])]
    for line in failures:
        log(f"error: {line}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
