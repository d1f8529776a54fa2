"""INI files as people and programs leave them: long lines, BOM, CRLF, bytes that are no text."""

import os
import subprocess

import pytest

from config_test import ACCOUNT, BAD_CONFIG, check
from conftest import IMH

NOT_TEXT = "not text in UTF-8"
TOO_LONG = "a line has at most 198 bytes: go on in the next line, indented"


def write(site, content):
    site.account.write_bytes(content)


def titles(site):
    """What was understood of the account's file, by way of its title."""
    done = site.run("account", "list", "--json")
    assert (done.status, done.err) == (0, "")
    return done.out


@pytest.mark.parametrize("content", [
    b"[account]\ntitle = ACME\n",
    b"\xef\xbb\xbf[account]\ntitle = ACME\n",
    b"[account]\r\ntitle = ACME\r\n",
    b"\xef\xbb\xbf[account]\r\ntitle=ACME",
    b"; a comment\n# another\n\n  \t\n[ account ] ; comment\n\ttitle = ACME ; comment\n",
    b"[account]\ntitle = ACME\n\n\n; the end",
])
def test_the_same_file_as_different_programs_write_it(site, content):
    write(site, content)
    assert '"title":"ACME"' in titles(site)


def test_a_value_goes_on_in_indented_lines(site):
    write(site, b"[account]\n[integration shop]\nplugin = wild\nladder = 1m\n  5m ; pause\n"
                b"\t10m\n\n ; a comment\n  1h\ncache = 5s\n")
    assert check(site) == (0, [])
    write(site, b"[integration shop]\nplugin = wild\nladder = 1m\n  5m\n  oops\ncache = x\n")
    assert check(site) == (BAD_CONFIG, [
        f"{ACCOUNT}:3: integration 'shop': 'ladder' must be durations from 1s to 24h as in "
        "'1m 5m 10m 1h', not 'oops'",
        f"{ACCOUNT}:6: integration 'shop': 'cache' must be a duration such as 90s, 5m, 2h or 30d"])


def test_a_value_of_many_lines_is_read_in_no_time(site):
    write(site, b"[account]\ntitle = many\n" + b" xy\n" * 200_000)
    assert check(site) == (0, [])


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_line_of_198_bytes_is_the_longest(site, end):
    """Cut at no byte: all of the value arrives."""
    line = b"title = " + b"x" * 189 + b"y"
    assert len(line) == 198
    write(site, b"[account]\n" + line + end)
    assert f'"title":"{"x" * 189}y"' in titles(site)
    write(site, b"[account]\n" + line + b"z" + end)
    assert check(site) == (BAD_CONFIG, [f"{ACCOUNT}:2: {TOO_LONG}"])


def test_bytes_are_counted_not_letters(site):
    write(site, b"[account]\ntitle = " + "é".encode() * 96 + b"\n")
    assert check(site) == (BAD_CONFIG, [f"{ACCOUNT}:2: {TOO_LONG}"])


def test_the_rest_of_a_long_line_is_no_line_of_its_own(site):
    """inih by itself would read it as one: a setting nobody wrote."""
    write(site, b"[integration shop]\nplugin = wild\n; " + b"-" * 195 +
          b"\non_failure = " + b"x" * 190 + b"\n  enabled = no\ncache = 5s\n" +
          b"x" * 199 + b"enabled = no\n")
    assert check(site) == (BAD_CONFIG, [
        f"{ACCOUNT}:4: {TOO_LONG}", f"{ACCOUNT}:7: {TOO_LONG}"])


def test_a_comment_may_not_be_longer_either(site):
    write(site, b"[account]\n;" + b"-" * 198 + b"\n")
    assert check(site) == (BAD_CONFIG, [f"{ACCOUNT}:2: {TOO_LONG}"])


def test_a_section_name_of_64_bytes_survives(site):
    """inih by itself cuts it at 49: two of them would be one."""
    name = "x" * 63
    write(site, f"[integration {name}a]\nplugin = wild\n[integration {name}b]\nplugin = wild\n"
          .encode())
    assert check(site) == (0, [])
    listed = site.run("integration", "list").out
    assert f" {name}a " in listed and f" {name}b " in listed


def test_a_section_name_has_an_end(site):
    write(site, b"[" + b"x" * 129 + b"]\nplugin = wild\n")
    assert check(site) == (BAD_CONFIG, [f"{ACCOUNT}:1: the name of this section is too long"])


@pytest.mark.parametrize("content, line, problem", [
    (b"[account]\ntitle = A\x00B\n", 2, NOT_TEXT),
    (b"[account]\n\x00\n", 2, NOT_TEXT),
    (b"[account]\ntitle = caf\xe9\n", 2, NOT_TEXT),
    (b"[account]\ntitle = \xed\xa0\x80\n", 2, NOT_TEXT),
    (b"[account]\ntitle = \xc0\xaf\n", 2, NOT_TEXT),
    (b"[account]\n; caf\xe9\n", 2, NOT_TEXT),
    (b"[acc\xffount]\ntitle = A\n", 1, NOT_TEXT),
    (b"title = A\n[account]\n", 1, "a setting before the first [section]"),
    (b"[account\ntitle = A\n", 1, "a section without an end: ']' is missing"),
    (b"[account] title = A\n", 1, "a section without an end: ']' is missing"),
    (b"[account]\ntitle\n", 2, "neither a [section] nor name = value"),
    (b"[account]\ntitle: A\n", 2, "neither a [section] nor name = value"),
    (b"[account]\ntitle: A = B\n", 2, "neither a [section] nor name = value"),
    (b"[account]\n= A\n", 2, "a name is missing before '='"),
    (b"[]\n", 1, "unknown section []"),
])
def test_a_line_that_cannot_be_used(site, content, line, problem):
    write(site, content)
    assert check(site) == (BAD_CONFIG, [f"{ACCOUNT}:{line}: {problem}"])


def test_utf_16_is_refused_line_by_line(site):
    write(site, "[account]\ntitle = ACME\n".encode("utf-16"))
    status, problems = check(site)
    assert status == BAD_CONFIG
    assert problems and all(problem.endswith(NOT_TEXT) for problem in problems)


def test_a_broken_section_takes_its_entries_along(site):
    """Not told too, and not read as entries of the section before."""
    write(site, b"[integration shop]\nplugin = wild\n[integration other\nplugin = wild\n"
                b"colour = red\n  and blue\n[account]\n")
    assert check(site) == (
        BAD_CONFIG, [f"{ACCOUNT}:3: a section without an end: ']' is missing"])


@pytest.mark.parametrize("name, make, problem", [
    ("a folder", lambda path: path.mkdir(), "not a regular file"),
    ("a pipe", os.mkfifo, "not a regular file"),
    ("a dangling link", lambda path: path.symlink_to("nowhere"), "No such file or directory"),
    ("a link in a circle", lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    ("a device", lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
])
def test_what_is_no_file(site, name, make, problem):
    site.account.unlink()
    make(site.account)
    assert check(site) == (BAD_CONFIG, [f"{ACCOUNT}: {problem}"])


def test_a_file_too_large_to_be_one(site):
    write(site, b"; comment\n" * 110_000)
    assert check(site) == (BAD_CONFIG, [f"{ACCOUNT}: larger than 1048576 bytes"])


@pytest.mark.parametrize("name", ["imh.ini", "accounts.d/acme.ini"])
def test_a_file_that_everybody_may_write_is_not_believed(site, name):
    (site.folder / name).chmod(0o646)
    assert check(site) == (
        BAD_CONFIG, [f"{name}: can be written by everybody: chmod o-w {name}"])
    (site.folder / name).chmod(0o644)
    assert check(site) == (0, [])


def test_a_folder_to_which_everybody_may_add_accounts(site):
    site.account.parent.chmod(0o777)
    assert check(site) == (
        BAD_CONFIG, ["accounts.d: everybody can add accounts: chmod o-w accounts.d"])


@pytest.mark.parametrize("name", ["imh.ini", "accounts.d/acme.ini"])
def test_a_file_that_may_not_be_read(site, name):
    """Root may read everything, unless it gave that up."""
    (site.folder / name).chmod(0)
    lame = [] if os.geteuid() != 0 else [
        "setpriv", "--bounding-set=-dac_override,-dac_read_search",
        "--inh-caps=-dac_override,-dac_read_search"]
    done = subprocess.run([*lame, IMH, "-c", "imh.ini", "check"], cwd=site.folder,
                          capture_output=True, encoding="utf-8", timeout=60)
    assert (done.returncode, done.stderr) == (BAD_CONFIG, f"{name}: Permission denied\n")
