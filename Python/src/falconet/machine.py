"""Machines: opening, running, proving, inspecting, saving."""

from __future__ import annotations

import ctypes
import enum
import io
import os
from dataclasses import dataclass
from typing import Any, BinaryIO, Callable, Iterable, Optional, Union

from . import _library as c
from ._handle import Path, Runner
from ._streams import COMPRESSIONS, FORMATS, Guard, pick, reader, writer
from .program import Profile, Program
from .proof import Proof
from .snapshots import Difference, collect, reading_options

ENGINES = {"translator": 0, "portable": 1, "step": 2, "check": 3}
_FORMER_ENGINES = {"jit": "translator", "interpreter": "portable"}
_LAST_STEP = 2**64 - 1


def engine_number(name: str) -> int:
    """The number of an engine, by its name or its former name."""
    return pick(ENGINES, _FORMER_ENGINES.get(name, name), "engine")


class Stop(enum.IntEnum):
    """Why ``Machine.run()`` returned."""

    STEP = 0
    EXITED = 1
    PREIMAGE_READ = 2
    CANCELLED = 3
    ADDRESS = 4


@dataclass(frozen=True)
class PreimageRead:
    """A read of part of a pre-image by one step."""

    key: bytes
    #: The offset of the part, counted from the length prefix.
    offset: int


class ObservedKind(enum.IntEnum):
    """What a step did that ``Machine.observe()`` reports."""

    INSTRUCTION = 0
    WRITE = 1
    READ = 2
    SYSTEM_CALL = 3
    PREIMAGE = 4
    HINT = 5


@dataclass(frozen=True)
class Observation:
    """One thing that a step did. Words of 32-bit machines are zero-extended."""

    kind: ObservedKind
    #: Steps executed before this one.
    step: int
    thread: int
    pc: int
    #: The 32 registers of the thread, then HI and LO, before the step.
    registers: tuple[int, ...]
    #: Of a write or a read: its first byte, and the number of bytes. Of a pre-image or a hint: its size.
    address: int
    size: int
    #: Of a write or a read: the first 8 bytes, or all if they are fewer, as a number.
    before: int
    after: int
    #: Of a system call: its number, Linux's name, and its arguments, of which a 32-bit machine has 4.
    number: int
    name: Optional[str]
    arguments: tuple[int, ...]
    #: What the system call answered, None if it failed or was not answered.
    result: Optional[int]
    #: The number of the system call's error.
    error: Optional[int]
    #: The key of the pre-image, or the first 1024 bytes of the hint.
    data: bytes

    @classmethod
    def _of(cls, fields: Any) -> "Observation":
        failed = fields.error != 0
        return cls(
            ObservedKind(fields.kind),
            fields.step,
            fields.thread,
            fields.pc,
            tuple(fields.registers[:34]),
            fields.address,
            fields.size,
            fields.before,
            fields.after,
            fields.number,
            fields.name.decode() if fields.name else None,
            tuple(fields.arguments),
            fields.result if fields.is_answered and not failed else None,
            fields.error if failed else None,
            ctypes.string_at(fields.bytes, fields.count) if fields.bytes else b"",
        )


@dataclass(frozen=True)
class Thread:
    """A thread of the guest. Words of 32-bit machines are zero-extended."""

    id: int
    pc: int
    next_pc: int
    lo: int
    hi: int
    registers: tuple[int, ...]
    futex_address: int
    futex_value: int
    futex_timeout_step: int
    exit_code: int
    exited: bool
    #: Whether it is on the right stack.
    right: bool
    #: Whether the next step runs it.
    active: bool


@dataclass(frozen=True)
class Divergence:
    """The first step at which two runs differ."""

    #: Steps executed before the one that differs. The states before it are the same, unless
    #: ``at_start``.
    step: int
    #: Whether the runs differ from the first state on.
    at_start: bool
    #: The claims after the step, 32 bytes; None for a run that cannot execute it.
    first: Optional[bytes]
    second: Optional[bytes]
    #: The proofs of the step; None for a run that cannot execute it or of which only claims are
    #: known, and if ``at_start``.
    first_proof: Optional[Proof]
    second_proof: Optional[Proof]


def _step(until: Optional[int]) -> int:
    """The step at which something ends."""
    step = _LAST_STEP if until is None else until
    if not 0 <= step <= _LAST_STEP:
        raise ValueError(f"there is no step {until}")
    return step


def _ranges(ranges: Iterable[range], name: str) -> Any:
    """An array of ranges of addresses."""
    values = []
    for bytes_ in ranges:
        if not isinstance(bytes_, range) or bytes_.step != 1:
            raise TypeError(f"{name}: give ranges of addresses, such as range(0x1000, 0x1008)")
        start = c.number(bytes_.start, 64, name)
        values.append(c.Range(start, c.number(max(bytes_.stop - start, 0), 64, name)))
    return (c.Range * len(values))(*values)


def _steps(
    steps: Iterable[int], every: int, callback: Any, name: str, callback_name: str
) -> c.Steps:
    """The steps at which a callback is called."""
    at = c.numbers(steps, "step")
    interval = c.number(every, 64, "interval")
    if callback is None and (len(at) or interval):
        raise ValueError(f"{name} needs {callback_name}: a function to call at these steps")
    return c.Steps(at, len(at), interval)


class Machine(Runner):
    """A machine: a state, its memory, and its source of pre-images.

    Opened from a snapshot by ``open()`` or from a program by ``load_elf()``. Closed by ``with``,
    ``close()``, or when it is collected. One thread at a time may use it; ``cancel()`` is the
    exception.
    """

    _kind = "machine"

    def __init__(self, handle: ctypes.c_void_p) -> None:
        """Not for users: see ``open()`` and ``load_elf()``."""
        super().__init__(handle)
        self.on_progress(None)

    # Opening and closing

    @classmethod
    def open(
        cls,
        source: Union[Path, bytes, BinaryIO],
        *,
        format: Optional[str] = None,
        base: Optional[Path] = None,
        trust_pages: bool = False,
        revision: Optional[str] = None,
    ) -> "Machine":
        """Opens a snapshot: a file, its contents as bytes, or a binary stream.

        ``format`` is "bin", "json", "pr7559", "fsnap", or None to go by the content. ``base`` is
        the base of a delta, or a directory of bases; by default the directory of the file.
        ``trust_pages`` does not hash the pages of a .fsnap file: see ``verified``. ``revision`` is
        the revision of the state version by which steps are executed; by default the one that the
        snapshot records, or else the newest.
        """
        reading = reading_options(format, base, trust_pages)
        handle = ctypes.c_void_p()
        ends = (ctypes.byref(reading), ctypes.byref(handle))
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = c.content(source)
            c.call("machine_open_memory", data, len(data), *ends)
        elif isinstance(source, (str, os.PathLike)):
            c.call("machine_open", c.text(source), *ends)
        else:
            guard = Guard()
            guard.call("machine_open_stream", reader(source, guard), None, *ends)
        return cls._of_revision(handle, revision)

    @classmethod
    def load_elf(
        cls, source: Union[Path, bytes], version: int = 8, *, revision: Optional[str] = None
    ) -> "Machine":
        """Loads an ELF file, or its contents as bytes, for a state version, by its number.

        ``revision`` is the revision of the version; by default the newest.
        """
        handle = ctypes.c_void_p()
        number = c.number(version, 31, "state version")
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = c.content(source)
            c.call("machine_load_elf_memory", data, len(data), number, ctypes.byref(handle))
        else:
            c.call("machine_load_elf", c.text(source), number, ctypes.byref(handle))
        return cls._of_revision(handle, revision)

    @classmethod
    def _of_revision(cls, handle: ctypes.c_void_p, revision: Optional[str]) -> "Machine":
        machine = cls(handle)
        if revision is not None:
            try:
                machine.use_revision(revision)
            except BaseException:
                machine.close()
                raise
        return machine

    # Surroundings

    def on_output(self, output: Optional[Callable[[int, bytes], None]]) -> None:
        """Sets a function that receives what the guest writes, with 1 for its output, 2 for its
        errors."""
        self._callbacks.set_output(self._handle, output)

    def use_engine(self, engine: str) -> None:
        """Sets what executes steps: "translator", "portable" or "step". All give the same states."""
        c.call("machine_set_engine", self._handle, engine_number(engine))

    def use_revision(self, revision: Optional[str]) -> None:
        """Sets the revision by which steps are executed, by any of its names; None is the newest."""
        name = None if revision is None else c.text(revision)
        c.call("machine_set_revision", self._handle, name)

    def limit_pages(self, pages: Optional[int]) -> None:
        """Sets the most pages of 4096 bytes that the guest may have; None for no limit.

        A step that needs one more is an error, and the machine is in the state before it.
        """
        if pages is not None and pages < 1:
            raise ValueError(f"a guest cannot run with {pages} pages")
        c.call("machine_set_page_limit", self._handle, c.number(pages or 0, 64, "pages"))

    def limit_hints(self, size: Optional[int]) -> None:
        """Sets the most bytes of hints that the source gets at once; None for 8 GiB.

        Unfinished hints count. A step that would exceed it is a ``PreimageError``, and the machine
        is in the state before it.
        """
        if size is not None and size < 1:
            raise ValueError(f"a hint has more than {size} bytes")
        c.call("machine_set_hint_limit", self._handle, c.number(size or 0, 64, "size"))

    # Running

    def run(
        self,
        until: Optional[int] = None,
        *,
        to_preimage_read: bool = False,
        prove_at: Iterable[int] = (),
        prove_every: int = 0,
        on_proof: Optional[Callable[[Proof], Optional[bool]]] = None,
        pause_at: Iterable[int] = (),
        pause_every: int = 0,
        on_pause: Optional[Callable[["Machine"], Optional[bool]]] = None,
    ) -> Stop:
        """Runs until this many steps have been executed in total, or to the program's end.

        With ``to_preimage_read`` it stops after each step that reads part of a pre-image.

        On the way, ``on_proof`` gets the proof of each step that is in ``prove_at`` or that
        ``prove_every`` divides, right after the step was executed. ``on_pause`` gets this machine
        before each step of ``pause_at`` and ``pause_every``: it may save the state, compute its
        claim, or look at it in any other way. If one of them returns False, the run ends, and the
        next one can continue. ``until`` itself is not part of the run.

        Other Python threads run meanwhile. Callbacks run on a thread other than the main one. Raises
        ``Panic`` and ``PreimageError``.
        """
        stop = ctypes.c_int()
        step = _step(until)
        guard = self._callbacks.guard

        def proved(_: Any, handle: int) -> bool:
            # The proof is freed even if nobody keeps it.
            proof = Proof(ctypes.c_void_p(handle))
            return bool(guard.run(lambda: on_proof is None or on_proof(proof) is not False, False))

        def paused(_: Any, __: Any) -> bool:
            return bool(guard.run(lambda: on_pause is None or on_pause(self) is not False, False))

        events = c.Events(
            _steps(prove_at, prove_every, on_proof, "prove_at", "on_proof"),
            c.PROOF(proved),
            _steps(pause_at, pause_every, on_pause, "pause_at", "on_pause"),
            c.PAUSE(paused),
            None,
        )
        flags = int(to_preimage_read)
        self._run("machine_run_events", step, flags, ctypes.byref(events), ctypes.byref(stop))
        return Stop(stop.value)

    def observe(
        self,
        body: Callable[[Observation], Optional[bool]],
        until: Optional[int] = None,
        *,
        writes: Iterable[range] = (),
        reads: Iterable[range] = (),
        addresses: Iterable[int] = (),
        system_calls: bool = False,
        host_requests: bool = False,
    ) -> Stop:
        """Runs as ``run()`` does, and calls ``body`` with what steps did, right after each.

        Reported are writes and reads of the bytes at some addresses, instructions at ``addresses``,
        system calls, and the pre-images and hints of the program. ``body`` may look at this machine.
        If it returns False, the run ends, and the next one can continue. Between the steps that are
        reported the engine runs at its speed.
        """
        stop = ctypes.c_int()
        guard = self._callbacks.guard

        def observed(_: Any, __: Any, observation: Any) -> bool:
            def call() -> bool:
                return body(Observation._of(observation.contents)) is not False

            return bool(guard.run(call, False))

        written, read = _ranges(writes, "writes"), _ranges(reads, "reads")
        places = [c.number(address, 64, "address") for address in addresses]
        filter = c.Filter(
            written,
            len(written),
            read,
            len(read),
            (ctypes.c_uint64 * len(places))(*places),
            len(places),
            system_calls,
            host_requests,
        )
        callback = c.OBSERVE(observed)
        self._run(
            "machine_observe",
            _step(until),
            ctypes.byref(filter),
            callback,
            None,
            ctypes.byref(stop),
        )
        return Stop(stop.value)

    def stop_between(self, start: int, end: int) -> None:
        """Makes runs stop before an instruction at an address from ``start`` up to ``end``."""
        ends = (c.number(start, 64, "address"), c.number(end, 64, "address"))
        c.call("machine_set_stop_range", self._handle, *ends)

    def prove(self) -> Proof:
        """Executes one step and proves it. Raises ``ExitedError`` if there is none.

        If an interrupt comes after the step, its proof is lost.
        """
        handle = ctypes.c_void_p()
        try:
            self._run("machine_prove", ctypes.byref(handle))
        except BaseException:
            # An interrupt may come when the step is executed already.
            c.call("proof_free", handle)
            raise
        return Proof(handle)

    def profile(
        self,
        until: Optional[int] = None,
        *,
        program: Optional[Program] = None,
        interval: int = 0,
    ) -> Profile:
        """Runs as ``run()`` does, and counts the steps of each function.

        ``program`` names the functions; without it, only those of a Go program have names. A sample
        is taken every ``interval`` steps; 0 adapts the interval to keep the run fast.
        """
        stop, handle = ctypes.c_int(), ctypes.c_void_p()
        step, samples = _step(until), c.number(interval, 64, "interval")
        named = None if program is None else program._handle
        ends = (ctypes.byref(stop), ctypes.byref(handle))
        try:
            self._run("machine_profile", step, named, samples, *ends)
        except BaseException:
            # An interrupt may come when the profile is there already.
            c.call("profile_free", handle)
            raise
        return Profile(handle)

    # Comparing

    def bisect(
        self,
        other: Union["Machine", Callable[[int], Optional[bytes]]],
        until: Optional[int] = None,
    ) -> Optional[Divergence]:
        """The first step at which this machine's run and another differ; None if they do not.

        Copies of the machines execute steps, with their sources of pre-images, at most three times
        as many as precede the difference. Both must be at the same step. Instead of a machine,
        ``other`` may be a function from a number of steps to the claim of the state after them, 32
        bytes, or None if the run cannot execute that many: of a trace, of another VM, of an
        opponent. ``until`` is the last step that is compared.
        """
        found, limit = c.Divergence(), _step(until)
        end = ctypes.byref(found)
        try:
            if isinstance(other, Machine):
                machine = other
                self._callbacks.execute(
                    self._handle,
                    lambda: machine._callbacks.guard.around(
                        lambda: self._callbacks.guard.call(
                            "machine_bisect", self._handle, machine._handle, limit, end
                        )
                    ),
                )
            else:
                claims = self._claims(other)
                self._run("machine_bisect_claims", claims, None, limit, end)
        finally:
            # Collected if the call fails after it has made them.
            proofs = [
                Proof(ctypes.c_void_p(proof)) if proof else None
                for proof in (found.first_proof, found.second_proof)
            ]
        if not found.differs:
            return None
        return Divergence(
            found.step,
            found.at_start,
            bytes(found.first) if found.has_first else None,
            bytes(found.second) if found.has_second else None,
            *proofs,
        )

    def _claims(self, source: Callable[[int], Optional[bytes]]) -> Any:
        """A function of claims as a callback."""

        def claim(_: Any, step: int, room: Any) -> int:
            def body() -> int:
                value = source(step)
                if value is None:
                    return c.PANIC
                data = c.content(value)
                if len(data) != 32:
                    raise ValueError(f"a claim has 32 bytes, not {len(data)}")
                ctypes.memmove(room, data, 32)
                return c.OK

            return int(self._callbacks.guard.run(body, c.IO_ERROR))

        return c.CLAIM(claim)

    def diff(self, other: "Machine", pages: int = 64) -> Difference:
        """How this machine's state differs from another's.

        The words of the ``pages`` pages with the lowest addresses among those that differ are
        listed.
        """
        return collect("machine_diff", pages, self._handle, other._handle)

    # Looking

    def traceback(self, program: Optional[Program] = None) -> str:
        """The calls that each thread is in, the active thread first, in the style of Go's tracebacks.

        ``program`` names the functions; without it, only those of a Go program have names.
        """
        named = None if program is None else program._handle
        return c.buffer("machine_traceback", self._handle, named).decode("utf-8", "replace")

    @property
    def version(self) -> int:
        """The number of the state version."""
        number = ctypes.c_uint32()
        c.call("machine_version", self._handle, ctypes.byref(number))
        return number.value

    @property
    def revision(self) -> str:
        """The name of the revision of the state version by which steps are executed."""
        name = ctypes.c_char_p()
        c.call("machine_revision", self._handle, ctypes.byref(name))
        return (name.value or b"").decode()

    @property
    def step(self) -> int:
        """Steps executed since the program's start."""
        number = ctypes.c_uint64()
        c.call("machine_step", self._handle, ctypes.byref(number))
        return number.value

    @property
    def exit_code(self) -> Optional[int]:
        """The program's exit code; None if it has not exited."""
        exited, code = ctypes.c_bool(), ctypes.c_uint8()
        c.call("machine_exit", self._handle, ctypes.byref(exited), ctypes.byref(code))
        return code.value if exited.value else None

    def claim(self) -> bytes:
        """The claim, 32 bytes. Hashes the pages that have changed."""
        claim = ctypes.create_string_buffer(32)
        c.call("machine_claim", self._handle, claim)
        return claim.raw

    def witness(self) -> bytes:
        """The witness. The claim is its hash, except for the first byte."""
        return c.buffer("machine_witness", self._handle)

    @property
    def verified(self) -> bool:
        """Whether the state is known to have the snapshot's claim.

        False at first with ``trust_pages``. The next call that hashes pages anyway, for a claim, a
        witness, a proof, a .fsnap snapshot or a trace, compares them with the claim, and raises
        ``BadDataError`` if they differ. Once a step has been executed there is nothing left to
        compare.
        """
        flag = ctypes.c_bool()
        c.call("machine_is_verified", self._handle, ctypes.byref(flag))
        return flag.value

    @property
    def last_read(self) -> Optional[PreimageRead]:
        """What the last step read of a pre-image, if a run stopped for it."""
        key, offset = ctypes.create_string_buffer(32), ctypes.c_uint64()
        try:
            c.call("machine_last_read", self._handle, key, ctypes.byref(offset))
        except FileNotFoundError:
            return None
        return PreimageRead(key.raw, offset.value)

    @property
    def page_count(self) -> int:
        """The number of pages of 4096 bytes in the memory."""
        number = ctypes.c_uint64()
        c.call("machine_page_count", self._handle, ctypes.byref(number))
        return number.value

    def read_memory(self, address: int, count: int) -> bytes:
        """The bytes at an address; zero if nothing was written there. Wraps at the end."""
        room = ctypes.create_string_buffer(count)
        start = c.number(address, 64, "address")
        c.call("machine_read_memory", self._handle, start, room, count)
        return room.raw

    @property
    def threads(self) -> list[Thread]:
        """The threads: those of the left stack first, each stack from the bottom."""
        count = ctypes.c_size_t()
        c.call("machine_thread_count", self._handle, ctypes.byref(count))
        return [self._thread(position) for position in range(count.value)]

    def _thread(self, position: int) -> Thread:
        fields = c.ThreadFields()
        c.call("machine_thread", self._handle, position, ctypes.byref(fields))
        values = {name: getattr(fields, name) for name, *_ in fields._fields_}
        values["registers"] = tuple(values["registers"])
        return Thread(**values)

    # Saving

    def save(self, path: Path, format: Optional[str] = None) -> None:
        """Writes a snapshot, completely or not at all. By default the name selects the format."""
        number = pick(FORMATS, format, "format")
        c.call("machine_save", self._handle, c.text(path), number)

    def write(
        self, stream: BinaryIO, format: str = "bin", compression: Optional[str] = None
    ) -> None:
        """Writes a snapshot to a stream; ``compression`` is None, "gzip" or "zstd"."""
        guard = Guard()
        numbers = (
            pick(FORMATS, format, "format"),
            pick(COMPRESSIONS, compression, "compression"),
        )
        guard.call("machine_write", self._handle, *numbers, writer(stream, guard), None)

    def to_bytes(self, format: str = "bin", compression: Optional[str] = None) -> bytes:
        """A snapshot as bytes."""
        stream = io.BytesIO()
        self.write(stream, format, compression)
        return stream.getvalue()
