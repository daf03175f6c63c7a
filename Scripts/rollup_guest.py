#!/usr/bin/env python3
"""Checks runs of the guest rollup: rollup_guest.py FALCONET DIR [--record]

DIR       what Tests/Guests/rollup/build made
--record  executes the guest by the plain step, and writes Tests/Guests/rollup/vectors.json

Exit code, output, hints and keys must be the same natively, in qemu-mips64 and in the VM, in state versions 7 and 8,
by the translator and the portable engine. Claims must be those of vectors.json: at eight steps, after each, and the
last one.
"""
import hashlib, json, os, subprocess, sys, tempfile

import qemu_guest

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Guests", "rollup", "vectors.json")
VERSIONS = ("7", "8")
ENGINES = ("translator", "portable")


def expect(found, expected, what):
    if found != expected:
        sys.exit(f"rollup: {what}: {found!r} instead of {expected!r}")
    print(f"ok   {what}", flush=True)


def command(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


class Runs:
    """Runs of the guest in the VM, without a server."""

    def __init__(self, falconet, directory, work):
        self.falconet, self.work = falconet, work
        self.elf, self.preimages = f"{directory}/64/rollup.elf", f"{directory}/rollup-preimages"

    def load(self, version):
        path = f"{self.work}/start.bin"
        command(self.falconet, "load-elf", "--type", version, "--path", self.elf, "--out", path, "--meta", "")
        return path

    def run(self, start, engine, *more):
        command(self.falconet, "run", "--input", start, "--meta", "", "--preimages", self.preimages, "--info-at", "never",
                "--engine", engine, *more)

    def witness(self, path):
        return json.loads(command(self.falconet, "witness", "--input", path))

    def record(self, version, steps):
        """The vector of a version, by the plain step. The translator has found out how many steps there are."""
        before = self.load(version)
        first, points = self.witness(before)["witnessHash"], []
        for part in range(1, 9):
            step, at, after = steps * part // 9, f"{self.work}/at{part % 2}.bin", f"{self.work}/after.bin"
            self.run(before, "step", "--stop-at", f"={step}", "--output", at)
            self.run(at, "step", "--stop-at", f"={step + 1}", "--output", after)
            points.append([step, self.witness(at)["witnessHash"], self.witness(after)["witnessHash"]])
            before = at
        self.run(before, "step", "--output", f"{self.work}/end.bin")
        end = self.witness(f"{self.work}/end.bin")
        return {"prestateHash": first, "steps": end["step"], "exitCode": end["exitCode"], "finalHash": end["witnessHash"],
                "finalWitness": end["witness"], "checkpoints": points}

    def check(self, version, engine, vector):
        start, end = self.load(version), f"{self.work}/end.bin"
        what = f"version {version}, {engine}"
        expect(self.witness(start)["witnessHash"], vector["prestateHash"], f"{what}: first claim")
        at = ",".join(f"={step}" for step, _, _ in vector["checkpoints"])
        self.run(start, engine, "--output", end, "--proof-at", at, "--proof-fmt", f"{self.work}/%d.json")
        for step, before, after in vector["checkpoints"]:
            with open(f"{self.work}/{step}.json", encoding="utf-8") as file:
                proof = json.load(file)
            expect([proof["pre"], proof["post"]], [before, after], f"{what}: claims at step {step}")
        state = self.witness(end)
        for name, key in (("step", "steps"), ("exitCode", "exitCode"), ("witnessHash", "finalHash"), ("witness", "finalWitness")):
            expect(state[name], vector[key], f"{what}: {key}")


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--record"]):
        sys.exit(__doc__)
    falconet, directory = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as work:
        runs = Runs(falconet, directory, work)
        with open(runs.elf, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        native = qemu_guest.on_host([f"{directory}/native/rollup"], [runs.preimages])
        expect(native[0], 0, "native: exit code")
        expect(qemu_guest.in_qemu(runs.elf, [runs.preimages]), native, "qemu-mips64: as native")
        if sys.argv[3:]:
            vectors = {"elf": digest, "stdout": native[1], "stderr": native[2], "versions": {}}
            for version in VERSIONS:
                found, steps = qemu_guest.in_vm(falconet, runs.elf, [runs.preimages], "translator", version)
                expect(found, native, f"version {version}: as native")
                vectors["versions"][version] = runs.record(version, steps)
            with open(VECTORS, "w", encoding="utf-8") as file:
                file.write(json.dumps(vectors, indent=1) + "\n")
            return
        with open(VECTORS, encoding="utf-8") as file:
            vectors = json.load(file)
        expect(digest, vectors["elf"], "SHA2-256 of rollup.elf")
        expect([native[1], native[2]], [vectors["stdout"], vectors["stderr"]], "native: output")
        for version in VERSIONS:
            for engine in ENGINES:
                found, steps = qemu_guest.in_vm(falconet, runs.elf, [runs.preimages], engine, version)
                expect(found, native, f"version {version}, {engine}: as native")
                expect(steps, vectors["versions"][version]["steps"], f"version {version}, {engine}: steps")
                runs.check(version, engine, vectors["versions"][version])


if __name__ == "__main__":
    main()
