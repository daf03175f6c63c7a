"""A pre-image server for tests: server.py MODE FOLDER [PID-FILE].

Serves a folder in the layout `file`. Hints come in at descriptor 3 and are acknowledged at 4; keys
come in at 5 and are answered at 6.
"""
import os
import sys
import threading
import time

mode, folder = sys.argv[1:3]
if len(sys.argv) > 3:
    with open(sys.argv[3] + ".new", "w") as file:
        file.write(str(os.getpid()))
    os.rename(sys.argv[3] + ".new", sys.argv[3])


def read(descriptor, count):
    data = b""
    while len(data) < count:
        part = os.read(descriptor, count - len(data))
        if not part:
            return None
        data += part
    return data


def write(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]


def acknowledge_hints():
    while (head := read(3, 4)) is not None:
        read(3, int.from_bytes(head, "big"))
        write(4, b"\0")


threading.Thread(target=acknowledge_hints, daemon=True).start()
if mode == "talk":
    print("serving", os.environ.get("NO_COLOR"), flush=True)
    print("a complaint", file=sys.stderr, flush=True)
count = 0
while (key := read(5, 32)) is not None:
    count += 1
    with open(os.path.join(folder, "0x" + key.hex() + ".txt")) as file:
        data = bytes.fromhex(file.read())
    # The local inputs come first, then pre-images that can be checked.
    if count > 4:
        if mode == "stall":
            # Notices the end of its input, and nothing else.
            read(5, 1)
            sys.exit(1)
        elif mode == "deaf":
            if len(sys.argv) > 3:
                open(sys.argv[3] + ".stalls", "w").close()
            time.sleep(600)
        elif mode == "die":
            os._exit(7)
        elif mode == "short":
            write(6, (len(data) + 5).to_bytes(8, "big") + data)
            os._exit(0)
        elif mode == "lie":
            data = data[:-1] + bytes([data[-1] ^ 1])
    write(6, len(data).to_bytes(8, "big") + data)
if mode == "fail-at-end":
    sys.exit(3)
