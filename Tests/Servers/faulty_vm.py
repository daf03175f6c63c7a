"""A VM with Cannon's flags that does one step wrong: it runs Falconet, and alters a register in the
snapshot that follows the step.

    faulty_vm.py FALCONET STEP run|witness ARGUMENTS...

STEP is the number of steps after which the state is wrong. For state version 8, little more than what
`falconet bisect` asks for.
"""

import gzip
import json
import os
import subprocess
import sys

falconet, fault, command = sys.argv[1], int(sys.argv[2]), sys.argv[3]
arguments = sys.argv[4:]


def run(*words):
    result = subprocess.run([falconet, *words])
    if result.returncode:
        sys.exit(result.returncode)


def option(name):
    return arguments[arguments.index(name) + 1] if name in arguments else None


def summary(path):
    return json.loads(subprocess.check_output([falconet, "witness", "--input", path]))


def alter(path):
    """Flips the lowest bit of register 26, which no guest uses, of the thread that runs."""
    with gzip.open(path) as file:
        data = bytearray(file.read())
    place = 9 + int.from_bytes(data[1:9], "big") * 4104
    right = data[place + 32 + 8 + 8 + 17 + 2 + 16]
    place += 32 + 8 + 8 + 17 + 2 + 16 + 1 + 8
    for side in (0, 1):
        count = int.from_bytes(data[place:place + 8], "big")
        place += 8 + 298 * count
        if side == right:
            data[place - 298 + 42 + 26 * 8 + 7] ^= 1
            break
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(data)


if command == "witness":
    run(command, *arguments)
    sys.exit()

rest = list(arguments)
for name in ("--input", "--output", "--stop-at"):
    place = rest.index(name)
    del rest[place:place + 2]
source, target, stop = option("--input"), option("--output"), int(option("--stop-at")[1:])
if not summary(source)["step"] < fault <= stop:
    run(command, *arguments)
    sys.exit()
run(command, "--input", source, "--output", target, "--stop-at", f"={fault}", *rest)
state = summary(target)
if state["step"] == fault and not state["exited"]:
    alter(target)
    if option("--proof-at") == f"={fault - 1}":
        name = option("--proof-fmt") % (fault - 1)
        with open(name, encoding="utf-8") as file:
            proof = json.load(file)
        proof["post"] = summary(target)["witnessHash"]
        with open(name, "w", encoding="utf-8") as file:
            json.dump(proof, file)
    if stop > fault:
        middle = target + ".fault.bin.gz"
        os.rename(target, middle)
        run(command, "--input", middle, "--output", target, "--stop-at", f"={stop}", *rest)
        os.remove(middle)
