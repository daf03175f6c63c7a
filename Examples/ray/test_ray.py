"""Tests of the program on Ray.

FALCONET_FIXTURES names the folder of fixtures, FALCONET_GUESTS, if set, that of the large guests.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from typing import Any, Callable

FIXTURES = pathlib.Path(os.environ["FALCONET_FIXTURES"])
PROGRAM = pathlib.Path(__file__).with_name("fleet.py")
#: The states of TCP's sockets in /proc/net that listen.
LISTENING = "0A"


def parents() -> dict[int, int]:
    """The parent of each process."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return found


def descendants(process: int) -> set[int]:
    known, found = parents(), {process}
    while more := {child for child, parent in known.items() if parent in found} - found:
        found |= more
    return found


def listening(processes: set[int]) -> set[str]:
    """The addresses, in hexadecimal as in /proc/net, at which processes listen."""
    sockets = set()
    for process in processes:
        with contextlib.suppress(OSError):
            sockets |= {os.readlink(path) for path in pathlib.Path(f"/proc/{process}/fd").iterdir()}
    addresses = set()
    for name in ["tcp", "tcp6"]:
        for line in pathlib.Path("/proc/net", name).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and f"socket:[{fields[9]}]" in sockets:
                addresses.add(fields[1].partition(":")[0])
    return addresses


def title(process: int) -> str:
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{process}/cmdline").read_text()
    return ""


class RayTests(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def fleet(self, *words: str, watch: Callable[[int], bool], code: int = 0) -> Any:
        """Runs the program, and meanwhile `watch` with its process until that returns True."""
        environment = {**os.environ, "RAY_TMPDIR": str(self.folder / "ray")}
        with open(self.folder / "log", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(self.folder / "fleet"), *words],
                stdout=subprocess.PIPE, stderr=log, env=environment,
            )
            seen = False
            while process.poll() is None and not seen:
                seen = watch(process.pid)
                time.sleep(0.02)
            output = process.communicate(timeout=1200)[0]
        self.assertEqual(process.returncode, code, (self.folder / "log").read_text())
        self.assertTrue(seen)
        return json.loads(output)

    def test_two_workers_make_the_recorded_claims_and_listen_on_loopback_alone(self) -> None:
        vector = json.loads((FIXTURES / "vectors/v8/oracle.json").read_text())
        recorded = {step: (before, after) for step, before, after in vector["checkpoints"]}
        found: set[str] = set()

        def watch(process: int) -> bool:
            all = descendants(process)
            found.update(listening(all))
            return sum(title(one).startswith("ray::perform") for one in all) > 1

        summary = self.fleet(
            f"--input={FIXTURES / 'guests/64/oracle.elf'}", "--every=2000000", "--workers=2",
            f"--preimages={FIXTURES / 'preimages/oracle-valid'}", "--engine=step", "--chunk=3",
            *(f"--steps={step}" for step in recorded), watch=watch,
        )
        self.assertEqual((summary["prove"]["tasks"], summary["verify"]["tasks"]), (23, 5))
        rows = json.loads((self.folder / "fleet/claims.json").read_text())
        self.assertEqual({row["step"]: (row["pre"], row["post"]) for row in rows}, recorded)
        self.assertEqual(summary["end"]["claim"], vector["finalHash"])
        self.assertTrue(found)
        self.assertEqual(found - {"0100007F", "0000000000000000FFFF00000100007F"}, set())

    def test_the_task_of_a_process_that_is_killed_is_repeated(self) -> None:
        def kill(process: int) -> bool:
            for one in descendants(process):
                if title(one).startswith("ray::perform"):
                    time.sleep(0.3)
                    os.kill(one, signal.SIGKILL)
                    return True
            return False

        summary = self.fleet(
            f"--input={FIXTURES / 'guests/64/threads.elf'}", "--every=15000000", "--workers=1",
            "--phases", "snapshot", "verify", "--engine=step", watch=kill,
        )
        self.assertEqual((summary["verify"]["tasks"], summary["verify"]["errors"]), (2, []))

    @unittest.skipUnless("FALCONET_GUESTS" in os.environ, "no large guests")
    def test_large_guests_have_the_recorded_claims(self) -> None:
        for guest, every in [("compute", 50_000_000), ("heap", 400_000_000)]:
            vector = json.loads((FIXTURES / f"vectors/v8/{guest}.json").read_text())
            recorded = {step: (before, after) for step, before, after in vector["checkpoints"]}
            (self.folder / "steps").write_text("\n".join(map(str, recorded)))
            summary = self.fleet(
                f"--input={os.environ['FALCONET_GUESTS']}/{vector['elf']}", f"--every={every}",
                f"--steps=@{self.folder / 'steps'}", "--workers=2", watch=lambda process: True,
            )
            rows = json.loads((self.folder / "fleet/claims.json").read_text())
            self.assertEqual({row["step"]: (row["pre"], row["post"]) for row in rows}, recorded)
            self.assertEqual(summary["end"]["claim"], vector["finalHash"])
            self.assertEqual(summary["end"]["step"], vector["steps"])
            shutil.rmtree(self.folder / "fleet")


if __name__ == "__main__":
    unittest.main()
