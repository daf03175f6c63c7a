"""A pre-image server that serves a folder in the layout `file`, and fails on request.

folder.py MODE FOLDER [PID-FILE]
"""
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
from channels import acknowledge_hints, answer, read, write

mode, folder = sys.argv[1:3]
if len(sys.argv) > 3:
    with open(sys.argv[3] + ".new", "w") as file:
        file.write(str(os.getpid()))
    os.rename(sys.argv[3] + ".new", sys.argv[3])


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
        if mode in ("stall", "deaf") and len(sys.argv) > 3:
            open(sys.argv[3] + ".stalls", "w").close()
        if mode == "stall":
            # Notices the end of its input, and nothing else.
            read(5, 1)
            sys.exit(1)
        elif mode == "deaf":
            time.sleep(600)
        elif mode == "die":
            os._exit(7)
        elif mode == "short":
            write(6, (len(data) + 5).to_bytes(8, "big") + data)
            os._exit(0)
        elif mode == "lie":
            data = data[:-1] + bytes([data[-1] ^ 1])
    answer(data)
if mode == "fail-at-end":
    sys.exit(3)
