"""A fault-proof VM that executes what Cannon executes.

``Machine`` opens snapshots and ELF files, runs them, and proves their steps; ``Proof`` is a step's
proof, which it verifies; ``Trace`` answers what a challenger asks of a program; ``Program`` is an
ELF file, which it checks. ``snapshot_info()``, ``convert()`` and ``diff()`` read snapshots without
loading them.
"""

from ._library import revisions, version
from .errors import (
    BadDataError,
    BusyError,
    CancelledError,
    ExitedError,
    FalconetError,
    InvalidArgumentError,
    LockedError,
    MismatchError,
    NoRoomError,
    Panic,
    PreimageError,
    RejectedError,
    UnsupportedError,
)
from .foreign import ForeignMachine, ForeignProof, ForeignVM
from .machine import (
    Divergence,
    Machine,
    Observation,
    ObservedKind,
    PreimageRead,
    Stop,
    Thread,
)
from .program import Finding, FindingKind, Profile, Program, ProgramCheck
from .proof import ContractCall, Proof
from .snapshots import (
    Change,
    ChangeKind,
    Difference,
    SnapshotInfo,
    convert,
    diff,
    snapshot_info,
)
from .store import PreimageStore, StoreCheck, StoreImport, StorePart, StoreStatus
from .trace import (
    Trace,
    TraceAdoption,
    TraceClaim,
    TraceEnd,
    TraceIncident,
    TraceStatus,
    TraceStep,
)

__version__ = version()

__all__ = [
    "BadDataError",
    "BusyError",
    "CancelledError",
    "Change",
    "ChangeKind",
    "ContractCall",
    "Difference",
    "Divergence",
    "ExitedError",
    "FalconetError",
    "ForeignMachine",
    "ForeignProof",
    "ForeignVM",
    "Finding",
    "FindingKind",
    "InvalidArgumentError",
    "LockedError",
    "Machine",
    "MismatchError",
    "NoRoomError",
    "Observation",
    "ObservedKind",
    "Panic",
    "PreimageError",
    "PreimageRead",
    "PreimageStore",
    "Profile",
    "Program",
    "ProgramCheck",
    "Proof",
    "RejectedError",
    "SnapshotInfo",
    "Stop",
    "StoreCheck",
    "StoreImport",
    "StorePart",
    "StoreStatus",
    "Thread",
    "Trace",
    "TraceAdoption",
    "TraceClaim",
    "TraceEnd",
    "TraceIncident",
    "TraceStatus",
    "TraceStep",
    "UnsupportedError",
    "convert",
    "diff",
    "revisions",
    "snapshot_info",
]
