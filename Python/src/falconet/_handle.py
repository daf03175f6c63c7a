"""What machines, proofs and traces have in common."""

from __future__ import annotations

import ctypes
import os
import weakref
from types import TracebackType
from typing import Any, Callable, ClassVar, Iterable, Optional, Type, TypeVar, Union

from . import _library as c
from ._callbacks import Callbacks
from ._callbacks import PreimageSource as PreimageSource
from .errors import BusyError
from .store import PreimageStore, stored

Path = Union[str, "os.PathLike[str]"]
_Any = TypeVar("_Any", bound="Handle")


class Handle:
    """An object of the library. Closed by ``with``, ``close()``, or when it is collected."""

    #: The part after ``falconet_`` in the names of its functions.
    _kind: ClassVar[str]

    def __init__(self, handle: ctypes.c_void_p) -> None:
        """Not for users: see the class methods that open one."""
        self._handle = handle
        _open.add(self)

    @classmethod
    def _of_file(cls: Type[_Any], source: Union[Path, bytes]) -> _Any:
        """The object of a file, or of its contents as bytes."""
        handle = ctypes.c_void_p()
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = c.content(source)
            c.call(f"{cls._kind}_open_memory", data, len(data), ctypes.byref(handle))
        else:
            c.call(f"{cls._kind}_open", c.text(source), ctypes.byref(handle))
        return cls(handle)

    def close(self) -> None:
        """Frees the object. Later uses raise an exception. May be called twice."""
        handle, self._handle = self._handle, ctypes.c_void_p()
        try:
            c.call(f"{self._kind}_free", handle)
        except BusyError:
            self._handle = handle
            raise

    def __enter__(self: _Any) -> _Any:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self.close()

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled")


def _forget() -> None:
    """In a forked child, which must not use what its parent made."""
    for item in _open:
        item._handle = ctypes.c_void_p()


_open: "weakref.WeakSet[Handle]" = weakref.WeakSet()
os.register_at_fork(after_in_child=_forget)


class Runner(Handle):
    """What executes steps: machines and traces."""

    def __init__(self, handle: ctypes.c_void_p) -> None:
        """Not for users: see the class methods that open one."""
        super().__init__(handle)
        self._callbacks = Callbacks(self._kind)
        self._store: Optional[PreimageStore] = None

    def _run(self, function: str, *arguments: Any) -> None:
        """Calls a function that may execute steps or call back."""
        self._callbacks.call(self._handle, function, *arguments)

    def use_preimages(
        self,
        source: Optional[PreimageSource],
        hint: Optional[Callable[[bytes], None]] = None,
    ) -> None:
        """Sets a function or a dictionary from 32-byte keys to pre-images, without prefixes, as
        their source.

        A function returns None if it has no such pre-image. An exception that it raises becomes the
        cause of a ``PreimageError``. Pre-images of types 2 and 4 are checked against their keys.
        ``hint`` receives the guest's hints.
        """
        self._callbacks.set_preimages(self._handle, source, hint)

    def use_preimage_folder(self, path: Path) -> None:
        """Sets a directory in which a host stored pre-images as their source. Hints are dropped."""
        c.call(f"{self._kind}_set_preimage_folder", self._handle, c.text(path))

    def use_preimage_server(
        self,
        command: Iterable[str],
        timeout: Optional[int] = 900,
        output: Optional[Callable[[int, bytes], None]] = None,
    ) -> None:
        """Sets a server, a process that is started as op-challenger does, as the source of
        pre-images.

        ``command`` is its program and arguments. ``timeout`` is how many seconds a request may wait
        without a byte, None for no limit. ``output`` receives what the server writes, on a thread
        of its own, with 1 for its output and 2 for its errors. What ``output`` raises is printed
        there.
        """
        if isinstance(command, (str, bytes)):
            raise TypeError("the command is a list: the program and its arguments")
        self._callbacks.set_server(self._handle, list(command), timeout, output)

    def use_preimage_store(self, store: Union[PreimageStore, Path, None]) -> None:
        """Sets a store, or its directory, that answers before the source is asked and keeps what that
        gives; None for no store.

        A server is then started at the first request that the store cannot answer; one that runs is
        ended by this call. When a call that executes steps returns, what the source gave is written.
        """
        chosen = stored(store)
        function = f"{self._kind}_set_preimage_store"
        if chosen is None:
            c.call(function, self._handle, None, None)
        else:
            c.call(function, self._handle, chosen._path, ctypes.byref(chosen._options))
        self._store = chosen

    def set_local_input(self, index: int, value: bytes) -> None:
        """Sets the local input (key type 1) of an index, which takes precedence over the source."""
        data = c.content(value)
        number = c.number(index, 64, "index")
        c.call(f"{self._kind}_set_local_input", self._handle, number, data, len(data))

    def on_progress(
        self, progress: Optional[Callable[[int], Optional[bool]]], interval: int = 0
    ) -> None:
        """Sets a function that is called with the number of steps, at least ``interval`` steps
        apart.

        If it returns False, the call that executes ends; its work can continue later.
        """
        self._callbacks.set_progress(self._handle, progress, interval)

    def cancel(self) -> None:
        """Stops the calls in progress that execute steps, or the next one, from any thread."""
        c.call(f"{self._kind}_cancel", self._handle)
