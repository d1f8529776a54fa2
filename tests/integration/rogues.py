"""What tests with rogues start from: canaries, and a site with a good plugin beside them."""

import ctypes
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from conftest import BUILD, IMH, PATIENCE_S, SANITIZED, Done, Site  # noqa: F401

ROGUES = BUILD / "tests" / "rogues"
KEYS = 1200  # what is asked of the good one: three calls
PR_SET_CHILD_SUBREAPER = 36


class Canaries:
    """A file, and listeners, that nobody must touch."""

    def __init__(self, folder):
        self.folder = folder / "canaries"
        self.folder.mkdir()
        self.file = self.folder / "file"
        self.file.write_text("untouched")
        self.file.chmod(0o640)
        self.before = self.file.stat()
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(str(self.folder / "socket"))
        self.unix.listen()

    def options(self):
        return {"file": self.file, "folder": self.folder, "port": self.port,
                "socket": self.folder / "socket"}

    def check(self):
        """Untouched, all of them."""
        after = self.file.stat()
        assert self.file.read_text() == "untouched"
        for field in ("st_ino", "st_mode", "st_uid", "st_gid", "st_nlink", "st_mtime_ns",
                      "st_ctime_ns"):
            assert getattr(after, field) == getattr(self.before, field), field
        assert sorted(path.name for path in self.folder.iterdir()) == ["file", "socket"]
        for listener in (self.tcp, self.udp, self.unix):
            listener.setblocking(False)
            with pytest.raises(BlockingIOError):
                listener.recv(1) if listener is self.udp else listener.accept()

    def close(self):
        for listener in (self.tcp, self.udp, self.unix):
            listener.close()


@pytest.fixture
def canaries(tmp_path):
    made = Canaries(tmp_path)
    yield made
    made.close()


class Watch:
    """Looks after a process and its children while it runs."""

    PAUSE_S = 0.02  # between two looks
    DEAD_LOOKS = 100  # so long nobody may be left unburied; on a busy machine looks are late, too

    def __init__(self, process):
        self.process = process
        self.dead_for = {}

    def children(self):
        try:
            pids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            return [int(pid) for pid in pids.read_text().split()]
        except OSError:
            return []

    def look(self):
        dead = {}
        for pid in self.children():
            try:
                stat = Path(f"/proc/{pid}/stat").read_text()
            except OSError:
                continue
            if stat.rpartition(")")[2].split()[0] == "Z":
                dead[pid] = self.dead_for.get(pid, 0) + 1
        self.dead_for = dead
        assert max(dead.values(), default=0) < self.DEAD_LOOKS, "a zombie"

    def wait(self, patience):
        deadline = time.monotonic() + patience
        while self.process.poll() is None and time.monotonic() < deadline:
            self.look()
            time.sleep(self.PAUSE_S)
        assert self.process.poll() is not None, "it does not end"


class Crowd(Site):
    """A site with a good plugin and rogues, each of them a plugin of its own."""

    def __init__(self, folder, canaries):
        super().__init__(folder)
        self.canaries = canaries
        self.plugins = folder / "plugins"
        self.plugins.mkdir()
        shutil.copy(BUILD / "tests" / "plugins" / "wild.so", self.plugins / "good.so")
        self.write("imh.ini", f"[host]\nplugins = {self.plugins}\nstate = state\n")
        self.integration("good", "good", timeout="60s")

    def rogue(self, name, file="rogue", **options):
        """Adds a rogue of its own, whose calls have time enough to do harm."""
        shutil.copy(ROGUES / f"{file}.so", self.plugins / f"{name}.so")
        options = {"timeout": "60s", "on_failure": "empty", **options}
        self.integration(name, name, **options, **self.canaries.options())

    def run(self, *arguments, patience=PATIENCE_S):
        with (self.folder / "out").open("w+") as out, (self.folder / "err").open("w+") as err:
            with subprocess.Popen([IMH, "-c", "imh.ini", *arguments], cwd=self.folder,
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=err) as process:
                try:
                    Watch(process).wait(patience)
                finally:
                    process.kill()
            out.seek(0)
            err.seek(0)
            return Done(process.returncode, out.read(), err.read())

    def render(self, *paths, patience=PATIENCE_S):
        """One message with all that the good one is asked, and the paths; what came of
        these, and what was said on stderr."""
        good = "".join(f"{{$good.thing.k{number}.name}} " for number in range(KEYS))
        lines = "".join(f"[{{${path}}}]\n" for path in paths)
        self.write("template.txt", f"{good}\n{lines}")
        done = self.run("render", "acme", "template.txt", patience=patience)
        assert done.status == 0, done.err
        first, *rest = done.out.splitlines()
        assert first.split() == ["well"] * KEYS
        return [line.strip("[]") for line in rest], done.err

    def load(self):
        """Which integrations can be used; what was said on stderr."""
        done = self.run("integration", "list", "--json")
        states = {row["integration"]: row["state"] for row in json.loads(done.out)["items"]}
        return states, done.err


@pytest.fixture
def crowd(tmp_path, canaries):
    """Whatever a test leaves running becomes our child, and is found."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield Crowd(tmp_path, canaries)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
