#!/usr/bin/env python3
"""Manual pages, from what `falconet --experimental-dump-help` prints.

    manual.py HELP VERSION DATE FOLDER

HELP is a file with that output, DATE a day as 2026-01-31. FOLDER gets falconet.1 and a page for each command,
such as falconet-trace-claim.1. The exit codes are those of docs/operating.md.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def escaped(text: str) -> str:
    """Text for roff: a backslash, hyphens that can be copied, and no line that looks like a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", text, flags=re.MULTILINE)


def paragraphs(text: str) -> list[str]:
    """Lines of roff. Each line of the text stays one, since some are examples; indented ones are shown as they are."""
    lines, literal = [], False
    for line in text.strip("\n").split("\n"):
        if line.startswith("  ") != literal and line.strip():
            literal = not literal
            lines += [".PP", ".nf", ".RS"] if literal else [".RE", ".fi", ".PP"]
        if literal or line.strip():
            lines.append(escaped(line.strip() if not literal else line.removeprefix("  ")))
            if not literal:
                lines.append(".br")
        else:
            if lines and lines[-1] == ".br":
                lines.pop()
            lines.append(".PP")
    if lines and lines[-1] == ".br":
        lines.pop()
    return lines + ([".RE", ".fi"] if literal else [])


def shown(items: list[dict]) -> list[dict]:
    return [item for item in items if item.get("shouldDisplay", True)]


def spelling(name: dict) -> str:
    return ("--" if name["kind"] == "long" else "-") + name["name"]


def value(argument: dict) -> str:
    return f"\\fI<{escaped(argument['valueName'])}>\\fR"


def heading(argument: dict) -> str:
    """What stands before an argument's description."""
    if argument["kind"] == "positional":
        return value(argument) + (" ..." if argument["isRepeating"] else "")
    text = ", ".join(f"\\fB{escaped(spelling(name))}\\fR" for name in argument["names"])
    return text if argument["kind"] == "flag" else f"{text} {value(argument)}"


def description(argument: dict) -> list[str]:
    notes = []
    if argument.get("allValues") and argument["kind"] != "flag":
        notes.append("values: " + ", ".join(argument["allValues"]))
    if "defaultValue" in argument and argument["kind"] != "flag":
        notes.append("default: " + argument["defaultValue"])
    text = argument.get("abstract", "")
    lines = paragraphs(text + (f" ({'; '.join(notes)})" if notes else "") or "\\&")
    if argument.get("discussion"):
        lines += [".IP"] + paragraphs(argument["discussion"])
    return lines


def synopsis(words: list[str], command: dict) -> str:
    parts = [f"\\fB{escaped(' '.join(words))}\\fR"]
    arguments = shown(command.get("arguments", []))
    if shown(command.get("subcommands", [])):
        parts.append("\\fI<command>\\fR")
    elif any(a["kind"] != "positional" and a["isOptional"] for a in arguments):
        parts.append("[\\fI<options>\\fR]")
    for argument in arguments:
        if argument["kind"] == "positional":
            text = value(argument)
            if argument.get("parsingStrategy") == "postTerminator":
                parts.append("[\\-\\- " + text + " ...]")
                continue
            text += " ..." if argument["isRepeating"] else ""
        elif not argument["isOptional"]:
            text = f"\\fB{escaped(spelling(argument['preferredName']))}\\fR {value(argument)}"
        else:
            continue
        parts.append(f"[{text}]" if argument["isOptional"] else text)
    return " ".join(parts)


def exit_codes() -> list[str]:
    """The table of exit codes in docs/operating.md."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = text.split("## Exit codes\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", section, flags=re.MULTILINE)
    if not rows:
        raise SystemExit("manual.py: docs/operating.md has no table of exit codes")
    lines = [".SH EXIT STATUS"]
    for code, meaning in rows:
        lines += [".TP", f".B {code}", escaped(meaning.strip().replace("`", ""))]
    return lines


def page(words: list[str], command: dict, above: list[str], version: str, date: str) -> str:
    name = "-".join(words)
    lines = [
        f'.TH "{escaped(name.upper())}" 1 "{date}" "falconet {version}" "Falconet"',
        ".SH NAME",
        f"{escaped(name)} \\- {escaped(command['abstract'].rstrip('.'))}",
        ".SH SYNOPSIS",
        synopsis(words, command),
    ]
    if command.get("discussion"):
        lines += [".SH DESCRIPTION"] + paragraphs(command["discussion"])
    below = [sub for sub in shown(command.get("subcommands", [])) if sub["commandName"] != "help"]
    if below:
        lines.append(".SH COMMANDS")
        for sub in below:
            lines += [".TP", f"\\fB{escaped('-'.join(words + [sub['commandName']]))}\\fR(1)",
                      escaped(sub["abstract"])]
    sections: dict[str, list[dict]] = {}
    for argument in shown(command.get("arguments", [])):
        default = "Arguments" if argument["kind"] == "positional" else "Options"
        sections.setdefault(argument.get("sectionTitle") or default, []).append(argument)
    for title, arguments in sections.items():
        lines.append(f".SH {escaped(title.upper())}")
        for argument in arguments:
            lines += [".TP", heading(argument)] + description(argument)
    lines += exit_codes()
    see = ["-".join(above)] if above else []
    see += ["-".join(words + [sub["commandName"]]) for sub in below]
    if see:
        lines += [".SH SEE ALSO", ",\n".join(f".BR {escaped(name)} (1)" for name in see)]
    return "\n".join(lines) + "\n"


def write(words: list[str], command: dict, above: list[str], version: str, date: str, folder: pathlib.Path) -> None:
    text = page(words, command, above, version, date)
    (folder / f"{'-'.join(words)}.1").write_text(text, encoding="utf-8")
    for sub in shown(command.get("subcommands", [])):
        if sub["commandName"] != "help":
            write(words + [sub["commandName"]], sub, words, version, date, folder)


def main() -> None:
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    source, version, date, folder = sys.argv[1:]
    command = json.loads(pathlib.Path(source).read_text(encoding="utf-8"))["command"]
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    write(["falconet"], command, [], version, date, pathlib.Path(folder))


if __name__ == "__main__":
    main()
