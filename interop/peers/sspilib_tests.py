#!/usr/bin/env python3
"""Runs sspilib's own tests over the SSPI library that its extension modules find, and judges the outcome.

  sspilib_tests.py SOURCES EXPECTED linux|windows

SOURCES is the unpacked source distribution of sspilib. Its tests know two libraries by the name of the system:
that of Windows, and one for other systems with its gaps and habits. So they run in two ways:

  linux    as they are shipped
  windows  with nothing skipped, with what they expect of Windows, and with NTLM wherever they name Negotiate

EXPECTED lists what is not expected to pass, one line each: way, "skip" or "fail", test, a text of the outcome
and the reason, with tabs between them. A test without its parameters in brackets stands for all of them. What
is not listed must pass, and what is listed must come out just so.
"""
import collections
import os
import sys

import pytest
import sspilib.raw as raw


class Windows:
    """The module os, as the tests would see it there."""

    name = "nt"

    def __getattr__(self, name):
        return getattr(os, name)


class View:
    """Shows the tests a system, and keeps what becomes of them."""

    def __init__(self, way):
        self.way = way
        self.outcomes = {}

    def pytest_collection_modifyitems(self, config, items):
        if self.way != "windows":
            return
        modules = {item.module for item in items}
        # The fixtures of conftest.py ask for the system too.
        modules |= {plugin for plugin in config.pluginmanager.get_plugins() if hasattr(plugin, "authenticated_contexts")}
        for module in modules:
            if hasattr(module, "os"):
                module.os = Windows()
        for item in items:
            item.own_markers = [marker for marker in item.own_markers if marker.name != "skipif"]

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            self.outcomes[report.nodeid] = "skip", str(report.longrepr[2])
        elif report.failed:
            self.outcomes[report.nodeid] = "fail", report.longreprtext
        elif report.when == "call":
            self.outcomes[report.nodeid] = "pass", ""

    def pytest_collectreport(self, report):
        if report.failed:
            self.outcomes[report.nodeid] = "fail", report.longreprtext


def ntlm_for_negotiate():
    acquire = raw.acquire_credentials_handle

    def acquire_ntlm(principal, package, credential_use, **more):
        return acquire(principal, "NTLM" if package == "Negotiate" else package, credential_use, **more)

    raw.acquire_credentials_handle = acquire_ntlm


def read_expected(path, way):
    expected = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            fields = line.rstrip("\n").split("\t")
            if line.startswith("#") or not line.strip():
                continue
            if len(fields) != 5 or fields[0] not in ("linux", "windows") or fields[1] not in ("skip", "fail"):
                sys.exit(f"{path}, line {number}: not way, skip or fail, test, text, reason")
            if fields[0] == way:
                expected[fields[2]] = fields[1], fields[3], fields[4]
    return expected


def main():
    sources, expected, way = sys.argv[1:]
    expected = read_expected(expected, way)
    os.chdir(sources)
    if way == "windows":
        ntlm_for_negotiate()
    view = View(way)
    said = os.dup(1)
    os.dup2(2, 1)  # pytest's own report goes to the log
    pytest.main(["-p", "no:cacheprovider", "-q", "tests"], plugins=[view])
    sys.stdout.flush()
    os.dup2(said, 1)

    title = "sspilib's own tests, " + ("as shipped" if way == "linux" else "as on Windows")
    modules = collections.defaultdict(collections.Counter)
    reasons = collections.Counter()
    met = set()
    wrong = collections.defaultdict(list)
    for test, (outcome, text) in view.outcomes.items():
        module = test.split("::")[0]
        modules[module][outcome] += 1
        entry = test if test in expected else test.split("[")[0]
        wanted, part, reason = expected.get(entry, ("pass", "", ""))
        if entry in expected:
            met.add(entry)
        if outcome != wanted or part not in text:
            last = [line for line in text.splitlines() if line.startswith("E ")] or text.splitlines() or [""]
            wrong[module].append(f"{test}: {wanted} was expected, not {outcome}: {last[-1]}")
        elif reason:
            reasons[wanted, reason] += 1
    for module, count in sorted(modules.items()):
        if wrong[module]:
            print(*(f"FAIL {title}: {line}" for line in wrong[module]), sep="\n")
        else:
            counts = ", ".join(f"{count[key]} {word}" for key, word in WORDS.items() if count[key])
            print(f"ok   {title}: {module}: {counts}")
    for test in sorted(set(expected) - met):
        wrong[""].append(test)
        print(f"FAIL {title}: {test} is listed and does not exist")
    if not view.outcomes:
        wrong[""].append("")
        print(f"FAIL {title}: none ran")
    for (wanted, reason), count in sorted(reasons.items()):
        print(f"note {title}: {count} {WORDS[wanted]}: {reason}")
    total = collections.Counter(outcome for outcome, _ in view.outcomes.values())
    print(f"note {title}: " + ", ".join(f"{total[key]} {word}" for key, word in WORDS.items()))
    sys.exit(any(wrong.values()))


WORDS = {"pass": "passed", "skip": "skipped", "fail": "failed as listed"}

main()
