"""A pre-image server with latencies, that fails on command.

flaky.py FOLDER [FLAG...]

It serves a folder in the layout `file`, or a file of records: a key, the length in 4 bytes, the pre-image.

--hint-latency S     seconds before a hint is acknowledged
--key-latency S      seconds before a key is answered
--startup S          seconds before the first request is read
--fail MODE          die, stall, garbage, short or lie
--every N            at each Nth key that this process is asked for
--hints-too          also at each Nth hint
--hinted             has, besides local inputs, only what a hint to this very process ended with the digits of
--last-hint          the same for the last hint alone
--lock DIR           makes and locks this data folder, and ends if another process has it
--starts FILE        adds its process id to this file
--log FILE           adds a line for each hint and each key to this file
--busy FILE          at its end writes how many seconds it took between requests and answers
"""
import argparse
import fcntl
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
from channels import answer, read, write

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--hint-latency", type=float, default=0)
parser.add_argument("--key-latency", type=float, default=0)
parser.add_argument("--startup", type=float, default=0)
parser.add_argument("--fail", choices=["die", "stall", "garbage", "short", "lie"])
parser.add_argument("--every", type=int, default=10)
for flag in ("--hints-too", "--hinted", "--last-hint"):
    parser.add_argument(flag, action="store_true")
for name in ("--lock", "--starts", "--log", "--busy"):
    parser.add_argument(name)
options = parser.parse_args()

if options.lock:
    os.makedirs(options.lock, exist_ok=True)
    lock = open(os.path.join(options.lock, "LOCK"), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"another host has locked {options.lock}")


def note(path, line):
    if path:
        with open(path, "a") as file:
            file.write(line + "\n")


note(options.starts, str(os.getpid()))


def records(path):
    with open(path, "rb") as file:
        data = file.read()
    found, place = {}, 0
    while place < len(data):
        size = int.from_bytes(data[place + 32:place + 36], "big")
        found[data[place:place + 32]] = data[place + 36:place + 36 + size]
        place += 36 + size
    return found


packed = None if os.path.isdir(options.folder) else records(options.folder)


def stored(key):
    if packed is not None:
        return packed.get(key)
    try:
        with open(os.path.join(options.folder, "0x" + key.hex() + ".txt")) as file:
            return bytes.fromhex(file.read())
    except FileNotFoundError:
        return None


hints = set()
# Of hints, and of keys.
busy = [0.0, 0.0]


def stall():
    while True:
        time.sleep(60)


def take_hints():
    count = 0
    while (head := read(3, 4)) is not None:
        body = read(3, int.from_bytes(head, "big"))
        began = time.monotonic()
        count += 1
        note(options.log, "hint " + body.decode(errors="replace"))
        if options.hints_too and options.fail and count % options.every == 0:
            if options.fail == "stall":
                stall()
            os._exit(7)
        if options.last_hint:
            hints.clear()
        hints.add(body[-62:].decode(errors="replace"))
        time.sleep(options.hint_latency)
        busy[0] += time.monotonic() - began
        write(4, b"\0")


time.sleep(options.startup)
threading.Thread(target=take_hints, daemon=True).start()
count = 0
while (key := read(5, 32)) is not None:
    began = time.monotonic()
    count += 1
    note(options.log, "key " + key.hex())
    data = stored(key)
    known = key[0] == 1 or not (options.hinted or options.last_hint) or key[1:].hex() in hints
    if data is None or not known:
        print("nobody hinted at" if data else "no pre-image for", "0x" + key.hex(), file=sys.stderr)
        os._exit(9)
    if options.fail and count % options.every == 0:
        if options.fail == "stall":
            stall()
        elif options.fail == "die":
            os._exit(7)
        elif options.fail == "garbage":
            write(6, b"\xee" * 40)
            continue
        elif options.fail == "short":
            write(6, (len(data) + 5).to_bytes(8, "big") + data)
            os._exit(0)
        elif key[0] != 1:
            data = data[:-1] + bytes([data[-1] ^ 1])
    time.sleep(options.key_latency)
    busy[1] += time.monotonic() - began
    answer(data)
note(options.busy, str(sum(busy)))
