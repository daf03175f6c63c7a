#!/usr/bin/env python3
"""Runs the steps of Containerfile in change roots, for where no container engine is.

    containerfile.py ROOTS [STAGE=FOLDER...]

ROOTS, a directory, gets a change root for each stage, by debootstrap, which is used again the next time. The image
swift:… is Debian with the toolchain on this machine. A STAGE that is named is not run: COPY --from=STAGE takes
/release from FOLDER instead. At the end the entry point runs, with its arguments and as `falconet demo`. Needs root.

What is understood is what Containerfile uses: FROM, WORKDIR, COPY, RUN, USER, ENTRYPOINT, CMD.
"""

import glob
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
# What the images swift:… have beside the toolchain.
SWIFT_NEEDS = "binutils ca-certificates git gcc libc6-dev libcurl4 libedit2 libncurses6 libpython3.11 libsqlite3-0" \
    " libstdc++-12-dev libxml2 pkg-config tzdata zlib1g-dev"


class Stage:
    def __init__(self, image: str, folder: pathlib.Path):
        self.root, self.work, self.user, self.entry, self.arguments = folder, "/", "root", [], []
        self.swift = image.startswith("swift:")
        suite = re.search(r"bookworm|bullseye|trixie", image)
        if suite is None:
            raise SystemExit(f"containerfile.py: {image} names no release of Debian")
        if not (folder / "etc" / "debian_version").exists():
            folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(["debootstrap", "--variant=minbase", suite[0], str(folder),
                            "http://deb.debian.org/debian"], check=True, stdout=subprocess.DEVNULL)
        shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")
        if self.swift:
            self.run(["sh", "-c", f"apt-get update -qq && apt-get install -qq -y --no-install-recommends {SWIFT_NEEDS}"])

    def inside(self, path: str) -> pathlib.Path:
        return self.root / os.path.join(self.work, path).lstrip("/")

    def run(self, command: list[str]) -> str:
        """Runs a command in the root, with a mount namespace of its own. Returns what it printed."""
        mounts = ['mount -t proc proc "$0/proc"', 'mount --rbind /dev "$0/dev"']
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        if self.swift:
            toolchain = str(pathlib.Path(shutil.which("swift") or "/usr/bin/swift").resolve().parent.parent.parent)
            mounts += [f'mkdir -p "$0{toolchain}"', f'mount --bind {toolchain} "$0{toolchain}"']
            path = f"{toolchain}/usr/bin:{path}"
        inner = f"cd {shlex.quote(self.work)} && exec {shlex.join(command)}"
        if self.user != "root":
            inner = f"exec setpriv --reuid={self.user} --regid={self.user} --init-groups sh -c {shlex.quote(inner)}"
        script = " && ".join(mounts) + ' && exec chroot "$0" /usr/bin/env -i' \
            f' PATH={path} HOME=/root DEBIAN_FRONTEND=noninteractive sh -c {shlex.quote(inner)}'
        result = subprocess.run(["unshare", "--mount", "sh", "-c", script, str(self.root)],
                                capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if result.returncode != 0:
            raise SystemExit(f"containerfile.py: {shlex.join(command)}: exit code {result.returncode}\n"
                             f"{result.stdout[-4000:]}{result.stderr[-4000:]}")
        return result.stdout


def instructions(text: str) -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines()) if word]


def copy_context(target: pathlib.Path) -> None:
    """The repository as an engine would see it, without what .containerignore names."""
    ignored = (SOURCE / ".containerignore").read_text(encoding="utf-8").split()
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SOURCE, target, symlinks=True,
                    ignore=lambda folder, names: shutil.ignore_patterns(*ignored)(folder, names)
                    if pathlib.Path(folder) == SOURCE else [])


def copy_from(pattern: str, given: pathlib.Path, target: pathlib.Path) -> None:
    found = glob.glob(str(given / pattern.removeprefix("/release/")))
    if not found:
        raise SystemExit(f"containerfile.py: nothing matches {pattern}")
    target.mkdir(parents=True, exist_ok=True)
    for name in found:
        shutil.copy(name, target)


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    roots = pathlib.Path(sys.argv[1]).resolve()
    given = {name: pathlib.Path(folder) for name, folder in (item.split("=", 1) for item in sys.argv[2:])}
    stage, skipped = None, False
    for word, rest in instructions((SOURCE / "Containerfile").read_text(encoding="utf-8")):
        if word == "FROM":
            image, _, name = rest.partition(" AS ")
            skipped = name in given
            if not skipped:
                stage = Stage(image, roots / (name or "final"))
                if name:
                    given[name] = stage.root / "release"
        elif skipped:
            continue
        elif stage is None:
            raise SystemExit("containerfile.py: no FROM before the first step")
        elif word == "WORKDIR":
            stage.work = rest
            stage.inside(".").mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            words = shlex.split(rest)
            if words[0].startswith("--from="):
                copy_from(words[1], given[words[0].removeprefix("--from=")], stage.inside(words[2]))
            elif words == [".", "."]:
                copy_context(stage.inside("."))
            else:
                raise SystemExit(f"containerfile.py: COPY {rest} is not understood")
        elif word == "RUN":
            stage.run(["sh", "-c", rest])
        elif word == "USER":
            stage.user = rest
        elif word == "ENTRYPOINT":
            stage.entry = json.loads(rest)
        elif word == "CMD":
            stage.arguments = json.loads(rest)
        else:
            raise SystemExit(f"containerfile.py: {word} is not understood")
        if word in ("RUN", "COPY"):
            print(f"  {word} {rest}", flush=True)
    if stage is None or "USAGE" not in stage.run(stage.entry + stage.arguments):
        raise SystemExit("containerfile.py: the image does not print its help")
    if "last claim" not in stage.run(stage.entry + ["demo"]):
        raise SystemExit("containerfile.py: the demo does not end in the image")
    print(f"  ENTRYPOINT {stage.entry}, as {stage.user}: help and demo")


if __name__ == "__main__":
    main()
