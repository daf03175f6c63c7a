"""A VM with Cannon's commands that does not do what it is asked for: it fails, or runs Falconet.

    shadow.py MODE FALCONET run|witness ARGUMENTS...
"""

import os
import sys
import time

mode, falconet, command = sys.argv[1:4]
arguments = sys.argv[4:]
if command == "run" or mode == "unknown-version":
    if mode == "crash":
        os.abort()
    elif mode == "fail":
        sys.exit("an error of its own")
    elif mode == "hang":
        time.sleep(600)
    elif mode == "panic":
        print("it panics", file=sys.stderr)
        sys.exit(2)
    elif mode == "unknown-version":
        sys.exit("unknown state version")
    elif mode == "no-proof":
        place = arguments.index("--proof-at")
        del arguments[place:place + 2]
os.execv(falconet, [falconet, command, *arguments])
