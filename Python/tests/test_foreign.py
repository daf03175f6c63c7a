"""Tests of VMs in other libraries: the example in C, and the library of this package."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest

from falconet import (
    BadDataError,
    BusyError,
    ExitedError,
    ForeignMachine,
    ForeignProof,
    ForeignVM,
    InvalidArgumentError,
    Machine,
    MismatchError,
    Panic,
    PreimageError,
    RejectedError,
    UnsupportedError,
    _library,
)

ROOT = pathlib.Path(__file__).parents[2]
FIXTURES = pathlib.Path(os.environ["FALCONET_FIXTURES"])
GUEST = FIXTURES / "guests/64/oracle.elf"
LIBRARY = _library._library._name
TOTAL = (ROOT / "Examples/fpvm-c/total.stk").read_bytes()
TEXT = (ROOT / "Examples/fpvm-c/total.preimage").read_bytes()


def key() -> bytes:
    """The key that the program has as its last four words."""
    words = [word for word in TOTAL.split() if word.startswith(b"0x")][-4:]
    return b"".join(bytes.fromhex(word[2:].decode()) for word in words)


@unittest.skipUnless(shutil.which("cc"), "no C compiler: cc")
class StackTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        path = os.path.join(cls.folder.name, "libstack.so")
        words = ["cc", "-std=c99", "-O2", "-shared", "-fPIC", "-fvisibility=hidden"]
        words += [f"-I{ROOT / 'fpvm'}", str(ROOT / "Examples/fpvm-c/stack.c"), "-o", path]
        subprocess.run(words, check=True)
        cls.vm = ForeignVM(path)

    def total(self) -> ForeignMachine:
        machine = self.vm.load_program(TOTAL)
        machine.use_preimages({key(): TEXT})
        return machine

    def test_a_run_has_claims_output_hints_and_an_end(self) -> None:
        hints: list[bytes] = []
        output: list[tuple[int, bytes]] = []
        with self.vm.load_program(TOTAL) as machine:
            machine.use_preimages(lambda asked: TEXT if asked == key() else None, hints.append)
            machine.on_output(lambda stream, data: output.append((stream, data)))
            self.assertEqual((self.vm.name, machine.kind), ("stack", "stack"))
            self.assertIsNone(machine.exit_code)
            self.assertFalse(machine.run(until=100))
            self.assertEqual(machine.step, 100)
            claim = machine.claim()
            self.assertEqual(self.vm.claim_of_witness(machine.witness()), claim)
            with self.vm.load_state(machine.state()) as other, machine.copy() as third:
                self.assertEqual([other.claim(), third.claim()], [claim, claim])
            self.assertTrue(machine.run())
            self.assertEqual((machine.step, machine.exit_code), (186, 197))
            with self.assertRaises(ExitedError):
                machine.prove()
        self.assertEqual(len(hints), 1)
        self.assertEqual([stream for stream, _ in output], [1])
        with self.assertRaises(InvalidArgumentError):
            machine.claim()

    def test_each_step_has_a_proof_and_altered_ones_are_rejected(self) -> None:
        reads = 0
        with self.total() as machine:
            while machine.exit_code is None:
                proof = ForeignProof.from_json(machine.prove().to_json())
                self.vm.verify(proof)
                reads += proof.key is not None
                self.assertEqual(proof.post, machine.claim())
                for change in ({"post": proof.pre}, {"pre": proof.post}, {"vm": "tape"}):
                    with self.assertRaises(RejectedError):
                        self.vm.verify(dataclasses.replace(proof, **change))
        self.assertGreater(reads, 0)
        with self.assertRaises(BadDataError):
            ForeignProof.from_json("[]")

    def test_a_missing_pre_image_and_a_panic_are_errors_of_their_own(self) -> None:
        with self.vm.load_program(TOTAL) as machine:
            with self.assertRaises(PreimageError):
                machine.run()
            step = machine.step

            def fail(_: bytes) -> bytes:
                raise RuntimeError("no network")

            machine.use_preimages(fail)
            with self.assertRaises(PreimageError) as caught:
                machine.run()
            self.assertEqual(str(caught.exception.__cause__), "no network")
            machine.use_preimages(lambda _: machine.claim())
            with self.assertRaises(PreimageError) as caught:
                machine.run()
            self.assertIsInstance(caught.exception.__cause__, BusyError)
            self.assertEqual(machine.step, step)
            machine.use_preimages({key(): TEXT})
            self.assertTrue(machine.run())
        with self.vm.load_program(b"push 1 push 0 div halt") as machine:
            with self.assertRaises(Panic):
                machine.run()
            self.assertEqual(machine.step, 2)
        with self.assertRaises(BadDataError):
            self.vm.load_state(bytes(32))
        with self.assertRaises(UnsupportedError):
            self.vm.load_program(TOTAL, kind="other")

    def test_a_file_is_a_program_or_a_state(self) -> None:
        path = pathlib.Path(self.folder.name, "file")
        path.write_bytes(TOTAL)
        folder = pathlib.Path(self.folder.name, "preimages")
        folder.mkdir()
        (folder / f"0x{key().hex()}.txt").write_text(TEXT.hex() + "\n")
        with self.vm.open(path) as machine:
            machine.use_preimage_folder(folder)
            machine.run(until=50)
            machine.save(path)
            with self.vm.open(path) as other:
                self.assertEqual((other.step, other.claim()), (50, machine.claim()))
            self.assertTrue(machine.run())

    def test_two_vms_in_one_process_run_on_several_threads(self) -> None:
        other, results = ForeignVM(LIBRARY), []
        elf = GUEST.read_bytes()

        def work(number: int) -> None:
            if number % 2:
                with self.total() as machine:
                    machine.run()
                    results.append((1, machine.claim()))
            else:
                with other.load_program(elf) as machine:
                    machine.run(until=20_000)
                    self.assertEqual(machine.step, 20_000)
                    results.append((0, machine.claim()))

        threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(results), 8)
        self.assertEqual(len(set(results)), 2)

    def test_the_library_of_this_package_is_such_a_vm(self) -> None:
        vm = ForeignVM(LIBRARY)
        self.assertEqual(vm.name, "falconet")
        with vm.load_program(GUEST.read_bytes()) as machine, Machine.load_elf(GUEST) as own:
            for step in (0, 1000, 20_000):
                machine.run(until=step)
                own.run(until=step)
                self.assertEqual(machine.claim(), own.claim())
            proof = machine.prove()
            vm.verify(proof)
            self.assertEqual([name for name, _ in proof.fields], ["state-data", "proof-data"])

    def test_what_a_vm_cannot_mean_is_an_error(self) -> None:
        source = (ROOT / "Examples/fpvm-c/stack.c").read_text()
        for number, (place, lie, part) in enumerate(
            [
                (".claim_size = HASH", ".claim_size = 65", "claims of 65 bytes"),
                (".kind_count = 1", ".kind_count = 4097", "4097 kinds"),
                ("p->shown.field_count = 2", "p->shown.field_count = 4097", "4097 fields"),
                ("{p->pre, HASH}", "{p->pre, 1ull << 33}", "8589934592 bytes"),
            ]
        ):
            with self.subTest(lie):
                self.assertIn(place, source)
                path = os.path.join(self.folder.name, f"liar{number}.so")
                words = ["cc", "-std=c99", "-shared", "-fPIC", f"-I{ROOT / 'fpvm'}"]
                subprocess.run(
                    [*words, "-xc", "-", "-o", path],
                    input=source.replace(place, lie),
                    text=True,
                    check=True,
                )
                with self.assertRaisesRegex(MismatchError, part):
                    ForeignVM(path).load_program(TOTAL).prove()

    def test_what_is_no_vm_is_refused(self) -> None:
        with self.assertRaises(InvalidArgumentError):
            ForeignVM(ROOT / "README.md")


if __name__ == "__main__":
    unittest.main()
