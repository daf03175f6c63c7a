"""The descriptors of a pre-image server.

Hints come in at descriptor 3 and are acknowledged at 4; keys come in at 5 and are answered at 6.
"""
import os


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


def answer(data):
    write(6, len(data).to_bytes(8, "big") + data)


def acknowledge_hints(log=None):
    while (head := read(3, 4)) is not None:
        body = read(3, int.from_bytes(head, "big"))
        if log:
            with open(log, "ab") as file:
                file.write(len(body).to_bytes(4, "big") + body)
        write(4, b"\0")
