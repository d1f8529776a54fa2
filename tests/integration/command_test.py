"""What all commands share: --help, wrong use, where -c may stand, what cannot be written."""

import json
import os
import subprocess

import pytest

from conftest import IMH

WRONG_USE, BAD_DATA, CANNOT_WRITE, BAD_CONFIG = 2, 65, 73, 78

COMMANDS = {
    "check": "", "render": "ACCOUNT TEMPLATE", "template render": "TEMPLATE",
    "template check": "TEMPLATE", "template variables": "TEMPLATE",
    "variable get": "ACCOUNT PATH", "variable list": "ACCOUNT [IDENTIFIER]",
    "event types": "ACCOUNT [IDENTIFIER]",
    "account list": "", "integration list": "[ACCOUNT]", "plugin list": "",
    "plugin inspect": "NAME|FILE"}


def command_of(words):
    return words.split()


@pytest.fixture
def ready(site):
    """One integration that needs no network, and a template."""
    site.integration("thing", "wild")
    site.write("mail.tpl", "Hello\n")
    return site


# ---- help ----

@pytest.mark.parametrize("command, words", COMMANDS.items())
def test_every_command_tells_how_it_is_used(site, command, words):
    usage = f"usage: imh {command} {words}".rstrip()
    for asked in ([*command_of(command), "--help"], ["--help", *command_of(command)],
                  ["help", *command_of(command)], [*command_of(command), "-h", "more", "words"]):
        done = site.run(*asked)
        assert (done.status, done.err) == (0, "")
        assert done.out.splitlines()[0].removesuffix(" [OPTION...]") == usage


def test_help_tells_the_options_of_a_command(site):
    told = site.run("render", "--help").out
    for option in "--data", "--recipients", "--output", "--escape", "--stats":
        assert f"\n  {option} " in told
    told = site.run("template", "render", "--help").out
    for option in "--data", "--escape", "--now":
        assert f"\n  {option} " in told


def test_help_without_a_command_tells_all_of_them(site):
    told = site.run("--help").out
    for command in COMMANDS:
        assert f"\n  imh {command}" in told
    for option in "-c FILE", "--json", "--in-process", "--version":
        assert f"\n  {option} " in told
    assert site.run("help").out == site.run("-h").out == told


def test_help_of_a_group_tells_its_commands(site):
    told = site.run("template", "--help").out
    assert [line for line in told.splitlines() if line.startswith("usage: ")] == [
        "usage: imh template render TEMPLATE [OPTION...]",
        "usage: imh template check TEMPLATE [OPTION...]", "usage: imh template variables TEMPLATE [OPTION...]"]


def test_no_line_of_help_is_wider_than_a_terminal(site):
    for words in ["--help"], *([*command_of(command), "--help"] for command in COMMANDS):
        assert all(len(line) <= 92 for line in site.run(*words).out.splitlines())


def test_the_version_is_one_line(site):
    done = site.run("--version")
    assert done.status == 0 and done.out.startswith("imh 0.") and done.out.count("\n") == 1


# ---- wrong use ----

@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_wrong_use(ready, command):
    done = ready.run(*command_of(command), "--nonsense")
    assert done == (WRONG_USE, "", "imh: unknown option '--nonsense': see "
                    f"'imh {command} --help'\n")


@pytest.mark.parametrize("command, words", COMMANDS.items())
def test_one_word_too_many_is_wrong_use(ready, command, words):
    count = len(words.split())
    done = ready.run(*command_of(command), *["word"] * count, "extra")
    assert (done.status, done.out) == (WRONG_USE, "")
    assert done.err.startswith("imh: what is 'extra'? imh ")
    assert done.err.endswith(f": see 'imh {command} --help'\n")


@pytest.mark.parametrize("command, words", [
    (command, words) for command, words in COMMANDS.items() if words and words[0] != "["])
def test_a_missing_word_is_named(ready, command, words):
    for given, missing in enumerate(word for word in words.split() if word[0] != "["):
        done = ready.run(*command_of(command), *["acme"] * given)
        assert done == (WRONG_USE, "", f"imh: which {missing}? imh {command} {words}: see "
                        f"'imh {command} --help'\n")


@pytest.mark.parametrize("arguments, message", [
    ([], "no command given: see 'imh --help'"),
    (["chekc"], "unknown command 'chekc': did you mean 'check'?"),
    (["template", "rendr"], "unknown command 'template rendr': did you mean 'template render'?"),
    (["template"], "'template' is not a command by itself: see 'imh template --help'"),
    (["--nonsense"], "unknown command '--nonsense': see 'imh --help'"),
    (["-c"], "-c needs a file: see 'imh --help'"),
    (["check", "-c"], "-c needs a file: see 'imh --help'"),
    (["check", "--stroe"], "unknown option '--stroe'; did you mean '--store'?: see "
                           "'imh check --help'"),
    (["check", "--store=yes"], "option '--store' takes no value: see 'imh check --help'"),
    (["render", "acme", "mail.tpl", "--data"], "option '--data' needs a value: see "
                                               "'imh render --help'"),
    (["render", "acme", "mail.tpl", "--escape=xml"], "--escape must be html or none: see "
                                                     "'imh render --help'"),
    (["template", "render", "mail.tpl", "--escape", "xml"],
     "--escape must be html or none: see 'imh template render --help'"),
    (["template", "render", "mail.tpl", "--now", "yesteryear"],
     "--now yesteryear is no time: try 2026-01-31 12:00 or now: see 'imh template render --help'"),
    (["render", "acme", "mail.tpl", "--recipients", "x.csv"],
     "--recipients needs --output DIR for the messages: see 'imh render --help'"),
    (["variable", "get", "acme", "thing..name"],
     "'thing..name' is no path: try shop.product.24-MB01.name or shop.product[\"24-MB01\"].name"),
    (["variable", "get", "acme", "thing"], "which variable? see 'imh variable list acme thing'"),
    (["variable", "get", "acme", "thing.thing"], "which thing? thing.thing.KEY"),
])
def test_wrong_use_is_one_line_with_the_way_out(ready, arguments, message):
    assert ready.run(*arguments) == (WRONG_USE, "", f"imh: {message}\n")


# ---- options that stand anywhere ----

@pytest.mark.parametrize("arguments", [
    ["-c", "imh.ini", "account", "list", "--json"], ["account", "-c", "imh.ini", "--json", "list"],
    ["--json", "account", "list", "-c", "imh.ini"], ["account", "--json", "list", "-c", "imh.ini"]])
def test_c_and_json_may_stand_anywhere(ready, arguments):
    done = subprocess.run([IMH, *arguments], cwd=ready.folder, capture_output=True, timeout=60)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "items": [{"account": "acme", "title": "ACME", "integrations": 1}], "next": None}


def test_the_last_c_wins_and_names_are_relative_to_its_file(ready, tmp_path):
    done = subprocess.run([IMH, "-c", "nowhere.ini", "check", "-c", tmp_path / "imh.ini"],
                          cwd="/", capture_output=True, encoding="utf-8", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_imh_ini_here_is_the_default(ready):
    done = subprocess.run([IMH, "check"], cwd=ready.folder, capture_output=True, timeout=60)
    assert done.returncode == 0


def test_after_two_dashes_everything_is_a_word(ready):
    ready.write("--json", "a template with an odd name\n")
    done = ready.run("template", "render", "--", "--json")
    assert done == (0, "a template with an odd name\n", "")


def test_a_value_may_stand_behind_an_equals_sign(ready):
    ready.write("data.tpl", "{$a}={$b}")
    done = ready.run("template", "render", "data.tpl", '--data={"a": 1, "b": "x=y"}')
    assert done == (0, "1=x=y", "")


# ---- what cannot be written, or read ----

WRITING = [
    ["--help"], ["--version"], ["check"], ["check", "--json"], ["account", "list"],
    ["integration", "list"], ["plugin", "list"], ["plugin", "inspect", "magento2"],
    ["event", "types", "acme"],
    ["variable", "list", "acme"], ["variable", "get", "acme", "thing.thing.well.name"],
    ["template", "render", "mail.tpl"], ["template", "variables", "mail.tpl"],
    ["render", "acme", "mail.tpl"]]


def run_to(site, arguments, stdout):
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {stdout}', "sh", str(IMH), "-c", "imh.ini", *arguments],
        cwd=site.folder, stderr=subprocess.PIPE, encoding="utf-8", timeout=60)


@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
def test_a_full_disk_is_told(ready, arguments):
    done = run_to(ready, arguments, ">/dev/full")
    assert done.returncode == CANNOT_WRITE
    assert done.stderr.startswith("imh: ") and done.stderr.count("\n") == 1
    assert done.stderr.endswith(": No space left on device\n")


@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
def test_a_closed_stdout_is_told(ready, arguments):
    done = run_to(ready, arguments, ">&-")
    assert done.returncode == CANNOT_WRITE
    assert done.stderr.startswith("imh: ") and done.stderr.endswith(": Bad file descriptor\n")


@pytest.mark.parametrize("arguments", [["--help"], ["render", "acme", "mail.tpl"]], ids=" ".join)
def test_a_reader_that_leaves_ends_it_quietly_and_without_a_signal(ready, arguments):
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen([IMH, "-c", "imh.ini", *arguments], cwd=ready.folder, stdout=write,
                          stderr=subprocess.PIPE, encoding="utf-8") as process:
        os.close(write)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (CANNOT_WRITE, "")


def test_a_closed_stderr_changes_nothing(ready):
    """Its number must not be given to a file or socket that then gets our messages."""
    done = run_to(ready, ["variable", "get", "acme", "thing.thing.well.name"], "2>&- >out.txt")
    assert done.returncode == 0
    assert (ready.folder / "out.txt").read_text() == '"well"\n'
    assert run_to(ready, ["nonsense"], "2>&-").returncode == WRONG_USE


def test_a_closed_stdin_changes_nothing(ready):
    done = run_to(ready, ["variable", "get", "acme", "thing.thing.well.name"], "<&- >out.txt")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments, message", [
    (["template", "render", "no.tpl"], "no.tpl: No such file or directory"),
    (["template", "check", "."], ".: not a regular file"),
    (["render", "acme", "no.tpl"], "no.tpl: No such file or directory"),
    (["template", "render", "mail.tpl", "--data", "no.json"],
     "no.json: No such file or directory"),
    (["template", "render", "mail.tpl", "--data", "{"], "--data: not JSON at byte 1: no end"),
    (["render", "acme", "mail.tpl", "--data", "list.json"],
     "list.json: must be a JSON object"),
    (["render", "acme", "mail.tpl", "--recipients", "no.csv", "--output", "out"],
     "no.csv: No such file or directory"),
])
def test_bad_data_names_the_file(ready, arguments, message):
    ready.write("list.json", "[1]")
    assert ready.run(*arguments) == (BAD_DATA, "", f"imh: {message}\n")


@pytest.mark.parametrize("arguments", [
    ["render", "acne", "mail.tpl"], ["variable", "list", "acne"], ["integration", "list", "acne"],
    ["variable", "get", "acne", "thing.thing.well"]])
def test_an_unknown_account_and_the_nearest(ready, arguments):
    assert ready.run(*arguments) == (
        BAD_CONFIG, "", "imh: there is no account 'acne': accounts.d/acne.ini does not exist; "
        "did you mean 'acme'?\n")


@pytest.mark.parametrize("name", ["../accounts.d/acme", "", ".", "..", "/etc/passwd", "a/b"])
def test_the_name_of_an_account_is_no_path(ready, name):
    done = ready.run("variable", "list", name)
    assert done.status == BAD_CONFIG and "there is no account" in done.err


# ---- what can happen ----

def test_event_types_are_listed_with_help_and_example(site):
    site.integration("shop", "magento2", url="http://127.0.0.1:9/", token=site.secret("x"))
    site.integration("thing", "wild")
    done = site.run("--json", "event", "types", "acme", "shop")
    assert done.status == 0, done.err
    types = {item["event"]: item for item in json.loads(done.out)["items"]}
    assert "product-price-drop" in {name.partition(".")[2] for name in types}
    assert all(item["help"] and json.loads(item["example"]) for item in types.values())
    assert len(types) == 16 and all(name.startswith("shop.") for name in types)
    missed = site.run("event", "types", "acme", "shoo")
    assert missed.status == BAD_CONFIG and "did you mean 'shop'?" in missed.err
