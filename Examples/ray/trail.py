"""The states that one run of a program leaves: snapshots beside an index with their claims."""

from __future__ import annotations

import bisect
import contextlib
import json
import os
import pathlib
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, Iterable, Iterator, Optional, Union

from falconet import ForeignMachine, ForeignVM, Machine

FORMAT = 1
#: What the names of another VM's states end in.
STATE = "state"

AnyMachine = Union[Machine, ForeignMachine]


class FleetError(Exception):
    """Something is wrong that the message names."""


@dataclass(frozen=True)
class Point:
    """A state on the program's way: one that has a snapshot, or the last one."""

    step: int
    claim: str
    pages: int

    @classmethod
    def of(cls, machine: AnyMachine) -> "Point":
        return cls(machine.step, text(machine.claim()), machine.page_count)

    def check(self, machine: AnyMachine, what: str) -> None:
        """Raises if a machine is not in this state."""
        found = Point.of(machine)
        if (found.step, found.claim) != (self.step, self.claim):
            raise FleetError(
                f"{what} has step {found.step} and claim {found.claim};"
                f" the index has step {self.step} and claim {self.claim}"
            )


@dataclass(frozen=True)
class Segment:
    """The steps from a snapshot up to the next point."""

    start: Point
    end: Point

    @property
    def name(self) -> str:
        return f"segment {self.start.step}..{self.end.step}"


@dataclass(frozen=True)
class Snapshots:
    """A folder of snapshots."""

    folder: pathlib.Path
    #: What their names end in, which tells the format: "bin", "bin.gz", "fsnap" or "state".
    ending: str
    #: The library of the VM whose states they are; None for Falconet's own.
    vm_library: Optional[str] = None

    def path(self, point: Point) -> pathlib.Path:
        return self.folder / f"{point.step}.{self.ending}"

    def open(self, point: Point) -> AnyMachine:
        """The machine of a snapshot, which must be the state that the index has.

        The claim hashes every page, so that opening the file need not.
        """
        path = self.path(point)
        machine: AnyMachine
        if self.vm_library:
            machine = ForeignVM(self.vm_library).load_state(path.read_bytes())
        else:
            machine = Machine.open(path, trust_pages=True)
        point.check(machine, self.path(point).name)
        return machine


@dataclass
class Trail:
    """The points that a run has passed; complete once the program has exited."""

    snapshots: Snapshots
    points: list[Point] = field(default_factory=list)
    exit_code: Optional[int] = None

    @classmethod
    def load(
        cls, folder: pathlib.Path, ending: str, vm_library: Optional[str] = None
    ) -> "Trail":
        """What the index of a folder has; else a new trail, of snapshots with this ending."""
        ending = STATE if vm_library else ending
        path = folder / "index.json"
        if not path.exists():
            return cls(Snapshots(folder, ending, vm_library))
        try:
            data = json.loads(path.read_text())
            points = [
                Point(int(point["step"]), str(point["claim"]), int(point["pages"]))
                for point in data["points"]
            ]
            steps = [point.step for point in points]
            if data["format"] != FORMAT or not steps or steps != sorted(set(steps)):
                raise ValueError("another format, or steps that do not go up")
            if (data["ending"] == STATE) != bool(vm_library):
                raise ValueError("states of another VM need --vm-library, and others exclude it")
            snapshots = Snapshots(folder, str(data["ending"]), vm_library)
            return cls(snapshots, points, data["exitCode"])
        except (KeyError, TypeError, ValueError) as error:
            raise FleetError(f"{path} is no index ({error!r}): delete {folder}") from error

    def take(self, machine: AnyMachine) -> Point:
        """Appends a machine's state. The snapshot comes first, so that the index is true."""
        point = Point.of(machine)
        if machine.exit_code is None:
            machine.save(self.snapshots.path(point))
        self.points.append(point)
        self.exit_code = machine.exit_code
        index = {
            "format": FORMAT,
            "ending": self.snapshots.ending,
            "exitCode": self.exit_code,
            "points": [asdict(point) for point in self.points],
        }
        write_json(self.snapshots.folder / "index.json", index)
        return point

    @property
    def segments(self) -> list[Segment]:
        return [Segment(start, end) for start, end in zip(self.points, self.points[1:])]

    def split(self, steps: Iterable[int]) -> tuple[dict[Segment, list[int]], list[int]]:
        """The steps of a list by the segments that have them, and those past the end, in order."""
        starts = [point.step for point in self.points]
        segments = self.segments
        parts: dict[Segment, list[int]] = {}
        past: list[int] = []
        for step in sorted(set(steps)):
            number = bisect.bisect_right(starts, step) - 1
            if number < 0:
                raise FleetError(f"step {step} is before the first state, at step {starts[0]}")
            if number < len(segments):
                parts.setdefault(segments[number], []).append(step)
            elif self.exit_code is None:
                raise FleetError(f"the first phase ended before step {step}: start it again")
            else:
                past.append(step)
        return parts, past


def text(claim: Optional[bytes]) -> str:
    """A claim as files have it; nothing for none."""
    return "" if claim is None else "0x" + claim.hex()


@contextlib.contextmanager
def appearing(path: pathlib.Path) -> Iterator[BinaryIO]:
    """A file that gets its name once all of it is on disk."""
    temporary = path.with_name(f"{path.name}.tmp-{secrets.token_hex(4)}")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path: pathlib.Path, value: Any) -> None:
    with appearing(path) as file:
        file.write(json.dumps(value, indent=1).encode())
