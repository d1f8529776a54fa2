"""A kernel that lacks a wall of the cage: without seccomp no plugin runs, without Landlock
the others hold, and that is said."""

import subprocess

import pytest
from conftest import BUILD, IMH, PATIENCE_S, Done

WITHOUT = BUILD / "tests" / "rogues" / "without"
LANDLOCK = "landlock_create_ruleset,landlock_add_rule,landlock_restrict_self"
OUR_BUG = 70


def run_without(site, calls, *arguments):
    done = subprocess.run([WITHOUT, calls, IMH, "-c", "imh.ini", *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, cwd=site.folder,
                          timeout=PATIENCE_S, encoding="utf-8")
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def wild(site):
    site.write("imh.ini", f"[host]\nplugins = {BUILD}/tests/plugins\nlog = warning\n")
    site.integration("thing", "wild")
    site.write("template.txt", "{$thing.thing.a.name}")
    return site


@pytest.mark.parametrize("command", [("check",), ("render", "acme", "template.txt"),
                                     ("plugin", "list")])
def test_without_seccomp_no_plugin_runs(wild, command):
    done = run_without(wild, "seccomp", *command)
    assert (done.status, done.out) == (OUR_BUG, "")
    assert done.err.splitlines()[-1] == (
        "imh: plugins cannot be caged on this kernel, so none is run: it has no system call "
        "filter (CONFIG_SECCOMP_FILTER): Function not implemented")


def test_without_seccomp_what_needs_no_plugin_works(wild):
    wild.write("data.json", "{}")
    done = run_without(wild, "seccomp", "template", "render", "template.txt", "--data", "data.json")
    assert done.status == 0


def test_without_landlock_plugins_run_behind_the_other_walls(wild):
    done = run_without(wild, LANDLOCK, "render", "acme", "template.txt")
    assert (done.status, done.out) == (0, "well")
    assert done.err == ""


def test_and_the_log_says_so(wild):
    wild.write("imh.ini", (wild.folder / "imh.ini").read_text().replace("warning", "debug"))
    done = run_without(wild, LANDLOCK, "render", "acme", "template.txt")
    assert done.status == 0
    (line,) = [line for line in done.err.splitlines() if "Landlock" in line]
    assert "while a plugin is loaded it can read what we can read" in line
    assert "Landlock" not in run_without(wild, "acct", "render", "acme", "template.txt").err
