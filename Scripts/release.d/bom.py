#!/usr/bin/env python3
"""A bill of materials in SPDX 2.3, as JSON.

    bom.py VERSION EPOCH COMMIT RESOLVED PACKAGES NAME=FILE...

EPOCH is the time that the document states, in seconds. RESOLVED is Package.resolved, which has versions and commits
of the Swift packages, PACKAGES the list that link-root writes of the libraries in the archives, and each FILE a file
of the release, under its NAME there. The Swift compiler on the path says which runtime is linked.
"""

import datetime
import hashlib
import json
import pathlib
import re
import subprocess
import sys

SWIFT_LICENSE = "Apache-2.0 WITH Swift-exception"
# Whose license lacks the exception for the runtime library.
WITHOUT_EXCEPTION = {"swift-log"}


def package(name: str, version: str, license_text: str, download: str, purl: str, supplier: str) -> dict:
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": version,
        "supplier": supplier,
        "downloadLocation": download,
        "filesAnalyzed": False,
        "licenseConcluded": license_text,
        "licenseDeclared": license_text,
        "copyrightText": "NOASSERTION",
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
        ],
    }


def swift_packages(resolved: pathlib.Path) -> list[dict]:
    pins = json.loads(resolved.read_text(encoding="utf-8"))["pins"]
    return [
        package(
            pin["identity"], pin["state"]["version"],
            "Apache-2.0" if pin["identity"] in WITHOUT_EXCEPTION else SWIFT_LICENSE,
            f"git+{pin['location']}@{pin['state']['revision']}",
            f"pkg:swift/{pin['location'].removeprefix('https://').removesuffix('.git')}@{pin['state']['version']}",
            "Organization: Apple Inc.")
        for pin in sorted(pins, key=lambda pin: pin["identity"])
    ]


def swift_runtime() -> dict:
    text = subprocess.run(["swift", "--version"], check=True, capture_output=True, text=True).stdout
    version = re.search(r"Swift version (\S+)", text)
    if version is None:
        raise SystemExit(f"bom.py: no version in: {text}")
    return package(
        "swift-runtime", version[1], SWIFT_LICENSE, "https://github.com/swiftlang/swift",
        f"pkg:github/swiftlang/swift@swift-{version[1]}-RELEASE", "Organization: The Swift project")


def archives(listed: pathlib.Path) -> list[dict]:
    """One for each line: NAME VERSION PURL LICENSE, the last with spaces in it."""
    found = []
    for line in listed.read_text(encoding="utf-8").splitlines():
        name, version, purl, license_text = line.split(" ", 3)
        found.append(package(name, version, license_text, "NOASSERTION", purl, "Organization: Debian"))
    return found


def file_entry(name: str, path: pathlib.Path) -> dict:
    data = path.read_bytes()
    return {
        "SPDXID": "SPDXRef-File-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "fileName": "./" + name,
        # SPDX 2.3 asks for a SHA-1 of every file.
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
            {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()},
        ],
        "licenseConcluded": "NOASSERTION",
        "licenseInfoInFiles": ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
    }


def document(version: str, epoch: int, commit: str, parts: list[dict], files: list[dict]) -> dict:
    main = package(
        "falconet", version, "MIT", "NOASSERTION", f"pkg:generic/falconet@{version}?vcs_url=git%40{commit}",
        "Organization: The Falconet authors")
    digest = hashlib.sha256(json.dumps([main, parts, files], sort_keys=True).encode()).hexdigest()
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", main["SPDXID"])]
    relations += [(main["SPDXID"], "STATIC_LINK", part["SPDXID"]) for part in parts]
    relations += [(file["SPDXID"], "GENERATED_FROM", main["SPDXID"]) for file in files]
    created = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"falconet-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/falconet-{version}-{digest[:32]}",
        "creationInfo": {
            "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: falconet-Scripts-release"],
        },
        "packages": [main] + parts,
        "files": files,
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relations
        ],
    }


def main() -> None:
    if len(sys.argv) < 6:
        raise SystemExit(__doc__)
    version, epoch, commit, resolved, listed, *named = sys.argv[1:]
    parts = swift_packages(pathlib.Path(resolved)) + [swift_runtime()] + archives(pathlib.Path(listed))
    files = [file_entry(name, pathlib.Path(path)) for name, path in (entry.split("=", 1) for entry in named)]
    print(json.dumps(document(version, int(epoch), commit, parts, files), indent=2))


if __name__ == "__main__":
    main()
