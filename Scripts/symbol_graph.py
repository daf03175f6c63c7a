"""The symbol graph of the module Falconet: what Scripts/public-api lists and Scripts/documentation shows.

FALCONET_BUILD is the directory of a build that has the module, by default .build/release.
"""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("FALCONET_BUILD") or ROOT / ".build" / "release")
# What the module's dependencies import from C.
MODULE_MAPS = [
    *BUILD.glob("C*.build/module.modulemap"),
    *ROOT.glob("Sources/C*/module.modulemap"),
    ROOT / "fpvm/module.modulemap",
    *ROOT.glob("Sources/C*/include/module.modulemap"),
    *ROOT.glob(".build/checkouts/swift-system/Sources/CSystem/include/module.modulemap"),
]


def extract(folder):
    """Writes the graph to a directory, and returns the file."""
    command = [
        "swift-symbolgraph-extract", "-module-name", "Falconet", "-I", BUILD / "Modules",
        "-target", "x86_64-unknown-linux-gnu", "-minimum-access-level", "public",
        "-skip-synthesized-members", "-output-dir", folder,
    ]
    for path in MODULE_MAPS:
        command += ["-Xcc", f"-fmodule-map-file={path}"]
    subprocess.run(command, check=True)
    return pathlib.Path(folder) / "Falconet.symbols.json"
