"""Tests of the package over the library. FALCONET_FIXTURES names the folder of fixtures."""

from __future__ import annotations

import array
import copy
import dataclasses
import gc
import inspect
import io
import json
import os
import pathlib
import pickle
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest
from collections.abc import Callable
from typing import Optional

import falconet
from falconet import ChangeKind, Machine, Program, Proof, Stop, Trace, _library

FIXTURES = pathlib.Path(os.environ["FALCONET_FIXTURES"])
GUEST = FIXTURES / "guests/64/oracle.elf"
HEADER = pathlib.Path(__file__).parents[2] / "Sources/CFalconet/include/falconet.h"
FIRST_READ = 591664
SERVER = pathlib.Path(__file__).parents[2] / "Tests/Servers/folder.py"


def preimages() -> dict[bytes, bytes]:
    return {
        bytes.fromhex(path.stem[2:]): bytes.fromhex(path.read_text().strip())
        for path in (FIXTURES / "preimages/oracle-valid").glob("0x*.txt")
    }


def vector() -> dict:
    return json.loads((FIXTURES / "vectors/v8/oracle.json").read_text())


def act_when(holds: Callable[[], bool], act: Callable[[], object]) -> threading.Thread:
    """Starts a thread that waits until something holds and a moment more, and acts then."""

    def wait() -> None:
        while not holds():
            time.sleep(0.01)
        time.sleep(0.05)
        act()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def interrupt_when(holds: Callable[[], bool]) -> None:
    """Sends this process an interrupt when something holds."""
    act_when(holds, lambda: os.kill(os.getpid(), signal.SIGINT))


class RunTests(unittest.TestCase):
    def test_a_full_run_gives_the_recorded_claims(self) -> None:
        expected, output, hints = vector(), [], []
        with Machine.load_elf(GUEST) as machine:
            machine.use_preimages(preimages(), hints.append)
            machine.on_output(lambda stream, data: output.append((stream, data)))
            self.assertEqual("0x" + machine.claim().hex(), expected["prestateHash"])
            self.assertEqual("0x" + machine.witness().hex(), expected["prestateWitness"])
            self.assertIsNone(machine.exit_code)
            self.assertEqual(machine.run(), Stop.EXITED)
            self.assertEqual((machine.step, machine.exit_code), (expected["steps"], 0))
            self.assertEqual("0x" + machine.claim().hex(), expected["finalHash"])
        self.assertEqual(b"".join(data for _, data in output).decode(), expected["stdout"])
        self.assertEqual(len(hints), 16)

    def test_hints_have_a_limit(self) -> None:
        hints = []
        with Machine.load_elf(GUEST) as machine:
            machine.use_preimages(preimages(), hints.append)
            machine.limit_hints(10)
            with self.assertRaisesRegex(falconet.PreimageError, "limit is 10"):
                machine.run()
            self.assertEqual(hints, [])
            with self.assertRaises(ValueError):
                machine.limit_hints(0)
            machine.limit_hints(None)
            self.assertEqual(machine.run(), Stop.EXITED)
        self.assertEqual(len(hints), 16)

    def test_a_machine_has_a_revision(self) -> None:
        self.assertEqual(falconet.revisions(8), ["2026-06", "1.8.0", "1.7.0"])
        self.assertEqual(len(falconet.revisions(0)), 1)
        with Machine.load_elf(GUEST) as machine:
            self.assertEqual(machine.revision, "2026-06")
        with self.assertRaises(FileNotFoundError):
            Machine.load_elf(GUEST, revision="0.1")
        with Machine.load_elf(GUEST, revision="1.10.1") as machine:
            self.assertEqual(machine.revision, "1.8.0")
            machine.run(1000)
            with machine.prove() as proof:
                proof.verify(8, "1.7.0")
                proof.verify(8)
            file = io.BytesIO()
            machine.write(file, "fsnap")
            machine.use_revision(None)
            self.assertEqual(machine.revision, "2026-06")
        with Machine.open(file.getvalue()) as machine:
            self.assertEqual(machine.revision, "1.8.0")
        with Machine.open(file.getvalue(), revision="2026-06") as machine:
            self.assertEqual(machine.revision, "2026-06")

    def test_a_run_stops_where_it_is_told(self) -> None:
        with Machine.load_elf(GUEST.read_bytes()) as machine:
            machine.use_preimages(preimages().get)
            self.assertEqual(machine.run(until=1000), Stop.STEP)
            self.assertIsNone(machine.last_read)
            self.assertEqual(machine.run(to_preimage_read=True), Stop.PREIMAGE_READ)
            self.assertEqual(machine.step, FIRST_READ + 1)
            self.assertEqual(machine.last_read.key, bytes([1] + 30 * [0] + [1]))
            pc = machine.threads[-1].pc
            machine.stop_between(pc, pc + 4)
            self.assertEqual(machine.run(), Stop.ADDRESS)
            machine.stop_between(0, 0)
            machine.cancel()
            self.assertEqual(machine.run(), Stop.CANCELLED)
            machine.on_progress(lambda step: False)
            self.assertEqual(machine.run(), Stop.CANCELLED)

    def test_one_run_gives_proofs_and_states_at_many_steps(self) -> None:
        proofs: list[Proof] = []
        claims: dict[int, bytes] = {}
        with Machine.load_elf(GUEST) as machine, tempfile.TemporaryDirectory() as folder:
            machine.use_preimages(preimages())

            def look(paused: Machine) -> None:
                self.assertIs(paused, machine)
                claims[machine.step] = machine.claim()
                if machine.step == FIRST_READ:
                    machine.save(f"{folder}/state.bin.gz")
                    self.assertEqual(Machine.open(machine.to_bytes()).step, FIRST_READ)

            stop = machine.run(
                until=700_000,
                prove_at=[FIRST_READ, 20, FIRST_READ, 700_000],
                prove_every=300_000,
                on_proof=proofs.append,
                pause_at=iter([FIRST_READ, 5, 700_000]),
                pause_every=350_000,
                on_pause=look,
            )
            self.assertEqual((stop, machine.step), (Stop.STEP, 700_000))
            with Machine.open(f"{folder}/state.bin.gz") as saved:
                self.assertEqual(saved.claim(), claims[FIRST_READ])
        self.assertEqual([proof.step for proof in proofs], [0, 20, 300_000, FIRST_READ, 600_000])
        self.assertEqual(list(claims), [0, 5, 350_000, FIRST_READ])
        self.assertEqual(proofs[3].pre, claims[FIRST_READ])
        self.assertIsNotNone(proofs[3].preimage_key)
        for proof in proofs:
            proof.verify()

    def test_a_callback_ends_a_run_which_can_continue(self) -> None:
        def fail(_: object) -> None:
            raise RuntimeError("mine")

        with Machine.load_elf(GUEST) as machine:
            proofs: list[Proof] = []
            steps = range(100, 1000, 100)

            def take(proof: Proof) -> bool:
                proofs.append(proof)
                return len(proofs) != 3

            for expected in [Stop.CANCELLED, Stop.STEP]:
                self.assertEqual(machine.run(2000, prove_at=steps, on_proof=take), expected)
            self.assertEqual([proof.step for proof in proofs], list(steps))
            for stops in [{"on_pause": fail}, {"on_pause": lambda machine: machine.run()}]:
                with self.assertRaisesRegex((RuntimeError, falconet.BusyError), "mine|in use"):
                    machine.run(pause_at=[3000], **stops)
                self.assertEqual(machine.step, 3000)
            with self.assertRaisesRegex(RuntimeError, "mine"):
                machine.run(prove_every=3001, on_proof=fail)
            self.assertEqual(machine.step, 3002)
            for wrong in [{"prove_at": [-1]}, {"prove_at": [1]}, {"pause_every": 1 << 64}]:
                with self.assertRaises(ValueError):
                    machine.run(**wrong)

    def test_steps_are_observed(self) -> None:
        kinds = falconet.ObservedKind
        with Machine.load_elf(GUEST) as machine:
            machine.use_preimages(preimages())
            start = machine.threads[0].pc
            seen: list[falconet.Observation] = []
            stop = machine.observe(
                seen.append,
                700_000,
                addresses=[start],
                writes=[range(0x7FFFFFFFEF10, 0x7FFFFFFFEF20)],
                system_calls=True,
                host_requests=True,
            )
            self.assertEqual((stop, machine.step), (Stop.STEP, 700_000))
            found = {step.kind for step in seen} - {kinds.HINT}
            self.assertEqual(found, set(kinds) - {kinds.READ, kinds.HINT})
            first = seen[0]
            self.assertEqual((first.kind, first.step, first.pc), (kinds.INSTRUCTION, 0, start))
            self.assertEqual(len(first.registers), 34)
            read = next(step for step in seen if step.kind == kinds.PREIMAGE)
            self.assertEqual((read.step, read.data[:1], read.size), (FIRST_READ, b"\1", 32))
            calls = [step for step in seen if step.kind == kinds.SYSTEM_CALL]
            self.assertIn("mmap", {call.name for call in calls})
            writes = [step for step in seen if step.kind == kinds.WRITE]
            for step in writes:
                self.assertLess(step.address, 0x7FFFFFFFEF20)
                self.assertGreater(step.address + step.size, 0x7FFFFFFFEF10)
            claim = machine.claim()
            self.assertEqual(
                machine.observe(lambda step: False, system_calls=True), Stop.CANCELLED
            )
            with self.assertRaisesRegex(ZeroDivisionError, "zero"):
                machine.observe(lambda step: 1 / 0, system_calls=True)
            with self.assertRaises(TypeError):
                machine.observe(print, writes=[(1, 2)])
        with Machine.load_elf(GUEST) as straight:
            straight.use_preimages(preimages())
            straight.run(until=700_000)
            self.assertEqual(straight.claim(), claim)

    def test_engines_agree(self) -> None:
        claims = set()
        for engine in ["translator", "portable", "step", "jit", "interpreter"]:
            with Machine.load_elf(GUEST) as machine:
                machine.use_engine(engine)
                machine.run(until=200_000)
                claims.add(machine.claim())
        self.assertEqual(len(claims), 1)

    def test_a_folder_and_local_inputs_serve_a_run(self) -> None:
        with Machine.load_elf(GUEST) as machine:
            machine.use_preimage_folder(FIXTURES / "preimages/oracle-valid")
            machine.set_local_input(1, b"\0" * 32)
            machine.run(to_preimage_read=True)
            self.assertEqual(machine.last_read.offset, 0)


class ErrorTests(unittest.TestCase):
    def test_a_missing_preimage_is_an_error_that_says_so_and_is_no_end(self) -> None:
        with Machine.load_elf(GUEST) as machine:
            with self.assertRaisesRegex(falconet.PreimageError, "no source"):
                machine.run()
            machine.use_preimages({})
            with self.assertRaisesRegex(falconet.PreimageError, "no such pre-image"):
                machine.run()
            self.assertEqual(machine.step, FIRST_READ)
            machine.use_preimages(preimages())
            self.assertEqual(machine.run(), Stop.EXITED)

    def test_what_a_source_raises_is_the_cause(self) -> None:
        def source(key: bytes) -> bytes:
            raise KeyError("lost")

        with Machine.load_elf(GUEST) as machine:
            machine.use_preimages(source)
            with self.assertRaisesRegex(falconet.PreimageError, "lost") as caught:
                machine.run()
            self.assertIsInstance(caught.exception.__cause__, KeyError)

    def test_a_wrong_preimage_is_found(self) -> None:
        lies = {key: data if key[0] == 1 else b"lie" for key, data in preimages().items()}
        with Machine.load_elf(GUEST) as machine:
            machine.use_preimages(lies)
            with self.assertRaisesRegex(falconet.PreimageError, "wrong pre-image"):
                machine.run()

    def test_what_callbacks_raise_passes_through_the_run(self) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("mine")

        for set_up in [
            lambda machine: machine.on_progress(fail),
            lambda machine: machine.on_output(fail),
        ]:
            with Machine.load_elf(GUEST) as machine:
                machine.use_preimages(preimages())
                set_up(machine)
                with self.assertRaisesRegex(RuntimeError, "mine"):
                    machine.run()

    def test_an_interrupt_ends_a_run(self) -> None:
        with Machine.load_elf(GUEST) as machine:
            machine.use_preimages(preimages())
            machine.use_engine("step")
            with self.assertRaises(KeyboardInterrupt):
                interrupt_when(lambda: True)
                machine.run()
                time.sleep(600)
            machine.use_engine("translator")
            self.assertEqual(machine.run(), Stop.EXITED)

    def test_interrupts_after_an_interrupt_change_nothing(self) -> None:
        package = os.path.dirname(falconet.__file__)

        def raise_in_the_package(number: int, frame: Optional[types.FrameType]) -> None:
            """Raises only in the package, since an interrupt in the test's own lines fails it."""
            while frame is not None:
                if os.path.dirname(frame.f_code.co_filename) == package:
                    raise KeyboardInterrupt
                frame = frame.f_back

        before = signal.signal(signal.SIGINT, raise_in_the_package)
        stop = threading.Event()

        def interrupt() -> None:
            while not stop.wait(0.002):
                os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        machine = Machine.load_elf(GUEST)
        machine.use_preimages(preimages())
        machine.use_engine("step")
        thread.start()
        try:
            seen = 0
            while seen < 20:
                try:
                    machine.run()
                except KeyboardInterrupt:
                    seen += 1
                self.assertIs(signal.getsignal(signal.SIGINT), raise_in_the_package)
        finally:
            stop.set()
            thread.join()
            signal.signal(signal.SIGINT, before)
        machine.use_engine("translator")
        self.assertEqual(machine.run(), Stop.EXITED)
        self.assertEqual("0x" + machine.claim().hex(), vector()["finalHash"])
        machine.close()

    def test_bytes_like_objects_are_taken_whole(self) -> None:
        words = array.array("Q", [1, 2, 3, 4])
        for use in [
            lambda machine: machine.use_preimages(lambda key: words),
            lambda machine: machine.set_local_input(1, words),
        ]:
            with Machine.load_elf(GUEST) as machine:
                use(machine)
                machine.run(until=FIRST_READ)
                self.assertEqual(machine.prove().preimage[8:], words.tobytes())
                with self.assertRaises(TypeError):
                    machine.set_local_input(1, [1, 2])

    def test_numbers_that_do_not_fit_are_errors(self) -> None:
        with Machine.load_elf(GUEST) as machine, machine.prove() as proof:
            for use in [
                lambda: machine.run(until=2**64),
                lambda: machine.set_local_input(-1, b""),
                lambda: machine.read_memory(2**64, 1),
                lambda: machine.stop_between(-1, 0),
                lambda: machine.use_preimage_server(["x"], timeout=-1),
                lambda: machine.on_progress(None, interval=-1),
                lambda: proof.verify(version=-1),
                lambda: Machine.load_elf(GUEST, version=2**32 + 8),
            ]:
                with self.assertRaises(ValueError):
                    use()
            with self.assertRaises(TypeError):
                machine.use_preimage_server("op-program --server")
            with self.assertRaises(TypeError):
                copy.copy(machine)
            # A proof does not change.
            self.assertIs(copy.copy(proof), proof)
            for item in [machine, proof]:
                with self.assertRaises(TypeError):
                    pickle.dumps(item)

    def test_a_forked_child_lets_go_of_what_its_parent_made(self) -> None:
        machine = Machine.load_elf(GUEST)
        child = os.fork()
        if child == 0:
            try:
                machine.step
            except ValueError:
                os._exit(7)
            os._exit(1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
        self.assertEqual(machine.step, 0)
        machine.close()

    def test_a_machine_in_use_is_busy(self) -> None:
        found = []
        with Machine.load_elf(GUEST) as machine:

            def progress(step: int) -> bool:
                for use in [lambda: machine.step, machine.claim, machine.close, machine.run]:
                    try:
                        use()
                    except falconet.BusyError as error:
                        found.append(str(error))
                return False

            machine.on_progress(progress)
            self.assertEqual(machine.run(), Stop.CANCELLED)
        self.assertEqual(len(found), 4)

    def test_what_is_closed_is_an_error(self) -> None:
        machine = Machine.load_elf(GUEST)
        proof = machine.prove()
        for closed in [machine, proof]:
            closed.close()
            closed.close()
            with self.assertRaises(ValueError):
                closed.step

    def test_bad_files_are_errors(self) -> None:
        with self.assertRaises(FileNotFoundError):
            Machine.open("/nowhere/state.bin")
        with self.assertRaises(OSError):
            Machine.open("/tmp")
        with self.assertRaises(falconet.BadDataError):
            Machine.open(b"\x08 cut short")
        with self.assertRaises(falconet.UnsupportedError):
            Machine.open(b"\x55")
        with self.assertRaises(falconet.BadDataError):
            Proof.open(b"{}")
        with self.assertRaises(falconet.BadDataError):
            Machine.load_elf(b"no ELF file")
        with self.assertRaises(ValueError):
            Machine.load_elf(GUEST, version=9)


class SnapshotTests(unittest.TestCase):
    def test_snapshots_come_back_from_every_format_and_way(self) -> None:
        with Machine.load_elf(GUEST) as machine, tempfile.TemporaryDirectory() as folder:
            machine.run(until=1000)
            claim = machine.claim()
            for name in ["a.bin", "a.bin.gz", "a.fsnap"]:
                path = pathlib.Path(folder) / name
                machine.save(path)
                with Machine.open(path) as copy:
                    self.assertEqual((copy.claim(), copy.step), (claim, 1000))
            for compression in [None, "gzip", "zstd"]:
                data = machine.to_bytes("fsnap", compression)
                for source in [data, io.BytesIO(data)]:
                    with Machine.open(source) as copy:
                        self.assertEqual(copy.claim(), claim)
            with self.assertRaises(falconet.UnsupportedError):
                machine.save(pathlib.Path(folder) / "a.json")

    def test_pages_that_are_trusted_are_compared_when_they_are_hashed(self) -> None:
        with Machine.load_elf(GUEST) as machine:
            machine.run(until=1000)
            self.assertTrue(machine.verified)
            claim, data = machine.claim(), machine.to_bytes("fsnap")
        with Machine.open(data) as machine:
            self.assertTrue(machine.verified)
        with Machine.open(data, trust_pages=True) as machine:
            self.assertFalse(machine.verified)
            self.assertEqual(machine.claim(), claim)
            self.assertTrue(machine.verified)
            machine.run(until=1001)
            self.assertTrue(machine.verified)
        with Machine.open(data, trust_pages=True) as machine:
            machine.run(until=1001)
            machine.claim()
            self.assertFalse(machine.verified)

    def test_streams_that_fail_raise_what_they_raise(self) -> None:
        class Broken(io.RawIOBase):
            def read(self, count: int = -1) -> bytes:
                raise TimeoutError("read")

            def write(self, data: object) -> int:
                raise TimeoutError("write")

        with self.assertRaisesRegex(TimeoutError, "read"):
            Machine.open(Broken())
        with Machine.load_elf(GUEST) as machine:
            with self.assertRaisesRegex(TimeoutError, "write"):
                machine.write(Broken())

    def test_memory_and_threads_can_be_looked_at(self) -> None:
        with Machine.load_elf(GUEST) as machine:
            (thread,) = machine.threads
            self.assertTrue(thread.active and not thread.exited)
            self.assertEqual(len(thread.registers), 32)
            self.assertEqual(machine.version, 8)
            code = machine.read_memory(thread.pc, 8192)
            self.assertEqual(machine.read_memory(thread.pc, 4), code[:4])
            self.assertEqual(machine.read_memory(1 << 60, 3), b"\0\0\0")
            self.assertGreater(machine.page_count, 100)


class ProofTests(unittest.TestCase):
    def test_a_proof_holds_and_a_damaged_one_does_not(self) -> None:
        with Machine.load_elf(GUEST) as machine, tempfile.TemporaryDirectory() as folder:
            machine.use_preimages(preimages())
            machine.run(until=FIRST_READ)
            claim = machine.claim()
            proof = machine.prove()
            proof.verify()
            proof.verify(version=8)
            self.assertEqual((proof.step, proof.pre), (FIRST_READ, claim))
            self.assertEqual(proof.post, machine.claim())
            self.assertEqual(proof.preimage_key[0], 1)
            self.assertEqual(proof.preimage_offset, 0)
            self.assertEqual(int.from_bytes(proof.preimage[:8], "big"), len(proof.preimage) - 8)
            path = pathlib.Path(folder) / "proof.json.gz"
            proof.save(path)
            with Proof.open(path) as copy:
                self.assertEqual(copy.to_json(), proof.to_json())
            fields = json.loads(proof.to_json())
            self.assertEqual(fields["state-data"], "0x" + proof.state_data.hex())
            self.assertEqual(fields["proof-data"], "0x" + proof.proof_data.hex())
            fields["post"] = "0x" + claim.hex()
            with self.assertRaisesRegex(falconet.RejectedError, "post is"):
                Proof.open(json.dumps(fields).encode()).verify()
            machine.run()
            with self.assertRaises(falconet.ExitedError):
                machine.prove()


class TraceTests(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name) / "trace"
        self.prestate = pathlib.Path(temporary.name) / "prestate.fsnap"
        with Machine.load_elf(GUEST) as machine:
            machine.save(self.prestate)

    def open(self, **options: object) -> Trace:
        trace = Trace.open(self.folder, self.prestate, **options)
        self.addCleanup(trace.close)
        trace.use_preimages(preimages())
        return trace

    def checkpoints(self) -> dict[int, str]:
        return {step: after for step, _, after in vector()["checkpoints"]}

    def test_claims_and_step_data_are_those_recorded_before_and_after_a_restart(self) -> None:
        expected, recorded = vector(), self.checkpoints()
        with self.open() as trace:
            self.assertEqual("0x" + trace.prestate_claim.hex(), expected["prestateHash"])
            self.assertEqual("0x" + trace.prestate_witness.hex(), expected["prestateWitness"])
            answers = trace.claims(recorded)
            self.assertEqual(
                {answer.index: "0x" + answer.claim.hex() for answer in answers}, recorded
            )
            step = trace.step(FIRST_READ)
            step.proof.verify()
            self.assertEqual((step.index, step.proof.step), (FIRST_READ, FIRST_READ))
            end = trace.last()
            self.assertEqual(end.index, expected["steps"] - 1)
            self.assertEqual("0x" + end.claim.hex(), expected["finalHash"])
            past = trace.claim(2**64 - 1)
            self.assertEqual((past.claim, past.past_end), (end.claim, True))
            self.assertEqual(trace.step(2**60).index, end.index)
            self.assertEqual((trace.version, trace.status().end), (8, end.index))
        with Trace.open(self.folder, self.prestate) as trace:
            # Without a source of pre-images: all is known.
            answers = trace.claims(recorded)
            self.assertEqual(
                [answer.claim.hex() for answer in answers],
                [claim[2:] for claim in recorded.values()],
            )
            self.assertEqual(trace.step(FIRST_READ).proof.to_json(), step.proof.to_json())
            self.assertEqual((trace.last(), trace.status().executed), (end, 0))

    def test_a_machine_will_do_for_a_prestate_and_can_go_on(self) -> None:
        with Machine.load_elf(GUEST) as machine:
            trace = Trace.open(self.folder, machine)
            machine.run(until=100_000)
            machine.use_preimages(preimages())
        with trace:
            trace.use_preimages(preimages())
            self.assertEqual("0x" + trace.last().claim.hex(), vector()["finalHash"])

    def test_another_revision_is_refused_as_another_input_is(self) -> None:
        for own, others in [("2026-06", ["1.7.0", "1.8.0"]), ("1.8.0", ["1.7.0", None])]:
            folder = self.folder.parent / own
            with Trace.open(folder, self.prestate, revision=own) as trace:
                claim = trace.claim(50)
            for other in others:
                with self.assertRaisesRegex(falconet.InvalidArgumentError, f"revision {own}"):
                    Trace.open(folder, self.prestate, revision=other)
                with Machine.load_elf(GUEST, revision=other) as machine:
                    with self.assertRaisesRegex(falconet.InvalidArgumentError, "directory is of"):
                        Trace.open(folder, machine, revision=other)
            with Trace.open(folder, self.prestate, revision=own) as trace:
                self.assertEqual(trace.claim(50), claim)
                self.assertEqual(trace.status().executed, 0)
        with self.assertRaises(falconet.InvalidArgumentError):
            Trace.open(self.folder, self.prestate, revision="0.1")

    def test_a_trace_has_a_limit_of_hints(self) -> None:
        trace = Trace.open(self.folder, self.prestate, hint_limit=10)
        with trace:
            hints = []
            trace.use_preimages(preimages(), hints.append)
            with self.assertRaisesRegex(falconet.PreimageError, "limit is 10"):
                trace.last()
            self.assertEqual(hints, [])
        with self.open() as trace:
            self.assertEqual("0x" + trace.last().claim.hex(), vector()["finalHash"])

    def test_a_folder_is_locked_pruned_exported_adopted_and_deleted(self) -> None:
        trace = self.open(snapshot_interval=200_000)
        with self.assertRaises(falconet.LockedError):
            self.open()
        trace.steps([1000, FIRST_READ])
        trace.last()
        status = trace.status()
        self.assertEqual(status.snapshots, sorted(status.snapshots))
        self.assertTrue(status.snapshots and status.size <= status.budget)
        game = self.folder.parent / "game"
        trace.export(game)
        (game / "proofs/77.json.gz").write_bytes(b"nothing")
        trace.prune()
        trace.delete()
        self.assertFalse(self.folder.exists())
        with self.assertRaises(ValueError):
            trace.claim(0)
        trace.close()
        with self.open() as trace:
            adoption = trace.adopt(game)
            self.assertEqual((adoption.proofs, adoption.has_end), (2, True))
            self.assertEqual([entry.path[-10:] for entry in adoption.refused], ["77.json.gz"[-10:]])
            self.assertEqual("0x" + trace.last().claim.hex(), vector()["finalHash"])
        (self.folder / "claims.log").write_bytes(b"damaged")
        with self.open() as trace:
            self.assertTrue(any("claims.log" in entry.path for entry in trace.incidents()))
        Trace.delete_folder(self.folder)
        self.assertFalse(self.folder.exists())

    def test_a_forked_child_does_not_hold_the_folder(self) -> None:
        trace = self.open()
        child = os.fork()
        if child == 0:
            time.sleep(600)
            os._exit(0)
        try:
            trace.close()
            self.open().close()
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def test_many_threads_may_ask_at_once(self) -> None:
        recorded = self.checkpoints()
        wrong: list[object] = []

        def ask(trace: Trace, order: list[int]) -> None:
            for index in order:
                if "0x" + trace.claim(index).claim.hex() != recorded[index]:
                    wrong.append(index)

        with self.open() as trace:
            orders = [
                random.Random(seed).sample(sorted(recorded), len(recorded)) for seed in range(8)
            ]
            threads = [threading.Thread(target=ask, args=(trace, order)) for order in orders]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(trace.status().claims, len(recorded))
        self.assertEqual(wrong, [])

    def test_what_fails_can_be_asked_again(self) -> None:
        def lost(key: bytes) -> bytes:
            raise KeyError("lost")

        with self.open() as trace:
            trace.use_preimages(lost)
            with self.assertRaisesRegex(falconet.PreimageError, "lost") as caught:
                trace.last()
            self.assertIsInstance(caught.exception.__cause__, KeyError)
            trace.use_preimages(preimages())
            trace.on_progress(lambda step: False)
            with self.assertRaises(falconet.CancelledError):
                trace.last()
            trace.on_progress(None)
            trace.cancel()
            with self.assertRaises(falconet.CancelledError):
                trace.last()

            def fail(step: int) -> None:
                raise RuntimeError("mine")

            trace.on_progress(fail)
            with self.assertRaisesRegex(RuntimeError, "mine"):
                trace.last()
            trace.on_progress(None)
            trace.export(self.folder.parent / "game")
            found: list[object] = []

            def busy(step: int) -> bool:
                for use in [trace.status, trace.close, lambda: trace.claim(0)]:
                    try:
                        use()
                    except falconet.BusyError as error:
                        found.append(error)
                return True

            trace.on_progress(busy)
            self.assertEqual("0x" + trace.last().claim.hex(), vector()["finalHash"])
            self.assertTrue(found and len(found) % 3 == 0)

    def test_an_interrupt_ends_a_question(self) -> None:
        with self.open(engine="step") as trace:
            with self.assertRaises(KeyboardInterrupt):
                interrupt_when(lambda: True)
                trace.last()
                time.sleep(600)
            self.assertEqual("0x" + trace.last().claim.hex(), vector()["finalHash"])

    def test_a_server_that_cannot_be_started_is_an_error(self) -> None:
        with self.open() as trace, Machine.load_elf(GUEST) as machine:
            trace.use_preimage_server(["/nowhere/server", "--server"])
            with self.assertRaisesRegex(falconet.PreimageError, "/nowhere/server"):
                trace.last()
            with self.assertRaisesRegex(falconet.PreimageError, "/nowhere/server"):
                machine.use_preimage_server(["/nowhere/server"])
            with self.assertRaises(ValueError):
                machine.use_preimage_server([])

    def test_a_server_serves_machines_and_traces(self) -> None:
        output: list[tuple[int, bytes]] = []

        def command(mode: str) -> list[str]:
            return [sys.executable, str(SERVER), mode, str(FIXTURES / "preimages/oracle-valid")]

        with Machine.load_elf(GUEST) as machine:
            machine.use_preimage_server(command("stall"), timeout=1)
            with self.assertRaisesRegex(falconet.PreimageError, "1 s"):
                machine.run()
            machine.use_preimage_server(command("talk"), output=lambda *text: output.append(text))
            machine.run()
            self.assertEqual("0x" + machine.claim().hex(), vector()["finalHash"])
        for stream, text in [(1, b"serving 1\n"), (2, b"a complaint\n")]:
            self.assertEqual(b"".join(part for name, part in output if name == stream), text)
        with self.open() as trace:
            trace.use_preimage_server(command("die"))
            with self.assertRaises(falconet.PreimageError):
                trace.last()
            trace.use_preimage_server(command("serve"), timeout=None)
            self.assertEqual("0x" + trace.last().claim.hex(), vector()["finalHash"])


class StoreTests(unittest.TestCase):
    """Machines and traces that share a store of pre-images."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        self.store = falconet.PreimageStore(self.path / "store")

    def run_from(self, source: object) -> None:
        with Machine.load_elf(GUEST) as machine:
            machine.use_preimage_store(self.store)
            machine.use_preimages(source)
            machine.run()
            self.assertEqual("0x" + machine.claim().hex(), vector()["finalHash"])
            # Written before the machine goes.
            self.assertEqual(self.store.status().count, 16)

    def test_a_second_run_asks_its_source_for_local_inputs_alone(self) -> None:
        self.run_from(preimages())
        asked: list[int] = []

        def source(key: bytes) -> bytes:
            asked.append(key[0])
            return preimages()[key]

        self.run_from(source)
        self.assertEqual(set(asked), {1})
        self.assertEqual([(part.type, part.host) for part in self.store.status().parts], [(4, None)])

    def test_a_server_is_started_at_the_first_miss(self) -> None:
        self.run_from(preimages())
        locals = {key: value for key, value in preimages().items() if key[0] == 1}
        with Machine.load_elf(GUEST) as machine, Trace.open(
            self.path / "trace", Machine.load_elf(GUEST)
        ) as trace:
            for runner in (machine, trace):
                runner.use_preimage_store(self.path / "store")
                runner.use_preimage_server(["/nowhere/server"])
                for key, value in locals.items():
                    runner.set_local_input(key[31], value)
            machine.run()
            self.assertEqual("0x" + machine.claim().hex(), vector()["finalHash"])
            self.assertEqual("0x" + trace.last().claim.hex(), vector()["finalHash"])
            # Without a store, a server is started at once.
            with self.assertRaisesRegex(falconet.PreimageError, "/nowhere/server"):
                machine.use_preimage_store(None)

    def test_a_directory_is_imported_checked_exported_and_pruned(self) -> None:
        self.assertEqual(
            self.store.import_directory(FIXTURES / "preimages/oracle-valid"),
            falconet.StoreImport(16, 0, 2, []),
        )
        (self.path / "bad").mkdir()
        (self.path / "bad" / f"0x02{'00' * 31}.txt").write_text("00")
        faults = self.store.import_directory(self.path / "bad").faults
        self.assertRegex(faults[0], "is not the pre-image of its key")
        self.assertEqual(self.store.check(), falconet.StoreCheck(16, []))
        self.assertEqual(self.store.export(self.path / "out"), 16)
        self.assertEqual(len(list((self.path / "out").glob("0x04*.txt"))), 16)
        self.store.prune(0)
        self.assertEqual(self.store.status().count, 0)

    def test_what_cannot_be_checked_has_the_name_of_its_host(self) -> None:
        (self.path / "blobs").mkdir()
        (self.path / "blobs" / f"0x05{'00' * 31}.txt").write_text("0102")
        store = falconet.PreimageStore(
            self.path / "store", trust=["blob"], host="no-such-host single --flag"
        )
        self.assertEqual(store.import_directory(self.path / "blobs").added, 1)
        self.assertEqual(
            self.store.status().parts, [falconet.StorePart(5, "no-such-host single", 1, 2)]
        )
        self.assertEqual((self.store.export(self.path / "out"), store.export(self.path / "out")), (0, 1))

    def test_what_is_no_store_is_an_error(self) -> None:
        for failing in (self.store.status, self.store.check, lambda: self.store.prune(1)):
            with self.assertRaises((falconet.FalconetError, OSError)):
                failing()
        (self.path / "file").write_text("")
        with Machine.load_elf(GUEST) as machine:
            with self.assertRaisesRegex(falconet.BadDataError, "no store of pre-images"):
                machine.use_preimage_store(self.path / "file")
        for wrong in ({"trust": ["local"]}, {"hints": "first"}, {"limit": 1 << 64}):
            with self.assertRaises((ValueError, OverflowError)):
                falconet.PreimageStore("store", **wrong)


class StalledServerTests(unittest.TestCase):
    """A server that does not answer, and cancellations that don't wait for it."""

    PREIMAGES = str(FIXTURES / "preimages/oracle-valid")

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def server(self, mode: str) -> list[str]:
        return [sys.executable, str(SERVER), mode, self.PREIMAGES, str(self.folder / "pid")]

    def stalls(self) -> bool:
        return (self.folder / "pid.stalls").exists()

    def test_a_run_is_cancelled_and_goes_on_with_the_server_started_anew(self) -> None:
        with Machine.load_elf(GUEST) as machine:
            machine.use_preimage_server(self.server("stall"), timeout=None)
            waiter = act_when(self.stalls, machine.cancel)
            self.assertEqual(machine.run(), Stop.CANCELLED)
            waiter.join()
            # The restarted server answers as many requests as the first one did.
            step = machine.step
            (self.folder / "pid.stalls").unlink()
            with self.assertRaises(KeyboardInterrupt):
                interrupt_when(self.stalls)
                machine.run()
                time.sleep(600)
            self.assertGreater(machine.step, step)
            waiter = act_when(lambda: True, machine.cancel)
            with self.assertRaises(falconet.CancelledError):
                while True:
                    machine.prove()
            waiter.join()
            machine.use_preimage_server(self.server("serve"))
            self.assertEqual(machine.run(), Stop.EXITED)
            self.assertEqual("0x" + machine.claim().hex(), vector()["finalHash"])

    def test_a_question_is_cancelled_and_answered_with_another_server(self) -> None:
        with Machine.load_elf(GUEST) as machine:
            trace = Trace.open(self.folder / "trace", machine)
        with trace:
            trace.use_preimage_server(self.server("stall"), timeout=None)
            waiter = act_when(self.stalls, trace.cancel)
            with self.assertRaises(falconet.CancelledError):
                trace.last()
            waiter.join()
            trace.use_preimage_server(self.server("serve"))
            self.assertEqual("0x" + trace.last().claim.hex(), vector()["finalHash"])


class NameTests(unittest.TestCase):
    """Names and words of bytes that are no UTF-8, and with a character that stands for such a byte."""

    NAME = os.fsdecode(b"n\xe9\xff" + "\U0010FE80\u00e9".encode())

    def test_files_are_written_and_read(self) -> None:
        with Machine.load_elf(GUEST) as machine, tempfile.TemporaryDirectory() as folder:
            for path in (pathlib.Path(folder, self.NAME + ".fsnap"), f"{folder}/b{self.NAME}.bin.gz"):
                machine.save(path)
                with Machine.open(path) as copy:
                    self.assertEqual(copy.claim(), machine.claim())
            found = {os.fsencode(name) for name in os.listdir(folder)}
            name = os.fsencode(self.NAME)
            self.assertEqual(found, {name + b".fsnap", b"b" + name + b".bin.gz"})
            shown = r"n\\xe9\\xff\\xf4\\x8f\\xba\\x80\u00e9: no such file"
            with self.assertRaisesRegex(falconet.FalconetError, shown):
                Machine.open(pathlib.Path(folder, self.NAME))

    def test_a_server_gets_the_very_bytes(self) -> None:
        with Machine.load_elf(GUEST) as machine, tempfile.TemporaryDirectory() as folder:
            out = os.fsencode(f"{folder}/{self.NAME}")
            machine.use_preimage_server(["sh", "-c", 'printf %s "$1" > "$1"', "sh", os.fsdecode(out)])
            with self.assertRaises(falconet.FalconetError):
                machine.run()
            with open(out, "rb") as file:
                self.assertEqual(file.read(), out)


class GuardTests(unittest.TestCase):
    def test_a_server_ends_with_a_process_that_is_killed_though_a_copy_of_it_lives(self) -> None:
        """The copy keeps every descriptor of the process open."""
        script = """
import os, sys, time, falconet
machine = falconet.Machine.load_elf(sys.argv[1])
machine.use_preimage_server(["sh", "-c", "sleep 600 & echo $$ > $1; wait", "sh", sys.argv[2]])
import threading
threading.Thread(target=lambda: machine.run(), daemon=True).start()
while not os.path.exists(sys.argv[2]) or not open(sys.argv[2]).read(): time.sleep(0.01)
copy = os.fork()
if copy == 0:
    time.sleep(60)
    os._exit(0)
print(copy, flush=True)
time.sleep(600)
"""
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/group"
            child = subprocess.Popen(
                [sys.executable, "-c", script, str(GUEST), path], stdout=subprocess.PIPE, text=True
            )
            assert child.stdout
            copy = int(child.stdout.readline())
            group = int(pathlib.Path(path).read_text())
            os.killpg(group, 0)
            child.kill()
            child.wait()
            child.stdout.close()
            try:
                for _ in range(600):
                    if not self.is_alive(group):
                        break
                    time.sleep(0.05)
                self.assertFalse(self.is_alive(group))
            finally:
                os.kill(copy, signal.SIGKILL)

    @staticmethod
    def is_alive(group: int) -> bool:
        """Whether a process of the group runs; one that waits to be reaped does not."""
        for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text(errors="replace").rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                return True
        return False


class CompareTests(unittest.TestCase):
    def test_runs_part_at_the_step_that_reads_another_input(self) -> None:
        machines = [Machine.load_elf(GUEST) for _ in range(2)]
        for machine, name in zip(machines, ["oracle-valid", "oracle-invalid"]):
            machine.use_preimage_folder(FIXTURES / "preimages" / name)
        found = machines[0].bisect(machines[1])
        self.assertFalse(found.at_start)
        self.assertNotEqual(found.first, found.second)
        self.assertEqual([machine.step for machine in machines], [0, 0])
        for proof, claim in [(found.first_proof, found.first), (found.second_proof, found.second)]:
            proof.verify()
            self.assertEqual((proof.step, proof.post), (found.step, claim))
        calls = found.first_proof.calldata(caller=bytes(20))
        self.assertEqual([call.purpose for call in calls], ["load", "read", "step"])
        self.assertEqual(calls[2].function, "step(bytes,bytes,bytes32)")
        self.assertEqual([call.purpose for call in found.first_proof.calldata()], ["load", "step"])
        with self.assertRaises(ValueError):
            found.first_proof.calldata(caller=bytes(19))
        with self.assertRaises(falconet.PreimageError):
            found.first_proof.calldata(preimage_folder="/nowhere")
        self.assertIsNone(machines[0].bisect(machines[1], until=found.step))
        # By claims alone, which a trace gives.
        with tempfile.TemporaryDirectory() as folder:
            with Trace.open(pathlib.Path(folder) / "trace", machines[1]) as trace:
                trace.use_preimage_folder(FIXTURES / "preimages/oracle-invalid")

                def claim(step: int) -> bytes:
                    return trace.claim(step - 1).claim if step else trace.prestate_claim

                same = machines[0].bisect(claim)
        self.assertEqual((same.step, same.first, same.second), (found.step, found.first, found.second))
        self.assertIsNone(same.second_proof)
        self.assertTrue(machines[0].bisect(lambda step: None).at_start)
        with self.assertRaisesRegex(ValueError, "31"):
            machines[0].bisect(lambda step: bytes(31))
        with self.assertRaises(ValueError):
            machines[0].bisect(machines[0])

        def broken(key: bytes) -> bytes:
            raise OSError("the disk is gone")

        machines[1].use_preimages(broken)
        with self.assertRaises(falconet.PreimageError) as caught:
            machines[0].bisect(machines[1])
        self.assertEqual(str(caught.exception.__cause__), "the disk is gone")

    def test_snapshots_are_described_converted_and_compared_without_loading(self) -> None:
        with tempfile.TemporaryDirectory() as folder, Machine.load_elf(GUEST) as machine:
            first, second = (pathlib.Path(folder) / name for name in ("a.bin.gz", "b.fsnap"))
            machine.run(1000)
            machine.save(first)
            falconet.convert(first, second)
            info = falconet.snapshot_info(second)
            self.assertEqual((info.version, info.step, info.exit_code), (8, 1000, None))
            self.assertEqual((info.claim, info.witness), (machine.claim(), machine.witness()))
            self.assertTrue(info.verified)
            self.assertFalse(falconet.snapshot_info(second, trust_pages=True).verified)
            same = falconet.diff(first, second)
            self.assertEqual((same.same, same.changes), (True, []))
            machine.run(300_000)
            machine.save(second)
            difference = falconet.diff(first, second, pages=1 << 20)
            with Machine.open(first) as other:
                self.assertEqual(other.diff(machine, pages=1 << 20), difference)
            self.assertFalse(difference.same)
            words = [change for change in difference.changes if change.kind == ChangeKind.WORD]
            self.assertEqual(len(words), difference.words)
            self.assertGreater(len(words), 100)
            for change in words:
                self.assertEqual(
                    change.second, int.from_bytes(machine.read_memory(change.address, 8), "big")
                )
            steps = [change for change in difference.changes if change.name == "step"]
            self.assertEqual([(change.first, change.second) for change in steps], [(1000, 300_000)])
            threads = [change for change in difference.changes if change.name == "pc"]
            self.assertEqual([change.second for change in threads], [machine.threads[-1].pc])
            with self.assertRaises(FileNotFoundError):
                falconet.diff(first, "/nowhere")
            with self.assertRaises(falconet.UnsupportedError):
                falconet.convert(first, second, "json")

    def test_a_program_is_checked_and_names_functions(self) -> None:
        with Program.open(GUEST) as program, Machine.load_elf(GUEST) as machine:
            check = program.check()
            self.assertTrue(check.compatible)
            self.assertGreater(check.functions, check.reachable_functions)
            self.assertFalse(any(finding.harmful for finding in check.findings))
            harmful = Program.open(FIXTURES / "guests/64/threads.elf").check(8, "1.7.0").findings
            self.assertEqual(dataclasses.asdict(check)["functions"], check.functions)
            self.assertTrue(all(finding.problem for finding in harmful))
            profile = machine.profile(100_000, program=program, interval=1000)
            self.assertEqual(machine.step, 100_000)
            lines = profile.folded().splitlines()
            self.assertEqual(sum(int(line.split()[-1]) for line in lines), 100_000)
            self.assertIn("runtime.", profile.folded())
            with tempfile.TemporaryDirectory() as folder:
                profile.save(pathlib.Path(folder) / "run.svg")
                with self.assertRaises(falconet.UnsupportedError):
                    profile.save(pathlib.Path(folder) / "run.txt")
            self.assertIn("thread 0 [running]:\n#0 ", machine.traceback(program))
            self.assertIn("thread 0", machine.traceback())
            with self.assertRaises(ValueError):
                program.check(9)
        with self.assertRaises(ValueError):
            machine.traceback(program)

    def test_values_become_dictionaries(self) -> None:
        with tempfile.TemporaryDirectory() as folder, Machine.load_elf(GUEST) as machine:
            with Trace.open(pathlib.Path(folder) / "trace", machine) as trace:
                step = trace.step(1000)
                values = [
                    step, trace.claim(1000), trace.status(), trace.adopt(folder),
                    machine.threads[0], machine.diff(Machine.load_elf(GUEST)),
                ]
            for value in values:
                self.assertEqual(list(dataclasses.asdict(value)), list(vars(value)))
            self.assertIs(dataclasses.asdict(step)["proof"], step.proof)
            step.proof.verify()


class LibraryTests(unittest.TestCase):
    def test_signatures_are_those_of_the_header(self) -> None:
        text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
        declared = {
            name: 1 + arguments.count(",")
            for name, arguments in re.findall(
                r"^falconet_status falconet_(\w+)\(([^;]*)\);", text, flags=re.MULTILINE
            )
        }
        self.assertEqual(
            declared, {name: len(types) for name, types in _library.SIGNATURES.items()}
        )
        self.assertIn(f"#define FALCONET_ABI_VERSION {_library.ABI_VERSION}\n", text)

    def test_machines_go_when_their_last_user_does(self) -> None:
        machine = Machine.load_elf(GUEST)
        machine.use_preimages(preimages())
        handle = _library.c_void_p(machine._handle.value)
        gc.disable()
        try:
            del machine
        finally:
            gc.enable()
        with self.assertRaises(ValueError):
            _library.call("machine_claim", handle, b"")

    def test_all_that_is_public_has_a_docstring(self) -> None:
        for name in falconet.__all__:
            item = getattr(falconet, name)
            self.assertTrue(inspect.getdoc(item), name)
            for member, value in vars(item).items():
                if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                    self.assertTrue(inspect.getdoc(value), f"{name}.{member}")


def setUpModule() -> None:
    # A shell that starts processes in the background has them ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    unittest.main()
