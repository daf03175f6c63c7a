"""A fault-proof VM that executes what Cannon executes.

``Machine`` opens snapshots and ELF files, runs them, and proves their steps; ``Proof`` is a step's
proof, which it verifies.
"""

from ._library import version
from .errors import (
    BadDataError,
    BusyError,
    ExitedError,
    FalconetError,
    Panic,
    PreimageError,
    MismatchError,
    RejectedError,
    UnsupportedError,
)
from .machine import Machine, PreimageRead, Stop, Thread
from .proof import Proof

__version__ = version()

__all__ = [
    "BadDataError",
    "BusyError",
    "ExitedError",
    "FalconetError",
    "Machine",
    "Panic",
    "PreimageError",
    "PreimageRead",
    "Proof",
    "MismatchError",
    "RejectedError",
    "Stop",
    "Thread",
    "UnsupportedError",
]
