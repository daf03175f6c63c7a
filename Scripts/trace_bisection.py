"""Bisections through `falconet trace`, killed at random, and the work that they take.

trace_bisection.py PROGRAM PRESTATE WORK KILLS DEPTH

Kills `falconet trace claim` at random until KILLS were killed, over as many bisections as that
takes, and checks every answer against that of a run that was left alone, and the folder against its
budget. Then prints what a bisection costs in three ways: one process for all, one for each question,
and `falconet run` for each question as op-challenger starts it.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

program, prestate, work, kills, depth = sys.argv[1:]
kills, depth = int(kills), int(depth)
BUDGET = 64


def trace(command, folder, *indices, budget=BUDGET):
    return [program, "trace", command, "--folder", folder, "--input", prestate, "--disk-budget",
            str(budget), *map(str, indices)]


def ask(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def size(folder):
    return sum(os.lstat(os.path.join(path, name)).st_size
               for path, _, names in os.walk(folder) for name in names)


def questions(wanted):
    low, high = 0, 1 << depth
    while high - low > 1:
        middle = (low + high) // 2
        yield middle - 1
        low, high = (middle, high) if middle <= wanted else (low, middle)


def fresh(name):
    folder = os.path.join(work, name)
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def kill_bisections(length):
    killed = bisections = 0
    while killed < kills:
        bisections += 1
        wanted = random.randrange(length)
        indices = list(questions(wanted))
        expected = ask(trace("claim", fresh("whole"), *indices))
        folder = fresh("killed")
        for index, answer in zip(indices, expected):
            while killed < kills:
                child = subprocess.Popen(trace("claim", folder, index),
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    child.wait(random.expovariate(6))
                except subprocess.TimeoutExpired:
                    child.kill()
                    killed += child.wait() != 0
                if size(folder) > BUDGET << 20:
                    sys.exit(f"after a kill the folder has {size(folder)} bytes")
                if random.random() < 0.5:
                    break
            if ask(trace("claim", folder, index)) != answer:
                sys.exit(f"after kills the claim at {index} is another")
        aside = ask(trace("status", folder))["putAside"]
        if aside:
            sys.exit(f"kills left corrupt or foreign files: {aside}")
    print(f"trace: {killed} processes killed in {bisections} bisections, every answer right")


def executed_by_run(folder, index, flags):
    """Asks as op-challenger does, with more flags. Returns the steps executed."""
    os.makedirs(f"{folder}/snapshots", exist_ok=True)
    os.makedirs(f"{folder}/proofs", exist_ok=True)
    names = os.listdir(f"{folder}/snapshots")
    kept = [int(name[:-7]) for name in names if re.fullmatch(r"[0-9]+\.bin\.gz", name)]
    start = max((step for step in kept if 0 < step < index), default=0)
    source = f"{folder}/snapshots/{start}.bin.gz" if start else prestate
    subprocess.run(
        [program, "run", "--input", source, "--output", f"{folder}/final.bin.gz", "--meta", "",
         "--info-at", "%10000000", "--proof-at", f"={index}", "--proof-fmt",
         f"{folder}/proofs/%d.json.gz", "--snapshot-at", "%1000000000", "--snapshot-fmt",
         f"{folder}/snapshots/%d.bin.gz", "--stop-at", f"={index + 1}", *flags],
        check=True, capture_output=True)
    state = ask([program, "witness", "--input", f"{folder}/final.bin.gz"])
    return state["step"] - start, state["exited"] and state["step"] <= index


def measure(length):
    wanted = length // 3
    indices = list(questions(wanted))
    began = time.monotonic()
    folder = fresh("each")
    longest = 0
    for index in indices:
        asked = time.monotonic()
        ask(trace("claim", folder, index, budget=16384))
        longest = max(longest, time.monotonic() - asked)
    print(f"| `trace claim` for each | {time.monotonic() - began:.1f} s |")
    began = time.monotonic()
    for index in indices:
        ask(trace("claim", folder, index, budget=16384))
    each = (time.monotonic() - began) / len(indices)
    print(f"| the same again, from the folder | {each * 1000:.0f} ms each |")
    measure_runs(length, indices, "as op-challenger", [])
    for count in [8, 32]:
        measure_runs(length, indices, f"with `--keep-states {count}`", ["--keep-states", str(count)])


def measure_runs(length, indices, name, flags):
    began, steps, end = time.monotonic(), 0, None
    folder = fresh("challenger")
    for index in indices:
        # Past the end that it knows, op-challenger doesn't ask.
        if end is not None and index > end:
            continue
        more_steps, is_past_end = executed_by_run(folder, index, flags)
        steps += more_steps
        if is_past_end:
            end = index
    seconds = time.monotonic() - began
    states = len(os.listdir(f"{folder}/snapshots"))
    print(f"| `run` for each, {name} | {seconds:.1f} s, {steps / length:.2f} traces, "
          f"{states} files |")


length = ask(trace("last", fresh("whole")))["index"] + 1
kill_bisections(length)
measure(length)
