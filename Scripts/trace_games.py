#!/usr/bin/env python3
"""Asks the trace directory of each of many games as every other game, through every door.

    trace_games.py FALCONET PROGRAM WORK [--games N]

FALCONET is the command, PROGRAM the compiled Tests/FalconetCTests/Program/games.c; the Python package is
the one that PYTHONPATH has. WORK is an empty directory. Games differ in prestate, in one local input, in
version or in revision; most have the same prestate. Their claims are computed by plain steps. Each
directory is then asked, as each other game, for every claim and step: by the command, through C and by
the package, with every kind of source, and with paths whose content changes from game to game. No answer
may be given. Then it is asked as the game that it is of: known answers must come at once, with no server
started and no step executed. A second round does the same with directories that know only a part; there
an answer must be that of the game that asks.

Exits with 1 if an answer was wrong. Prints what was asked and how long known answers took.
"""
import argparse
import collections
import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import falconet

SERVER = pathlib.Path(__file__).resolve().parent.parent / "Tests/Servers/folder.py"
LOCALS = {1: bytes(range(1, 33)), 2: bytes(range(101, 133)), 3: bytes([7] * 32)}
LAST = 2**64 - 1


# Games


def word(opcode: int, rs: int, rt: int, value: int) -> int:
    return opcode << 26 | rs << 21 | rt << 16 | value & 0xFFFF


def load_immediate(register: int, value: int) -> int:
    return word(0x0D, 0, register, value)


def program(version: int, rounds: int) -> bytes:
    """Tries a reservation, reads two local inputs, waits, reads the third, waits, exits."""
    size, base = (4, 4000) if version == 5 else (8, 5000)
    read, write, leave, random = (3, 4, 246, 353) if size == 4 else (0, 1, 205, 313)
    code: list[int] = []

    def call(number: int, *arguments: int) -> None:
        code.append(load_immediate(2, base + number))
        code.extend(load_immediate(4 + place, value) for place, value in enumerate(arguments))
        code.append(0x0C)

    def take(index: int) -> None:
        for offset in range(0, 32, size):
            call(write, 6, 0x4000 + 32 * index + offset, size)
        for offset in range(0, 40, size):
            call(read, 5, 0x5000 + 48 * index + offset, size)

    def wait() -> None:
        code.extend([load_immediate(8, rounds), word(9, 8, 8, -1), word(5, 8, 0, -2), 0])

    # The store succeeds by the revision that keeps the reservation of the word that getrandom writes.
    code.extend([load_immediate(16, 0x6000), word(0x30, 16, 17, 0)])
    call(random, 0x6000, size)
    code.append(word(0x38, 16, 17, 0))
    take(1)
    take(2)
    wait()
    take(3)
    wait()
    call(leave, 0)

    keys = bytearray(4096)
    for index in LOCALS:
        keys[32 * index], keys[32 * index + 31] = 1, index
    pages = {1: struct.pack(f">{len(code)}I", *code), 4: bytes(keys), 5: b"\1", 6: b"\2"}
    number = lambda value: value.to_bytes(size, "big")
    state = bytes([version]) + number(len(pages))
    for index, content in pages.items():
        state += number(index) + content.ljust(4096, b"\0")
    heap = 0x05000000 if size == 4 else 0x100000000000
    # Key, offset, heap, reservation, exit code, exited, step, steps since the last switch.
    state += bytes(32) + number(0) + number(heap) + b"\0" + number(0) + number(0) + bytes(2 + 8 + 8)
    # Traverse right, the next thread, the left stack: a thread with pc and next pc.
    state += b"\0" + number(1) + number(1) + number(0) + bytes(2)
    state += number(0x1000) + number(0x1004) + bytes(size * 34)
    return state + number(0) + bytes(4)


Game = collections.namedtuple("Game", "name version rounds locals revision")


def changed(index: int, value: bytes) -> dict:
    return LOCALS | {index: value}


GAMES = [
    Game("base", 8, 40, LOCALS, None),
    Game("late input", 8, 40, changed(3, bytes([8] * 32)), None),
    Game("revision 1.7.0", 8, 40, LOCALS, "1.7.0"),
    Game("version 7", 7, 40, LOCALS, None),
    Game("first input", 8, 40, changed(1, bytes(range(2, 34))), None),
    Game("second input", 8, 40, changed(2, bytes(32)), None),
    Game("other prestate", 8, 41, LOCALS, None),
    Game("32 bits", 5, 40, LOCALS, None),
    Game("32 bits, first input", 5, 40, changed(1, bytes(32)), None),
    Game("revision 1.8.0", 8, 40, LOCALS, "1.8.0"),
    Game("other prestate, late input", 8, 41, changed(3, bytes(32)), None),
]


class Prepared:
    """A game with its files and its claims."""

    def __init__(self, tool: str, work: pathlib.Path, number: int, game: Game) -> None:
        self.game, self.number = game, number
        self.prestate = str(work / f"{number}.bin")
        self.preimages = str(work / f"preimages-{number}")
        self.mark = str(work / f"started-{number}")
        pathlib.Path(self.prestate).write_bytes(program(game.version, game.rounds))
        self.write_preimages(self.preimages)
        self.server = [sys.executable, str(SERVER), "serve", self.preimages, self.mark]
        proofs = work / f"proofs-{number}"
        proofs.mkdir()
        command = [tool, "run", "--input", self.prestate, "--meta", "", "--engine", "step"]
        command += ["--output", "", "--preimages", self.preimages, "--info-at", "never"]
        command += ["--proof-at", "always", "--proof-fmt", str(proofs / "%d.json"), *self.revision]
        subprocess.run(command, check=True, capture_output=True)
        count = len(os.listdir(proofs))
        self.claims = [
            json.loads((proofs / f"{step}.json").read_text())["post"] for step in range(count)
        ]
        shutil.rmtree(proofs)
        self.last = count - 1
        self.indices = [*range(0, count, 31), self.last, count, LAST]
        self.all = [*range(count), count, LAST]
        self.steps = [0, 100, self.last - 1, self.last]

    @property
    def revision(self) -> list:
        return ["--revision", self.game.revision] if self.game.revision else []

    @property
    def locals(self) -> str:
        return ",".join(f"{index}={value.hex()}" for index, value in self.game.locals.items())

    def write_preimages(self, path: str) -> None:
        os.makedirs(path, exist_ok=True)
        pathlib.Path(path, "kvformat").write_text("file")
        for index, value in self.game.locals.items():
            pathlib.Path(path, f"0x01{index:062x}.txt").write_text(value.hex())

    def claim(self, index: int) -> str:
        return self.claims[min(index, self.last)]

    def take_mark(self) -> bool:
        """Whether the server was started since the last call."""
        if not os.path.exists(self.mark):
            return False
        os.remove(self.mark)
        return True


# Doors: each takes a directory, a game, and where pre-images come from, and gives what was answered:
# pairs of a question and its answer, or the refusal's text; and the seconds of each.

# `count` is how many claims, steps or last steps were asked for.
Answer = collections.namedtuple("Answer", "question right refusal seconds count")


def right_claims(game: Prepared, pairs: list) -> bool:
    return bool(pairs) and all(game.claim(index) == claim for index, claim in pairs)


def right_steps(game: Prepared, steps: list) -> bool:
    """Steps are triples of an index, `pre` or None, and `post`."""
    return bool(steps) and all(
        game.claim(index) == post and (not pre or not index or game.claim(index - 1) == pre)
        for index, pre, post in steps
    )


class Command:
    """A process for all claims, one for the step data, one for the last step."""

    name = "command"
    kinds = ["directory", "locals", "server"]

    def __init__(self, tool: str) -> None:
        self.tool = tool

    def ask(self, folder, game, prestate, kind, source, more=(), only=None) -> list:
        common = ["--folder", folder, "--input", prestate, "--snapshot-interval", "50"]
        common += [*game.revision, *more]
        if kind == "directory":
            common += ["--preimages", source]
        if kind == "locals":
            for index, value in game.game.locals.items():
                common += ["--local", f"{index}=0x{value.hex()}"]
        server = ["--", *game.server] if kind == "server" else []
        answers = []
        questions = [("claim", game.all), ("step", game.steps), ("last", [])]
        for question, indices in only or questions:
            command = [self.tool, "trace", question, *common, *map(str, indices), *server]
            start = time.perf_counter()
            run = subprocess.run(command, capture_output=True, text=True)
            seconds = time.perf_counter() - start
            count = max(len(indices), 1)
            if run.returncode:
                answers.append(Answer(question, None, run.stderr, seconds, count))
                continue
            found = json.loads(run.stdout)
            items = found if isinstance(found, list) else [found]
            if question == "step":
                right = right_steps(
                    game, [(asked, i.get("pre"), i["post"]) for asked, i in zip(indices, items)]
                )
            else:
                right = right_claims(game, [(item["index"], item["claim"]) for item in items])
            answers.append(Answer(question, right, None, seconds, count))
        return answers


class Library:
    """What C and the package share: claims one by one, then all, step data, the last step."""

    kinds = ["directory", "locals", "server", "callback", "unnamed"]

    @staticmethod
    def singly(game: Prepared, kind: str, times: int) -> list:
        """The indices that are asked for one by one. A refusal asks the server each time."""
        return [] if kind == "server" and times == 1 else game.indices

    @staticmethod
    def counts(game: Prepared, kind: str, times: int) -> dict:
        """How much each question asks for."""
        counts = {"claim": 1, "claims": len(game.all), "steps": len(game.steps), "last": 1}
        singly = len(Library.singly(game, kind, times))
        return counts | {"open": singly + counts["claims"] + counts["steps"] + 1}


class C(Library):
    name = "C"

    def __init__(self, binary: str) -> None:
        self.binary = binary

    def ask(self, folder, game, prestate, kind, source, times=1) -> list:
        if kind == "server":
            source = " ".join(game.server)
        name = {"callback": "callback", "unnamed": "callback"}.get(kind, kind)
        text = {"callback": game.game.name, "unnamed": "-"}.get(kind, source or "-")
        command = [self.binary, folder, prestate, game.game.revision or "-", name, text, game.locals]
        for indices in (self.singly(game, kind, times), game.all, game.steps):
            command.append(",".join(map(str, indices)))
        output = subprocess.run(
            [*command, str(times)], check=True, capture_output=True, text=True
        ).stdout
        counts = self.counts(game, kind, times)
        return list(self.parse(game, counts, collections.deque(output.splitlines())))

    def parse(self, game: Prepared, counts: dict, lines: collections.deque):
        while lines:
            first, *rest = lines.popleft().split(" ")
            if first == "refused":
                yield Answer("open", None, " ".join(rest), 0.0, counts["open"])
            elif first == "executed":
                self.executed = int(rest[0])
            elif rest[0] == "opened":
                yield Answer("open", True, None, float(first), 0)
            elif rest[1] == "refused":
                yield Answer(rest[0], None, " ".join(rest[2:]), float(first), counts[rest[0]])
            else:
                parts = []
                while lines and lines[0].startswith("- "):
                    parts.append(lines.popleft().split(" ")[1:])
                if rest[0] == "steps":
                    right = right_steps(game, self.steps(parts))
                elif rest[0] == "claims":
                    right = right_claims(game, [(int(index), text) for _, index, text in parts])
                else:
                    right = right_claims(game, [(int(rest[2]), rest[3])])
                yield Answer(rest[0], right, None, float(first), counts[rest[0]])

    @staticmethod
    def steps(parts: list):
        pre = None
        for name, index, text in parts:
            if name == "pre":
                pre = text
            else:
                yield int(index), pre, text
                pre = None


class Python(Library):
    name = "Python"

    def ask(self, folder, game, prestate, kind, source, times=1) -> list:
        answers: list = []
        counts = self.counts(game, kind, times)
        for _ in range(times):
            start = time.perf_counter()
            try:
                trace = falconet.Trace.open(
                    folder, prestate, snapshot_interval=50, revision=game.game.revision
                )
            except falconet.FalconetError as error:
                return [Answer("open", None, str(error), 0.0, counts["open"])]
            answers.append(Answer("open", True, None, time.perf_counter() - start, 0))
            with trace:
                self.connect(trace, game, kind, source)
                self.ask_all(trace, game, self.singly(game, kind, times), counts, answers)
                self.executed = trace.status().executed
        return answers

    @staticmethod
    def connect(trace, game, kind, source) -> None:
        values = {bytes([1]) + index.to_bytes(31, "big"): v for index, v in game.game.locals.items()}
        if kind == "directory":
            trace.use_preimage_folder(source)
        elif kind == "server":
            trace.use_preimage_server(game.server, timeout=60)
        elif kind == "locals":
            for index, value in game.game.locals.items():
                trace.set_local_input(index, value)
        else:
            identity = game.game.name if kind == "callback" else None
            trace.use_preimages(values, identity=identity)

    @staticmethod
    def ask_all(trace, game, singly, counts, answers) -> None:
        def attempt(question, call, judge) -> None:
            start = time.perf_counter()
            try:
                found, refusal = call(), None
            except falconet.FalconetError as error:
                found, refusal = None, str(error)
            seconds = time.perf_counter() - start
            right = None if refusal is not None else judge(found)
            answers.append(Answer(question, right, refusal, seconds, counts[question]))

        def text(claim: bytes) -> str:
            return "0x" + claim.hex()

        def claims(found) -> bool:
            return right_claims(game, [(answer.index, text(answer.claim)) for answer in found])

        def steps(found) -> bool:
            return right_steps(
                game,
                [
                    (index, text(s.proof.pre) if s.proof.pre else None, text(s.proof.post))
                    for index, s in zip(game.steps, found)
                ],
            )

        for index in singly:
            attempt("claim", lambda index=index: [trace.claim(index)], claims)
        attempt("claims", lambda: trace.claims(game.all), claims)
        attempt("steps", lambda: trace.steps(game.steps), steps)
        attempt("last", trace.last, lambda end: right_claims(game, [(end.index, text(end.claim))]))


# The measurement


class Measurement:
    def __init__(self, tool: str, program: str, work: pathlib.Path, count: int) -> None:
        self.work = work
        self.games = [Prepared(tool, work, n, game) for n, game in enumerate(GAMES[:count])]
        self.command = Command(tool)
        self.doors = [self.command, C(program), Python()]
        # Paths that every game uses, with its own content.
        self.shared_prestate = str(work / "shared.bin")
        self.shared_preimages = str(work / "shared-preimages")
        self.pairs = set()
        self.asked: collections.Counter = collections.Counter()
        self.refused: collections.Counter = collections.Counter()
        self.wrong: list = []
        self.known: dict = collections.defaultdict(list)
        self.known_count: collections.Counter = collections.Counter()

    def run(self) -> None:
        assert len({json.dumps(game.claims) for game in self.games}) >= len(self.games) - 1
        # A prestate that was changed in the last two seconds is read each time.
        time.sleep(2.5)
        for owner in self.games:
            folder = str(self.work / f"trace-{owner.number}")
            for answer in self.command.ask(folder, owner, owner.prestate, "server", None):
                self.expect(answer.right, "command", owner, owner, "server", answer)
            if not owner.take_mark():
                self.wrong.append(f"{owner.game.name}: no server was needed at first")
            for asker in self.games:
                if asker is not owner:
                    self.ask_other(folder, owner, asker, is_whole=True)
            self.ask_right(folder, owner)
            self.ask_partly(owner)

    def ask_other(self, folder, owner, asker, is_whole) -> None:
        self.pairs.add((owner.number, asker.number))
        for door in self.doors:
            for kind in door.kinds:
                prestate, source = asker.prestate, None
                if kind == "directory":
                    prestate, source = self.shared_prestate, self.shared_preimages
                    asker.write_preimages(source)
                    shutil.copyfile(asker.prestate, prestate)
                for answer in door.ask(folder, asker, prestate, kind, source):
                    if answer.question == "open" and answer.right:
                        continue
                    self.asked[door.name] += answer.count
                    if answer.refusal is not None:
                        self.refused[door.name] += answer.count
                        text = answer.refusal
                        named = "a directory for each game" in text or "directory is of" in text
                        self.expect(named, door.name, owner, asker, kind, answer)
                    else:
                        self.expect(
                            answer.right and not is_whole, door.name, owner, asker, kind, answer
                        )
                asker.take_mark()

    def ask_partly(self, owner) -> None:
        """Each time a new directory, which knows nothing behind the late input."""
        first = str(self.work / "first")
        questions = [("claim", [0, 5, 100])]
        self.command.ask(first, owner, owner.prestate, "server", None, only=questions)
        owner.take_mark()
        for asker in self.games:
            if asker is not owner:
                folder = str(self.work / "part")
                shutil.copytree(first, folder)
                self.ask_other(folder, owner, asker, is_whole=False)
                shutil.rmtree(folder)
        shutil.rmtree(first)

    def ask_right(self, folder, owner) -> None:
        """What is known, through every door, of the directory that the command made."""
        # No machine can be made with one page, so no step can be executed.
        more = ["--max-memory", "4KiB"]
        unknown = self.command.ask(
            str(self.work / "none"), owner, owner.prestate, "server", None, more, [("last", [])]
        )
        self.expect(unknown[0].refusal is not None, "command", owner, owner, "limit", unknown[0])
        shutil.rmtree(self.work / "none", ignore_errors=True)
        owner.take_mark()
        # The others gave the same prestate in another file: it is read once, and known by this one again.
        first = self.command.ask(
            folder, owner, owner.prestate, "server", None, only=[("claim", [LAST])]
        )
        self.note_known("command, prestate read", owner, first)
        for _ in range(5):
            questions = [("claim", [index]) for index in (0, 100, owner.last, LAST)]
            questions += [("claim", owner.all), ("step", [100]), ("last", [])]
            answers = self.command.ask(
                folder, owner, owner.prestate, "server", None, more, questions
            )
            self.note_known("command", owner, answers)
        for door in self.doors[1:]:
            self.note_known(
                door.name, owner, door.ask(folder, owner, owner.prestate, "server", None, times=5)
            )
            if door.executed:
                self.wrong.append(f"{door.name} executed {door.executed} steps for known answers")
        for door in self.doors:
            for kind in door.kinds[:2]:
                for answer in door.ask(folder, owner, owner.prestate, kind, owner.preimages):
                    self.expect(answer.right, door.name, owner, owner, kind, answer)

    def note_known(self, door, owner, answers) -> None:
        for answer in answers:
            self.expect(answer.right, door, owner, owner, "server", answer)
            self.known[door, answer.question].append(answer.seconds)
            self.known_count[door] += answer.count
        if owner.take_mark():
            self.wrong.append(f"{door}, {owner.game.name}: a server was started")

    def expect(self, holds, door, owner, asker, kind, answer) -> None:
        if not holds:
            self.wrong.append(
                f"{door}, {kind}: directory of {owner.game.name} asked as {asker.game.name}: {answer}"
            )

    def report(self) -> int:
        games = len(self.games)
        print(f"games: {games}, of {self.games[0].last + 1} steps and more; pairs: {len(self.pairs)}")
        for door in self.doors:
            name = door.name
            print(
                f"{name}: {self.asked[name]} questions as another game, {self.refused[name]} refused,"
                f" {self.asked[name] - self.refused[name]} answered with the asker's own claims by a"
                f" directory that knew a part; {self.known_count[name]} known answers of the right"
                " game, no server started, no step executed"
            )
        for (door, question), seconds in sorted(self.known.items()):
            ordered = sorted(seconds)
            print(
                f"known, {door}, {question}: median {statistics.median(ordered) * 1e3:.4f} ms,"
                f" most {ordered[-1] * 1e3:.4f} ms, of {len(ordered)}"
            )
        print(f"wrong: {len(self.wrong)}")
        for text in self.wrong[:20]:
            print(text, file=sys.stderr)
        return 1 if self.wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("falconet")
    parser.add_argument("program")
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--games", type=int, default=len(GAMES))
    options = parser.parse_args()
    measurement = Measurement(
        options.falconet, options.program, options.work.resolve(), options.games
    )
    measurement.run()
    return measurement.report()


if __name__ == "__main__":
    sys.exit(main())
