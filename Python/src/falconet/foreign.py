"""VMs in other libraries, which implement fpvm.h."""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
import threading
from collections.abc import Callable, Mapping
from ctypes import CFUNCTYPE, POINTER, byref, c_int32, c_uint32, c_uint64, c_void_p, sizeof
from dataclasses import dataclass
from typing import Any, Optional, Union

from . import errors

ABI, ANY_KIND, CLAIM_MAX = 1, 0xFFFFFFFF, 64
LIST_MAX, BYTES_MAX = 4096, 1 << 32
OK, NOT_FOUND, CALLBACK, STOP = 0, 5, 11, 13
CAN_LOAD_PROGRAM, CAN_CLONE, CAN_PROVE, CAN_VERIFY, CAN_DESCRIBE = 1, 2, 4, 8, 16
STOPPED_AT_STEP, STOPPED_AT_EXIT, STOPPED_BY_CALLBACK = 0, 1, 3

#: By status of fpvm.h.
BY_STATUS: dict[int, type[errors.FalconetError]] = {
    1: errors.InvalidArgumentError,
    2: errors.BusyError,
    3: errors.UnsupportedError,
    4: errors.BadDataError,
    5: errors.PreimageError,
    6: errors.PreimageError,
    7: errors.Panic,
    8: errors.ExitedError,
    9: errors.RejectedError,
    10: errors.NoMemoryError,
    11: errors.StreamError,
    12: errors.MismatchError,
    13: errors.CancelledError,
}

# A function from a key to its pre-image, None for none; or a dictionary.
Preimages = Union[Callable[[bytes], Optional[bytes]], Mapping[bytes, bytes]]


class _Bytes(ctypes.Structure):
    _fields_ = [("bytes", c_void_p), ("count", c_uint64)]

    def content(self) -> bytes:
        if not self.count:
            return b""
        if not self.bytes or self.count > BYTES_MAX:
            where = "" if self.bytes else " at NULL"
            raise errors.MismatchError(f"the VM gives {self.count} bytes{where}")
        return ctypes.string_at(self.bytes, self.count)


class _Error(ctypes.Structure):
    _fields_ = [("size", c_uint64), ("text", c_void_p), ("room", c_uint64), ("count", c_uint64)]


class _Kind(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64),
        ("name", _Bytes),
        ("description", _Bytes),
        ("witness_size", c_uint64),
    ]


class _Option(ctypes.Structure):
    _fields_ = [("name", _Bytes), ("value", _Bytes)]


class _Input(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64),
        ("bytes", _Bytes),
        ("read", c_void_p),
        ("context", c_void_p),
        ("options", POINTER(_Option)),
        ("option_count", c_uint64),
        ("kind", c_uint32),
        ("reserved", c_uint32),
    ]


class _Info(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64),
        ("step", c_uint64),
        ("memory", c_uint64),
        ("exit_code", c_uint64),
        ("kind", c_uint32),
        ("exited", c_uint32),
    ]


_PREIMAGE = CFUNCTYPE(c_int32, c_void_p, c_void_p, c_uint64, POINTER(_Bytes))
_HINT = CFUNCTYPE(c_int32, c_void_p, c_void_p, c_uint64)
_OUTPUT = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p, c_uint64)
_PROGRESS = CFUNCTYPE(c_int32, c_void_p, c_uint64)


class _Callbacks(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64),
        ("context", c_void_p),
        ("preimage", _PREIMAGE),
        ("hint", _HINT),
        ("output", _OUTPUT),
        ("progress", _PROGRESS),
        ("progress_interval", c_uint64),
    ]


class _Run(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64),
        ("until", c_uint64),
        ("flags", c_uint32),
        ("reserved", c_uint32),
    ]


class _Stop(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64),
        ("step", c_uint64),
        ("reason", c_uint32),
        ("reserved", c_uint32),
    ]


class _Field(ctypes.Structure):
    _fields_ = [("name", _Bytes), ("bytes", _Bytes)]


class _Proof(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64),
        ("step", c_uint64),
        ("kind", c_uint32),
        ("has_read", c_uint32),
        ("pre", _Bytes),
        ("post", _Bytes),
        ("fields", POINTER(_Field)),
        ("field_count", c_uint64),
        ("key", _Bytes),
        ("preimage", _Bytes),
        ("offset", c_uint64),
    ]


_E = POINTER(_Error)
_LOAD = CFUNCTYPE(c_int32, POINTER(_Input), POINTER(c_void_p), _E)
_GIVE = CFUNCTYPE(c_int32, c_void_p, POINTER(_Bytes), _E)


class _Table(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64),
        ("capabilities", c_uint64),
        ("abi", c_uint32),
        ("kind_count", c_uint32),
        ("kinds", POINTER(POINTER(_Kind))),
        ("option_count", c_uint64),
        ("options", c_void_p),
        ("name", _Bytes),
        ("version", _Bytes),
        ("claim_size", c_uint64),
        ("progress_limit", c_uint64),
        ("load_program", _LOAD),
        ("load_state", _LOAD),
        ("clone", CFUNCTYPE(c_int32, c_void_p, POINTER(c_void_p), _E)),
        ("free_machine", CFUNCTYPE(c_int32, c_void_p)),
        ("free_bytes", CFUNCTYPE(None, POINTER(_Bytes))),
        ("set_callbacks", CFUNCTYPE(c_int32, c_void_p, POINTER(_Callbacks), _E)),
        ("info", CFUNCTYPE(c_int32, c_void_p, POINTER(_Info), _E)),
        ("claim", CFUNCTYPE(c_int32, c_void_p, c_void_p, c_uint64, _E)),
        ("witness", _GIVE),
        (
            "claim_of_witness",
            CFUNCTYPE(c_int32, c_uint32, c_void_p, c_uint64, c_void_p, c_uint64, _E),
        ),
        ("save_state", _GIVE),
        ("write_state", c_void_p),
        ("run", CFUNCTYPE(c_int32, c_void_p, POINTER(_Run), POINTER(_Stop), _E)),
        ("prove", CFUNCTYPE(c_int32, c_void_p, POINTER(POINTER(_Proof)), _E)),
        ("free_proof", CFUNCTYPE(None, POINTER(_Proof))),
        ("verify", CFUNCTYPE(c_int32, POINTER(_Proof), _E)),
        ("describe", _GIVE),
    ]


def _call(body: Callable[[Any], int], cause: Optional[BaseException] = None) -> None:
    """Calls a function with room for an error, which is raised."""
    room = ctypes.create_string_buffer(4096)
    error = _Error(sizeof(_Error), ctypes.addressof(room), len(room), 0)
    status = body(byref(error))
    if status != OK:
        text = room.raw[: min(error.count, len(room))].decode("utf-8", "replace")
        kind = BY_STATUS.get(status, errors.MismatchError)
        raise kind(text or f"the VM failed with status {status}, and says no more") from cause


class _Copies:
    """Bytes that stay where they are for a call."""

    def __init__(self) -> None:
        self._kept: list[Any] = []

    def add(self, data: bytes) -> _Bytes:
        buffer = ctypes.create_string_buffer(data, len(data)) if data else None
        self._kept.append(buffer)
        return _Bytes(ctypes.addressof(buffer) if buffer else None, len(data))


@dataclass(frozen=True)
class ForeignProof:
    """The proof of a step of another VM: its claims, the VM's own fields in their order, and the
    pre-image that the step reads."""

    vm: str
    kind: str
    step: int
    pre: bytes
    post: bytes
    fields: tuple[tuple[str, bytes], ...]
    key: Optional[bytes] = None
    preimage: bytes = b""
    offset: int = 0

    def to_json(self) -> bytes:
        """The JSON that ``falconet verify --vm-library`` takes."""
        members: dict[str, Any] = {
            "vm": self.vm,
            "kind": self.kind,
            "step": self.step,
            "pre": "0x" + self.pre.hex(),
            "post": "0x" + self.post.hex(),
            "fields": [{"name": name, "bytes": "0x" + data.hex()} for name, data in self.fields],
        }
        if self.key is not None:
            members["key"] = "0x" + self.key.hex()
            members["preimage"] = "0x" + self.preimage.hex()
            members["offset"] = self.offset
        return json.dumps(members).encode()

    @classmethod
    def from_json(cls, data: Union[str, bytes]) -> "ForeignProof":
        """A proof of such JSON."""
        try:
            members = json.loads(data)
            key = members.get("key")
            return cls(
                str(members["vm"]),
                str(members["kind"]),
                int(members["step"]),
                _unhex(members["pre"]),
                _unhex(members["post"]),
                tuple((str(part["name"]), _unhex(part["bytes"])) for part in members["fields"]),
                None if key is None else _unhex(key),
                _unhex(members.get("preimage", "0x")),
                int(members.get("offset", 0)),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise errors.BadDataError(f"this is no proof of a VM: {error!r}") from error

    def __enter__(self) -> "ForeignProof":
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to free: as ``Proof``, which has something."""


def _unhex(text: str) -> bytes:
    if not text.startswith("0x"):
        raise ValueError(f"{text[:20]} does not begin with 0x")
    return bytes.fromhex(text[2:])


class ForeignVM:
    """A VM in a shared library that implements fpvm.h. Several may be used at once, from any
    threads."""

    def __init__(self, library: Union[str, os.PathLike[str]]) -> None:
        path = os.path.abspath(library)
        try:
            get = ctypes.CDLL(path, mode=os.RTLD_LOCAL | os.RTLD_NOW).fpvm_get
        except (AttributeError, OSError) as error:
            raise errors.InvalidArgumentError(f"{path} is no VM's library: {error}") from error
        get.restype, get.argtypes = POINTER(_Table), [c_uint32]
        pointer = get(ABI)
        if not pointer or pointer.contents.abi != ABI or pointer.contents.size < sizeof(_Table):
            raise errors.UnsupportedError(f"{path} has no table of version {ABI}")
        self._table: Any = pointer.contents
        if not 0 < self._table.claim_size <= CLAIM_MAX:
            raise errors.MismatchError(f"the VM has claims of {self._table.claim_size} bytes")
        if not (0 < self._table.kind_count <= LIST_MAX and self._table.kinds):
            raise errors.MismatchError(f"the VM has {self._table.kind_count} kinds of states")
        self.name: str = self._table.name.content().decode()
        self.version: str = self._table.version.content().decode()
        self.claim_size: int = self._table.claim_size
        self.capabilities: int = self._table.capabilities
        self.kinds = tuple(
            self._table.kinds[number].contents.name.content().decode()
            for number in range(self._table.kind_count)
        )

    def load_program(
        self,
        program: bytes,
        kind: Optional[str] = None,
        options: Optional[Mapping[str, str]] = None,
    ) -> "ForeignMachine":
        """The first state of a program, in the VM's own form."""
        self._require(CAN_LOAD_PROGRAM, "load programs")
        return self._load(self._table.load_program, program, kind, options)

    def load_state(self, state: bytes, kind: Optional[str] = None) -> "ForeignMachine":
        """The machine of the bytes of a state."""
        return self._load(self._table.load_state, state, kind, None)

    def open(
        self, path: Union[str, os.PathLike[str]], kind: Optional[str] = None
    ) -> "ForeignMachine":
        """The machine of a file: a state if it begins with its own claim, else a program."""
        data = pathlib.Path(path).read_bytes()
        try:
            return self.load_state(data, kind)
        except errors.BadDataError:
            if not self.capabilities & CAN_LOAD_PROGRAM:
                raise
            return self.load_program(data, kind)

    def _load(
        self, load: Any, data: bytes, kind: Optional[str], options: Optional[Mapping[str, str]]
    ) -> "ForeignMachine":
        copies = _Copies()
        chosen = [
            _Option(copies.add(name.encode()), copies.add(value.encode()))
            for name, value in (options or {}).items()
        ]
        source = _Input(sizeof(_Input), copies.add(data))
        source.options, source.option_count = (_Option * len(chosen))(*chosen), len(chosen)
        source.kind = ANY_KIND if kind is None else self._number(kind)
        handle = c_void_p()
        _call(lambda error: int(load(byref(source), byref(handle), error)))
        return ForeignMachine(self, handle)

    def _number(self, kind: str) -> int:
        if kind not in self.kinds:
            raise errors.UnsupportedError(f"{self.name} has no kind {kind}: it has {self.kinds}")
        return self.kinds.index(kind)

    def _require(self, capability: int, what: str) -> None:
        if not self.capabilities & capability:
            raise errors.UnsupportedError(f"the VM {self.name} cannot {what}")

    def claim_of_witness(self, witness: bytes, kind: Optional[str] = None) -> bytes:
        """The claim of a witness."""
        copies, room = _Copies(), ctypes.create_string_buffer(CLAIM_MAX)
        data, number = copies.add(witness), self._number(kind or self.kinds[0])
        claim_of_witness = self._table.claim_of_witness
        _call(
            lambda error: int(
                claim_of_witness(
                    number, data.bytes, data.count, ctypes.addressof(room), CLAIM_MAX, error
                )
            )
        )
        return room.raw[: self.claim_size]

    def verify(self, proof: ForeignProof) -> None:
        """Raises ``RejectedError`` unless the proof holds."""
        self._require(CAN_VERIFY, "verify proofs")
        if proof.vm != self.name:
            raise errors.RejectedError(f"it is a proof of {proof.vm}, and the VM is {self.name}")
        copies = _Copies()
        fields = [
            _Field(copies.add(name.encode()), copies.add(data)) for name, data in proof.fields
        ]
        shown = _Proof(sizeof(_Proof), proof.step, self._number(proof.kind))
        shown.pre, shown.post = copies.add(proof.pre), copies.add(proof.post)
        shown.fields, shown.field_count = (_Field * len(fields))(*fields), len(fields)
        if proof.key is not None:
            shown.has_read, shown.key = 1, copies.add(proof.key)
            shown.preimage, shown.offset = copies.add(proof.preimage), proof.offset
        _call(lambda error: int(self._table.verify(byref(shown), error)))


class ForeignMachine:
    """A machine of another VM: a state that is executed. One thread may use it at a time."""

    def __init__(self, vm: ForeignVM, handle: Any) -> None:
        self.vm = vm
        self._table = vm._table
        self._handle = handle
        self._lock = threading.Lock()
        self._callbacks: Optional[_Callbacks] = None
        self._answer: Any = None
        self._raised: Optional[BaseException] = None
        self._preimages: Callable[[bytes], Optional[bytes]] = lambda key: None
        self._hint: Optional[Callable[[bytes], object]] = None
        self._output: Optional[Callable[[int, bytes], object]] = None

    def close(self) -> None:
        """Frees the machine. Does nothing the second time."""
        handle, self._handle = self._handle, None
        if handle:
            self._table.free_machine(handle)

    def __enter__(self) -> "ForeignMachine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self.close()

    def _use(self, body: Callable[[Any, Any], int]) -> None:
        """A call for the machine. What a callback raised is the error's cause, or is raised itself
        if it is no ``Exception``."""
        if not self._lock.acquire(blocking=False):
            raise errors.BusyError("another thread, or a callback, uses the machine")
        try:
            if not self._handle:
                raise errors.InvalidArgumentError("the machine is closed")
            self._raised = None
            try:
                _call(lambda error: body(self._handle, error))
            except errors.FalconetError as error:
                error.__cause__ = self._raised
                if self._raised and not isinstance(self._raised, Exception):
                    raise self._raised from None
                raise
        finally:
            self._lock.release()

    # Callbacks

    def use_preimages(
        self, preimages: Preimages, on_hint: Optional[Callable[[bytes], object]] = None
    ) -> None:
        """Sets where pre-images come from, and what gets hints. Keys have any number of bytes."""
        self._preimages = preimages.get if isinstance(preimages, Mapping) else preimages
        self._hint = on_hint
        self._set_callbacks()

    def use_preimage_folder(self, path: Union[str, os.PathLike[str]]) -> None:
        """Takes pre-images from a folder with a file for each, ``0xKEY.txt``, in hexadecimal."""
        folder = pathlib.Path(path)

        def read(key: bytes) -> Optional[bytes]:
            try:
                return bytes.fromhex((folder / f"0x{key.hex()}.txt").read_text().strip())
            except FileNotFoundError:
                return None

        self.use_preimages(read)

    def on_output(self, callback: Optional[Callable[[int, bytes], object]]) -> None:
        """Sets what gets the program's output: stream 1, errors: stream 2."""
        self._output = callback
        self._set_callbacks()

    def _guard(self, body: Callable[[], int]) -> int:
        try:
            return body()
        except BaseException as error:
            self._raised = error
            return CALLBACK if isinstance(error, Exception) else STOP

    def _set_callbacks(self) -> None:
        def preimage(_: Any, key: int, count: int, result: Any) -> int:
            def body() -> int:
                data = self._preimages(ctypes.string_at(key, count) if count else b"")
                if data is None:
                    return NOT_FOUND
                self._answer = ctypes.create_string_buffer(data, max(len(data), 1))
                result.contents.bytes = ctypes.addressof(self._answer)
                result.contents.count = len(data)
                return OK

            return self._guard(body)

        def hint(_: Any, data: int, count: int) -> int:
            def body() -> int:
                if self._hint:
                    self._hint(ctypes.string_at(data, count) if count else b"")
                return OK

            return self._guard(body)

        def output(_: Any, stream: int, data: int, count: int) -> None:
            def body() -> int:
                if self._output:
                    self._output(stream, ctypes.string_at(data, count) if count else b"")
                return OK

            # The VM cannot be told: the call that is under way raises what this raised.
            self._guard(body)

        callbacks = _Callbacks(
            sizeof(_Callbacks),
            None,
            _PREIMAGE(preimage),
            _HINT(hint),
            _OUTPUT(output),
            # Lets Python handle signals, of which Ctrl-C raises KeyboardInterrupt here.
            _PROGRESS(lambda _, step: self._guard(lambda: STOP if self._raised else OK)),
            0,
        )
        set_callbacks = self._table.set_callbacks
        self._use(lambda handle, error: int(set_callbacks(handle, byref(callbacks), error)))
        self._callbacks = callbacks

    # The state

    def _info(self) -> Any:
        info = _Info(sizeof(_Info))
        self._use(lambda handle, error: int(self._table.info(handle, byref(info), error)))
        return info

    @property
    def step(self) -> int:
        """Steps executed since the program's start."""
        return int(self._info().step)

    @property
    def exit_code(self) -> Optional[int]:
        """The program's exit code; None if it has not exited."""
        info = self._info()
        return int(info.exit_code) if info.exited else None

    @property
    def kind(self) -> str:
        """The name of the state's kind."""
        return str(self.vm.kinds[self._info().kind])

    @property
    def page_count(self) -> int:
        """Pages of 4 KiB that the program's memory takes; 0 if the VM does not count them."""
        return int(self._info().memory + 4095) >> 12

    def claim(self) -> bytes:
        """The claim of the state."""
        room = ctypes.create_string_buffer(CLAIM_MAX)
        place = ctypes.addressof(room)
        self._use(lambda handle, error: int(self._table.claim(handle, place, CLAIM_MAX, error)))
        return room.raw[: self.vm.claim_size]

    def _bytes(self, function: Any) -> bytes:
        result = _Bytes()
        self._use(lambda handle, error: int(function(handle, byref(result), error)))
        try:
            return result.content()
        finally:
            self._table.free_bytes(byref(result))

    def witness(self) -> bytes:
        """What the claim is computed of."""
        return self._bytes(self._table.witness)

    def state(self) -> bytes:
        """The bytes of the state, which begin with its claim."""
        return self._bytes(self._table.save_state)

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Writes the bytes of the state into a file, which appears when all of it is there."""
        path = pathlib.Path(path)
        temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
        try:
            temporary.write_bytes(self.state())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)

    def describe(self) -> Optional[str]:
        """What the next step does, for people; None if the VM does not say."""
        if not self.vm.capabilities & CAN_DESCRIBE:
            return None
        return self._bytes(self._table.describe).decode("utf-8", "replace")

    def copy(self) -> "ForeignMachine":
        """A second machine in the same state, without callbacks."""
        if not self.vm.capabilities & CAN_CLONE:
            return self.vm.load_state(self.state())
        other = c_void_p()
        self._use(lambda handle, error: int(self._table.clone(handle, byref(other), error)))
        return ForeignMachine(self.vm, other)

    # Steps

    def run(self, until: int = 2**64 - 1) -> bool:
        """Runs until a step, or until the program exits. Returns whether it has exited."""
        if not 0 <= until < 2**64:
            raise errors.InvalidArgumentError(f"step {until} is out of range")
        how, stop = _Run(sizeof(_Run), until), _Stop(sizeof(_Stop))
        if self._callbacks is None:
            self._set_callbacks()
        run = self._table.run
        self._use(lambda handle, error: int(run(handle, byref(how), byref(stop), error)))
        if self._raised:
            raise self._raised
        if stop.reason == STOPPED_BY_CALLBACK:
            raise errors.CancelledError("the run was stopped")
        return bool(stop.reason == STOPPED_AT_EXIT)

    def prove(self) -> ForeignProof:
        """Executes one step, and proves it."""
        self.vm._require(CAN_PROVE, "prove steps")
        pointer = POINTER(_Proof)()
        self._use(lambda handle, error: int(self._table.prove(handle, byref(pointer), error)))
        try:
            if not pointer:
                raise errors.MismatchError("the VM gives no proof")
            shown = pointer.contents
            if shown.field_count > LIST_MAX or shown.kind >= len(self.vm.kinds):
                what = f"kind {shown.kind}, {shown.field_count} fields"
                raise errors.MismatchError(f"the VM gives an impossible proof: {what}")
            fields = tuple(
                (field.name.content().decode(), field.bytes.content())
                for field in (shown.fields[number] for number in range(shown.field_count))
            )
            return ForeignProof(
                self.vm.name,
                self.vm.kinds[shown.kind],
                shown.step,
                shown.pre.content(),
                shown.post.content(),
                fields,
                shown.key.content() if shown.has_read else None,
                shown.preimage.content(),
                shown.offset,
            )
        finally:
            self._table.free_proof(pointer)
