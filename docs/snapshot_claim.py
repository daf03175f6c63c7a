#!/usr/bin/env python3
"""Computes the claim of a snapshot in any of the formats of snapshot-formats.md.

Written from that specification alone, so that the two can be compared. Needs the
module `zstandard` or the C library for .fsnap. Uses pycryptodome's Keccak if it is installed.
"""
import argparse, base64, ctypes, ctypes.util, functools, gzip, json, os, struct, sys, zlib

# ---- Keccak-256 and Merkle trees (sections 2 and 3)

def keccak_source():
    """The permutation with its 25 lanes as variables, which is what Python runs fast."""
    names, text, lfsr = ",".join(f"a{i}" for i in range(25)), [], 1
    for _ in range(24):
        x, y, constant = 1, 0, 0
        text += [f"c{i}=a{i}^a{i + 5}^a{i + 10}^a{i + 15}^a{i + 20}" for i in range(5)]
        text += [f"d{i}=c{(i + 4) % 5}^(c{(i + 1) % 5}<<1&M|c{(i + 1) % 5}>>63)" for i in range(5)]
        text.append("b0=a0^d0")
        for t in range(24):
            turn, lane, row = (t + 1) * (t + 2) // 2 % 64, x + 5 * y, (2 * x + 3 * y) % 5
            text.append(f"v=a{lane}^d{x};b{y + 5 * row}=v<<{turn}&M|v>>{64 - turn}")
            x, y = y, row
        for i in range(25):
            text.append(f"a{i}=b{i}^~b{i - i % 5 + (i + 1) % 5}&b{i - i % 5 + (i + 2) % 5}")
        for j in range(7):
            constant |= (lfsr & 1) << (1 << j) - 1
            lfsr = lfsr << 1 ^ (0x171 if lfsr & 0x80 else 0)
        text.append(f"a0^={constant}")
    return f"def permute({names}):\n " + ";".join(text) + f"\n return [{names}]"

scope = {"M": (1 << 64) - 1}
exec(keccak_source(), scope)

def plain_keccak(data):
    padded = bytearray(data) + b"\1" + bytes(-(len(data) + 1) % 136)
    padded[-1] |= 0x80
    lanes = [0] * 25
    for block in struct.iter_unpack("<17Q", padded):
        lanes = scope["permute"](*map(int.__xor__, lanes, block + (0,) * 8))
    return struct.pack("<4Q", *lanes[:4])

try:
    from Crypto.Hash import keccak as _keccak
    hash_of = lambda data: _keccak.new(digest_bits=256, data=data).digest()
except ImportError:
    hash_of = plain_keccak
keccak = functools.lru_cache(1 << 16)(hash_of)  # pages have many equal leaves
ZERO = [bytes(32)]
for _ in range(59):
    ZERO.append(keccak(ZERO[-1] * 2))

def page_root(page):
    nodes = [page[i:i + 32] for i in range(0, 4096, 32)]
    while len(nodes) > 1:
        nodes = [keccak(nodes[i] + nodes[i + 1]) for i in range(0, len(nodes), 2)]
    return nodes[0]

def memory_root(roots, version):
    """The root over page roots by page index."""
    for height in range(7, depth := 8 * WORD[version] - 5):
        roots = {i >> 1: keccak(roots.get(i & ~1, ZERO[height]) + roots.get(i | 1, ZERO[height]))
                 for i in roots}
    return roots.get(0, ZERO[depth])

# ---- State versions (section 4)

def need(condition, message):
    if not condition:
        raise ValueError(message)

SINGLE = (0, 2)
WORD = [4, 4, 4, 8, 8, 4, 8, 8, 8]
THREAD = [0, 166, 0, 322, 318, 150, 298, 298, 298]

class Data:
    """Bytes that are read from start to end."""
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        need(len(self.data) - self.at >= count, f"truncated: {count} bytes expected at {self.at}")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def end(self):
        need(self.at == len(self.data), f"data follows the end at {self.at}")

def read_state(version, data):
    """Reads a state without its memory; returns a function from memory root to witness."""
    w = WORD[version]
    if version in SINGLE:
        fields = data.take(32 + 6 * w + 10 + 32 * w)
        need(fields[33 + 6 * w] < 2, "exited is neither 0 nor 1")
        data.take(data.number(4))  # the hint
        return lambda root: root + fields
    shared = data.take(32 + 4 * w + 20 + (w if version in (1, 3, 4) else 0))
    need(shared[34 + 4 * w] < 2 and shared[-1] < 2, "a boolean is neither 0 nor 1")
    next_id, stacks = data.take(w), b""
    for _ in range(2):
        root = keccak(bytes(64))
        for _ in range(data.number(w)):
            thread = data.take(THREAD[version])
            need(thread[w + 1] < 2, "exited of a thread is neither 0 nor 1")
            root = keccak(root + keccak(thread))
        stacks += root
    data.take(data.number(4))  # the hint
    return lambda root: root + shared + stacks + next_id

def claim_of(version, witness):
    at = 64 + 6 * WORD[version] if version in SINGLE else 65 + 4 * WORD[version]
    code, exited = witness[at], witness[at + 1]
    return bytes([min(code, 2) if exited == 1 else 3]) + keccak(witness)[1:]

def add_page(roots, version, index, page):
    need(index < 1 << 8 * WORD[version] - 12, f"page {index} is outside the address space")
    need(index not in roots, f"page {index} is there twice")
    roots[index] = page_root(page)

def finish(version, roots, data):
    witness = read_state(version, data)
    data.end()
    return claim_of(version, witness(memory_root(roots, version)))

# ---- .bin, pr7559, .json (sections 5 to 7)

def read_bin(data):
    data, roots = Data(data), {}
    version = data.number(1)
    need(version <= 8, f"unknown version: {version}")
    for _ in range(data.number(WORD[version])):
        add_page(roots, version, data.number(WORD[version]), data.take(4096))
    return finish(version, roots, data)

def read_pr7559(data):
    data, roots = Data(data), {}
    need(data.number(1) == 0, "unknown state encoding version")
    memory = Data(data.take(data.number(4)))
    need(memory.number(1) == 0, "unknown memory encoding version")
    while memory.at < len(memory.data):
        index, size = memory.number(4), memory.number(4)
        need(size <= 4096, "a page has more than 4096 bytes")
        add_page(roots, 0, index, memory.take(size).ljust(4096, b"\0"))
    return finish(0, roots, data)

def read_json(data):
    state, roots, stacks = json.loads(data), {}, []
    version = 1 if "leftThreadStack" in state else 0
    state.update(state.get("cpu", {}))
    for page in state["memory"]:
        text = "".join(page["data"].split())
        content = (bytes.fromhex(text) if len(text) == 8192
                   else zlib.decompress(base64.b64decode(text)))
        need(len(content) == 4096, "a page does not have 4096 bytes")
        add_page(roots, version, page["index"], content)
    def fields(values, names, sizes):
        numbers = [values.get(name, 0) for name in names.split()]
        return b"".join(n.to_bytes(int(size), "big") for n, size in zip(numbers, sizes))
    def registers(values):
        return struct.pack(">32I", *(values.get("registers", []) + [0] * 32)[:32])
    out = bytes.fromhex(state.get("preimageKey", "0x" + "00" * 32)[2:])
    if version == 0:
        out += fields(state, "preimageOffset pc nextPC lo hi heap exit exited step", "444444118")
        out += registers(state)
    else:
        out += fields(state, "preimageOffset heap", "44") + bytes(9)
        out += fields(state, "exit exited step stepsSinceLastContextSwitch wakeup traverseRight"
                      " nextThreadId", "1188414")
        stacks = [state.get("leftThreadStack") or [], state.get("rightThreadStack") or []]
    for threads in stacks:
        out += len(threads).to_bytes(4, "big")
        for t in threads:
            out += fields(t, "threadId exit exited futexAddr futexVal futexTimeoutStep", "411448")
            out += fields(t.get("cpu", {}), "pc nextPC lo hi", "4444") + registers(t)
    hint = bytes.fromhex(state.get("lastHint", "0x")[2:])
    return finish(version, roots, Data(out + len(hint).to_bytes(4, "big") + hint))

# ---- .fsnap (section 8)

MAGIC = b"\x89FSNAP\r\n"

def unpack(frame, size):
    """The content of one zstd frame."""
    try:
        import zstandard
        return zstandard.ZstdDecompressor().decompress(frame, size, allow_extra_data=False)
    except ImportError:  # the C library does as well, if it is installed
        library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
        content = ctypes.create_string_buffer(size)
        count = library.ZSTD_decompress(content, size, frame, len(frame))
        return content.raw[:count]

class Fsnap:
    """Reads a file and its bases, and checks all that the specification asks for."""
    def __init__(self, data, path, base=None, below=65):
        self.data, self.revision = data, _ = Data(data), None
        self.claim = data.take(32)
        need(data.take(8) == MAGIC and data.number(1) == 1, "unknown format version")
        version, step, size = data.number(1), data.take(8), data.number(2)
        need((version, size) in enumerate([226, 172, 226, 196, 196, 168, 188, 188, 188]), "version")
        witness, self.depth, per_block = data.take(size), data.number(1), data.number(2)
        pages, stored, digest, trailer = struct.unpack(">QQ32sQ", data.take(56))
        need(data.number(4) == zlib.crc32(data.data[:data.at - 4]), "header checksum")
        self.seed = data.data[data.at - 4:data.at]
        blocks = -(-stored // max(per_block, 1))
        need(claim_of(version, witness) == self.claim, "the claim is not the witness's")
        at = 90 if version in SINGLE else 67 + 4 * WORD[version]
        need(step == witness[at:at + 8], "the step is not the witness's")
        need(self.depth < below and 1 <= per_block <= 128, "depth or pages per block")
        need(trailer == 17 + 8 * blocks and (stored == pages or self.depth), "counts")
        roots, gone, offsets = {}, [], b""
        if self.depth:
            name = self.section(b"BASE")
            need(len(name) % 8 == 1 and len(name) > 64 and name[32] == version, "the base's name")
            gone = [index for (index,) in struct.iter_unpack(">Q", name[65:])]
            roots = self.find_base(name, path, base)
        need(gone == sorted(roots.keys() & gone), "removed pages")
        state = Data(self.section(b"STAT"))
        need(read_state(version, state)(witness[:32]) == witness, "the state is not the witness's")
        state.end()
        own = list(struct.iter_unpack(">Q32s", self.section(b"PAGE")))
        need(len(own) == stored and own == sorted(dict(own).items()), "page table")
        need(not own or own[-1][0] < 1 << 8 * WORD[version] - 12, "page out of range")
        need(not dict(own).keys() & gone, "a removed page is there")
        self.roots = roots = {i: r for i, r in [*roots.items(), *own] if i not in gone}
        need(len(roots) == pages, "page count")
        listed = b"".join(i.to_bytes(8, "big") + roots[i] for i in sorted(roots))
        need(keccak(listed) == digest, "page table digest")
        need(memory_root(roots, version) == witness[:32], "memory root")
        for number in range(blocks):
            content = self.section(b"BLCK")
            offsets += self.offset
            entries = own[number * per_block:][:per_block]
            need(content[:4] == number.to_bytes(4, "big"), "block number")
            block = unpack(content[4:], 4096 * len(entries))
            need(len(block) == 4096 * len(entries), "block size")
            for i, (index, root) in enumerate(entries):
                need(page_root(block[4096 * i:][:4096]) == root, f"page {index}")
        need(self.section(b"INDX") == offsets, "trailer")
        data.end()

    def section(self, kind):
        """The content of the next section of this kind; unknown optional ones are skipped."""
        while True:
            self.offset = self.data.at.to_bytes(8, "big")
            head = self.data.take(13)
            content = self.data.take(int.from_bytes(head[5:], "big"))
            sum = zlib.crc32(self.seed + self.offset + head + content)
            need(self.data.number(4) == sum, f"checksum of section {head[:4]}")
            if head[:5] == kind + b"\1":
                return content
            known = head[:4] in (b"BASE", b"STAT", b"PAGE", b"BLCK", b"INDX")
            need(not known and head[4] == 0, f"section {head[:4]} found, but {kind} was expected")
            if head[:4] == b"REVN":
                need(self.revision is None, "a second section REVN")
                need(0 < len(content) <= 64 and all(0x21 <= b <= 0x7e for b in content), "REVN")
                self.revision = content.decode()

    def find_base(self, name, path, base):
        folder = os.path.dirname(os.path.abspath(path))
        beside = sorted(f for f in os.listdir(folder) if f.endswith(".fsnap"))
        for file in [base] if base else [os.path.join(folder, f) for f in beside]:
            data = open(file, "rb").read()
            at = 52 + int.from_bytes(data[50:52], "big")  # behind the witness
            found = data[:32] + data[41:42] + data[at + 19:at + 51]
            if found == name[:65] and data[at] < self.depth:
                return Fsnap(data, file, None, self.depth).roots
        need(False, "the base is not there")

# ---- Telling formats apart (section 9)

def claim(path, given=None, base=None):
    data = sys.stdin.buffer.read() if path == "-" else open(path, "rb").read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if given == "fsnap" or not given and data[32:40] == MAGIC:
        return Fsnap(data, path, base).claim
    if given == "json" or not given and data[:1024].lstrip()[:1] == b"{":
        return read_json(data)
    if given or data[:1] != b"\0":
        return (read_pr7559 if given == "pr7559" else read_bin)(data)
    try:
        found = read_pr7559(data)
    except ValueError:
        return read_bin(data)
    try:
        read_bin(data)
    except ValueError:
        return found
    raise ValueError("fits both bin and pr7559: say which with --from")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Prints the claim of a snapshot.")
    parser.add_argument("file", help="the snapshot; - is standard input")
    parser.add_argument("--from", dest="given", choices=["bin", "json", "pr7559", "fsnap"])
    parser.add_argument("--base", help="the .fsnap file that a delta is based on")
    options = parser.parse_args()
    try:
        print("0x" + claim(options.file, options.given, options.base).hex())
    except (ArithmeticError, EOFError, LookupError, OSError, ValueError, struct.error,
            zlib.error) as problem:
        sys.exit(f"{options.file}: {problem}")
