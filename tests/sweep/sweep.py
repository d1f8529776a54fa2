"""What the sweeps over the store share: the client, the folders it finds, and the judgement.

A run is good when `imh check --store` finds the store whole, every acknowledged row is
there, none that was refused is, and nothing was acknowledged after a failed sync.
"""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PATIENCE_S = 60
FIRST = 101  # row of a run; what it finds has the numbers 1 to 30
ROWS = 30


class Wrong(Exception):
    """The store broke its promise."""


def quiet(**more):
    """Leaks are another test's; under strace they cannot be looked for."""
    return {**os.environ, "ASAN_OPTIONS": "detect_leaks=0", **more}


def temporary():
    """A folder; in memory, where a sync costs nothing."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix="imh-sweep-", dir=memory)


def numbers(lines, word, *statuses):
    """Of the rows that were acknowledged ("ack"), or failed so ("fail")."""
    found = [line.split() for line in lines]
    return {int(words[1]) for words in found
            if words and words[0] == word and (not statuses or words[2] in statuses)}


class Stores:
    """State folders to start from, and what must be in one afterwards."""

    def __init__(self, build, folder):
        self.client = build / "tests" / "sweep" / "store_client"
        self.imh = build / "bin" / "imh"
        self.folder = Path(folder)
        self.outer = self.folder / "outer"
        self.state = self.outer / "state"
        self.outer.mkdir()
        (self.folder / "accounts.d").mkdir()
        (self.folder / "imh.ini").write_text("[host]\nstate = outer/state\n")
        self.known = {"nothing": set(), "older": self.make_older(),
                      "closed": self.make_closed(), "killed": self.make_killed()}

    def make_older(self):
        """A store of before the first migration: ours, and without a table."""
        tables = ("followup_use", "followup_watched", "followup_watch", "followup_note",
                  "followup_era", "followup_met", "followup_run",
                  "followup_text", "secret", "audit", "history", "job_text", "job", "job_count", "hold", "pause",
                  "source", "state", "event_key", "event", "alarm", "consent", "integration",
                  "queue", "migration")
        drop = "; ".join(f"drop table {table}" for table in tables)
        subprocess.run([self.client, "sql", self.state, drop], check=True, env=quiet(),
                       capture_output=True)
        shutil.move(self.state, self.folder / "older")
        return set()

    def make_closed(self):
        done = subprocess.run([self.client, "write", self.state], check=True, env=quiet(),
                              capture_output=True, text=True)
        shutil.move(self.state, self.folder / "closed")
        return numbers(done.stdout.split("\n"), "ack")

    def make_killed(self):
        """As a kill before the end leaves it: rows in the database and in its log."""
        client = subprocess.Popen([self.client, "write", self.state, "1", "close"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  env=quiet())
        lines = []
        for line in client.stdout:
            if line.strip() == "paused":
                break
            lines.append(line.strip())
        client.kill()
        client.communicate()
        if not (self.state / "imh.db-wal").stat().st_size:
            raise RuntimeError("the killed store has no log")
        shutil.move(self.state, self.folder / "killed")
        return numbers(lines, "ack")

    def place(self, start):
        """The state folder as this start wants it."""
        shutil.rmtree(self.state, ignore_errors=True)
        if start != "nothing":
            shutil.copytree(self.folder / start, self.state)

    def rows(self):
        done = subprocess.run([self.client, "rows", self.state], capture_output=True,
                              text=True, timeout=PATIENCE_S, env=quiet(), check=False)
        if done.returncode != 0:
            raise Wrong("the rows cannot be read: " + done.stdout.strip())
        lines = done.stdout.split("\n")
        if numbers(lines, "wrong"):
            raise Wrong(f"with another text: {sorted(numbers(lines, 'wrong'))}")
        return numbers(lines, "row")

    def check(self):
        done = subprocess.run([self.imh, "check", "--store"], cwd=self.folder,
                              capture_output=True, text=True, timeout=PATIENCE_S,
                              env=quiet(), check=False)
        if done.returncode != 0:
            raise Wrong(f"imh check --store: {done.returncode}: {done.stderr.strip()}")

    def judge(self, start, lines):
        """`lines`: what the client said, until it ended or was ended."""
        known = self.known[start]
        promised = known | numbers(lines, "ack")
        check_order(lines)
        self.check()
        there = self.rows()
        if promised - there:
            raise Wrong(f"acknowledged and lost: {sorted(promised - there)}")
        refused = numbers(lines, "fail", "retry", "canceled")
        if refused & there:
            raise Wrong(f"refused, but there: {sorted(refused & there)}")
        if there - known - set(range(FIRST, FIRST + ROWS)):
            raise Wrong(f"never written, but there: {sorted(there)}")


def check_order(lines):
    """After a commit of which nobody knows, nothing is done any more."""
    suspect = False
    for line in lines:
        if suspect and line.startswith("ack"):
            raise Wrong(f"acknowledged by a suspect store: {line}")
        suspect = suspect or line.endswith(("unknown", "canceled"))
