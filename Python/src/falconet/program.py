"""Programs: what an ELF file says, and whether the VM can execute it."""

from __future__ import annotations

import ctypes
import enum
import io
from dataclasses import dataclass
from typing import Any, BinaryIO, List, Optional, Tuple, Union

from . import _library as c
from ._handle import Handle, Path
from ._streams import COMPRESSIONS, Guard, pick, writer

PROFILE_FORMATS = {"pprof": 0, "folded": 1, "svg": 2}


class FindingKind(enum.IntEnum):
    """What a finding is about."""

    INSTRUCTION = 0
    SYSTEM_CALL = 1
    CONCERN = 2


@dataclass(frozen=True)
class Finding:
    """Something that may stop the VM or corrupt the program."""

    kind: FindingKind
    #: Whether calls lead there from the entry, as far as can be seen, and nothing excuses it.
    harmful: bool
    problem: str
    #: The function that contains it; None for a concern.
    function: Optional[str]
    #: A shortest chain of calls from the entry, such as "main > f > g"; "" if there is none.
    path: str
    #: Why it does no harm, and what to do about it; None if that is not known.
    excuse: Optional[str]
    remedy: Optional[str]
    #: Where it is, ascending.
    addresses: Tuple[int, ...]


@dataclass(frozen=True)
class ProgramCheck:
    """What was checked, and what was found."""

    #: Whether no finding is harmful. That proves nothing: some calls cannot be followed.
    compatible: bool
    #: Functions of the program, and those that calls lead to from its entry.
    functions: int
    reachable_functions: int
    findings: List[Finding]


def _text(text: Optional[bytes]) -> Optional[str]:
    return None if text is None else text.decode("utf-8", "replace")


class Program(Handle):
    """The program of an ELF file. Threads may share one.

    Opened by ``open()``. Closed by ``with``, ``close()``, or when it is collected.
    """

    _kind = "program"

    @classmethod
    def open(cls, source: Union[Path, bytes]) -> "Program":
        """Opens an ELF file, or its contents as bytes. It may be stripped."""
        return cls._of_file(source)

    def check(self, version: int = 8, revision: Optional[str] = None) -> ProgramCheck:
        """Looks for what a state version lacks in the program, by default under its newest revision."""
        findings: List[Finding] = []

        def take(_: Any, finding: Any) -> None:
            item = finding.contents
            findings.append(
                Finding(
                    FindingKind(item.kind),
                    item.harmful,
                    _text(item.problem) or "",
                    _text(item.function),
                    _text(item.path) or "",
                    _text(item.excuse),
                    _text(item.remedy),
                    tuple(item.addresses[: item.address_count]),
                )
            )

        check = c.Check()
        number = c.number(version, 31, "state version")
        name = None if revision is None else c.text(revision)
        ends = (c.FINDING(take), None, ctypes.byref(check))
        c.call("program_check", self._handle, number, name, *ends)
        return ProgramCheck(
            check.compatible, check.functions, check.reachable_functions, findings
        )


class Profile(Handle):
    """How many steps a run spent in which function, by the calls that led there.

    From ``Machine.profile()``. Closed by ``with``, ``close()``, or when it is collected.
    """

    _kind = "profile"

    def save(self, path: Path) -> None:
        """Writes a file: ``.pb.gz`` for pprof, ``.folded`` for stacks, ``.svg`` for a flame graph."""
        c.call("profile_save", self._handle, c.text(path))

    def write(
        self, stream: BinaryIO, format: str = "folded", compression: Optional[str] = None
    ) -> None:
        """Writes the profile to a stream; ``format`` is "pprof", "folded" or "svg"."""
        guard = Guard()
        numbers = (
            pick(PROFILE_FORMATS, format, "format"),
            pick(COMPRESSIONS, compression, "compression"),
        )
        guard.call("profile_write", self._handle, *numbers, writer(stream, guard), None)

    def folded(self) -> str:
        """A line for each stack, with the steps at its end."""
        stream = io.BytesIO()
        self.write(stream)
        return stream.getvalue().decode("utf-8", "replace")
