#!/usr/bin/env bash
# Builds Tests/Fixtures/fixtures.tar.zst from what the tests compare against:
#
#   fixtures.sh GUESTS VECTORS STATES PREIMAGES
#
# GUESTS     FOLDER/GUEST.elf; those that a vector names, but the two large benchmarks, go in
# VECTORS    vN/GUEST.json and vN/GUEST.proofs.json.gz
# STATES     snapshots, and README.md with a table of their state versions and claims
# PREIMAGES  a folder for each set, in the host's `file` layout
#
# One archive, since snapshots and programs share most of their pages. What compresses badly is
# stored so that it compresses: gzip files are unpacked (but the smallest, which the tests read as
# they are), and debug sections of ELF files, which no test needs, become zeros.
set -euo pipefail
[ $# -eq 4 ] || { sed -n '2,4p' "$0" >&2; exit 64; }
guests=$1 vectors=$2 states=$3 preimages=$4
out=$(cd "$(dirname "$0")/.." && pwd)/Tests/Fixtures/fixtures.tar.zst
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

mkdir -p "$stage"/{guests,vectors,states,preimages}
cp -r "$vectors"/v* "$stage/vectors/"
cp -r "$preimages"/*/ "$stage/preimages/"
find "$states" -maxdepth 1 -type f ! -name README.md -exec cp {} "$stage/states/" \;
chmod -R u+w "$stage"

# NAME STATE-VERSION CLAIM, from the table.
sed -n 's/^| `\([^`]*\)` | \([0-9]\) | `\(0x[0-9a-f]*\)` |$/\1 \2 \3/p' "$states/README.md" \
  > "$stage/states/claims.txt"
gunzip -r "$stage/vectors"
find "$stage/states" -name '*.gz' -size +4k | while read -r file; do
  plain=${file%.gz}
  if [ -e "$plain" ]; then
    gunzip -c "$file" | cmp - "$plain"
    rm "$file"
  else
    gunzip "$file"
  fi
done

grep -ho '"elf": *"[^"]*"' "$stage"/vectors/*/*.json | cut -d'"' -f4 | sort -u |
  grep -v -e /compute.elf -e /heap.elf | while read -r elf; do
    mkdir -p "$stage/guests/$(dirname "$elf")"
    cp "$guests/$elf" "$stage/guests/$elf"
    chmod u+w "$stage/guests/$elf"
  done
python3 - "$stage"/guests/*/*.elf <<'PYTHON'
import struct, sys

for path in sys.argv[1:]:
    with open(path, "rb") as file:
        data = bytearray(file.read())
    wide = data[4] == 2
    word = ">Q" if wide else ">I"

    def field(offset, form):
        return struct.unpack_from(form, data, offset)[0]

    headers = field(0x28 if wide else 0x20, word)
    size, count, names = struct.unpack_from(">HHH", data, 0x3A if wide else 0x2E)

    def place(index):
        header = headers + index * size
        if wide:
            return field(header + 0x18, word), field(header + 0x20, word)
        return field(header + 0x10, word), field(header + 0x14, word)

    strings = place(names)[0]
    for index in range(count):
        name = strings + field(headers + index * size, ">I")
        if data[name:].startswith((b".debug", b".zdebug")):
            offset, length = place(index)
            data[offset:offset + length] = bytes(length)
    with open(path, "wb") as file:
        file.write(data)
PYTHON

tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar \
  --mode=u=rwX,go=rX -C "$stage" -cf - guests states vectors preimages |
  zstd -19 --long=27 -q -f -o "$out"
echo "$out: $(stat -c %s "$out") bytes" >&2
