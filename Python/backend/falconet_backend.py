"""Builds the wheel: the package's files, the C library, and what that needs and systems lack.

A build backend as of PEP 517, in the standard library alone. The C library comes from the folder
that the environment variable FALCONET_LIBRARY names, as Scripts/build-library filled it; without
it, the script is run.
"""

from __future__ import annotations

import base64
import hashlib
import os
import pathlib
import re
import subprocess
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "Python" / "src" / "falconet"
# Bundled, since many systems don't have them.
BUNDLED = re.compile(r"\s(/\S*/lib(?:isal|zstd)\.so\.\d+)\s")


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None) -> str:
    """Writes the wheel to a folder and returns its file name."""
    with tempfile.TemporaryDirectory() as work:
        libraries = _libraries(pathlib.Path(work))
        files = {f"falconet/{path.name}": path.read_bytes() for path in libraries}
        for path in sorted(PACKAGE.iterdir()):
            if path.suffix == ".py" or path.name == "py.typed":
                files[f"falconet/{path.name}"] = path.read_bytes()
    tag = f"py3-none-manylinux_2_{_glibc(files)}_x86_64"
    info = f"falconet-{_version()}.dist-info"
    files[f"{info}/METADATA"] = _metadata().encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: falconet\nRoot-Is-Purelib: false\nTag: {tag}\n"
    ).encode()
    files[f"{info}/licenses/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    record = "".join(f"{name},{_digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()

    name = f"falconet-{_version()}-{tag}.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as wheel:
        for path, data in files.items():
            # A fixed date, so that equal contents make equal wheels.
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, data)
    return name


def build_sdist(sdist_directory, config_settings=None) -> str:
    """There is none: the library is built from the whole repository."""
    raise NotImplementedError("falconet is built from its repository: use Scripts/build-wheel")


def _libraries(work: pathlib.Path) -> list[pathlib.Path]:
    folder = os.environ.get("FALCONET_LIBRARY")
    if folder is None:
        folder = str(work)
        subprocess.run([str(ROOT / "Scripts" / "build-library"), folder], check=True)
    library = (pathlib.Path(folder) / "lib" / "libfalconet.so").resolve()
    listed = subprocess.run(
        ["ldd", str(library)], check=True, capture_output=True, text=True
    ).stdout
    if "libswift" in listed:
        raise RuntimeError(f"{library} needs the Swift runtime:\n{listed}")
    return [library] + [pathlib.Path(path) for path in BUNDLED.findall(listed)]


def _glibc(files: dict[str, bytes]) -> int:
    """The minor version of the oldest glibc that has all that the libraries ask for."""
    versions = (re.findall(rb"GLIBC_2\.(\d+)", data) for data in files.values())
    return max(int(number) for found in versions for number in found)


def _version() -> str:
    text = (ROOT / "Sources" / "FalconetMachine" / "Versions" / "Release.swift").read_text()
    match = re.search(r'static let version = "([^"]+)"', text)
    if match is None:
        raise RuntimeError("Release.swift has no version")
    return match.group(1)


def _metadata() -> str:
    readme = (ROOT / "Python" / "README.md").read_text()
    return (
        f"Metadata-Version: 2.4\nName: falconet\nVersion: {_version()}\n"
        "Summary: A fault-proof VM that executes what Cannon executes\n"
        "License-Expression: MIT\nLicense-File: LICENSE\nRequires-Python: >=3.9\n"
        f"Description-Content-Type: text/markdown\n\n{readme}"
    )


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
