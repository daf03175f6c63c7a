"""Exceptions that calls raise."""

from __future__ import annotations


class FalconetError(Exception):
    """A call failed. ``str()`` says what was wrong, where, and what to do."""


class BusyError(FalconetError):
    """Another thread, or the call around a callback, is using the machine or the proof."""


class BadDataError(FalconetError, ValueError):
    """The data is corrupt, or not of this kind."""


class UnsupportedError(FalconetError, ValueError):
    """This kind of data, or the requested format, does not support the operation."""


class PreimageError(FalconetError):
    """A pre-image is not available, or does not match its key. Says nothing about the claim.

    The machine is in the state before the step that asked for it, and can continue. If a callback
    raised an exception, ``__cause__`` is that exception.
    """


class Panic(FalconetError):
    """The guest did something illegal: there is no next state. The machine is in the last one."""


class ExitedError(FalconetError):
    """The program has exited, so there is no step to prove."""


class RejectedError(FalconetError):
    """The proof does not hold."""


class MismatchError(FalconetError):
    """Two computations of one state differ, so no result can be trusted.

    They are those of compared engines, or what a trace knows and what it computes.
    """


class CancelledError(FalconetError):
    """The call was cancelled."""


class LockedError(FalconetError):
    """Another process, or another ``Trace``, is using the directory."""


class NoRoomError(FalconetError):
    """The disk budget is exhausted and must be raised."""


class NoSuchFileError(FalconetError, FileNotFoundError):
    """There is no such file."""


class StreamError(FalconetError, OSError):
    """A file cannot be opened, read or written."""


class InvalidArgumentError(FalconetError, ValueError):
    """A value is out of range, or the object is closed."""


class NoMemoryError(FalconetError, MemoryError):
    """The host has no memory for the next state."""


# By falconet_status.
BY_STATUS = {
    1: InvalidArgumentError,
    2: BusyError,
    3: NoSuchFileError,
    4: StreamError,
    5: BadDataError,
    6: UnsupportedError,
    7: PreimageError,
    8: Panic,
    9: NoMemoryError,
    10: ExitedError,
    11: RejectedError,
    12: MismatchError,
    13: CancelledError,
    14: LockedError,
    15: NoRoomError,
}
