"""Decodes calls of contracts with the packages eth-abi and eth-hash.

Reads lines of a function's signature and a call's data in hexadecimal. Prints for each the decoded
arguments in hexadecimal, separated by spaces: numbers, words and addresses in 32 bytes.
"""

import sys

from eth_abi import decode
from eth_hash.auto import keccak


def text(kind, value):
    if kind.startswith("uint"):
        return value.to_bytes(32, "big").hex()
    if kind == "address":
        return bytes.fromhex(value[2:]).rjust(32, b"\0").hex()
    return value.hex() or "-"


for line in sys.stdin:
    signature, data = line.split()
    data = bytes.fromhex(data)
    if data[:4] != keccak(signature.encode())[:4]:
        sys.exit(f"{signature}: another function's selector")
    kinds = signature[signature.index("(") + 1:-1].split(",")
    values = decode(kinds, data[4:], strict=True)
    print(*[text(kind, value) for kind, value in zip(kinds, values)])
