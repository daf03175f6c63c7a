"""A pre-image server that has only what it was told by a hint, and ends on request.

hinted.py FOLDER preimages|hints|stall COUNT [FILE]

It serves local inputs, and those pre-images whose hint came to this very process. It ends at the pre-image
or the hint after so many that it served, or makes the file there and never answers. For the guest `oracle`,
whose hints end with the digits of the key.
"""
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
from channels import answer, read, write

folder, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
hints = set()


def take_hints():
    taken = 0
    while (head := read(3, 4)) is not None:
        body = read(3, int.from_bytes(head, "big"))
        if what == "hints" and taken == count:
            os._exit(7)
        taken += 1
        hints.add(body[-62:].decode())
        write(4, b"\0")


threading.Thread(target=take_hints, daemon=True).start()
served = 0
while (key := read(5, 32)) is not None:
    if what == "preimages" and served == count:
        os._exit(7)
    if what == "stall" and served == count:
        open(sys.argv[4], "w").close()
        while True:
            time.sleep(60)
    if key[0] != 1 and key[1:].hex() not in hints:
        print("nobody hinted at 0x" + key.hex(), file=sys.stderr)
        os._exit(9)
    served += 1
    with open(os.path.join(folder, "0x" + key.hex() + ".txt")) as file:
        answer(bytes.fromhex(file.read()))
