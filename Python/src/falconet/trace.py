"""Traces: claims and step data by index, cached in a directory."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Callable, Iterable, List, Optional, Union

from . import _library as c
from ._handle import Path, PreimageSource, Runner
from .machine import Machine, engine_number
from .proof import Proof
from .snapshots import reading_options


@dataclass(frozen=True)
class TraceClaim:
    """The claim at an index."""

    index: int
    #: 32 bytes: of the state after the step, or of the one that exited.
    claim: bytes
    #: Whether the trace ends before the index.
    past_end: bool


@dataclass(frozen=True)
class TraceStep:
    """The step data at an index."""

    #: The last index of the trace, if a later one was requested.
    index: int
    #: Past the end: the state that exited, without proof data; nothing to verify.
    proof: Proof
    past_end: bool


@dataclass(frozen=True)
class TraceEnd:
    """The end of a trace."""

    #: The index of the last step: the number of steps, less one.
    index: int
    #: The claim and the witness of the state that exited.
    claim: bytes
    witness: bytes


@dataclass(frozen=True)
class TraceStatus:
    """The status of a trace."""

    #: The index of the last step; None if it is not known.
    end: Optional[int]
    #: Known claims.
    claims: int
    #: The steps of the states in the directory.
    snapshots: List[int]
    #: States in memory.
    checkpoints: int
    #: Bytes that the directory takes, and may take.
    size: int
    budget: int
    #: Steps executed since the trace was opened.
    executed: int


@dataclass(frozen=True)
class TraceIncident:
    """A file that is wrong."""

    path: str
    reason: str
    #: The path that it was moved to; "" if it was not moved.
    moved_to: str


@dataclass(frozen=True)
class TraceAdoption:
    """What was adopted from one of op-challenger's directories."""

    proofs: int
    snapshots: int
    #: Whether the end of the trace was adopted or was known.
    has_end: bool
    #: What was not adopted, and why.
    refused: List[TraceIncident]


class Trace(Runner):
    """Answers what a challenger asks of a program, and caches the answers in a directory.

    The index of a step is the number of steps executed before it. The claim at an index is the one
    after that step; an index past the end has the claim of the state that exited.

    Closed by ``with``, ``close()``, or when it is collected; the directory stays. Many threads may
    use it: cached answers are returned immediately, and calls that must execute steps do so one at
    a time. A call that fails can be retried once the cause is gone.
    """

    _kind = "trace"

    @classmethod
    def open(
        cls,
        folder: Path,
        prestate: Union[Path, Machine],
        *,
        snapshot_interval: int = 1_000_000_000,
        disk_budget: int = 16 << 30,
        memory_budget: int = 512 << 20,
        checkpoints: int = 64,
        engine: str = "translator",
        format: Optional[str] = None,
        base: Optional[Path] = None,
        trust_pages: bool = False,
        revision: Optional[str] = None,
        hint_limit: int = 8 << 30,
    ) -> "Trace":
        """Opens the directory of a trace, or creates it.

        ``prestate`` is a snapshot's file, which is read when steps must be executed and when it is new
        to the directory, or a machine, whose state is then the prestate. ``format``, ``base`` and
        ``trust_pages`` are those of ``Machine.open()``. Snapshots are at most ``snapshot_interval``
        steps apart, and are thinned so that the directory takes no more than ``disk_budget`` bytes.
        At most ``checkpoints`` states are in memory, and take no more than ``memory_budget`` in
        addition to the machine. ``revision`` is the one by which steps are executed, by contract
        version or date; None is the one that the prestate records, or else the newest of its
        version. ``hint_limit`` is that of ``Machine.limit_hints()``.

        Raises ``LockedError`` if the directory is in use.
        """
        options = c.TraceOptions(
            reading_options(format, base, trust_pages),
            c.number(max(snapshot_interval, 1), 64, "snapshot_interval"),
            c.number(max(disk_budget, 1), 64, "disk_budget"),
            c.number(max(memory_budget, 1), 64, "memory_budget"),
            c.number(max(checkpoints, 1), 32, "checkpoints"),
            engine_number(engine),
            None if revision is None else c.text(revision),
            c.number(max(hint_limit, 1), 64, "hint_limit"),
        )
        handle = ctypes.c_void_p()
        name = c.text(folder)
        ends = (ctypes.byref(options), ctypes.byref(handle))
        if isinstance(prestate, Machine):
            c.call("trace_open_machine", name, prestate._handle, *ends)
        else:
            c.call("trace_open", name, c.text(prestate), *ends)
        return cls(handle)

    # Inputs

    def use_preimages(
        self,
        source: Optional[PreimageSource],
        hint: Optional[Callable[[bytes], None]] = None,
        *,
        identity: Optional[str] = None,
    ) -> None:
        """Sets a function or a dictionary as the source of pre-images, as for machines.

        ``identity`` is a text that changes whenever the source could give other local pre-images
        (key type 1), which are inputs of the trace. The directory records those that were read. If
        the identity is the same as before, cached answers are returned without the source.
        Otherwise it is asked for the recorded ones, and ``InvalidArgumentError`` names the one that
        differs.
        """
        super().use_preimages(source, hint)
        if identity is not None:
            c.call("trace_set_source_identity", self._handle, c.text(identity))

    # Answers

    @property
    def prestate_claim(self) -> bytes:
        """The claim of the prestate, 32 bytes."""
        claim = ctypes.create_string_buffer(32)
        c.call("trace_prestate", self._handle, claim, None)
        return claim.raw

    @property
    def prestate_witness(self) -> bytes:
        """The witness of the prestate."""
        witness = c.Buffer()
        c.call("trace_prestate", self._handle, None, ctypes.byref(witness))
        return c.take(witness)

    def claim(self, index: int) -> TraceClaim:
        """The claim at an index: immediately if it is cached, else after the steps to it."""
        return self.claims([index])[0]

    def claims(self, indices: Iterable[int]) -> List[TraceClaim]:
        """The claims at many indices, in their order, from one pass over the trace."""
        asked = c.numbers(indices, "index")
        answers = (c.TraceClaim * len(asked))()
        self._run("trace_claims", asked, len(asked), answers)
        return [
            TraceClaim(answer.index, bytes(answer.claim), answer.past_end) for answer in answers
        ]

    def step(self, index: int) -> TraceStep:
        """The step data at an index: witness, proof, pre-image, and the claim after the step."""
        return self.steps([index])[0]

    def steps(self, indices: Iterable[int]) -> List[TraceStep]:
        """The step data at many indices, in their order, from one pass over the trace."""
        asked = c.numbers(indices, "index")
        answers = (c.TraceStep * len(asked))()
        try:
            self._run("trace_steps", asked, len(asked), answers)
        except BaseException:
            # An interrupt may come when the answers are there already.
            for answer in answers:
                c.call("proof_free", answer.proof)
            raise
        return [
            TraceStep(answer.index, Proof(ctypes.c_void_p(answer.proof)), answer.past_end)
            for answer in answers
        ]

    def last(self) -> TraceEnd:
        """The end of the trace. Runs the program to it if it is not known."""
        index, claim, witness = ctypes.c_uint64(), ctypes.create_string_buffer(32), c.Buffer()
        try:
            self._run("trace_last", ctypes.byref(index), claim, ctypes.byref(witness))
        finally:
            # An interrupt may come when the answer is there already.
            content = c.take(witness)
        return TraceEnd(index.value, claim.raw, content)

    # The directory

    @property
    def version(self) -> int:
        """The number of the state version. Waits for a call that executes steps."""
        return int(self._info().version)

    def status(self) -> TraceStatus:
        """The status of the trace. Waits for a call that executes steps."""
        info = self._info()
        return TraceStatus(
            int(info.end) if info.has_end else None,
            int(info.claims),
            self._snapshots(),
            int(info.checkpoints),
            int(info.size),
            int(info.budget),
            int(info.executed),
        )

    def _info(self) -> c.TraceInfo:
        info = c.TraceInfo()
        c.call("trace_get_info", self._handle, ctypes.byref(info))
        return info

    def _snapshots(self) -> List[int]:
        room, count = 0, ctypes.c_size_t()
        while True:
            steps = (ctypes.c_uint64 * room)()
            c.call("trace_snapshots", self._handle, steps, room, ctypes.byref(count))
            if count.value <= room:
                return list(steps)[: count.value]
            room = count.value

    def incidents(self) -> List[TraceIncident]:
        """The files that have been found corrupt or foreign since the trace was opened."""
        found: List[TraceIncident] = []
        c.call("trace_incidents", self._handle, _collector(found), None)
        return found

    def prune(self) -> None:
        """Deletes files until the directory is within its budget: states first, claims never."""
        self._run("trace_prune")

    def export(self, path: Path) -> None:
        """Writes what is known into a directory in the layout that op-challenger uses for a game."""
        self._run("trace_export", c.text(path))

    def adopt(self, path: Path) -> TraceAdoption:
        """Adopts what holds in one of op-challenger's directories.

        The caller must ensure that the directory is of this trace.
        """
        refused: List[TraceIncident] = []
        adoption = c.TraceAdoption()
        name = c.text(path)
        self._run("trace_adopt", name, ctypes.byref(adoption), _collector(refused), None)
        return TraceAdoption(adoption.proofs, adoption.snapshots, adoption.has_end, refused)

    def delete(self) -> None:
        """Deletes the directory. The trace answers nothing after that."""
        self._run("trace_delete")

    @staticmethod
    def delete_folder(path: Path) -> None:
        """Deletes the directory of a trace that is not open, whatever state it is in."""
        c.call("trace_delete_folder", c.text(path))


def _collector(found: List[TraceIncident]) -> Any:
    def take(_: Any, path: bytes, reason: bytes, moved_to: bytes) -> None:
        texts = (text.decode("utf-8", "surrogateescape") for text in (path, reason, moved_to))
        found.append(TraceIncident(*texts))

    return c.INCIDENT(take)
