#!/usr/bin/env python3
"""Writes Tests/Fixtures/databases.tar.zst: databases of RocksDB, whose pre-images the tests know.

    pip install rocksdict==0.3.29
    ZSTD_CLEVEL=19 database-fixtures.py

Each is written as Kona's host does it (the default column family, raw keys and values), then abandoned
without closing it, as a host that is killed does."""
import hashlib
import os
import subprocess
import sys
import tempfile

from rocksdict import (BlockBasedIndexType, BlockBasedOptions, ChecksumType, DataBlockIndexType,
                       DBCompressionType, Options, Rdict)

COUNT = 150
#: Name: format version, checksum, compression, index, index of data blocks, pre-images that are flushed.
CASES = {
    "log": (6, "xxh3", "snappy", "binary_search", "binary_search", 0),
    "kona": (6, "xxh3", "snappy", "binary_search", "binary_search", 100),
    "version2": (2, "crc32c", "snappy", "two_level_index_search", "binary_search", COUNT),
    "version3": (3, "xxhash", "none", "binary_search", "binary_search", COUNT),
    "version4": (4, "xxhash64", "snappy", "two_level_index_search", "binary_and_hash", COUNT),
    "version5": (5, "xxh3", "snappy", "binary_search", "binary_search", COUNT),
    "version6": (6, "crc32c", "zstd", "hash_search", "binary_search", COUNT),
    "lz4": (6, "no_checksum", "lz4", "binary_search", "binary_search", COUNT),
}


def value(number):
    length = 150_000 if number == COUNT - 1 else number * 37 % 700
    return bytes((number + place // 16) & 0xFF for place in range(length))


def write(path, version, checksum, compression, index, data_index, flushed):
    table = BlockBasedOptions()
    table.set_format_version(version)
    table.set_checksum_type(getattr(ChecksumType, checksum)())
    table.set_index_type(getattr(BlockBasedIndexType, index)())
    table.set_data_block_index_type(getattr(DataBlockIndexType, data_index)())
    table.set_metadata_block_size(64)
    table.set_block_size(1024)
    table.set_index_block_restart_interval(4 if version >= 4 else 1)
    options = Options(raw_mode=True)
    options.set_compression_type(getattr(DBCompressionType, compression)())
    options.create_if_missing(True)
    if index == "hash_search":
        from rocksdict import SliceTransform
        options.set_prefix_extractor(SliceTransform.create_fixed_prefix(4))
    options.set_block_based_table_factory(table)
    database = Rdict(path, options)
    for number in range(COUNT):
        data = value(number)
        database[b"\x04" + hashlib.sha256(data).digest()[1:]] = data
        if number + 1 == flushed:
            database.flush()
    # A local input and a blob's element, which are not their keys' pre-images.
    database[b"\x01" + bytes(30) + b"\x07"] = b"local"
    database[b"\x05" + bytes(31)] = b"blob"
    os._exit(0)


if len(sys.argv) == 3:
    write(sys.argv[2], *CASES[sys.argv[1]])
archive = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Fixtures",
                       "databases.tar.zst")
with tempfile.TemporaryDirectory() as folder:
    for name in CASES:
        path = os.path.join(folder, name)
        subprocess.run([sys.executable, __file__, name, path], check=True)
        for file in os.listdir(path):
            if file in ("LOG", "LOCK", "IDENTITY", "rocksdict-config.json"):
                os.unlink(os.path.join(path, file))
    subprocess.run(["tar", "--zstd", "--sort=name", "--owner=0", "--group=0", "--mtime=@0",
                    "-cf", archive, "-C", folder, *CASES], check=True)
print(os.path.getsize(archive), "bytes")
