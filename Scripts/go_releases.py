#!/usr/bin/env python3
"""Runs guests of several releases of Go in every state version, and prints what becomes of each:

    go_releases.py FALCONET GO [--guests DIR] [--versions LIST] [--releases LIST]

GO        a directory for each release, with go/bin/go in it
--guests  keeps the guests that are built, and takes those that are there

A guest is `hello` (fmt.Println), `pages` (memory that is given back and used again) or `deep` (a panic, for
its traceback). Go 1.25 and later build each with and without the settings that docs/programs.md recommends.
Each runs in every engine, and `check` besides: steps, exit codes and last claims must be equal, or the errors.

Exits with 1 if engines differ, if a guest that `check-elf` passes does not run, if `check-elf` does not name
what a guest lacks or that it gives pages back, if the settings do not help, or if the traceback of a stripped
program is not the one of the program with symbols.
"""

import argparse, json, os, re, subprocess, sys, tempfile

SOURCES = {
    "hello": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n',
    "pages": """package main

import (
	"os"
	"runtime/debug"
)

var sink [][]byte

func main() {
	for i := 0; i < 8; i++ {
		b := make([]byte, 1<<17)
		for j := range b {
			b[j] = 0xAA
		}
		sink = append(sink, b)
	}
	sink = nil
	debug.FreeOSMemory()
	for i := 0; i < 4; i++ {
		b := make([]byte, 1<<17)
		for _, x := range b {
			if x != 0 {
				println("old bytes")
				os.Exit(1)
			}
		}
		sink = append(sink, b)
	}
}
""",
    "deep": """package main

import "os"

//go:noinline
func deep(n int) int {
	if n == 0 {
		panic("deep")
	}
	return deep(n-1) + n
}

func main() { os.Exit(deep(5)) }
""",
}
SETTINGS = "-X runtime.godebugDefault=decoratemappings=0,madvdontneed=0"
# The state versions of each architecture, in the order of their releases.
VERSIONS = {"mips": [0, 2, 1, 5], "mips64": [3, 4, 6, 7, 8]}
# Of these, `load-elf` switches the collector off, and a program that asks for it waits for ever.
WITHOUT_COLLECTOR = [0, 2]
ENGINES = ["translator", "portable", "step", "check"]
# More than any of the guests needs.
STOP_AT = "=2000000000"


def build(go, release, architecture, kind, flags, suffix, guests):
    path = os.path.join(guests, "-".join([kind, release, architecture] + suffix) + ".elf")
    if os.path.exists(path):
        return path
    environment = dict(
        os.environ, GOROOT=go, GOTOOLCHAIN="local", GOFLAGS="-mod=mod", CGO_ENABLED="0", GOOS="linux",
        GOARCH=architecture, GOMIPS="softfloat", GOMIPS64="softfloat")
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "go.mod"), "w", encoding="ascii") as file:
            file.write("module guest\n\ngo %s\n" % ".".join(release.split(".")[:2]))
        with open(os.path.join(directory, "main.go"), "w", encoding="ascii") as file:
            file.write(SOURCES[kind])
        subprocess.run(
            [go + "/bin/go", "build", "-trimpath", "-ldflags", flags, "-o", path, "."],
            cwd=directory, env=environment, check=True)
    return path


def reason_for(result, version):
    """What check-elf has to name for a guest that does not run."""
    if result.startswith("lacks "):
        return result.split()[1]
    if result == "old bytes":
        return "takes pages"
    return "F_GETFD" if version == 0 else "runtime.init.5"


class Guests:
    def __init__(self, falconet, directory):
        self.falconet = falconet
        self.state = os.path.join(directory, "state.bin")
        self.end = os.path.join(directory, "end.bin")

    def command(self, *arguments):
        return subprocess.run([self.falconet, *arguments], capture_output=True, text=True, check=False)

    def load(self, path, version):
        done = self.command(
            "load-elf", "--type", str(version), "--path", path, "--out", self.state, "--meta", "")
        return done.returncode == 0

    def run(self, engine):
        """A run's result in words, the same for engines that agree: the result, the steps, and the claim."""
        done = self.command(
            "run", "--input", self.state, "--output", self.end, "--meta", "", "--engine", engine,
            "--info-at", "never", "--stop-at", STOP_AT)
        log = done.stdout + done.stderr
        lacks = re.search(r"unrecognized (?:system call|syscall)[^0-9]*(\d+).*, at step (\d+), pc", log)
        if lacks:
            return "lacks " + lacks[1], int(lacks[2]), ""
        stopped = re.search(r"the program stopped the VM: .*, at step (\d+), pc", log)
        if stopped:
            return "stops", int(stopped[1]), ""
        if done.returncode:
            return "no: " + (log.strip().split("\n") or [""])[-1][:120], 0, ""
        end = json.loads(self.command("witness", "--input", self.end).stdout)
        if not end["exited"]:
            result = "no end"
        elif end["exitCode"] == 1:
            result = "old bytes"
        else:
            result = "runs" if end["exitCode"] == 0 else "exit code %d" % end["exitCode"]
        return result, end["step"], end["witnessHash"]

    def traceback(self, elf):
        """The calls that are not inlined: without symbols, those are not told, and lines are theirs."""
        done = self.command(
            "run", "--input", self.state, "--output", "", "--elf", elf, "--debug", "--info-at", "never")
        return re.findall(r"^#\d+ (.*)(?<!\[inlined\])\n\t.* pc=(0x[0-9a-f]+)$", done.stdout, re.M)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("falconet")
    parser.add_argument("go")
    parser.add_argument("--guests")
    parser.add_argument("--versions", default="0,2,1,5,3,4,6,7,8")
    parser.add_argument("--releases", default="")
    options = parser.parse_args()
    chosen = [int(version) for version in options.versions.split(",")]
    releases = sorted(
        options.releases.split(",") if options.releases else os.listdir(options.go),
        key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    problems, runs = [], 0

    def expect(holds, what):
        if not holds:
            problems.append(what)
            print("FAIL " + what, flush=True)
        return holds

    with tempfile.TemporaryDirectory() as directory:
        guests = Guests(os.path.abspath(options.falconet), directory)
        folder = os.path.abspath(options.guests or directory)
        print("| Go | guest | " + " | ".join("version %d" % version for version in chosen) + " |")
        print("| --- |" + " --- |" * (len(chosen) + 1), flush=True)
        for release in releases:
            go = os.path.join(os.path.abspath(options.go), release, "go")
            number = [int(part) for part in re.findall(r"\d+", release)]
            settings = [("", []), (SETTINGS, ["set"])] if number >= [1, 25] else [("", [])]
            for kind in ("hello", "pages"):
                for flags, suffix in settings:
                    cells = {}
                    for architecture, versions in VERSIONS.items():
                        for version in filter(chosen.__contains__, versions):
                            if kind == "pages" and version in WITHOUT_COLLECTOR:
                                continue
                            path = build(go, release, architecture, kind, flags, suffix, folder)
                            name = f"{os.path.basename(path)}, version {version}: "
                            check = guests.command("check-elf", "--type", str(version), path)
                            if not expect(guests.load(path, version), name + "does not load"):
                                continue
                            found = [guests.run(engine) for engine in ENGINES]
                            runs += len(found)
                            result, steps, _ = found[0]
                            same = all(other == found[0] for other in found)
                            expect(same, f"{name}engines differ: {dict(zip(ENGINES, found))}")
                            said = check.stdout + check.stderr
                            # A guest that runs may hold code, not executed here, that a version lacks.
                            if result != "runs":
                                expect(check.returncode == 1, name + result + ", and check-elf passes it")
                                reason = reason_for(result, version)
                                expect(reason in said, f"{name}{result}, and check-elf says: {said}")
                            if flags and architecture == "mips64":
                                expect(result == "runs", name + "settings: " + result)
                            if flags and version in (7, 8):
                                expect(check.returncode == 0, name + "settings, and check-elf says: " + said)
                            cells[version] = f"{result}, {steps:,}"
                    title = kind + (", settings" if flags else "")
                    print(
                        f"| {release} | {title} | " + " | ".join(cells.get(v, "") for v in chosen) + " |",
                        flush=True)
            # Tracebacks without symbols, in the newest version of each word size.
            for architecture, version in (("mips", 5), ("mips64", 8)):
                if version not in chosen or (architecture == "mips" and number >= [1, 26]):
                    continue
                flags, suffix = settings[-1]
                whole = build(go, release, architecture, "deep", flags, suffix, folder)
                bare = build(go, release, architecture, "deep", flags + " -s -w", suffix + ["bare"], folder)
                guests.load(whole, version)
                with_symbols, without = guests.traceback(whole), guests.traceback(bare)
                name = f"deep of Go {release}, version {version}: "
                names = [function for function, _ in with_symbols]
                expect(names.count("main.deep") == 6 and "main.main" in names, name + f"the calls are {names}")
                expect(
                    without == with_symbols,
                    f"{name}without symbols the calls are {without}, with them {with_symbols}")
    print(f"{runs} runs of {len(releases)} releases, in {', '.join(ENGINES)}; {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
