#!/usr/bin/env python3
"""A release's notes: the section of CHANGELOG.md with its version.

    notes.py VERSION [--trial]

Prints the section without its heading. Fails if there is none, if it is empty, or if its heading says
"unreleased"; a trial accepts that.
"""

import pathlib
import re
import sys

CHANGELOG = pathlib.Path(__file__).resolve().parent.parent.parent / "CHANGELOG.md"


def notes(text: str, version: str, trial: bool = False) -> str:
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        if re.match(re.escape(version) + r"(,|\s|$)", heading) is None:
            continue
        if not body.strip():
            raise ValueError(f"CHANGELOG.md says nothing about {version}")
        if "unreleased" in heading.lower() and not trial:
            raise ValueError(f'CHANGELOG.md calls {version} unreleased: write "## {version}, DATE" there first')
        return body.strip() + "\n"
    raise ValueError(f'CHANGELOG.md has no section "## {version}"')


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "--trial"]
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    try:
        print(notes(CHANGELOG.read_text(encoding="utf-8"), arguments[0], "--trial" in sys.argv), end="")
    except ValueError as error:
        raise SystemExit(f"notes.py: {error}") from None


if __name__ == "__main__":
    main()
