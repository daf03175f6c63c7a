"""Callbacks between Python's streams and the C library's."""

from __future__ import annotations

import ctypes
import threading
from typing import Any, BinaryIO, Callable, Optional

from . import _library as c
from .errors import FalconetError, PreimageError

FORMATS = {None: 0, "bin": 1, "json": 2, "pr7559": 3, "fsnap": 4}
COMPRESSIONS = {None: 0, "gzip": 1, "zstd": 2}


def pick(names: dict[Any, int], name: Optional[str], what: str) -> int:
    """The number of a name."""
    if name not in names:
        known = ", ".join(str(key) for key in names)
        raise ValueError(f"there is no {what} {name!r}: known are {known}")
    return names[name]


class Guard(threading.local):
    """Stores the first exception of callbacks, which cannot pass through the library.

    Each thread has its own: callbacks run on the thread of the call.
    """

    def __init__(self) -> None:
        self.error: Optional[BaseException] = None

    def run(self, body: Callable[[], Any], failed: Any) -> Any:
        """What ``body`` returns, or ``failed`` if it raises."""
        try:
            return body()
        except BaseException as error:  # KeyboardInterrupt too: ``call`` raises it again.
            self.error = self.error or error
            return failed

    def call(self, function: str, *arguments: Any) -> None:
        """Calls a function that may call back, and raises what callbacks raised meanwhile."""
        self.around(lambda: c.call(function, *arguments))

    def around(self, body: Callable[[], None]) -> None:
        """Calls ``body``, and raises what callbacks raised meanwhile.

        The reason why a pre-image is not available becomes the cause of the ``PreimageError``.
        """
        self.error = None
        try:
            body()
        except FalconetError as failure:
            error, self.error = self.error, None
            if error is None:
                raise
            if isinstance(failure, PreimageError) and isinstance(error, Exception):
                raise failure from error
            raise error from failure
        error, self.error = self.error, None
        if error is not None:
            raise error


def reader(stream: BinaryIO, guard: Guard) -> Any:
    """A read callback for a stream."""

    def read(_: Any, room: int, count: int) -> int:
        def body() -> int:
            data = stream.read(count)
            if len(data) > count:
                raise ValueError(f"read({count}) gave {len(data)} bytes")
            ctypes.memmove(room, data, len(data))
            return len(data)

        return int(guard.run(body, -1))

    return c.READ(read)


def writer(stream: BinaryIO, guard: Guard) -> Any:
    """A write callback for a stream."""

    def write(_: Any, data: int, count: int) -> int:
        def body() -> int:
            rest = memoryview(ctypes.string_at(data, count))
            while rest:
                written = stream.write(rest)
                # Buffered streams take all; raw ones say how much, or None for nothing yet.
                rest = rest[written or 0 :]
            return 0

        return int(guard.run(body, -1))

    return c.WRITE(write)
