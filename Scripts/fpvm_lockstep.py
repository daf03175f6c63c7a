#!/usr/bin/env python3
"""Drives two libraries with fpvm.h in lock step, in one process, and says in what they differ.

  fpvm_lockstep.py LIBRARY FAULT --programs DIR [--engine NAME] [--seconds N] [--seed N] [--only TEXT]

LIBRARY has faults that the variable FALCONET_MUTANT switches on when it is loaded, as `mutate` builds it. A copy
of it with fault 0, none, is the other library, so that the fault is all in which they differ. Both get the same
calls with the same arguments: states of the directory `vectors`, the states and ELF files below DIR (with
pre-images in `NAME.preimages`, if there are any), and what the machines themselves save; runs of all lengths,
claims, witnesses, proofs, whole and altered, saved and damaged states, clones, callbacks that fail, stop and
call back, wrong arguments. The choices follow from the seed. The processor time of the process is bounded.

Prints a line of JSON: `difference`, null if there is none; `soft`, what differs and may do so: texts of errors
and of `describe`, how late progress is told, bytes of saved states behind the claim; `sessions`, `calls` and `steps`, of each library. A crash ends the process.
"""
import argparse
import ctypes
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import types
from ctypes import POINTER, byref, c_int32, c_uint64, c_void_p, sizeof

ROOT = pathlib.Path(__file__).resolve().parents[1]
# The package needs a library of its own when it is imported. Its file about fpvm.h does not.
package = types.ModuleType("falconet")
package.__path__ = [str(ROOT / "Python/src/falconet")]
sys.modules["falconet"] = package
from falconet import foreign as f  # noqa: E402

WRITE = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p, c_uint64)
WRITE_STATE = ctypes.CFUNCTYPE(c_int32, c_void_p, WRITE, c_void_p, f._E)
READ = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p, c_uint64, POINTER(c_uint64))
STOP_AT_READ = 1
INTERNAL = 12


class Difference(Exception):
    pass


class Program:
    """A state or an ELF file, and the host that it has."""

    def __init__(self, name, data, kinds, preimages, limit):
        self.name, self.data, self.kinds, self.preimages, self.limit = name, data, kinds, preimages, limit


class Plan:
    """What the host does in a session, the same for both."""

    def __init__(self, preimages):
        self.preimages = preimages
        self.fails = {}       # by the number of a callback: its status
        self.calls_back = False
        self.interval = 0


class Side:
    """A library, and the machine that it has at the moment."""

    def __init__(self, path, number):
        os.environ["FALCONET_MUTANT"] = str(number)
        self.library = ctypes.CDLL(str(path), mode=os.RTLD_LOCAL | os.RTLD_NOW)
        get = self.library.fpvm_get
        get.restype, get.argtypes = POINTER(f._Table), [ctypes.c_uint32]
        self.table = get(f.ABI).contents
        self.write_state_function = WRITE_STATE(self.table.write_state)
        self.kinds = [self.table.kinds[number].contents.name.content().decode()
                      for number in range(self.table.kind_count)]
        self.machine, self.kept, self.text = c_void_p(), [], ""
        self.trail, self.progress, self.count, self.plan, self.answer = [], [], 0, Plan({}), None
        self.functions = (f._PREIMAGE(self.preimage), f._HINT(self.hint), f._OUTPUT(self.output),
                          f._PROGRESS(self.tick))
        self.room = ctypes.create_string_buffer(4096)
        self.claim_room = ctypes.create_string_buffer(f.CLAIM_MAX)

    # Callbacks

    def back(self, what, status=f.OK):
        """What a callback returns, after it is noted."""
        if self.plan.calls_back:
            info = f._Info(sizeof(f._Info))
            what += (self.table.info(self.machine, byref(info), None),)
        status = self.plan.fails.get(self.count, status)
        self.count += 1
        self.trail.append(what + (status,))
        return status

    def preimage(self, _, key, count, result):
        key = ctypes.string_at(key, count) if count else b""
        preimages = self.plan.preimages
        data = preimages(key) if callable(preimages) else preimages.get(key)
        status = self.back(("pre-image", key), f.NOT_FOUND if data is None else f.OK)
        if data is not None:
            self.answer = ctypes.create_string_buffer(data, max(len(data), 1))
            result.contents.bytes, result.contents.count = ctypes.addressof(self.answer), len(data)
        return status

    def hint(self, _, data, count):
        return self.back(("hint", ctypes.string_at(data, count) if count else b""))

    def output(self, _, stream, data, count):
        self.trail.append(("output", stream, ctypes.string_at(data, count) if count else b""))

    def tick(self, _, step):
        self.progress.append(step)
        if len(self.progress) in self.plan.fails.get("progress", ()):
            return f.STOP
        return f.OK

    # Calls: each gives a status and what came of it. The error's text is kept apart.

    def call(self, body):
        error = f._Error(sizeof(f._Error), ctypes.addressof(self.room), len(self.room), 0)
        status = body(byref(error))
        self.text = self.room.raw[:error.count].decode("utf-8", "replace") if status else ""
        return status

    def load(self, data, kind, options, is_state, pieces):
        copies = f._Copies()
        chosen = [f._Option(copies.add(a.encode()), copies.add(b.encode())) for a, b in options]
        source = f._Input(sizeof(f._Input))
        place = 0

        def read(_, room, count, result):
            nonlocal place
            part = data[place:place + min(count, pieces)]
            ctypes.memmove(room, part, len(part))
            place += len(part)
            result[0] = len(part)
            return f.OK

        reader = READ(read)
        if pieces:
            source.read = ctypes.cast(reader, c_void_p)
        else:
            source.bytes = copies.add(data)
        source.options, source.option_count = (f._Option * len(chosen))(*chosen), len(chosen)
        source.kind = f.ANY_KIND if kind is None else kind
        machine = c_void_p()
        function = self.table.load_state if is_state else self.table.load_program
        status = self.call(lambda error: function(byref(source), byref(machine), error))
        return status, machine

    def take(self, machine):
        self.free()
        self.machine = machine

    def free(self):
        status = self.table.free_machine(self.machine)
        self.machine = c_void_p()
        return status, None

    def set_callbacks(self):
        callbacks = f._Callbacks(sizeof(f._Callbacks), None, *self.functions, self.plan.interval)
        return self.call(lambda error: self.table.set_callbacks(self.machine, byref(callbacks), error)), None

    def info(self):
        info = f._Info(sizeof(f._Info))
        status = self.call(lambda error: self.table.info(self.machine, byref(info), error))
        return status, (info.step, info.memory, info.exit_code, info.kind, info.exited)

    def claim(self):
        place = ctypes.addressof(self.claim_room)
        status = self.call(lambda error: self.table.claim(self.machine, place, f.CLAIM_MAX, error))
        return status, self.claim_room.raw[:self.table.claim_size] if not status else b""

    def bytes_of(self, function):
        result = f._Bytes()
        status = self.call(lambda error: function(self.machine, byref(result), error))
        data = result.content() if not status else b""
        self.table.free_bytes(byref(result))
        return status, data

    def witness(self):
        status, data = self.bytes_of(self.table.witness)
        return status, data

    def claim_of_witness(self, kind, data):
        copies = f._Copies()
        given, place = copies.add(data), ctypes.addressof(self.claim_room)
        status = self.call(lambda error: self.table.claim_of_witness(
            kind, given.bytes, given.count, place, f.CLAIM_MAX, error))
        return status, self.claim_room.raw[:self.table.claim_size] if not status else b""

    def save(self):
        return self.bytes_of(self.table.save_state)

    def describe(self):
        status, data = self.bytes_of(self.table.describe)
        self.text += data.decode("utf-8", "replace")
        return status, None

    def write(self, fails_at):
        parts = []

        def write(_, data, count):
            parts.append(ctypes.string_at(data, count))
            return INTERNAL if len(parts) == fails_at else f.OK

        function = WRITE(write)
        status = self.call(lambda error: self.write_state_function(self.machine, function, None, error))
        return status, b"".join(parts)

    def clone(self):
        other = c_void_p()
        status = self.call(lambda error: self.table.clone(self.machine, byref(other), error))
        return status, other

    def run(self, until, flags):
        how, stop = f._Run(sizeof(f._Run), until, flags), f._Stop(sizeof(f._Stop))
        status = self.call(lambda error: self.table.run(self.machine, byref(how), byref(stop), error))
        return status, (stop.step, stop.reason) if not status else None

    def prove(self):
        pointer = POINTER(f._Proof)()
        status = self.call(lambda error: self.table.prove(self.machine, byref(pointer), error))
        if status:
            return status, None
        shown = pointer.contents
        fields = [(field.name.content(), field.bytes.content())
                  for field in (shown.fields[number] for number in range(shown.field_count))]
        proof = dict(size=shown.size, step=shown.step, kind=shown.kind, has_read=shown.has_read,
                     pre=shown.pre.content(), post=shown.post.content(), fields=fields, key=shown.key.content(),
                     preimage=shown.preimage.content(), offset=shown.offset)
        self.table.free_proof(pointer)
        return status, proof

    def verify(self, proof):
        copies = f._Copies()
        fields = [f._Field(copies.add(name), copies.add(data)) for name, data in proof["fields"]]
        shown = f._Proof(sizeof(f._Proof), proof["step"], proof["kind"], proof["has_read"])
        shown.pre, shown.post = copies.add(proof["pre"]), copies.add(proof["post"])
        shown.fields, shown.field_count = (f._Field * len(fields))(*fields), len(fields)
        shown.key, shown.preimage = copies.add(proof["key"]), copies.add(proof["preimage"])
        shown.offset = proof["offset"]
        return self.call(lambda error: self.table.verify(byref(shown), error)), None

    def misuse(self, number):
        """A call with a wrong argument."""
        table, one, none = self.table, self.machine, c_void_p()
        info, stop, result = f._Info(sizeof(f._Info)), f._Stop(sizeof(f._Stop)), f._Bytes()
        machine = c_void_p()
        how = f._Run(sizeof(f._Run), 0)
        source = f._Input(sizeof(f._Input))
        source.kind = f.ANY_KIND
        callbacks = f._Callbacks(sizeof(f._Callbacks))

        def with_size(structure, size):
            structure.size = size
            return structure

        def changed(structure, name, value):
            setattr(structure, name, value)
            return structure

        error = f._Error(sizeof(f._Error), ctypes.addressof(self.room), len(self.room), 0)
        e = byref(error)
        option = (f._Option * 1)()
        copies = f._Copies()
        option[0].name = copies.add([b"engine", b"speed", b"", b"engine"][number % 4])
        option[0].value = copies.add([b"fast", b"step", b"x", b"step"][number % 4])
        with_option = changed(changed(source, "options", option), "option_count", 1)
        cases = [
            lambda: table.info(none, byref(info), e), lambda: table.info(one, None, e),
            lambda: table.info(one, byref(with_size(info, 8)), e), lambda: table.info(one, byref(with_size(info, 5000)), e),
            lambda: table.claim(none, ctypes.addressof(self.claim_room), 64, e), lambda: table.claim(one, None, 64, e),
            lambda: table.claim(one, ctypes.addressof(self.claim_room), 31, e),
            lambda: table.witness(none, byref(result), e), lambda: table.witness(one, None, e),
            lambda: table.save_state(none, byref(result), e), lambda: table.save_state(one, None, e),
            lambda: table.run(none, byref(how), byref(stop), e), lambda: table.run(one, None, byref(stop), e),
            lambda: table.run(one, byref(how), None, e), lambda: table.run(one, byref(with_size(how, 8)), byref(stop), e),
            lambda: table.run(one, byref(changed(how, "flags", 2)), byref(stop), e),
            lambda: table.run(one, byref(changed(how, "flags", 3)), byref(stop), e),
            lambda: table.run(one, byref(changed(how, "reserved", 1)), byref(stop), e),
            lambda: table.run(one, byref(how), byref(with_size(stop, 8)), e),
            lambda: table.clone(none, byref(machine), e), lambda: table.clone(one, None, e),
            lambda: table.free_machine(none), lambda: table.prove(none, byref(POINTER(f._Proof)()), e),
            lambda: table.prove(one, None, e), lambda: table.verify(None, e),
            lambda: table.verify(byref(f._Proof(8)), e), lambda: table.verify(byref(f._Proof(sizeof(f._Proof))), e),
            lambda: table.verify(byref(f._Proof(sizeof(f._Proof), 0, 999)), e),
            lambda: table.describe(none, byref(result), e), lambda: table.describe(one, None, e),
            lambda: table.load_program(None, byref(machine), e), lambda: table.load_program(byref(source), None, e),
            lambda: table.load_program(byref(source), byref(machine), e),
            lambda: table.load_state(byref(source), byref(machine), e),
            lambda: table.load_state(byref(with_size(source, 16)), byref(machine), e),
            lambda: table.load_state(byref(changed(source, "reserved", 1)), byref(machine), e),
            lambda: table.load_state(byref(changed(source, "kind", 999)), byref(machine), e),
            lambda: table.load_program(byref(changed(source, "kind", 999)), byref(machine), e),
            lambda: table.load_program(byref(with_option), byref(machine), e),
            lambda: table.load_state(byref(with_option), byref(machine), e),
            lambda: table.set_callbacks(none, byref(callbacks), e),
            lambda: table.set_callbacks(one, byref(with_size(callbacks, 8)), e),
            lambda: table.claim_of_witness(999, None, 0, ctypes.addressof(self.claim_room), 64, e),
            lambda: table.claim_of_witness(0, None, 5, ctypes.addressof(self.claim_room), 64, e),
            lambda: table.claim_of_witness(0, None, 0, ctypes.addressof(self.claim_room), 8, e),
            lambda: table.run(one, byref(changed(how, "flags", 2)), byref(stop), byref(f._Error(8))),
            lambda: table.run(one, byref(changed(how, "flags", 2)), byref(stop), None),
        ]
        status = cases[number % len(cases)]()
        self.text = self.room.raw[:error.count].decode("utf-8", "replace") if status else ""
        return status, (bool(machine), result.count, stop.step, stop.reason)


MISUSES = 47


class LockStep:
    """The same calls to both libraries."""

    def __init__(self, sides, engines, seed):
        self.sides, self.engines, self.random = sides, engines, random.Random(seed)
        self.soft, self.calls, self.steps, self.sessions, self.doing = {}, 0, 0, 0, []

    def both(self, what, body, may_differ=None):
        """What both answer, if it is the same, or `may_differ` allows that it is not."""
        self.calls += 1
        self.doing.append(what)
        (status, value), texts = body(self.sides[0]), [self.sides[0].text]
        (other_status, other), texts = body(self.sides[1]), texts + [self.sides[1].text]
        if isinstance(value, c_void_p):
            value, other = (bool(value), value), (bool(other), other)
            if value[0] != other[0]:
                raise Difference(f"{what}: one has no machine")
            pair, value, other = (value[1], other[1]), None, None
        else:
            pair = (value, other)
        if status != other_status:
            raise Difference(f"{what}: status {other_status}, not {status}: {texts[1][:200]!r}, {texts[0][:200]!r}")
        if value != other and may_differ and may_differ(value, other):
            self.soft.setdefault(what.split(" ")[0], f"{show(other)}, not {show(value)}")
        elif value != other:
            if isinstance(value, dict) and isinstance(other, dict):
                name = next(name for name in value if value[name] != other[name])
                what, value, other = f"{what}: {name}", value[name], other[name]
            raise Difference(f"{what}: {show(other)}, not {show(value)}")
        if texts[0] != texts[1]:
            self.soft.setdefault(f"text of {what.split(' ')[0]}", f"{texts[1][:120]!r}, not {texts[0][:120]!r}")
        return status, pair

    def hosts(self):
        """Compares what callbacks got."""
        a, b = self.sides
        if a.trail != b.trail:
            place = next((n for n, (x, y) in enumerate(zip(a.trail, b.trail)) if x != y), min(len(a.trail), len(b.trail)))
            raise Difference(f"callback {place}: {show(b.trail[place:place + 1])}, not {show(a.trail[place:place + 1])}")
        if a.progress != b.progress:
            self.soft.setdefault("progress", f"{b.progress[:4]}, not {a.progress[:4]}")
        for side in self.sides:
            side.trail, side.progress, side.count = [], [], 0

    def load(self, states, kind, is_state, what):
        options = [("engine", self.engine)] if self.engine else []
        pieces = self.random.choice([0, 0, 0, 1000, 4096, 100000])
        given = dict(zip(self.sides, states))
        status, pair = self.both(f"{what} kind {kind}", lambda side: side.load(given[side], kind, options, is_state, pieces))
        return None if status else pair

    def take(self, pair):
        for side, machine in zip(self.sides, pair):
            side.take(machine)
        self.both("set_callbacks", Side.set_callbacks)

    def drop(self, pair):
        for side, machine in zip(self.sides, pair):
            side.table.free_machine(machine)

    def session(self, program):
        """A program from its start on."""
        pick, chance = self.random.choice, lambda part: self.random.random() < part
        self.sessions += 1
        self.engine = pick(self.engines)
        self.doing = [f"{program.name}, engine {self.engine}" if self.engine else program.name]
        plan = Plan(program.preimages)
        plan.interval = pick([0, 0, 1, 7, 100, 5000])
        plan.calls_back = chance(0.1)
        if chance(0.1):
            plan.fails[self.random.randrange(8)] = pick([f.STOP, 5, 11, 12, 99])
        # A program that panics may do so before a stop that is late.
        if program.name.endswith(".elf") and chance(0.3):
            plan.fails["progress"] = (self.random.randrange(1, 4),)
        if chance(0.05) and isinstance(plan.preimages, dict) and plan.preimages:
            plan.preimages = dict(plan.preimages)
            key = pick(sorted(plan.preimages))
            plan.preimages[key] = pick([b"", plan.preimages[key][:-1], plan.preimages[key] + b"x"])
        for side in self.sides:
            side.plan, side.trail, side.progress, side.count = plan, [], [], 0
        numbers = [self.sides[0].kinds.index(kind) for kind in program.kinds]
        kind = pick(numbers + [None]) if not chance(0.03) else pick(range(len(self.sides[0].kinds)))
        data = damaged(self.random, program.data) if chance(0.15) else program.data
        machines = self.load((data, data), kind, False, "load_program")
        if not machines:
            return
        self.take(machines)
        _, ((start, *_), _) = self.both("info", Side.info)
        at, end, eager = start, start + program.limit, chance(0.5)
        lengths = pick([[1], [1, 2, 3, 5, 8], [1, 2, 3, 5, 8, 20, 100, 1000], [20, 100, 1000, 20000], [10**6]])
        self.left = 400
        while at < end and self.left > 0:
            self.left -= 1
            action = self.random.random()
            if action < 0.55:
                if not (at := self.advance(min(at + pick(lengths), end), chance(0.15))):
                    break
                if eager:
                    self.both("claim", Side.claim)
            elif action < 0.75:
                if not (at := self.prove()):
                    break
            else:
                self.look(action)
        self.both("claim", Side.claim)
        if chance(0.3):
            self.both("save_state", Side.save, both_begin)
        _, ((step, *_), _) = self.both("info", Side.info)
        self.steps += step - start
        self.both("free_machine", Side.free)

    def advance(self, until, stops_at_reads):
        """Runs. Returns the step after it; None if nothing follows."""
        limit = self.sides[0].table.progress_limit
        flags = STOP_AT_READ if stops_at_reads else 0

        def is_late(one, other):
            return f.STOPPED_BY_CALLBACK in (one[1], other[1]) and abs(one[0] - other[0]) <= limit

        status, stops = self.both(f"run until {until}", lambda side: side.run(until, flags), is_late)
        if not status and stops[0] != stops[1]:
            # A callback of progress stopped them, one later than the other.
            step = max(stops)[0]
            self.sides[0].plan.fails.pop("progress", None)
            self.both(f"run on until {step}", lambda side: side.run(step, 0))
        self.hosts()
        return self.after(status)

    def after(self, status):
        _, ((step, _, _, _, exited), _) = self.both("info", Side.info)
        if not status and not exited:
            return step
        if self.random.random() < 0.5:
            self.both("claim", Side.claim)
            self.both("prove", Side.prove)
            self.both("run", lambda side: side.run(step + 1, 0))
            self.hosts()
        # What a callback refused once, it may give now.
        return step if status in (6, 11, 13) and self.random.random() < 0.3 else None

    def prove(self):
        status, (proof, _) = self.both("prove", Side.prove)
        self.hosts()
        if proof:
            # A host that gives another pre-image gets a proof that does not hold.
            self.both("verify", lambda side: side.verify(proof))
            for _ in range(self.random.randrange(4)):
                self.alter(dict(proof, fields=list(proof["fields"])))
        return self.after(status)

    def alter(self, proof):
        """Verifies a proof that is altered."""
        what = self.random.choice(["step", "kind", "has_read", "pre", "post", "key", "preimage", "offset", "name"] + 9 * ["field"])
        if what in ("step", "kind", "has_read", "offset"):
            proof[what] = (proof[what] + self.random.choice([1, -1, 1 << 20])) % (1 << (32 if what in ("kind", "has_read") else 64))
        elif what in ("field", "name"):
            place = self.random.randrange(len(proof["fields"]))
            name, data = proof["fields"][place]
            proof["fields"][place] = (damaged(self.random, name), data) if what == "name" else (name, damaged(self.random, data))
            if self.random.random() < 0.1:
                del proof["fields"][place]
        else:
            proof[what] = damaged(self.random, proof[what])
        self.both(f"verify an altered {what}", lambda side: side.verify(proof))

    def look(self, action):
        """Something that changes no state."""
        _, ((_, memory, *_), _) = self.both("info", Side.info)
        # What takes as long as the memory is large.
        self.cost = 1 + memory // 20000
        chance = lambda part: self.random.random() < part
        if action < 0.80:
            self.both("claim", Side.claim)
        elif action < 0.84:
            _, (data, _) = self.both("witness", Side.witness)
            _, ((*_, kind, _), _) = self.both("info", Side.info)
            self.both("claim_of_witness", lambda side: side.claim_of_witness(kind, data))
            data, kind = damaged(self.random, data), self.random.choice([kind, self.random.randrange(len(self.sides[0].kinds))])
            self.both("claim_of_witness altered", lambda side: side.claim_of_witness(kind, data))
        elif action < 0.90:
            self.left -= 10 * self.cost
            status, states = self.both("save_state", Side.save, both_begin)
            if status:
                return
            # Each gets its own, or both that of one.
            states = self.random.choice([states, (states[0], states[0]), (states[1], states[1])])
            _, ((*_, kind, _), _) = self.both("info", Side.info)
            if chance(0.6):
                kind = self.random.choice([None, kind, self.random.randrange(len(self.sides[0].kinds))])
                if pair := self.load(states, kind, True, "load_state"):
                    self.take(pair)
            else:
                for _ in range(4):
                    part = damaged(self.random, states[0])
                    is_state = chance(0.8)
                    part = part if is_state else part[32:]
                    if pair := self.load((part, part), None, is_state, "load_state damaged"):
                        self.drop(pair)
        elif action < 0.93:
            self.left -= 10 * self.cost
            fails_at = self.random.choice([0, 0, 1, 2, 3])
            self.both("write_state", lambda side: side.write(fails_at), both_begin)
        elif action < 0.96:
            self.left -= 5 * self.cost
            status, pair = self.both("clone", Side.clone)
            if not status:
                if chance(0.7):
                    self.take(pair)
                else:
                    self.drop(pair)
        elif action < 0.98:
            self.both("describe", Side.describe)
        else:
            number = self.random.randrange(MISUSES)
            self.both(f"misuse {number}", lambda side: side.misuse(number))


def damaged(source, data):
    """Bytes with some of them changed, left out or added."""
    if not data:
        return b"x"
    # What decides most is at both ends.
    place = source.randrange(len(data))
    if source.random() < 0.6:
        place = place % 200 if source.random() < 0.5 else len(data) - 1 - place % 400
    place = max(0, min(place, len(data) - 1))
    way = source.randrange(6)
    if way < 4:
        return data[:place] + bytes([data[place] ^ (1 << source.randrange(8))]) + data[place + 1:]
    return data[:place] if way == 4 else data[:place] + bytes([source.randrange(256)]) + data[place:]


def both_begin(one, other):
    """Whether two states begin with the same claim. The rest is each VM's own, and what it is loaded to says enough."""
    return one[:32] == other[:32]


def show(value):
    text = repr(value)
    return text if len(text) < 300 else f"{text[:300]}… ({len(text)} characters)"


def random_preimage(key):
    """As the random programs' own host: pre-images follow from their keys."""
    if key[31] >= 0xF8:
        return None
    return bytes((key[number % 32] + number) & 255 for number in range(key[31] % 48))


def folder_preimages(folder):
    found = {}
    for file in folder.rglob("*"):
        if file.is_file() and file.name.startswith("0x"):
            found[bytes.fromhex(file.name[2:66])] = bytes.fromhex(file.read_text().strip().removeprefix("0x"))
    return found


def vector_programs():
    programs = []
    for file in sorted((ROOT / "vectors").glob("*.zst")):
        rows = json.loads(subprocess.run(["zstd", "-dc", file], check=True, stdout=subprocess.PIPE).stdout)
        if "state" not in rows[0]:
            continue
        programs.append([])
        for row in rows:
            preimages = {bytes.fromhex(one["key"]): bytes.fromhex(one["value"]) for one in row.get("preimages", [])}
            programs[-1].append(Program(
                f"{row['area']}: {row['name']}, {row['kinds'][0]}", bytes.fromhex(row["state"]), row["kinds"], preimages,
                row["steps"] + 3))
    return programs


def found_programs(folder, kinds):
    """The states, `NAME-VERSION-SEED.bin`, and ELF files."""
    states, guests = [], []
    for file in sorted(folder.rglob("*.bin")):
        version = file.stem.split("-")[1]
        states.append(Program(file.name, file.read_bytes(), [kind for kind in kinds if kind.split("-")[0] == version],
                              random_preimage, 1500 if file.stem[:4] != "long" else 10**6))
    for file in sorted(folder.rglob("*.elf")):
        beside = file.with_suffix(".preimages")
        guests.append(Program(file.name, file.read_bytes(), [], folder_preimages(beside), 3 * 10**6))
    return [part for part in (states, guests) if part]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("fault", type=int)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--engine", action="append", help="may be repeated; each session has one of them")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only programs whose name has this text")
    options = parser.parse_args()

    vectors = vector_programs()
    with tempfile.TemporaryDirectory() as folder:
        # The same file would be the same library.
        copy = shutil.copy(options.library, folder)
        sides = [Side(copy, 0), Side(options.library.resolve(), options.fault)]
        found = found_programs(options.programs, sides[0].kinds)
        vectors, found = ([part for group in groups if (part := [
            program for program in group if options.only in program.name])] for groups in (vectors, found))
        lock_step = LockStep(sides, options.engine or [None], options.seed)
        difference = None
        began = time.process_time()
        try:
            while time.process_time() - began < options.seconds:
                # Areas of vectors weigh the same, and all together as much as random states; guests are large.
                weights = [1] * len(vectors) + [
                    0.4 if group[0].name.endswith(".elf") else 1.2 * len(vectors) + 1 for group in found]
                group = lock_step.random.choices(vectors + found, weights)[0]
                lock_step.session(lock_step.random.choice(group))
        except Difference as error:
            difference = str(error)
            if os.environ.get("LOCKSTEP_TRAIL"):
                print("\n".join(lock_step.doing[-40:]), file=sys.stderr)
        print(json.dumps(dict(
            difference=difference and f"{lock_step.doing[0]}: {difference}", soft=lock_step.soft,
            sessions=lock_step.sessions, calls=lock_step.calls, steps=lock_step.steps)), flush=True)
        # Machines of a library with a fault are not freed.
        os._exit(0)


if __name__ == "__main__":
    main()
