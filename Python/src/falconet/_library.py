"""The C library, as its header falconet.h declares it."""

from __future__ import annotations

import ctypes
import os
import pathlib
from ctypes import POINTER, c_bool, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p
from ctypes import c_uint8, c_uint32, c_uint64
from typing import Any, Iterable

from .errors import BY_STATUS, FalconetError

ABI_VERSION = 1
ANY_VERSION = 0xFFFFFFFF
FOREVER = 0xFFFFFFFF
OK, NOT_FOUND, IO_ERROR, PANIC = 0, 3, 4, 8

READ = ctypes.CFUNCTYPE(c_int64, c_void_p, c_void_p, c_size_t)
WRITE = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p, c_size_t)
PREIMAGE = ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(c_uint8), c_void_p)
HINT = ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(c_uint8), c_size_t)
OUTPUT = ctypes.CFUNCTYPE(None, c_void_p, c_int32, POINTER(c_uint8), c_size_t)
INCIDENT = ctypes.CFUNCTYPE(None, c_void_p, c_char_p, c_char_p, c_char_p)
PROGRESS = ctypes.CFUNCTYPE(c_bool, c_void_p, c_uint64)
PROOF = ctypes.CFUNCTYPE(c_bool, c_void_p, c_void_p)
PAUSE = ctypes.CFUNCTYPE(c_bool, c_void_p, c_void_p)
CLAIM = ctypes.CFUNCTYPE(c_int, c_void_p, c_uint64, POINTER(c_uint8))
REPORT = ctypes.CFUNCTYPE(None, c_void_p, c_char_p)


class Buffer(ctypes.Structure):
    """falconet_buffer"""

    _fields_ = [("bytes", POINTER(c_uint8)), ("count", c_size_t)]


class Reading(ctypes.Structure):
    """falconet_reading"""

    _fields_ = [("format", c_int), ("base", c_char_p), ("trust_pages", c_bool)]


class Steps(ctypes.Structure):
    """falconet_steps"""

    _fields_ = [("at", POINTER(c_uint64)), ("count", c_size_t), ("every", c_uint64)]


class Events(ctypes.Structure):
    """falconet_events"""

    _fields_ = [
        ("proofs", Steps),
        ("on_proof", PROOF),
        ("pauses", Steps),
        ("on_pause", PAUSE),
        ("context", c_void_p),
    ]


class Range(ctypes.Structure):
    """falconet_range"""

    _fields_ = [("start", c_uint64), ("count", c_uint64)]


class Filter(ctypes.Structure):
    """falconet_filter"""

    _fields_ = [
        ("writes", POINTER(Range)),
        ("write_count", c_size_t),
        ("reads", POINTER(Range)),
        ("read_count", c_size_t),
        ("addresses", POINTER(c_uint64)),
        ("address_count", c_size_t),
        ("system_calls", c_bool),
        ("host_requests", c_bool),
    ]


class Observation(ctypes.Structure):
    """falconet_observation"""

    _fields_ = [
        ("kind", c_int),
        ("step", c_uint64),
        ("thread", c_uint64),
        ("pc", c_uint64),
        ("registers", POINTER(c_uint64)),
        ("address", c_uint64),
        ("size", c_uint64),
        ("before", c_uint64),
        ("after", c_uint64),
        ("number", c_uint64),
        ("name", c_char_p),
        ("arguments", c_uint64 * 6),
        ("is_answered", c_bool),
        ("result", c_uint64),
        ("error", c_uint64),
        ("bytes", POINTER(c_uint8)),
        ("count", c_size_t),
    ]


OBSERVE = ctypes.CFUNCTYPE(c_bool, c_void_p, c_void_p, POINTER(Observation))


class ThreadFields(ctypes.Structure):
    """falconet_thread"""

    _fields_ = [
        ("id", c_uint64),
        ("pc", c_uint64),
        ("next_pc", c_uint64),
        ("lo", c_uint64),
        ("hi", c_uint64),
        ("registers", c_uint64 * 32),
        ("futex_address", c_uint64),
        ("futex_value", c_uint64),
        ("futex_timeout_step", c_uint64),
        ("exit_code", c_uint8),
        ("exited", c_bool),
        ("right", c_bool),
        ("active", c_bool),
    ]


class ProofInfo(ctypes.Structure):
    """falconet_proof_info"""

    _fields_ = [
        ("step", c_uint64),
        ("pre", c_uint8 * 32),
        ("post", c_uint8 * 32),
        ("preimage_key", c_uint8 * 32),
        ("preimage_offset", c_uint64),
        ("version", c_uint32),
        ("has_step", c_bool),
        ("has_pre", c_bool),
        ("has_preimage", c_bool),
    ]


class SnapshotInfo(ctypes.Structure):
    """falconet_snapshot_info"""

    _fields_ = [
        ("step", c_uint64),
        ("claim", c_uint8 * 32),
        ("version", c_uint32),
        ("exited", c_bool),
        ("exit_code", c_uint8),
        ("verified", c_bool),
    ]


class Difference(ctypes.Structure):
    """falconet_difference"""

    _fields_ = [
        ("kind", c_int),
        ("in_first", c_bool),
        ("in_second", c_bool),
        ("name", c_char_p),
        ("thread", c_uint64),
        ("address", c_uint64),
        ("first", c_uint64),
        ("second", c_uint64),
        ("first_bytes", POINTER(c_uint8)),
        ("first_count", c_size_t),
        ("second_bytes", POINTER(c_uint8)),
        ("second_count", c_size_t),
    ]


class DifferenceTotals(ctypes.Structure):
    """falconet_difference_totals"""

    _fields_ = [("pages", c_uint64), ("words", c_uint64), ("same", c_bool)]


class ContractCall(ctypes.Structure):
    """falconet_contract_call"""

    _fields_ = [
        ("purpose", c_char_p),
        ("contract", c_char_p),
        ("function", c_char_p),
        ("data", POINTER(c_uint8)),
        ("count", c_size_t),
    ]


class CalldataOptions(ctypes.Structure):
    """falconet_calldata_options"""

    _fields_ = [
        ("local_context", c_char_p),
        ("caller", c_char_p),
        ("kzg_proof", c_char_p),
        ("preimage_folder", c_char_p),
    ]


class Divergence(ctypes.Structure):
    """falconet_divergence"""

    _fields_ = [
        ("step", c_uint64),
        ("first", c_uint8 * 32),
        ("second", c_uint8 * 32),
        ("first_proof", c_void_p),
        ("second_proof", c_void_p),
        ("differs", c_bool),
        ("at_start", c_bool),
        ("has_first", c_bool),
        ("has_second", c_bool),
    ]


class Finding(ctypes.Structure):
    """falconet_finding"""

    _fields_ = [
        ("kind", c_int),
        ("harmful", c_bool),
        ("problem", c_char_p),
        ("function", c_char_p),
        ("path", c_char_p),
        ("excuse", c_char_p),
        ("remedy", c_char_p),
        ("addresses", POINTER(c_uint64)),
        ("address_count", c_size_t),
    ]


class Check(ctypes.Structure):
    """falconet_check"""

    _fields_ = [
        ("functions", c_uint64),
        ("reachable_functions", c_uint64),
        ("compatible", c_bool),
    ]


DIFFERENCE = ctypes.CFUNCTYPE(None, c_void_p, POINTER(Difference))
CONTRACT_CALL = ctypes.CFUNCTYPE(None, c_void_p, POINTER(ContractCall))
FINDING = ctypes.CFUNCTYPE(None, c_void_p, POINTER(Finding))


class TraceOptions(ctypes.Structure):
    """falconet_trace_options"""

    _fields_ = [
        ("prestate", Reading),
        ("snapshot_interval", c_uint64),
        ("disk_budget", c_uint64),
        ("memory_budget", c_uint64),
        ("checkpoints", c_uint32),
        ("engine", c_int),
        ("revision", c_char_p),
        ("hint_limit", c_uint64),
    ]


class TraceClaim(ctypes.Structure):
    """falconet_trace_claim"""

    _fields_ = [("index", c_uint64), ("claim", c_uint8 * 32), ("past_end", c_bool)]


class TraceStep(ctypes.Structure):
    """falconet_trace_step"""

    _fields_ = [("index", c_uint64), ("proof", c_void_p), ("past_end", c_bool)]


class TraceInfo(ctypes.Structure):
    """falconet_trace_info"""

    _fields_ = [
        ("end", c_uint64),
        ("claims", c_uint64),
        ("snapshots", c_uint64),
        ("checkpoints", c_uint64),
        ("size", c_uint64),
        ("budget", c_uint64),
        ("executed", c_uint64),
        ("version", c_uint32),
        ("has_end", c_bool),
    ]


class TraceAdoption(ctypes.Structure):
    """falconet_trace_adoption"""

    _fields_ = [("proofs", c_uint64), ("snapshots", c_uint64), ("has_end", c_bool)]


class StoreOptions(ctypes.Structure):
    """falconet_store_options"""

    _fields_ = [
        ("limit", c_uint64),
        ("hints", c_int),
        ("trusts_blobs", c_bool),
        ("trusts_precompiles", c_bool),
        ("host", c_char_p),
        ("report", REPORT),
        ("context", c_void_p),
    ]


class StorePart(ctypes.Structure):
    """falconet_store_part"""

    _fields_ = [
        ("type", c_uint8),
        ("host", c_char_p),
        ("count", c_uint64),
        ("bytes", c_uint64),
    ]


class StoreInfo(ctypes.Structure):
    """falconet_store_info"""

    _fields_ = [
        ("count", c_uint64),
        ("bytes", c_uint64),
        ("file_bytes", c_uint64),
        ("oldest_use", c_int64),
        ("newest_use", c_int64),
    ]


class StoreImportResult(ctypes.Structure):
    """falconet_store_import_result"""

    _fields_ = [
        ("added", c_uint64),
        ("known", c_uint64),
        ("left_out", c_uint64),
        ("wrong", c_uint64),
        ("unreadable", c_uint64),
    ]


STORE_PART = ctypes.CFUNCTYPE(None, c_void_p, POINTER(StorePart))

_HANDLE = POINTER(c_void_p)
_TEXTS = POINTER(c_char_p)
# Arguments of the functions that give a status.
SIGNATURES: dict[str, list[Any]] = {
    "machine_open": [c_char_p, POINTER(Reading), _HANDLE],
    "machine_open_memory": [c_char_p, c_size_t, POINTER(Reading), _HANDLE],
    "machine_open_stream": [READ, c_void_p, POINTER(Reading), _HANDLE],
    "machine_load_elf": [c_char_p, c_uint32, _HANDLE],
    "machine_load_elf_memory": [c_char_p, c_size_t, c_uint32, _HANDLE],
    "machine_free": [c_void_p],
    "machine_set_revision": [c_void_p, c_char_p],
    "machine_revision": [c_void_p, POINTER(c_char_p)],
    "answer_append": [c_void_p, c_char_p, c_size_t],
    "answer_explain": [c_void_p, c_char_p],
    "machine_set_preimages": [c_void_p, PREIMAGE, HINT, c_void_p],
    "machine_set_preimage_folder": [c_void_p, c_char_p],
    "machine_set_preimage_server": [c_void_p, _TEXTS, c_uint32, OUTPUT, c_void_p],
    "machine_set_local_input": [c_void_p, c_uint64, c_char_p, c_size_t],
    "machine_set_preimage_store": [c_void_p, c_char_p, POINTER(StoreOptions)],
    "machine_set_output": [c_void_p, OUTPUT, c_void_p],
    "machine_set_engine": [c_void_p, c_int],
    "machine_set_progress": [c_void_p, PROGRESS, c_uint64, c_void_p],
    "machine_cancel": [c_void_p],
    "machine_resume": [c_void_p],
    "machine_set_stop_range": [c_void_p, c_uint64, c_uint64],
    "machine_set_page_limit": [c_void_p, c_uint64],
    "machine_set_hint_limit": [c_void_p, c_uint64],
    "machine_run": [c_void_p, c_uint64, c_uint32, POINTER(c_int)],
    "machine_run_events": [c_void_p, c_uint64, c_uint32, POINTER(Events), POINTER(c_int)],
    "machine_observe": [
        c_void_p,
        c_uint64,
        POINTER(Filter),
        OBSERVE,
        c_void_p,
        POINTER(c_int),
    ],
    "machine_last_read": [c_void_p, c_char_p, POINTER(c_uint64)],
    "machine_version": [c_void_p, POINTER(c_uint32)],
    "machine_step": [c_void_p, POINTER(c_uint64)],
    "machine_exit": [c_void_p, POINTER(c_bool), POINTER(c_uint8)],
    "machine_claim": [c_void_p, c_char_p],
    "machine_witness": [c_void_p, POINTER(Buffer)],
    "machine_is_verified": [c_void_p, POINTER(c_bool)],
    "machine_page_count": [c_void_p, POINTER(c_uint64)],
    "machine_read_memory": [c_void_p, c_uint64, c_char_p, c_size_t],
    "machine_thread_count": [c_void_p, POINTER(c_size_t)],
    "machine_thread": [c_void_p, c_size_t, POINTER(ThreadFields)],
    "machine_save": [c_void_p, c_char_p, c_int],
    "machine_write": [c_void_p, c_int, c_int, WRITE, c_void_p],
    "snapshot_describe": [c_char_p, POINTER(Reading), POINTER(SnapshotInfo), POINTER(Buffer)],
    "snapshot_convert": [c_char_p, POINTER(Reading), c_char_p, c_int],
    "snapshot_diff": [
        c_char_p,
        POINTER(Reading),
        c_char_p,
        POINTER(Reading),
        c_size_t,
        DIFFERENCE,
        c_void_p,
        POINTER(DifferenceTotals),
    ],
    "machine_diff": [
        c_void_p,
        c_void_p,
        c_size_t,
        DIFFERENCE,
        c_void_p,
        POINTER(DifferenceTotals),
    ],
    "machine_prove": [c_void_p, _HANDLE],
    "proof_open": [c_char_p, _HANDLE],
    "proof_open_memory": [c_char_p, c_size_t, _HANDLE],
    "proof_free": [c_void_p],
    "proof_get_info": [c_void_p, POINTER(ProofInfo)],
    "proof_state_data": [c_void_p, POINTER(Buffer)],
    "proof_proof_data": [c_void_p, POINTER(Buffer)],
    "proof_preimage": [c_void_p, POINTER(Buffer)],
    "proof_save": [c_void_p, c_char_p],
    "proof_write": [c_void_p, c_int, WRITE, c_void_p],
    "proof_verify": [c_void_p, c_uint32],
    "proof_verify_revision": [c_void_p, c_uint32, c_char_p],
    "proof_calldata": [c_void_p, POINTER(CalldataOptions), CONTRACT_CALL, c_void_p],
    "machine_bisect": [c_void_p, c_void_p, c_uint64, POINTER(Divergence)],
    "machine_bisect_claims": [c_void_p, CLAIM, c_void_p, c_uint64, POINTER(Divergence)],
    "program_open": [c_char_p, _HANDLE],
    "program_open_memory": [c_char_p, c_size_t, _HANDLE],
    "program_free": [c_void_p],
    "program_check": [c_void_p, c_uint32, c_char_p, FINDING, c_void_p, POINTER(Check)],
    "machine_traceback": [c_void_p, c_void_p, POINTER(Buffer)],
    "machine_profile": [c_void_p, c_uint64, c_void_p, c_uint64, POINTER(c_int), _HANDLE],
    "profile_save": [c_void_p, c_char_p],
    "profile_write": [c_void_p, c_int, c_int, WRITE, c_void_p],
    "profile_free": [c_void_p],
    "trace_open": [c_char_p, c_char_p, POINTER(TraceOptions), _HANDLE],
    "trace_open_machine": [c_char_p, c_void_p, POINTER(TraceOptions), _HANDLE],
    "trace_free": [c_void_p],
    "trace_set_preimages": [c_void_p, PREIMAGE, HINT, c_void_p],
    "trace_set_preimage_folder": [c_void_p, c_char_p],
    "trace_set_preimage_server": [c_void_p, _TEXTS, c_uint32, OUTPUT, c_void_p],
    "trace_set_source_identity": [c_void_p, c_char_p],
    "trace_set_local_input": [c_void_p, c_uint64, c_char_p, c_size_t],
    "trace_set_preimage_store": [c_void_p, c_char_p, POINTER(StoreOptions)],
    "trace_set_progress": [c_void_p, PROGRESS, c_uint64, c_void_p],
    "trace_cancel": [c_void_p],
    "trace_resume": [c_void_p],
    "trace_prestate": [c_void_p, c_char_p, POINTER(Buffer)],
    "trace_claims": [c_void_p, POINTER(c_uint64), c_size_t, POINTER(TraceClaim)],
    "trace_steps": [c_void_p, POINTER(c_uint64), c_size_t, POINTER(TraceStep)],
    "trace_last": [c_void_p, POINTER(c_uint64), c_char_p, POINTER(Buffer)],
    "trace_get_info": [c_void_p, POINTER(TraceInfo)],
    "trace_snapshots": [c_void_p, POINTER(c_uint64), c_size_t, POINTER(c_size_t)],
    "trace_incidents": [c_void_p, INCIDENT, c_void_p],
    "trace_prune": [c_void_p],
    "trace_export": [c_void_p, c_char_p],
    "trace_adopt": [c_void_p, c_char_p, POINTER(TraceAdoption), INCIDENT, c_void_p],
    "trace_delete": [c_void_p],
    "trace_delete_folder": [c_char_p],
    "store_status": [c_char_p, STORE_PART, c_void_p, POINTER(StoreInfo)],
    "store_import": [c_char_p, c_char_p, POINTER(StoreOptions), POINTER(StoreImportResult)],
    "store_export": [c_char_p, c_char_p, c_char_p, POINTER(c_uint64)],
    "store_check": [c_char_p, REPORT, c_void_p, POINTER(c_uint64)],
    "store_prune": [c_char_p, c_uint64],
}


def _load() -> ctypes.CDLL:
    """Loads the file that FALCONET_LIBRARY_FILE names, or the wheel's, or the system's."""
    name = f"libfalconet.so.{ABI_VERSION}"
    beside = pathlib.Path(__file__).parent / name
    path = os.environ.get("FALCONET_LIBRARY_FILE") or (str(beside) if beside.exists() else name)
    library = ctypes.CDLL(path)
    library.falconet_abi_version.restype = c_uint32
    found = library.falconet_abi_version()
    if found != ABI_VERSION:
        raise ImportError(f"{path} has ABI version {found}, not {ABI_VERSION}")
    library.falconet_version.restype = c_char_p
    library.falconet_error_message.restype = c_char_p
    library.falconet_revision_name.argtypes = [c_uint32, c_size_t]
    library.falconet_revision_name.restype = c_char_p
    library.falconet_buffer_free.argtypes = [POINTER(Buffer)]
    library.falconet_buffer_free.restype = None
    for function, arguments in SIGNATURES.items():
        getattr(library, f"falconet_{function}").argtypes = arguments
        getattr(library, f"falconet_{function}").restype = c_int
    return library


_library = _load()


def call(function: str, *arguments: Any) -> None:
    """Calls a function that returns a status, and raises an exception if it is not OK."""
    status = getattr(_library, f"falconet_{function}")(*arguments)
    if status != OK:
        message = _library.falconet_error_message().decode("utf-8", "replace")
        raise BY_STATUS.get(status, FalconetError)(message)


def text(path: "str | os.PathLike[str]") -> bytes:
    """A path, or a word of a command, in the form that the library expects."""
    encoded = os.fsencode(path)
    if 0 in encoded:
        raise ValueError(f"a zero byte in {path!r}")
    return encoded


def content(value: Any) -> bytes:
    """The bytes of a bytes-like object, whatever its elements are."""
    return bytes(memoryview(value))


def number(value: int, bits: int, what: str) -> int:
    """A number that fits into this many bits without a sign. ctypes would truncate it."""
    if not 0 <= value < 1 << bits:
        raise ValueError(f"there is no {what} {value}")
    return value


def numbers(values: Iterable[int], what: str) -> Any:
    """An array of numbers of 64 bits."""
    checked = [number(value, 64, what) for value in values]
    return (c_uint64 * len(checked))(*checked)


def buffer(function: str, handle: c_void_p, *arguments: Any) -> bytes:
    """The bytes of a function that fills a buffer."""
    result = Buffer()
    call(function, handle, *arguments, ctypes.byref(result))
    return take(result)


def take(result: Buffer) -> bytes:
    """The bytes of a buffer, which is freed."""
    try:
        return ctypes.string_at(result.bytes, result.count) if result.count else b""
    finally:
        _library.falconet_buffer_free(ctypes.byref(result))


def revisions(version: int) -> list[str]:
    """The names of a state version's revisions, the newest first, which is the default."""
    version = number(version, 31, "state version")
    names: list[str] = []
    while (name := _library.falconet_revision_name(version, len(names))) is not None:
        names.append(name.decode())
    return names


def version() -> str:
    """The version of Falconet."""
    return str(_library.falconet_version().decode())
