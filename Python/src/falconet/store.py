"""Stores of pre-images, which runs, traces and processes share."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Callable, Iterable, List, Optional, Union

from . import _library as c
from ._streams import pick

HINTS = {"last": 0, "all": 1, "eager": 2}
TYPES = ("blob", "precompile")


@dataclass(frozen=True)
class StorePart:
    """Pre-images of one type, and from one host if they cannot be checked."""

    #: The first byte of their keys.
    type: int
    #: The host that gave them; None for those whose keys are their hashes.
    host: Optional[str]
    count: int
    #: Bytes of the pre-images.
    size: int


@dataclass(frozen=True)
class StoreStatus:
    """What a store has."""

    parts: List[StorePart]
    count: int
    #: Bytes of the pre-images, and of the files.
    size: int
    file_size: int
    #: When the one was last used that was not used for longest, and when any was: seconds since 1970,
    #: as whole hours; None if there is none.
    oldest_use: Optional[int]
    newest_use: Optional[int]


@dataclass(frozen=True)
class StoreImport:
    """What became of the pre-images of a directory."""

    added: int
    #: Those that the store had.
    known: int
    #: Local inputs, and what cannot be checked if no host is named.
    left_out: int
    #: Pre-images that are not their keys', and files that could not be read, each with the reason.
    faults: List[str]


@dataclass(frozen=True)
class StoreCheck:
    """What a check of a store found."""

    #: Pre-images that are right.
    right: int
    #: Keys, in hexadecimal, of pre-images that were wrong, and are removed.
    removed: List[str]


class PreimageStore:
    """A directory of pre-images that runs, traces and processes share.

    Pre-images whose keys are their hashes are checked when they come in and when they go out. Blobs
    and results of precompiles cannot be: ``trust`` names those that are served if the same host gave
    them before. Local inputs are not stored. A store fails no run: what cannot be read is missing,
    and what cannot be written is left out.
    """

    def __init__(
        self,
        directory: Any,
        *,
        limit: int = 10 << 30,
        trust: Iterable[str] = (),
        hints: str = "last",
        host: Optional[str] = None,
        on_report: Optional[Callable[[str], None]] = None,
    ) -> None:
        """A store in a directory, which is created when it is first used.

        ``limit`` is how many bytes its file may have; what was not used for longest goes first.
        ``trust`` has "blob", "precompile", or both. ``hints`` says which hints a server gets before a
        request that the store cannot answer: the "last" of each kind, or "all"; or "eager", each when
        the guest writes it. ``host`` is the name of who gives what cannot be checked, a program and its
        words before the first flag; None stands for the server's command. ``on_report`` receives what
        could not be read or written, on the thread that executes.
        """
        if isinstance(trust, str):
            raise TypeError("trust is a list of types")
        trusted = set(trust)
        for name in trusted:
            if name not in TYPES:
                raise ValueError(f"there is no type {name!r} to trust: types are {TYPES}")
        self._path = c.text(directory)
        # The library may call it as long as something uses the store.
        self._report = c.REPORT(
            lambda _, text: on_report(text.decode("utf-8", "replace")) if on_report else None
        )
        self._options = c.StoreOptions(
            c.number(max(limit, 1), 64, "limit"),
            pick(HINTS, hints, "hints"),
            "blob" in trusted,
            "precompile" in trusted,
            None if host is None else c.text(host),
            self._report,
            None,
        )

    def status(self) -> StoreStatus:
        """What the store has, and who gave it."""
        parts: List[StorePart] = []

        def take(_: Any, part: Any) -> None:
            item = part.contents
            host = None if item.host is None else item.host.decode("utf-8", "replace")
            parts.append(StorePart(item.type, host, item.count, item.bytes))

        info = c.StoreInfo()
        c.call("store_status", self._path, c.STORE_PART(take), None, ctypes.byref(info))
        uses = (info.oldest_use or None, info.newest_use or None)
        return StoreStatus(parts, info.count, info.bytes, info.file_bytes, *uses)

    def import_directory(self, directory: Any) -> StoreImport:
        """Adds the pre-images of a directory that a host or a recorded run wrote.

        Files in each layout are read, and the databases RocksDB and pebble. What cannot be checked is
        added if the store has the name of its ``host``.
        """
        faults: List[str] = []
        options = c.StoreOptions()
        ctypes.pointer(options)[0] = self._options
        options.report = c.REPORT(lambda _, text: faults.append(text.decode("utf-8", "replace")))
        result = c.StoreImportResult()
        ends = (ctypes.byref(options), ctypes.byref(result))
        c.call("store_import", self._path, c.text(directory), *ends)
        return StoreImport(result.added, result.known, result.left_out, faults)

    def export(self, directory: Any) -> int:
        """Writes the pre-images to a directory that serves as a source, and returns how many.

        Of those that cannot be checked, it writes those of the store's ``host``.
        """
        count = ctypes.c_uint64()
        ends = (self._options.host, ctypes.byref(count))
        c.call("store_export", self._path, c.text(directory), *ends)
        return count.value

    def check(self) -> StoreCheck:
        """Checks the database and each pre-image, and removes those that are wrong.

        Raises ``BadDataError`` if the structure of the database is corrupt.
        """
        removed: List[str] = []
        right = ctypes.c_uint64()
        take = c.REPORT(lambda _, key: removed.append(key.decode()))
        c.call("store_check", self._path, take, None, ctypes.byref(right))
        return StoreCheck(right.value, removed)

    def prune(self, size: int) -> None:
        """Removes what was not used for longest until the file has at most ``size`` bytes."""
        c.call("store_prune", self._path, c.number(size, 64, "size"))


def stored(store: Union[PreimageStore, Any, None]) -> Optional[PreimageStore]:
    """A store, also for its directory."""
    return store if store is None or isinstance(store, PreimageStore) else PreimageStore(store)
