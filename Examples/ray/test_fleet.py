"""Tests of the program without Ray. FALCONET_FIXTURES names the folder of fixtures."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from typing import Any
from unittest import mock

from falconet import ForeignProof, ForeignVM, Machine, Proof

import fleet
from tasks import STEPS_PER_PAGE, Setup, Task, in_order, perform, proofs, verifications
from trail import FleetError, Point, Segment, Snapshots, Trail, text, write_json

FIXTURES = pathlib.Path(os.environ["FALCONET_FIXTURES"])
GUEST = FIXTURES / "guests/64/oracle.elf"
PREIMAGES = FIXTURES / "preimages/oracle-valid"
VECTOR = json.loads((FIXTURES / "vectors/v8/oracle.json").read_text())
RECORDED = {step: (before, after) for step, before, after in VECTOR["checkpoints"]}
EVERY = 2_000_000


def trail_of(*steps: int, exit_code: Any = 0) -> Trail:
    points = [Point(step, f"0x{step:02x}", 10) for step in steps]
    return Trail(Snapshots(pathlib.Path("/nowhere"), "bin"), points, exit_code)


class ListTests(unittest.TestCase):
    def test_a_list_is_split_where_the_snapshots_are(self) -> None:
        trail = trail_of(5, 10, 20, 30)
        first, second, third = trail.segments
        parts, past = trail.split([29, 10, 5, 9, 10, 30, 31, 20])
        self.assertEqual(parts, {first: [5, 9], second: [10], third: [20, 29]})
        self.assertEqual(past, [30, 31])
        self.assertEqual(trail.split([]), ({}, []))
        with self.assertRaisesRegex(FleetError, "step 4 is before the first state, at step 5"):
            trail.split([10, 4])

    def test_what_a_run_has_not_reached_is_not_past_its_end(self) -> None:
        self.assertEqual(trail_of(0, 10, exit_code=None).split([9])[1], [])
        with self.assertRaisesRegex(FleetError, "ended before step 10"):
            trail_of(0, 10, exit_code=None).split([10])

    def test_tasks_have_so_many_steps_at_most_and_the_largest_come_first(self) -> None:
        setup = Setup(Snapshots(pathlib.Path("/nowhere"), "bin"))
        trail = trail_of(0, 100, 10**9)
        parts, _ = trail.split([*range(5), 200])
        tasks = proofs(setup, parts, most=2)
        self.assertEqual([task.steps for task in tasks], [(2, 3), (0, 1), (200,), (4,)])
        ends = [task.segment.end.step for task in verifications(setup, trail)]
        self.assertEqual(ends, [10**9, 100])
        large = Segment(Point(0, "", 10**6), Point(1, "", 10**6))
        small = Segment(Point(0, "", 1), Point(STEPS_PER_PAGE, "", 1))
        self.assertEqual(in_order([Task(setup, small), Task(setup, large)])[0].segment, large)
        self.assertGreater(Task(setup, large).memory, 4096 * 10**6)

    def test_steps_are_given_one_by_one_as_ranges_and_as_files(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "steps")
            path.write_text("7\n3\n")
            self.assertEqual(fleet.steps_of(f"@{path}"), [7, 3])
        self.assertEqual(fleet.steps_of("12"), [12])
        self.assertEqual(fleet.steps_of("1:8:3"), [1, 4, 7])
        self.assertEqual(fleet.local_input("2=0x00ff"), (2, b"\0\xff"))
        bad = ["-1", "x", "0:9", "0:9:0", "0:1e3:5", "@/nowhere", "0:99999999999:1", f"{2**64}"]
        for word in bad:
            with self.assertRaises(SystemExit) as caught, contextlib.redirect_stderr(io.StringIO()):
                fleet.main(["folder", "--input", "x", f"--steps={word}"])
            self.assertEqual(caught.exception.code, 64, word)


class IndexTests(unittest.TestCase):
    def test_a_damaged_index_is_an_error_that_names_it(self) -> None:
        good = {"format": 1, "ending": "bin", "exitCode": 0}
        point = {"step": 0, "claim": "0x00", "pages": 1}
        bad: list[Any] = [
            [], {}, {**good, "points": []}, {**good, "points": [point, point]},
            {**good, "format": 2, "points": [point]}, {**good, "points": [{**point, "step": "x"}]},
        ]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            self.assertEqual(Trail.load(folder, "fsnap").snapshots.ending, "fsnap")
            for content in [b"", b"{", b"\xff", *(json.dumps(data).encode() for data in bad)]:
                (folder / "index.json").write_bytes(content)
                with self.assertRaisesRegex(FleetError, "index.json is no index"):
                    Trail.load(folder, "bin")
            write_json(folder / "index.json", {**good, "points": [point]})
            self.assertEqual(Trail.load(folder, "fsnap").snapshots.ending, "bin")

    def test_a_file_appears_whole_or_not_at_all(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name, "value.json")
            write_json(path, [1])
            with mock.patch("os.fsync", side_effect=OSError("disk")), self.assertRaises(OSError):
                write_json(path, [2])
            self.assertEqual(json.loads(path.read_text()), [1])
            self.assertEqual(os.listdir(name), ["value.json"])


class FlowTests(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def fleet(self, *words: str, code: int = 0) -> Any:
        """Runs the program here. Returns its summary; its log if it has none."""
        output, log = io.StringIO(), io.StringIO()
        fixed = [str(self.folder), f"--input={GUEST}", f"--preimages={PREIMAGES}"]
        fixed.append(f"--every={EVERY}")
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(log):
            self.assertEqual(fleet.main([*fixed, *words]), code, log.getvalue())
        return json.loads(output.getvalue()) if output.getvalue() else log.getvalue()

    def index(self) -> Any:
        return json.loads((self.folder / "snapshots/index.json").read_text())

    def claims(self) -> dict[int, tuple[str, str]]:
        rows = json.loads((self.folder / "claims.json").read_text())
        return {row["step"]: (row["pre"], row["post"]) for row in rows}

    def test_all_claims_and_proofs_are_the_recorded_ones(self) -> None:
        past = (VECTOR["steps"], VECTOR["steps"] + 1)
        words = [f"--steps={step}" for step in [*RECORDED, *past]]
        summary = self.fleet(*words, "--chunk=4")
        last = VECTOR["finalHash"]
        self.assertEqual(self.claims(), {**RECORDED, **{step: (last, last) for step in past}})
        self.assertEqual(summary["end"]["claim"], last)
        self.assertEqual((summary["end"]["step"], summary["end"]["exitCode"]), (VECTOR["steps"], 0))
        self.assertEqual((summary["snapshot"]["snapshots"], summary["verify"]["tasks"]), (5, 5))
        self.assertEqual((summary["prove"]["claims"], summary["prove"]["pastEnd"]), (62, 2))
        self.assertEqual(len(os.listdir(self.folder / "proofs")), summary["prove"]["tasks"])
        proved = []
        for path in (self.folder / "proofs").iterdir():
            steps = []
            for fields in json.loads(gzip.decompress(path.read_bytes())):
                with Proof.open(json.dumps(fields).encode()) as proof:
                    proof.verify(8)
                    claims = (text(proof.pre), text(proof.post))
                    self.assertEqual(claims, RECORDED[proof.step])
                    steps.append(proof.step)
            self.assertEqual(path.name, f"{steps[0]}-{steps[-1]}.json.gz")
            proved += steps
        self.assertEqual(sorted(proved), sorted(RECORDED))
        os.remove(self.folder / "claims.json")
        # Snapshots are taken once, and claims are the same without proofs.
        summary = self.fleet(*words, "--claims-only", "--engine=portable")
        self.assertEqual(summary["snapshot"]["taken"], 0)
        self.assertEqual(set(self.claims()), {*RECORDED, *past})
        self.assertEqual(self.claims()[156847], RECORDED[156847])

    def test_a_first_phase_that_was_cut_short_goes_on(self) -> None:
        for ending in ["bin", "fsnap"]:
            self.fleet("--phases", "snapshot", f"--format={ending}")
            whole = self.index()
            write_json(
                self.folder / "snapshots/index.json",
                {**whole, "points": whole["points"][:3], "exitCode": None},
            )
            summary = self.fleet("--phases", "snapshot", "verify")
            self.assertEqual((self.index(), summary["snapshot"]["taken"]), (whole, 3))
            for path in (self.folder / "snapshots").iterdir():
                path.unlink()

    def test_the_folder_of_another_program_is_refused(self) -> None:
        self.assertIn("no snapshots", self.fleet("--phases", "prove", code=1))
        self.fleet("--phases", "snapshot")
        other = f"--input={FIXTURES / 'guests/64/hello.elf'}"
        self.assertIn("the input has step 0 and claim", self.fleet(other, code=1))

    def test_a_snapshot_starts_a_run_too(self) -> None:
        with Machine.load_elf(GUEST) as machine:
            machine.use_preimage_folder(PREIMAGES)
            machine.run(until=9_000_000)
            machine.save(self.folder / "start.fsnap")
        input = f"--input={self.folder / 'start.fsnap'}"
        summary = self.fleet(input, "--steps=9097126")
        self.assertEqual(self.claims(), {9097126: RECORDED[9097126]})
        self.assertEqual(summary["end"]["claim"], VECTOR["finalHash"])
        early = self.fleet(input, "--steps=1", code=1)
        self.assertIn("before the first state, at step 9000000", early)

    def test_a_snapshot_of_another_step_is_named(self) -> None:
        self.fleet("--phases", "snapshot")
        points = {point["step"]: point["claim"] for point in self.index()["points"]}
        snapshots = self.folder / "snapshots"
        (snapshots / "4000000.bin.gz").write_bytes((snapshots / "2000000.bin.gz").read_bytes())
        summary = self.fleet("--steps=4391716", "--steps=156847", code=1)
        for phase in ["prove", "verify"]:
            (error,) = summary[phase]["errors"]
            self.assertIn("segment 4000000..6000000", error)
            self.assertIn(f"has step 2000000 and claim {points[2000000]}", error)
            self.assertIn(f"the index has step 4000000 and claim {points[4000000]}", error)
        self.assertEqual(self.claims(), {156847: RECORDED[156847]})

    def test_a_run_that_went_wrong_once_is_named_where_it_did(self) -> None:
        self.fleet("--phases", "snapshot", "--format=bin")
        index = self.index()
        # A bit of the ELF header, which the guest never reads, flips at step 4,000,000, and the run
        # continues from there as if nothing had happened.
        path = self.folder / "snapshots/4000000.bin"
        data = bytearray(path.read_bytes())
        data[data.index(b"\x7fELF") + 8] ^= 1
        path.write_bytes(data)
        right = index["points"][2]
        with Machine.open(path) as machine:
            wrong = {**right, "claim": text(machine.claim())}
        points = [*index["points"][:2], wrong]
        write_json(
            self.folder / "snapshots/index.json", {**index, "points": points, "exitCode": None}
        )
        summary = self.fleet("--phases", "snapshot", "verify", code=1)
        (error,) = summary["verify"]["errors"]
        self.assertTrue(error.startswith("segment 2000000..4000000: does not reproduce"), error)
        self.assertIn(right["claim"], error)
        self.assertIn(wrong["claim"], error)

    def test_a_claim_that_was_changed_in_the_index_is_named_on_both_sides(self) -> None:
        self.fleet("--phases", "snapshot")
        index = self.index()
        index["points"][2]["claim"] = index["points"][1]["claim"]
        write_json(self.folder / "snapshots/index.json", index)
        summary = self.fleet("--phases", "verify", code=1)
        names = sorted(error[:25] for error in summary["verify"]["errors"])
        self.assertEqual(names, ["segment 2000000..4000000:", "segment 4000000..6000000:"])

    def test_what_fails_is_an_error_and_stops_nothing_else(self) -> None:
        self.fleet("--phases", "snapshot")
        os.remove(self.folder / "snapshots/2000000.bin.gz")
        (self.folder / "snapshots/6000000.bin.gz").write_bytes(b"\x08 cut short")
        summary = self.fleet("--phases", "verify", code=1)
        names = sorted(error[:25] for error in summary["verify"]["errors"])
        self.assertEqual(names, ["segment 2000000..4000000:", "segment 6000000..8000000:"])
        # Without its pre-images the guest cannot continue: an error, and no segment is called wrong.
        summary = self.fleet("--phases", "verify", f"--preimages={self.folder}", code=1)
        self.assertIn("segment 0..2000000: PreimageError", "\n".join(summary["verify"]["errors"]))
        missing = self.fleet("--phases", "snapshot", "--input=/nowhere", code=1)
        self.assertIn("/nowhere", missing)

    def test_a_panic_has_its_own_exit_code(self) -> None:
        elf = bytearray(GUEST.read_bytes())
        with Machine.load_elf(bytes(elf)) as machine:
            code = machine.read_memory(machine.threads[0].pc, 8)
        # No machine of the family has a coprocessor 0.
        elf[elf.index(code) : elf.index(code) + 4] = b"\x40\0\0\0"
        (self.folder / "broken.elf").write_bytes(elf)
        self.assertIn("error:", self.fleet(f"--input={self.folder / 'broken.elf'}", code=2))

    def test_tasks_may_be_repeated(self) -> None:
        self.fleet("--steps=156847")
        setup = Setup(Snapshots(self.folder / "snapshots", "bin.gz"), self.folder / "proofs")
        trail = Trail.load(self.folder / "snapshots", "bin.gz")
        (task,) = proofs(setup, trail.split([156847])[0], 10)
        first = (self.folder / "proofs/156847-156847.json.gz").read_bytes()
        for _ in range(2):
            self.assertEqual(perform(task).claims, {156847: RECORDED[156847]})
        self.assertEqual((self.folder / "proofs/156847-156847.json.gz").read_bytes(), first)


@unittest.skipUnless(shutil.which("cc"), "no C compiler: cc")
class ForeignTests(unittest.TestCase):
    def test_another_vm_runs_proves_and_verifies_its_own_program(self) -> None:
        root = pathlib.Path(__file__).parents[2]
        program = root / "Examples/fpvm-c/total.stk"
        with tempfile.TemporaryDirectory() as name:
            work = pathlib.Path(name)
            words = ["cc", "-std=c99", "-O2", "-shared", "-fPIC", f"-I{root / 'fpvm'}"]
            words += [str(root / "Examples/fpvm-c/stack.c"), "-o", f"{work}/libstack.so"]
            subprocess.run(words, check=True)
            key = [word for word in program.read_text().split() if word.startswith("0x")][-4:]
            (work / "preimages").mkdir()
            preimage = program.with_suffix(".preimage").read_bytes().hex()
            file = "0x" + "".join(word[2:] for word in key) + ".txt"
            (work / "preimages" / file).write_text(preimage)
            common = [f"--input={program}", f"--vm-library={work}/libstack.so", "--every=50"]
            common.append(f"--preimages={work}/preimages")
            output, log = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(log):
                code = fleet.main([f"{work}/fleet", *common, "--steps=10:190:40"])
            self.assertEqual(code, 0, log.getvalue())
            summary = json.loads(output.getvalue())
            self.assertEqual((summary["end"]["step"], summary["end"]["exitCode"]), (186, 197))
            self.assertEqual((summary["prove"]["claims"], summary["verify"]["tasks"]), (5, 4))
            vm, proved = ForeignVM(work / "libstack.so"), []
            for path in (work / "fleet/proofs").iterdir():
                for fields in json.loads(gzip.decompress(path.read_bytes())):
                    proof = ForeignProof.from_json(json.dumps(fields))
                    vm.verify(proof)
                    proved.append(proof.step)
            self.assertEqual(sorted(proved), [10, 50, 90, 130, 170])
            # A folder of another VM is not taken for one of this, nor the other way round.
            with contextlib.redirect_stderr(log):
                code = fleet.main([f"{work}/fleet", "--phases", "verify"])
            self.assertEqual(code, 1)
            self.assertIn("states of another VM need --vm-library", log.getvalue())


if __name__ == "__main__":
    unittest.main()
