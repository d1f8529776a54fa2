"""[host] user: root starts it, that one runs it, and all that it starts."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from conftest import BUILD, PATIENCE_S, Done

OTHER = "nobody"
IS_ROOT = os.geteuid() == 0


class Place:
    """An installation of its own, in a folder that every user can reach."""

    def __init__(self, folder):
        self.folder = folder
        folder.chmod(0o755)
        plugins = folder / "lib" / "imh" / "plugins"
        plugins.mkdir(parents=True)
        (folder / "bin").mkdir()
        (folder / "accounts.d").mkdir()
        shutil.copy(BUILD / "bin" / "imh", folder / "bin")
        for name in ("imh-net", "imh-worker"):
            shutil.copy(BUILD / "lib" / "imh" / name, folder / "lib" / "imh")
        shutil.copy(BUILD / "tests" / "plugins" / "wild.so", plugins)
        (folder / "accounts.d" / "acme.ini").write_text(
            "[account]\n[integration wild]\nplugin = wild\ntimeout = 60s\n")

    def start(self, user, *arguments, starter=None):
        """Starts imh with `user` in its imh.ini, by the hand of `starter`."""
        line = f"user = {user}\n" if user else ""
        (self.folder / "imh.ini").write_text(f"[host]\nstate = state\n{line}")
        other = {"user": starter, "extra_groups": []} if starter else {}
        return subprocess.Popen(
            [self.folder / "bin" / "imh", "-c", "imh.ini", *arguments], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", **other)

    def run(self, user, *arguments, **options):
        with self.start(user, *arguments, **options) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        return Done(process.returncode, out, err)


@pytest.fixture
def place():
    with tempfile.TemporaryDirectory(prefix="imh-user-") as folder:
        yield Place(Path(folder))


def programs(top):
    """Name to process id of `top` and its children, as far as they have begun."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
        except OSError:
            continue
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        if int(fields["PPid"]) == top or int(folder.name) == top:
            found[fields["Name"]] = fields
    return found


def wait_for_worker(top):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = programs(top)
        if {"imh", "imh-net", "imh-worker"} <= found.keys() and \
                found["imh-worker"]["Seccomp"] == "2":
            return found
        time.sleep(0.05)
    raise AssertionError("no worker came up")


def test_everything_that_is_started_runs_as_the_user(place):
    me = OTHER if IS_ROOT else pwd.getpwuid(os.geteuid()).pw_name
    wanted = str(pwd.getpwnam(me).pw_uid)
    process = place.start(me, "variable", "get", "acme", "wild.thing.hang")
    try:
        for name, fields in wait_for_worker(process.pid).items():
            assert fields["Uid"].split() == [wanted] * 4, name
            assert fields["CapPrm"].strip("0") == "", name
    finally:
        process.kill()
        process.communicate()


def test_the_state_folder_is_made_for_the_user(place):
    done = place.run(OTHER if IS_ROOT else None, "variable", "get", "acme",
                     "wild.thing.well.name")
    assert done == Done(0, '"well"\n', "")
    if IS_ROOT:
        status = (place.folder / "state").stat()
        assert status.st_uid == pwd.getpwnam(OTHER).pw_uid
        assert status.st_mode & 0o777 == 0o700


def test_root_keeps_a_secret_for_a_service_with_its_key(place):
    """As docs/operate.md says it: systemd shows the key to the service alone."""
    given = place.folder / "credentials"
    given.mkdir()
    (given / "imh-key").write_text("A" * 43 + "=\n")
    shutil.copy(BUILD / "tests" / "plugins" / "deeds.so", place.folder / "lib/imh/plugins")
    (place.folder / "accounts.d" / "acme.ini").write_text(
        "[account]\n[integration crm]\nplugin = deeds\nurl = https://crm.example.com/\n")
    me = OTHER if IS_ROOT else pwd.getpwuid(os.geteuid()).pw_name
    (place.folder / "state").mkdir(mode=0o700)
    if IS_ROOT:
        shutil.chown(place.folder / "state", OTHER)
    (place.folder / "imh.ini").write_text(
        f"[host]\nstate = state\nuser = {me}\nkey = credential:imh-key\n")
    command = [place.folder / "bin" / "imh", "-c", "imh.ini"]

    def say(*words, stdin=""):
        return subprocess.run([*command, *words], cwd=place.folder, input=stdin,
                              capture_output=True, timeout=PATIENCE_S, encoding="utf-8")

    alone = say("vault", "set", "acme", "crm", "token", stdin="first")
    assert alone.returncode == 78 and "LoadCredential=imh-key:PATH" in alone.stderr
    other = {"user": OTHER, "extra_groups": []} if IS_ROOT else {}
    with subprocess.Popen([*command, "run"], cwd=place.folder, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL,
                          env={**os.environ, "CREDENTIALS_DIRECTORY": str(given)},
                          **other) as service:
        try:
            assert service.stdout.readline() == b"ready\n"
            kept = say("vault", "set", "acme", "crm", "token", stdin="first")
            assert (kept.returncode, kept.stdout) == (0, "kept: acme crm token\n"), kept
            assert "deeds   enabled" in say("status").stdout
        finally:
            service.terminate()
        assert service.wait(PATIENCE_S) == 0


def test_what_is_read_is_read_with_the_rights_of_the_user(place):
    account = place.folder / "accounts.d" / "acme.ini"
    account.chmod(0o000)
    if IS_ROOT:
        assert place.run("root", "account", "list").status == 0
    done = place.run(OTHER if IS_ROOT else None, "account", "list")
    assert done.status == 78
    assert "accounts.d/acme.ini: Permission denied" in done.err


def test_a_user_that_is_not_there_ends_everything_before_it_begins(place):
    (place.folder / "accounts.d" / "acme.ini").write_text("[nonsense]\n")
    done = place.run("no-such-user", "check")
    assert done == Done(78, "", "imh.ini:3: 'user' in [host] names nobody: there is no user "
                                "'no-such-user' on this machine\n")


def test_only_root_can_become_another(place):
    done = place.run("root", "account", "list", starter=OTHER if IS_ROOT else None)
    assert done == Done(78, "", "imh.ini: 'user' in [host]: only root can become 'root': "
                                "start imh as root, or as 'root'\n")
