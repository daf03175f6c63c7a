"""Snapshots in files, without loading them, and how states differ."""

from __future__ import annotations

import ctypes
import enum
from dataclasses import dataclass
from typing import Any, List, Optional, Union

from . import _library as c
from ._handle import Path
from ._streams import FORMATS, pick


def reading_options(format: Optional[str], base: Optional[Path], trust_pages: bool) -> c.Reading:
    """How to read a snapshot."""
    return c.Reading(
        pick(FORMATS, format, "format"),
        None if base is None else c.text(base),
        trust_pages,
    )


@dataclass(frozen=True)
class SnapshotInfo:
    """What a snapshot is."""

    #: The number of the state version.
    version: int
    #: Steps executed since the program's start.
    step: int
    #: The program's exit code; None if it has not exited.
    exit_code: Optional[int]
    #: 32 bytes.
    claim: bytes
    witness: bytes
    #: Whether the claim comes from the pages. False for a .fsnap file whose pages are trusted.
    verified: bool


def snapshot_info(
    path: Path,
    *,
    format: Optional[str] = None,
    base: Optional[Path] = None,
    trust_pages: bool = False,
) -> SnapshotInfo:
    """What a snapshot's file is, with its claim and witness, in one pass over the file.

    The memory that this takes does not grow with the pages. The arguments are those of
    ``Machine.open()``.
    """
    reading = reading_options(format, base, trust_pages)
    info, witness = c.SnapshotInfo(), c.Buffer()
    ends = (ctypes.byref(info), ctypes.byref(witness))
    c.call("snapshot_describe", c.text(path), ctypes.byref(reading), *ends)
    exit_code = info.exit_code if info.exited else None
    return SnapshotInfo(
        info.version, info.step, exit_code, bytes(info.claim), c.take(witness), info.verified
    )


def convert(
    path: Path,
    output: Path,
    format: Optional[str] = None,
    *,
    input_format: Optional[str] = None,
    base: Optional[Path] = None,
) -> None:
    """Writes a snapshot's file in another format, completely or not at all, without loading it.

    By default the name of ``output`` selects the format. ``output`` may be the file that is read.
    """
    reading = reading_options(input_format, base, False)
    number = pick(FORMATS, format, "format")
    c.call("snapshot_convert", c.text(path), ctypes.byref(reading), c.text(output), number)


class ChangeKind(enum.IntEnum):
    """What differs."""

    FIELD = 0
    THREAD_FIELD = 1
    THREAD = 2
    PAGE = 3
    WORD = 4


@dataclass(frozen=True)
class Change:
    """One difference of two states."""

    kind: ChangeKind
    #: The name of the field or register; None for threads, pages and words.
    name: Optional[str]
    #: The number of the thread; None if the difference is not one of a thread.
    thread: Optional[int]
    #: The address of the page or word; None for other kinds.
    address: Optional[int]
    #: Whether each state has the field, thread, page or word.
    in_first: bool
    in_second: bool
    #: The values: numbers, or bytes of a field such as a hash. None if a state has no such value.
    first: Union[int, bytes, None]
    second: Union[int, bytes, None]


@dataclass(frozen=True)
class Difference:
    """How two states differ."""

    #: Whether the two are the same state with the same memory.
    same: bool
    #: Pages that differ, and words in them. All are counted.
    pages: int
    words: int
    #: Fields first, then threads, then words of the pages that were asked for.
    changes: List[Change]


def collect(function: str, pages: int, *arguments: Any) -> Difference:
    """Calls a function that reports differences."""
    changes: List[Change] = []

    def take(_: Any, difference: Any) -> None:
        changes.append(_change(difference.contents))

    totals = c.DifferenceTotals()
    count = c.number(pages, 63, "pages")
    c.call(function, *arguments, count, c.DIFFERENCE(take), None, ctypes.byref(totals))
    return Difference(totals.same, totals.pages, totals.words, changes)


def _change(item: c.Difference) -> Change:
    kind = ChangeKind(item.kind)
    is_word = kind == ChangeKind.WORD

    def value(exists: bool, number: int, content: Any, count: int) -> Union[int, bytes, None]:
        if kind in (ChangeKind.THREAD, ChangeKind.PAGE) or not (exists or is_word):
            return None
        return ctypes.string_at(content, count) if content else number

    return Change(
        kind,
        None if item.name is None else item.name.decode(),
        item.thread if kind in (ChangeKind.THREAD_FIELD, ChangeKind.THREAD) else None,
        item.address if is_word or kind == ChangeKind.PAGE else None,
        item.in_first,
        item.in_second,
        value(item.in_first, item.first, item.first_bytes, item.first_count),
        value(item.in_second, item.second, item.second_bytes, item.second_count),
    )


def diff(first: Path, second: Path, pages: int = 64) -> Difference:
    """How the snapshots of two files differ, in any formats, without loading them.

    The words of the ``pages`` pages with the lowest addresses among those that differ are listed.
    """
    reading = ctypes.byref(c.Reading())
    return collect("snapshot_diff", pages, c.text(first), reading, c.text(second), reading)
