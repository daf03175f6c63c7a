#!/usr/bin/env python3
"""Measures runs whose host has latencies: with one host, with a plan, with a store.

    preimage_runs.py FALCONET ELF WORK [--count N] [--latency SECONDS] [--hosts N] [PART...]

FALCONET is the command, ELF the guest `oracle` (guests/64/oracle.elf of the fixtures), WORK an empty
directory. The guest reads a list of N pre-images (60,000), of 32 to 532 bytes and some larger ones, with a
hint before each; the host takes SECONDS (0.02) for a hint. Parts, all if none is named:

    host       a first run, with one host: at most 2 % more than the host takes with a client that only asks, which
               is measured over the first 2,000 pre-images
    plan       with the plan of the run before, and --hosts (8) hosts: 160 s
    neighbour  with the plan of a run of which 90 % are the same: 5 min
    fill       prefetch with the plan of the run before: 160 s
    store      everything in the store: execution and 2 s, and no host is started

The bounds are for 60,000 and 8 hosts, and go down with N. Two seconds come on top, for the starts of hosts.
Each run must end in the claim of a run that has its pre-images from files. Exits with 1 if a claim is
another, or a bound does not hold.
"""
import argparse
import fcntl
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys
import time

sys.dont_write_bytecode = True
SERVER = pathlib.Path(__file__).resolve().parent.parent / "Tests/Servers/flaky.py"
PARTS = ("host", "plan", "neighbour", "fill", "store")
failures = 0


def expect(holds: bool, what: str) -> None:
    global failures
    failures += not holds
    print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)


def key(value: bytes) -> bytes:
    return b"\x04" + hashlib.sha256(value).digest()[1:]


class List:
    """Blocks, the list of their keys, and the local inputs that name it."""

    def __init__(self, count: int, others: int):
        usual, unusual = random.Random(1), random.Random(2)
        blocks = []
        for number in range(count):
            size = 2000 + 200 * (number // 100 % 100) if number % 100 == 99 else usual.randint(32, 532)
            both = usual.randbytes(size), unusual.randbytes(size)
            blocks.append(both[number % 10 < others])
        names = b"".join(key(block) for block in blocks)
        self.values = [names, *blocks]
        total = sum(map(sum, blocks)) % 2**64
        self.locals = {1: key(names), 2: total.to_bytes(8, "big")}

    def records(self) -> bytes:
        pairs = [(b"\x01" + index.to_bytes(31, "big"), value) for index, value in self.locals.items()]
        pairs += [(key(value), value) for value in self.values]
        return b"".join(name + len(value).to_bytes(4, "big") + value for name, value in pairs)

    def flags(self) -> list[str]:
        return [word for index, value in self.locals.items() for word in ("--local", f"{index}=0x{value.hex()}")]


class Runs:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.work = pathlib.Path(options.work)
        self.list = List(options.count, 0)
        neighbour = List(options.count, 1)
        (self.work / "list").write_bytes(self.list.records())
        (self.work / "both").write_bytes(self.list.records() + neighbour.records())
        (self.work / "neighbour").write_bytes(neighbour.records())
        self.tool("load-elf", "--type", "8", "--path", options.elf, "--out", "in.bin.gz", "--meta", "")
        self.claim, self.execution = self.reference()
        self.neighbour = neighbour

    def tool(self, *arguments: str) -> tuple[str, float]:
        began = time.monotonic()
        done = subprocess.run([self.options.falconet, *arguments], cwd=self.work, capture_output=True, text=True)
        seconds = time.monotonic() - began
        if done.returncode:
            sys.exit(f"{' '.join(arguments)[:200]}: exit code {done.returncode}\n{done.stderr[-4000:]}")
        return done.stdout, seconds

    def run(self, name: str, *arguments: str, inputs: List | None = None) -> tuple[float, dict[str, float]]:
        """A run's seconds, and its metrics. Its claim is compared."""
        _, seconds = self.tool(
            "run", "--input", "in.bin.gz", "--meta", "", "--info-at", "never", "--output", "out.bin.gz",
            "--metrics-file", "metrics.prom", *(inputs or self.list).flags(), *arguments)
        if inputs is None:
            claim = json.loads(self.tool("witness", "--input", "out.bin.gz")[0])["witnessHash"]
            expect(claim == self.claim, f"{name}: the claim")
        metrics = {}
        for line in (self.work / "metrics.prom").read_text().splitlines():
            if not line.startswith("#"):
                metric, value = line.rsplit(" ", 1)
                metrics[metric] = float(value)
        return seconds, metrics

    def host(self, *flags: str, source: str = "both", latency: float | None = None) -> list[str]:
        latency = self.options.latency if latency is None else latency
        return ["--", "python3", str(SERVER), source, "--hint-latency", str(latency), *flags]

    def reference(self) -> tuple[str, float]:
        """The claim of a run from files, and how long that takes from a store."""
        self.tool("run", "--input", "in.bin.gz", "--meta", "", "--info-at", "never", "--output", "out.bin.gz",
                  *self.list.flags(), "--preimage-store", "reference", *self.host(source="list", latency=0))
        claim = json.loads(self.tool("witness", "--input", "out.bin.gz")[0])["witnessHash"]
        files = self.work / "files"
        files.mkdir()
        (files / "kvformat").write_text("file")
        for value in self.list.values:
            (files / f"0x{key(value).hex()}.txt").write_text(value.hex())
        _, seconds = self.tool("run", "--input", "in.bin.gz", "--meta", "", "--info-at", "never",
                               "--output", "out.bin.gz", *self.list.flags(), "--preimages", "files")
        expect(json.loads(self.tool("witness", "--input", "out.bin.gz")[0])["witnessHash"] == claim,
               "files and store: the claim")
        return claim, seconds

    # Parts

    def bound(self, seconds: float) -> float:
        share = self.options.count / 60000 * (self.options.latency / 0.02) * (8 / self.options.hosts)
        return seconds * share + 2

    def plan(self, name: str) -> str:
        """Records a plan by a run whose host takes no time."""
        path = self.work / f"{name}.plan"
        if not path.exists():
            inputs = self.neighbour if name == "neighbour" else None
            self.run(f"plan of {name}", "--record-plan", path.name, *self.host(source=name, latency=0), inputs=inputs)
            print(f"     a plan of {self.options.count} pre-images has {path.stat().st_size} bytes", flush=True)
        return path.name

    def ask(self, count: int) -> float:
        """Seconds in which the host answers a client that does nothing else with its first pre-images."""
        hints, acknowledgements, keys, answers = (os.pipe() for _ in range(4))
        ends = [hints[0], acknowledgements[1], keys[0], answers[1]]

        def connect() -> None:
            # The host's numbers are 3 to 6, which may be those of other ends here.
            for number, end in enumerate([fcntl.fcntl(end, fcntl.F_DUPFD, 100) for end in ends], 3):
                os.dup2(end, number)

        host = subprocess.Popen(self.host()[1:], cwd=self.work, close_fds=False, preexec_fn=connect)
        for end in ends:
            os.close(end)
        with open(acknowledgements[0], "rb") as acknowledged, open(answers[0], "rb") as answered:
            began = 0.0
            for number, value in enumerate(self.list.values[:count + 1]):
                name = key(value)
                hint = b"block " + name.hex().encode()
                os.write(hints[1], len(hint).to_bytes(4, "big") + hint)
                acknowledged.read(1)
                os.write(keys[1], name)
                answered.read(int.from_bytes(answered.read(8), "big"))
                # The first one waits for the host's start.
                began = began if number else time.monotonic()
            seconds = time.monotonic() - began
        os.close(hints[1])
        os.close(keys[1])
        host.wait()
        return seconds

    def measure_host(self) -> None:
        sample = min(self.options.count, 2000)
        alone = self.ask(sample) / sample * self.options.count
        seconds, metrics = self.run("host", "--preimage-store", "store-host", "--record-plan", "list.plan",
                                    *self.host())
        waited = metrics["falconet_preimage_wait_seconds_total"]
        expect(seconds <= 1.02 * alone + 2,
               f"host: {seconds:.1f} s, of which {waited:.1f} waiting; with a client that only asks {alone:.1f}")

    def ahead(self, name: str, plan: str, seconds: float) -> None:
        flags = ["--preimage-store", f"store-{name}", "--plan", plan, "--hosts", str(self.options.hosts)]
        took, metrics = self.run(
            name, *flags, *self.host("--lock", "data-%s-{n}" % name, "--busy", "busy-%s-{n}" % name))
        busy = max(float(path.read_text().split()[-1]) for path in self.work.glob(f"busy-{name}-*"))
        fetched, used = (int(metrics[f"falconet_prefetch_{what}_total"]) for what in ("preimages", "used"))
        expect(took <= self.bound(seconds),
               f"{name}: {took:.1f} s, bound {self.bound(seconds):.1f}; the busiest host took {busy:.1f} s; "
               f"{fetched} fetched, {used} used")

    def measure_plan(self) -> None:
        self.ahead("plan", self.plan("list"), 160)

    def measure_neighbour(self) -> None:
        self.ahead("neighbour", self.plan("neighbour"), 300)

    def measure_fill(self) -> None:
        text, took = self.tool("prefetch", "--json", "--plan", self.plan("list"), "--preimage-store", "store-fill", "--hosts",
                               str(self.options.hosts), *self.host("--lock", "data-fill-{n}"))
        result = json.loads(text)
        expect(result["left"] == 0 and took <= self.bound(160),
               f"fill: {took:.1f} s, bound {self.bound(160):.1f}; {result['fetched']} fetched")

    def measure_store(self) -> None:
        took, metrics = self.run("store", "--preimage-store", "reference", *self.host("--starts", "started"))
        expect(took <= self.execution + 2, f"store: {took:.2f} s; from files {self.execution:.2f}")
        expect(metrics["falconet_host_starts_total"] == 0 and not (self.work / "started").exists(),
               "store: no host was started")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("falconet", "elf", "work"):
        parser.add_argument(name)
    parser.add_argument("--count", type=int, default=60000)
    parser.add_argument("--latency", type=float, default=0.02)
    parser.add_argument("--hosts", type=int, default=8)
    parser.add_argument("parts", nargs="*", metavar="PART")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {' '.join(sorted(unknown))}")
    runs = Runs(options)
    for part in options.parts or PARTS:
        getattr(runs, f"measure_{part}")()
    sys.exit(1 if failures else 0)


main()
