#!/usr/bin/env bash
# Builds Tests/Fixtures/guests.tar.zst: guests of compilers other than Go's, their pre-images, and what
# their runs were when the archive was made:
#
#   guest-fixtures.sh FALCONET CLANG [RUST_ELF]
#
# FALCONET  the program whose plain step executes the guests
# CLANG     Swift's clang, for Tests/Guests/build
# RUST_ELF  the guest that `long-tests rust` builds; by default that of the archive as it is
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 64; }
falconet=$(realpath "$1") clang=$2 rust=${3:-}
if [ -n "$rust" ]; then rust=$(realpath "$rust"); fi
cd "$(dirname "$0")/.."
out=$PWD/Tests/Fixtures/guests.tar.zst
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

mkdir -p "$stage/guests/c" "$stage/guests/rust" "$stage/preimages"
Tests/Guests/build "$clang" "$stage/guests/c"
if [ -n "$rust" ]; then
  cp "$rust" "$stage/guests/rust/small.elf"
elif [ -e "$out" ]; then
  tar -C "$stage" --zstd -xf "$out" guests/rust
fi
python3 Tests/Guests/kona-like/preimages.py "$stage/preimages/kona-like"
# Of the other sets, what is not the same.
for kind in invalid panic; do
  python3 Tests/Guests/kona-like/preimages.py "$stage/preimages/kona-like-$kind" --$kind
  for file in "$stage/preimages/kona-like-$kind"/0x*.txt; do
    ! cmp -s "$file" "$stage/preimages/kona-like/${file##*/}" || rm "$file"
  done
done
# With op-program's local inputs, those alone.
python3 Tests/Guests/kona-like/preimages.py "$stage/preimages/op-like" --op-program
rm "$stage/preimages/op-like"/0x0[!1]*.txt
mkdir "$stage/preimages/small"
printf %s 000000000000001e > "$stage/preimages/small/0x01$(printf %062d 1).txt"

python3 - "$falconet" "$stage" <<'PYTHON'
import json, os, shutil, subprocess, sys

falconet, stage = sys.argv[1:]
work = f"{stage}/work"
os.mkdir(work)
RUNS = [("c/kona-like", "kona-like", ["kona-like", "kona-like-invalid", "kona-like-panic"]),
        ("c/op-like", "kona-like", ["op-like"]),
        ("c/small", "small", ["small"]), ("c/shapes", None, [None]), ("rust/small", "small", ["small"])]


def run(*arguments):
    return subprocess.run([falconet, *arguments], check=True, capture_output=True, text=True).stdout


def witness(path):
    return json.loads(run("witness", "--input", path))


def record(version, elf, base, own):
    """The run of a guest with one set of pre-images, by the plain step."""
    name = f"{elf.split('/')[0]}-{own or elf.split('/')[1]}"
    folder = f"{work}/preimages"
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for source in (base, own):
        if source:
            shutil.copytree(f"{stage}/preimages/{source}", folder, dirs_exist_ok=True)
    run("load-elf", "--type", str(version), "--path", f"{stage}/guests/{elf}.elf", "--out",
        f"{work}/pre.bin", "--meta", "")
    common = ["--preimages", folder, "--meta", "", "--info-at", "never"]
    run("run", "--input", f"{work}/pre.bin", *common, "--engine", "step", "--output", f"{work}/end.bin")
    end, first = witness(f"{work}/end.bin"), witness(f"{work}/pre.bin")
    points, before = [], f"{work}/pre.bin"
    for part in range(1, 8):
        step = end["step"] * part // 8
        run("run", "--input", before, *common, "--engine", "step", "--stop-at", f"={step}", "--output",
            f"{work}/a{part}.bin")
        run("run", "--input", f"{work}/a{part}.bin", *common, "--engine", "step", "--stop-at",
            f"={step + 1}", "--output", f"{work}/b.bin")
        before = f"{work}/a{part}.bin"
        points.append([step, witness(before)["witnessHash"], witness(f"{work}/b.bin")["witnessHash"]])
    vector = {
        "elf": f"{elf}.elf", "preimages": base, "preimagesBesides": own if own != base else None,
        "prestateHash": first["witnessHash"], "steps": end["step"], "exitCode": end["exitCode"],
        "finalHash": end["witnessHash"], "finalWitness": end["witness"], "checkpoints": points,
    }
    os.makedirs(f"{stage}/vectors/v{version}", exist_ok=True)
    with open(f"{stage}/vectors/v{version}/{name}.json", "w", encoding="utf-8") as file:
        json.dump(vector, file, indent=1)
    print(version, name, end["step"], end["exitCode"], flush=True)


for elf, base, sets in RUNS:
    if os.path.exists(f"{stage}/guests/{elf}.elf"):
        for version in (3, 4, 6, 7, 8):
            for own in sets:
                record(version, elf, base, own)
shutil.rmtree(work)
PYTHON

tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar \
  --mode=u=rwX,go=rX -C "$stage" -cf - guests vectors preimages | zstd -19 --long=27 -q -f -o "$out"
echo "$out: $(stat -c %s "$out") bytes" >&2
