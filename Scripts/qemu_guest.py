#!/usr/bin/env python3
"""Compares a guest's run in the VM with one in qemu: qemu_guest.py FALCONET ELF LINUX_ELF DIR...

ELF        the guest
LINUX_ELF  the same guest with an mmap that Linux takes (Tests/Guests/build CLANG DIR linux)
DIR        directories with pre-images in the layout `file`; of a key that several have, the last counts

qemu-mips64 is another implementation of the processor. Exit code, output, hints and keys, in their order, must
be the same in qemu and in the VM, in each 64-bit state version and each engine.
"""
import json, os, re, select, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Servers"))
from channels import read, write  # noqa: E402


def preimage(directories, key):
    for directory in reversed(directories):
        path = os.path.join(directory, "0x" + key.hex() + ".txt")
        if os.path.exists(path):
            with open(path, encoding="ascii") as file:
                return bytes.fromhex(file.read())
    raise SystemExit("no pre-image of 0x" + key.hex())


def serve(hints, acknowledgements, keys, answers, directories, log):
    """Serves until the guest closes its ends. The log gets a line for each hint and each key."""
    waiting = [hints, keys]
    while waiting:
        for descriptor in select.select(waiting, [], [])[0]:
            head = read(descriptor, 4 if descriptor == hints else 32)
            if head is None:
                waiting.remove(descriptor)
            elif descriptor == hints:
                log.append("hint " + read(hints, int.from_bytes(head, "big")).decode())
                write(acknowledgements, b"\0")
            else:
                log.append("key 0x" + head.hex())
                data = preimage(directories, head)
                write(answers, len(data).to_bytes(8, "big") + data)


def in_qemu(elf, directories):
    """What the guest does in qemu-mips64."""
    return on_host(["qemu-mips64", elf], directories)


def on_host(command, directories):
    """Exit code, standard output and error, and the log of a command that gets its pre-images as a guest does."""
    pipes = [os.pipe() for _ in range(4)]
    (ack_out, ack_in), (hint_out, hint_in), (answer_out, answer_in), (key_out, key_in) = pipes
    guest = [ack_out, hint_in, answer_out, key_in]

    def connect():
        # Out of the way first: a descriptor may be where another is to go.
        moved = [os.dup2(descriptor, 100 + index) for index, descriptor in enumerate(guest)]
        for index, descriptor in enumerate(moved):
            os.dup2(descriptor, 3 + index, inheritable=True)

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(
            command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, preexec_fn=connect,
            pass_fds=(3, 4, 5, 6))
        for descriptor in guest:
            os.close(descriptor)
        log = []
        serve(hint_out, ack_in, key_out, answer_in, directories, log)
        code = child.wait()
        for descriptor in (ack_in, hint_out, answer_in, key_out):
            os.close(descriptor)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return code, *texts, log


def text_of(log, stream):
    parts = re.findall(rf'stream={stream} text=("(?:[^"\\]|\\.)*"|\S+)', log)
    return "".join(json.loads(part) if part.startswith('"') else part for part in parts)


def in_vm(falconet, elf, directories, engine, version):
    with tempfile.TemporaryDirectory() as work:
        start, end, asked = (os.path.join(work, name) for name in ("start.bin", "end.bin", "asked"))
        subprocess.run(
            [falconet, "load-elf", "--type", version, "--path", elf, "--out", start, "--meta", ""], check=True,
            capture_output=True)
        done = subprocess.run(
            [falconet, "run", "--input", start, "--output", end, "--meta", "", "--info-at", "never", "--engine",
             engine, "--", sys.executable, os.path.abspath(__file__), "--serve", asked, *directories],
            capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        witness = subprocess.run(
            [falconet, "witness", "--input", end], check=True, capture_output=True, text=True)
        state = json.loads(witness.stdout)
        with open(asked, encoding="utf-8") as file:
            log = file.read().split("\n")[:-1]
        output = done.stdout + done.stderr
        return (state["exitCode"], text_of(output, "stdout"), text_of(output, "stderr"), log), state["step"]


def main():
    if sys.argv[1] == "--serve":
        log = []
        serve(3, 4, 5, 6, sys.argv[3:], log)
        with open(sys.argv[2], "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in log)
        return
    falconet, elf, linux_elf, *directories = sys.argv[1:]
    expected = in_qemu(linux_elf, directories)
    for version in ("3", "4", "6", "7", "8"):
        for engine in ("translator", "portable", "step"):
            found, steps = in_vm(falconet, elf, directories, engine, version)
            for what, ours, theirs in zip(("exit code", "output", "errors", "hints and keys"), found, expected):
                if ours != theirs:
                    sys.exit(f"version {version}, {engine}: {what}: {ours!r}, in qemu {theirs!r}")
    hints = sum(line.startswith("hint ") for line in expected[3])
    print(
        f"{os.path.basename(elf)}, {os.path.basename(directories[-1])}: in qemu as in 5 versions and 3 engines:"
        f" exit code {expected[0]}, {hints} hints and {len(expected[3]) - hints} keys in the same order, output"
        f" {(expected[1] + expected[2]).strip()!r}; {steps} steps in version 8", flush=True)


if __name__ == "__main__":
    main()
