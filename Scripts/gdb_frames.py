#!/usr/bin/env python3
"""Compares tracebacks with gdb's: gdb_frames.py FALCONET WORK ELF STEPS COUNT [OPTION...]

Runs a program of state version 8, of at most STEPS steps, to COUNT random ones. Of each state it makes a
core file, and compares the frames that `run --debug --elf` prints with those that gdb-multiarch finds. Of
functions that share an address, each may name another one. OPTIONS are those of `run` for pre-images.
"""
import os, random, re, struct, subprocess, sys

falconet, work, elf, steps, count, *options = sys.argv[1:]
steps, count = int(steps), int(count)
os.makedirs(work, exist_ok=True)


def run(*arguments):
    done = subprocess.run([falconet, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{arguments}: {done.stderr}")
    return done.stdout


def core(path, out):
    """Writes the state of a snapshot (.bin, version 8) as a core file of Linux for MIPS (n64)."""
    with open(path, "rb") as file:
        data = file.read()
    (pages,) = struct.unpack_from(">Q", data, 1)
    memory = {}
    for index in range(pages):
        place = 9 + index * 4104
        memory[struct.unpack_from(">Q", data, place)[0]] = data[place + 8:place + 4104]
    # Key, offset, heap, reservation, exit, steps, side, next id; then the left stack, with one thread.
    thread = 9 + pages * 4104 + 32 + 8 + 8 + 1 + 8 + 8 + 1 + 1 + 8 + 8 + 1 + 8 + 8
    # The only thread may be on the other stack.
    if struct.unpack_from(">Q", data, thread - 8)[0] == 0:
        thread += 8
    # Thread: id, exit code, exited, pc, next pc, lo, hi, registers.
    thread += 8 + 1 + 1
    pc, _, low, high, *registers = struct.unpack_from(">36Q", data, thread)
    status = bytearray(480)
    struct.pack_into(">38Q", status, 112, *registers, low, high, pc, 0, 0, 0)
    note = struct.pack(">III", 5, len(status), 1) + b"CORE\0\0\0\0" + status
    addresses = sorted(memory)
    headers = 64 + 56 * (len(addresses) + 1)
    body = (headers + len(note) + 4095) & ~4095
    with open(out, "wb") as file:
        file.write(b"\x7fELF\x02\x02\x01" + bytes(9) + struct.pack(
            ">HHIQQQIHHHHHH", 4, 8, 1, 0, 64, 0, 0x60000000, 64, 56, len(addresses) + 1, 0, 0, 0))
        file.write(struct.pack(">IIQQQQQQ", 4, 0, headers, 0, 0, len(note), 0, 4))
        for index, page in enumerate(addresses):
            file.write(struct.pack(">IIQQQQQQ", 1, 7, body + 4096 * index, page << 12, 0, 4096, 4096, 4096))
        file.write(note + bytes(body - headers - len(note)))
        for page in addresses:
            file.write(memory[page])


def frames_here(step):
    text = run("run", "--input", f"{work}/{step}.bin", "--elf", elf, "--stop-at", f"={step}", "--output", "",
               "--debug", "--info-at", "never", *options)
    if "[guess]" in text or "not found" in text:
        return [(text, "")]
    return re.findall(r"^#\d+ (.*)\n\t.*pc=(0x[0-9a-f]+)$", text, re.M)


def agree(ours, theirs):
    return [pc for _, pc in ours] == [pc for _, pc in theirs]


def alike(our, their):
    """Names of gdb are without parameters, and with Rust's hashes."""
    return re.sub("::h[0-9a-f]{16}$", "", their) in our


def frames_of_gdb(chosen):
    """One gdb for all of them. Without lines, it shows no inlined calls, which are no frames."""
    subprocess.run(["llvm-objcopy", "--remove-section=.debug_info", "--remove-section=.debug_line",
                    elf, f"{work}/program.elf"], check=True)
    lines = ["set pagination off", "set osabi GNU/Linux", "set backtrace past-main on",
             "set print frame-arguments none", "set print asm-demangle on", f"file {work}/program.elf"]
    for step in chosen:
        lines += [f"core-file {work}/{step}.core", f"echo \\n@@{step}\\n", "printf \"pc 0x%lx\\n\", $pc",
                  "bt 256", "echo \\n@@-1\\n"]
    with open(f"{work}/commands", "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    done = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-x", f"{work}/commands"],
                          capture_output=True, text=True)
    found = {}
    for part in done.stdout.split("\n@@")[1:]:
        step, rest = part.split("\n", 1)
        if step == "-1":
            continue  # loading the next file shows a frame
        pc = re.search(r"^pc (0x[0-9a-f]+)", rest, re.M)[1]
        frames = []
        for line in re.findall(r"^#\d+ .*$", rest, re.M):
            match = re.match(r"#\d+\s+(?:(0x[0-9a-f]+) in )?(.+?) ?\(", line)
            frames.append((match[2], hex(int(match[1] or pc, 16))))
        found[int(step)] = frames
    return found, done.stderr


seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
chosen = sorted(random.Random(seed).sample(range(steps), min(count, steps)))
run("load-elf", "--type", "8", "--path", elf, "--out", f"{work}/start.bin", "--meta", "")
before = "start"
for step in chosen:
    run("run", "--input", f"{work}/{before}.bin", "--meta", "", "--info-at", "never", "--stop-at", f"={step}",
        "--output", f"{work}/{step}.bin", *options)
    before = step
    core(f"{work}/{step}.bin", f"{work}/{step}.core")
theirs, errors = frames_of_gdb(chosen)
same = total = named = 0
shown = 0
for step in chosen:
    ours = frames_here(step)
    if agree(ours, theirs.get(step, [])):
        same += 1
        total += len(ours)
        named += sum(alike(our, their) for (our, _), (their, _) in zip(ours, theirs[step]))
    elif shown < 3:
        shown += 1
        print(f"step {step}:\n  here {ours}\n  gdb  {theirs.get(step)}")
    os.remove(f"{work}/{step}.bin")
    os.remove(f"{work}/{step}.core")
print(f"{os.path.basename(elf)}: {same} of {len(chosen)} stacks are gdb's, {total} frames, {named} with its names; seed {seed}")
if same != len(chosen):
    sys.exit(errors[-2000:] + "1")
