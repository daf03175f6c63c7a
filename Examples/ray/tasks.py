"""Pieces of work that need nothing but the trail's folder, and can be repeated."""

from __future__ import annotations

import gzip
import pathlib
import threading
import time
from dataclasses import dataclass, field
from typing import Iterable, Optional

from falconet import ForeignMachine, Machine

from trail import AnyMachine, FleetError, Segment, Snapshots, Trail, appearing, text

#: What takes about as long as a step: measured, and only used to put large tasks first.
STEPS_PER_PAGE, STEPS_PER_PROOF = 20_000, 300_000
#: Memory of a task: Python, Ray and the library; and of each page, with its part of the tree.
TASK_BYTES, PAGE_BYTES = 256 << 20, 4500


@dataclass(frozen=True)
class Setup:
    """What all tasks are told."""

    snapshots: Snapshots
    #: Where proofs go; None for claims alone.
    proofs: Optional[pathlib.Path] = None
    #: A folder of pre-images, for programs that read them.
    preimages: Optional[str] = None
    local_inputs: tuple[tuple[int, bytes], ...] = ()
    #: What verifies.
    engine: str = "translator"

    def furnish(self, machine: AnyMachine) -> AnyMachine:
        """Gives a machine its pre-images."""
        if self.preimages:
            machine.use_preimage_folder(self.preimages)
        if isinstance(machine, ForeignMachine):
            if self.local_inputs:
                raise FleetError("only Falconet's own VM has local inputs by index")
            return machine
        for index, value in self.local_inputs:
            machine.set_local_input(index, value)
        return machine


@dataclass
class Outcome:
    """What a task did."""

    name: str
    #: The claims before and after each step that was proved.
    claims: dict[int, tuple[str, str]] = field(default_factory=dict)
    #: Seconds to open the snapshot, and in all.
    opening: float = 0
    seconds: float = 0
    error: str = ""


@dataclass(frozen=True)
class Task:
    """Some steps of a segment to prove; or, without steps, the whole segment to verify."""

    setup: Setup
    segment: Segment
    steps: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return self.segment.name + (f", proofs from {self.steps[0]}" if self.steps else "")

    @property
    def size(self) -> int:
        """How long it takes, in steps."""
        end = self.steps[-1] if self.steps else self.segment.end.step
        loading = STEPS_PER_PAGE * self.segment.start.pages
        return end - self.segment.start.step + loading + STEPS_PER_PROOF * len(self.steps)

    @property
    def memory(self) -> int:
        """The bytes that its process needs."""
        return TASK_BYTES + PAGE_BYTES * max(self.segment.start.pages, self.segment.end.pages)

    def work(self, outcome: Outcome) -> None:
        began = time.monotonic()
        with self.setup.snapshots.open(self.segment.start) as machine:
            outcome.opening = time.monotonic() - began
            self.setup.furnish(machine)
            if not self.steps:
                self._verify(machine)
            elif self.setup.proofs is None:
                self._claim(machine, outcome)
            else:
                self._prove(machine, outcome, self.setup.proofs)

    def _claim(self, machine: AnyMachine, outcome: Outcome) -> None:
        for step in self.steps:
            machine.run(until=step)
            before = machine.claim()
            machine.run(until=step + 1)
            outcome.claims[step] = (text(before), text(machine.claim()))

    def _prove(self, machine: AnyMachine, outcome: Outcome, folder: pathlib.Path) -> None:
        """One file for all proofs: to make a file takes longer than to prove, above all when other
        processes and machines make files too."""
        path = folder / f"{self.steps[0]}-{self.steps[-1]}.json.gz"
        with appearing(path) as whole, gzip.GzipFile("", "wb", 1, whole, mtime=0) as file:
            for number, step in enumerate(self.steps):
                machine.run(until=step)
                with machine.prove() as proof:
                    file.write(b",\n" if number else b"[")
                    file.write(proof.to_json())
                    outcome.claims[step] = (text(proof.pre), text(proof.post))
            file.write(b"]\n")

    def _verify(self, machine: AnyMachine) -> None:
        if isinstance(machine, Machine):
            machine.use_engine(self.setup.engine)
        machine.run(until=self.segment.end.step)
        self.segment.end.check(machine, "does not reproduce: the state after it")


def perform(task: Task) -> Outcome:
    """Does a task. What fails is in the outcome, so that other tasks go on.

    On a thread of its own: for each call from the main thread the package starts one, so that
    Ctrl-C works, and that takes longer than a proof.
    """
    outcome = Outcome(task.name)

    def work() -> None:
        began = time.monotonic()
        try:
            task.work(outcome)
        except FleetError as error:
            outcome.error = str(error)
        except Exception as error:
            outcome.error = f"{type(error).__name__}: {error}"
        outcome.seconds = time.monotonic() - began

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    return outcome


def proofs(setup: Setup, parts: dict[Segment, list[int]], most: int) -> list[Task]:
    """Tasks that prove steps, at most so many each."""
    return in_order(
        Task(setup, segment, tuple(steps[first : first + most]))
        for segment, steps in parts.items()
        for first in range(0, len(steps), most)
    )


def verifications(setup: Setup, trail: Trail) -> list[Task]:
    """Tasks that verify all segments."""
    return in_order(Task(setup, segment) for segment in trail.segments)


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """The largest first, so that none is left over at the end while others have nothing to do."""
    return sorted(tasks, key=lambda task: -task.size)
