#!/usr/bin/env python3
"""Tests of what writes a release's notes, manual pages and bill of materials."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import bom
import manual
import notes

CHANGELOG = """# Changelog

## 1.2.0, unreleased

- New.

## 1.1.0, 2026-01-31

Machine:

- Old.

## 1.0.0, 2026-01-01
"""


class NotesTests(unittest.TestCase):
    def test_a_version_has_its_section(self):
        self.assertEqual(notes.notes(CHANGELOG, "1.1.0"), "Machine:\n\n- Old.\n")

    def test_only_a_trial_takes_what_is_unreleased(self):
        with self.assertRaisesRegex(ValueError, "calls 1.2.0 unreleased"):
            notes.notes(CHANGELOG, "1.2.0")
        self.assertEqual(notes.notes(CHANGELOG, "1.2.0", trial=True), "- New.\n")

    def test_a_section_must_be_there_and_say_something(self):
        for version in ("1.3.0", "1.1", "1.1.00", "1x1.0"):
            with self.assertRaisesRegex(ValueError, "no section"):
                notes.notes(CHANGELOG, version)
        with self.assertRaisesRegex(ValueError, "says nothing"):
            notes.notes(CHANGELOG, "1.0.0")

    def test_the_changelog_has_a_section_for_the_version(self):
        release = manual.ROOT / "Sources" / "FalconetMachine" / "Versions" / "Release.swift"
        version = release.read_text(encoding="utf-8").split('"')[1]
        text = notes.CHANGELOG.read_text(encoding="utf-8")
        self.assertTrue(notes.notes(text, version, trial=True))


class ManualTests(unittest.TestCase):
    COMMAND = {
        "commandName": "run",
        "abstract": "Run a program.",
        "discussion": ".first line with 'quotes' and a \\ in it\n\n    falconet run --input a.bin\n\nLast.",
        "arguments": [
            {"kind": "option", "names": [{"kind": "short", "name": "i"}, {"kind": "long", "name": "input"}],
             "preferredName": {"kind": "long", "name": "input"}, "valueName": "snapshot", "isOptional": False,
             "isRepeating": False, "abstract": "Where to start."},
            {"kind": "flag", "names": [{"kind": "long", "name": "fast"}], "valueName": "fast",
             "preferredName": {"kind": "long", "name": "fast"}, "isOptional": True, "isRepeating": False,
             "sectionTitle": "Speed", "abstract": "Be fast.", "defaultValue": "false"},
            {"kind": "option", "names": [{"kind": "long", "name": "secret"}], "valueName": "x",
             "isOptional": True, "isRepeating": False, "shouldDisplay": False, "abstract": "Hidden."},
            {"kind": "option", "names": [{"kind": "long", "name": "engine"}], "valueName": "name",
             "preferredName": {"kind": "long", "name": "engine"}, "isOptional": True, "isRepeating": False,
             "allValues": ["a", "b"], "defaultValue": "a", "abstract": "Which."},
            {"kind": "positional", "valueName": "server", "isOptional": True, "isRepeating": True,
             "parsingStrategy": "postTerminator", "abstract": "Server."},
        ],
    }

    def test_a_page_says_what_the_help_says(self):
        page = manual.page(["falconet", "run"], self.COMMAND, ["falconet"], "1.0", "2026-01-31")
        for line in [
            '.TH "FALCONET\\-RUN" 1 "2026-01-31" "falconet 1.0" "Falconet"',
            "falconet\\-run \\- Run a program",
            "\\fBfalconet run\\fR [\\fI<options>\\fR] \\fB\\-\\-input\\fR \\fI<snapshot>\\fR"
            " [\\-\\- \\fI<server>\\fR ...]",
            "\\&.first line with 'quotes' and a \\e in it",
            "  falconet run \\-\\-input a.bin",
            "\\fB\\-i\\fR, \\fB\\-\\-input\\fR \\fI<snapshot>\\fR",
            ".SH SPEED",
            "Be fast.",
            "Which. (values: a, b; default: a)",
            ".SH EXIT STATUS",
            ".B 130",
            ".BR falconet (1)",
        ]:
            self.assertIn(line, page.split("\n"))
        self.assertNotIn("secret", page)

    def test_each_command_has_a_page(self):
        below = {"commandName": "claim", "abstract": "Claims."}
        hidden = {"commandName": "internal", "abstract": "Not for people.", "shouldDisplay": False}
        tree = {"commandName": "falconet", "abstract": "VM.", "subcommands": [
            {"commandName": "trace", "abstract": "Traces.", "subcommands": [below]}, hidden]}
        with tempfile.TemporaryDirectory() as folder:
            manual.write(["falconet"], tree, [], "1.0", "2026-01-31", pathlib.Path(folder))
            pages = {path.name for path in pathlib.Path(folder).iterdir()}
        self.assertEqual(pages, {"falconet.1", "falconet-trace.1", "falconet-trace-claim.1"})


class BillTests(unittest.TestCase):
    def test_every_reference_leads_somewhere(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "resolved").write_text(json.dumps({"pins": [{
                "identity": "swift-log", "location": "https://github.com/apple/swift-log.git",
                "state": {"revision": "abc", "version": "1.2.3"}}]}))
            (root / "listed").write_text("zstd 1.5 pkg:deb/debian/libzstd@1.5 BSD-3-Clause OR GPL-2.0-only\n")
            (root / "file").write_bytes(b"abc")
            parts = bom.swift_packages(root / "resolved") + bom.archives(root / "listed")
            bill = bom.document("1.0", 0, "commit", parts, [bom.file_entry("a file", root / "file")])
        ids = [entry["SPDXID"] for entry in [bill, *bill["packages"], *bill["files"]]]
        self.assertEqual(len(ids), len(set(ids)))
        for relation in bill["relationships"]:
            self.assertIn(relation["spdxElementId"], ids)
            self.assertIn(relation["relatedSpdxElement"], ids)
        self.assertEqual([part["name"] for part in bill["packages"]], ["falconet", "swift-log", "zstd"])
        self.assertEqual(bill["packages"][1]["downloadLocation"],
                         "git+https://github.com/apple/swift-log.git@abc")
        self.assertEqual(bill["packages"][2]["licenseDeclared"], "BSD-3-Clause OR GPL-2.0-only")
        self.assertEqual(bill["files"][0]["checksums"][1]["checksumValue"],
                         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        self.assertEqual(bill["creationInfo"]["created"], "1970-01-01T00:00:00Z")


if __name__ == "__main__":
    unittest.main()
