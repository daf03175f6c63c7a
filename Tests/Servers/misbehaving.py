"""A pre-image server that misbehaves on request: misbehaving.py MODE [ARGUMENT]."""
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zlib

sys.dont_write_bytecode = True
from channels import acknowledge_hints, answer, read, write

mode = sys.argv[1]
argument = sys.argv[2] if len(sys.argv) > 2 else ""


def serve(find):
    threading.Thread(target=acknowledge_hints, daemon=True).start()
    while (key := read(5, 32)) is not None:
        answer(find(key))


def stored(key):
    try:
        with open(os.path.join(argument, "0x" + key.hex() + ".txt")) as file:
            return bytes.fromhex(file.read())
    except FileNotFoundError:
        sys.exit(f"no pre-image for 0x{key.hex()}")


def ignore_end_of_input():
    try:
        serve(lambda key: key)
    finally:
        while True:
            time.sleep(60)


if mode == "folder":
    serve(stored)
elif mode == "echo":
    # The pre-image of every key is the key itself.
    serve(lambda key: key)
elif mode == "hints":
    acknowledge_hints(argument)
elif mode == "measure":
    # Notes the length and the checksum of each hint, of which it never holds more than a part. The
    # pre-image of every key is the key, unless it is to end there.
    def measure():
        while (head := read(3, 4)) is not None:
            size = left = int.from_bytes(head, "big")
            checksum = 0
            while left:
                part = os.read(3, min(left, 1 << 16))
                if not part:
                    return
                checksum = zlib.crc32(part, checksum)
                left -= len(part)
            with open(argument, "a") as file:
                file.write(f"{size} {checksum}\n")
            write(4, b"\0")
    threading.Thread(target=measure, daemon=True).start()
    while (key := read(5, 32)) is not None:
        if len(sys.argv) > 3:
            os._exit(7)
        answer(key)
elif mode == "exit":
    sys.exit(int(argument))
elif mode == "sized":
    # So many bytes, as the key's last eight say.
    serve(lambda key: bytes(i * 7 & 255 for i in range(int.from_bytes(key[24:], "big"))))
elif mode == "big":
    serve(lambda key: bytes(range(256)) * (int(argument) // 256))
elif mode == "noisy":
    def noise(key):
        for _ in range(64):
            write(1, b"o" * 50_000)
            write(2, b"e" * 50_000)
        return key
    serve(noise)
elif mode == "lie":
    serve(lambda key: b"a lie")
elif mode == "mid-answer":
    read(5, 32)
    write(6, int(argument).to_bytes(8, "big") + bytes(10))
    os._exit(3)
elif mode == "mid-length":
    read(5, 32)
    write(6, bytes(3))
    os._exit(0)
elif mode == "killed":
    read(5, 32)
    os.kill(os.getpid(), signal.SIGKILL)
elif mode == "absurd":
    read(5, 32)
    write(6, int(argument).to_bytes(8, "big"))
    read(5, 32)
elif mode == "garbage":
    # Bytes without sense, a few or many, and an end.
    generator = random.Random(int(argument))
    read(5, 32)
    write(6, bytes(generator.choice([0, 0, 0, 1, 255]) for _ in range(generator.randrange(40))))
    os._exit(generator.randrange(4))
elif mode == "stall":
    # Answers one key, then nothing.
    print("ready", flush=True)
    threading.Thread(target=acknowledge_hints, daemon=True).start()
    answer(read(5, 32))
    read(5, 32)
    read(5, 1)
elif mode == "stall-hint":
    read(3, 1)
    time.sleep(600)
elif mode == "stall-mid":
    print("ready", flush=True)
    read(5, 32)
    write(6, (100).to_bytes(8, "big") + bytes(10))
    read(5, 1)
elif mode == "deaf":
    # Reads nothing, and ends by a signal alone.
    time.sleep(600)
elif mode == "drip":
    print("ready", flush=True)
    key = read(5, 32)
    for byte in len(key).to_bytes(8, "big") + key:
        write(6, bytes([byte]))
        time.sleep(0.1)
    read(5, 1)
elif mode == "close":
    for descriptor in range(3, 7):
        os.close(descriptor)
    print("closed", flush=True)
    time.sleep(600)
elif mode == "until-interrupt":
    signal.signal(signal.SIGINT, lambda *_: os._exit(7))
    ignore_end_of_input()
elif mode == "stubborn":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ignore_end_of_input()
elif mode == "grandchild":
    # Leaves a process that holds everything open, and ends.
    child = subprocess.Popen(["sleep", "600"], close_fds=False, pass_fds=[3, 4, 5, 6])
    print(child.pid, flush=True)
    read(5, 32)
    os._exit(4)
elif mode == "session":
    # The same, with a process that has left the group, and two chunks of output. The process's id
    # goes to a file.
    print("first", flush=True)
    child = subprocess.Popen(
        ["sleep", "600" if argument else "20"], close_fds=False, pass_fds=[3, 4, 5, 6],
        start_new_session=True)
    if argument:
        with open(argument, "w") as file:
            file.write(str(child.pid))
    time.sleep(0.1)
    print("last", flush=True)
    sys.exit(0)
elif mode == "last-words":
    print("started", flush=True)
    read(5, 32)
    write(1, b"x" * 40_000)
    write(2, b"the reason\n")
    os._exit(9)
else:
    sys.exit(f"unknown mode {mode}")
