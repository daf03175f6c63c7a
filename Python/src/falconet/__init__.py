"""A fault-proof VM that executes what Cannon executes.

``Machine`` opens snapshots and ELF files, runs them, and proves their steps; ``Proof`` is a step's
proof, which it verifies; ``Trace`` answers what a challenger asks of a program.
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
from .machine import Machine, PreimageRead, Stop, Thread
from .proof import Proof
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
    "ExitedError",
    "FalconetError",
    "InvalidArgumentError",
    "LockedError",
    "Machine",
    "MismatchError",
    "NoRoomError",
    "Panic",
    "PreimageError",
    "PreimageRead",
    "Proof",
    "RejectedError",
    "Stop",
    "Thread",
    "Trace",
    "TraceAdoption",
    "TraceClaim",
    "TraceEnd",
    "TraceIncident",
    "TraceStatus",
    "TraceStep",
    "UnsupportedError",
    "revisions",
]
