"""What the sweeps over the queue share: a daemon, who gives it jobs, and the judgement.

A job is one place in a stream, and its once-key says which: "a 3". Those of the action
`put` may be repeated, those of `post`, in streams whose names begin with "once", may not.
After a kill the state folder is read as it was left, then a new daemon finishes the work:

 - what was acknowledged is there, once, and comes to its end
 - what was recorded as done is never sent again, what ran may be: with the same key and body
 - `post` is sent once at most; and nothing more often than its attempts were counted
 - what is sent of a stream is in order, and one at a time runs
 - `imh check --store` finds the store whole, and no process is left
"""
import json
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import sweep
from sweep import Wrong

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))

from sink.client import Sink  # noqa: E402,F401

HEADER = struct.Struct("<IIQ")
ASK, ANSWER = 1000, 1001
RUNNING, FAILED, UNKNOWN, DONE = 2, 3, 4, 5
PARALLEL = 8      # calls of deeds at once
KILLS_MOST = 2    # workers that die of a job before it is parked
PIDS_MOST = 1 << 22


class Gone(Exception):
    """The daemon ended before it answered."""


def wait_until(true, what, patience_s=sweep.PATIENCE_S, pause_s=0.01):
    until = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > until:
            raise Wrong(f"in vain waited for: {what}")
        time.sleep(pause_s)


def children(pid):
    try:
        return [int(word) for task in Path(f"/proc/{pid}/task").iterdir()
                for word in (task / "children").read_text().split()]
    except OSError:
        return []


def threads_of(pid):
    """In the order of their start: behind the largest number there is they begin anew."""
    threads = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    return sorted(threads, key=lambda thread: (thread - pid) % PIDS_MOST)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Control:
    """Asks the daemon over its socket; a question at a time."""

    def __init__(self, state):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(sweep.PATIENCE_S)
        self.last = 0
        try:
            self.socket.connect(str(state / "control.sock"))
        except OSError as error:
            raise Gone from error

    def close(self):
        self.socket.close()

    def take(self, count):
        taken = b""
        while len(taken) < count:
            more = self.socket.recv(count - len(taken))
            if not more:
                raise Gone
            taken += more
        return taken

    def ask(self, operation, **arguments):
        self.last += 1
        payload = b""
        for word in (operation, json.dumps(arguments), ""):
            payload += b"s" + struct.pack("<I", len(word.encode())) + word.encode()
        try:
            self.socket.sendall(HEADER.pack(len(payload), ASK, self.last) + payload)
            count, kind, _ = HEADER.unpack(self.take(HEADER.size))
            answer = self.take(count)
        except (ConnectionError, BrokenPipeError) as error:
            raise Gone from error
        if kind != ANSWER:
            raise Refused(answer)
        return json.loads(answer[5:] if answer[:1] == b"s" else answer)


class Refused(Exception):
    """The daemon said no, and why."""


class Daemon:
    """A folder with a configuration for deeds, and imh run in it."""

    def __init__(self, imh, build, folder, sink, ladder="1s " * 16):
        self.imh, self.sink = imh, sink
        self.folder = Path(folder)
        self.outer = self.folder / "outer"
        self.state = self.outer / "state"
        self.log = self.folder / "daemon.log"
        self.process = None
        self.outer.mkdir()
        (self.folder / "accounts.d").mkdir()
        (self.folder / "imh.ini").write_text(
            f"[host]\nplugins = {build}/tests/plugins\nstate = outer/state\n")
        token = self.folder / "token"
        token.write_text("secret")
        token.chmod(0o600)
        (self.folder / "accounts.d" / "acme.ini").write_text(
            "[account]\ntitle = ACME\n\n[integration crm]\nplugin = deeds\n"
            f"allow_private = yes\nurl = {sink.url}\ntoken = file:{token}\n"
            f"ladder = {ladder}\n")

    def clear(self):
        shutil.rmtree(self.state, ignore_errors=True)
        self.sink.reset()

    def start(self, **env):
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [self.imh, "-c", "imh.ini", "run"], cwd=self.folder, stderr=log,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=sweep.quiet(**env))
        return self.process.stdout.readline() == b"ready\n"

    def must_start(self):
        if not self.start():
            raise Wrong("it does not start: " + self.log.read_text())

    def kill(self):
        """At once; and all that it started is gone soon. Again, it does nothing."""
        if self.process is None or self.process.stdout.closed:
            return
        others = children(self.process.pid)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        wait_until(lambda: not any(is_alive(pid) for pid in others),
                   "the end of its processes", 10)

    def end(self):
        """On request, and in peace."""
        self.process.terminate()
        status = self.process.wait(sweep.PATIENCE_S)
        self.process.stdout.close()
        if status != 0:
            raise Wrong(f"it ended with {status}: " + self.log.read_text()[-600:])

    def control(self):
        return Control(self.state)

    def check(self):
        done = subprocess.run([self.imh, "-c", "imh.ini", "check", "--store"],
                              cwd=self.folder, capture_output=True, text=True,
                              timeout=sweep.PATIENCE_S, env=sweep.quiet(), check=False)
        if done.returncode != 0:
            raise Wrong(f"imh check --store: {done.returncode}: {done.stderr.strip()}")

    def jobs(self):
        """As the folder holds them now, by their keys; nobody may be writing."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        if not (self.state / "imh.db").exists():
            return {}
        shutil.copytree(self.state, copy, ignore=shutil.ignore_patterns("*.sock"))
        db = sqlite3.connect(copy / "imh.db")
        db.row_factory = sqlite3.Row
        try:
            if not db.execute("select 1 from sqlite_schema where name = 'job'").fetchall():
                return {}
            found = [dict(row) for row in db.execute("select * from job order by id")]
            told = Counter(row[0] for row in db.execute(
                "select job from history where what = 1 and status = 0"))
        finally:
            db.close()
        keys = Counter(row["once_key"] for row in found)
        twice = sorted(key for key, count in keys.items() if count > 1)
        if twice:
            raise Wrong(f"made twice: {twice}")
        again = sorted(row["once_key"] for row in found if told[row["id"]] > 1)
        if again:
            raise Wrong(f"recorded twice: {again}")
        return {row["once_key"]: row for row in found}


def key_of(stream, sequence):
    return f"{stream}-{sequence}"


def is_once(key):
    return key.startswith("once")


class Producer:
    """Gives jobs to a daemon, until it is gone; what was acknowledged is in `acknowledged`."""

    def __init__(self, wanted):
        self.wanted = wanted  # [(stream, sequence)] in the order in which they are given
        self.acknowledged = {}

    def give(self, daemon, most=None):
        """Those that were not acknowledged; again, if need be: their keys are the same.
        False when the daemon is gone."""
        try:
            control = daemon.control()
            try:
                for stream, sequence in self.wanted[:most]:
                    if key_of(stream, sequence) not in self.acknowledged:
                        self.give_one(control, stream, sequence)
            finally:
                control.close()
        except Gone:
            return False
        return True

    def give_one(self, control, stream, sequence):
        key = key_of(stream, sequence)
        args = json.dumps({"stream": stream, "sequence": sequence})
        answer = control.ask("action run", account="acme", integration="crm", args=args,
                             action="post" if is_once(key) else "put", key=key)
        self.acknowledged[key] = answer["job"]


def wait_until_idle(daemon):
    """All jobs have ended: true; or the daemon has."""
    try:
        control = daemon.control()
        try:
            def is_idle():
                counts = control.ask("queue counts")
                return counts["waiting"] + counts["running"] == 0
            wait_until(is_idle, "the end of all jobs", 3 * sweep.PATIENCE_S)
        finally:
            control.close()
    except Gone:
        return False
    return True


def how_often_done(calls):
    return sum(call["does"] == 200 for call in calls)


class Judge:
    """Follows jobs over the deaths of daemons."""

    def __init__(self, producer, sink):
        self.producer, self.sink = producer, sink
        self.done_before = {}  # key: calls so far, when it was first found done
        self.ran = set()       # of those that were found running after a kill
        self.deaths = 0        # of anybody who might have had calls in hand

    def look(self, jobs):
        """After a kill: `jobs` as they were left."""
        calls = Counter(key_of(call["stream"], call["sequence"]) for call in self.sink.log())
        lost = sorted(set(self.producer.acknowledged) - set(jobs))
        if lost:
            raise Wrong(f"acknowledged and lost: {lost}")
        running = {key for key, job in jobs.items() if job["state"] == RUNNING}
        self.look_at_streams(jobs, running)
        for key, job in jobs.items():
            if calls[key] > job["attempts"]:
                raise Wrong(f"sent more often than counted: {key}: {calls[key]} times, "
                            f"{job['attempts']} attempts")
            if job["state"] == DONE:
                self.done_before.setdefault(key, calls[key])
        self.ran |= running
        self.deaths += 1

    @staticmethod
    def look_at_streams(jobs, running):
        streams = Counter(jobs[key]["stream"] for key in running)
        both = sorted(stream for stream, count in streams.items() if count > 1)
        if both:
            raise Wrong(f"out of order: two at once of {both}")

    def finish(self, jobs, only_these_ran=True):
        """At the end: all is done, in order. Others than those that were found running may
        have been sent twice only when more than the daemon was killed."""
        keys = {key_of(*wanted) for wanted in self.producer.wanted}
        if set(jobs) != keys:
            raise Wrong(f"never made: {sorted(keys - set(jobs))}, "
                        f"made by nobody: {sorted(set(jobs) - keys)}")
        for key, job in jobs.items():
            if self.producer.acknowledged.get(key, job["id"]) != job["id"]:
                raise Wrong(f"acknowledged under another number: {key}")
            may_be_unknown = is_once(key) and job["state"] == UNKNOWN
            may_be_parked = job["state"] == FAILED and job["kills"] >= KILLS_MOST
            if job["state"] != DONE and not may_be_unknown and not may_be_parked:
                raise Wrong(f"not done: {key}: state {job['state']}")
            if job["state"] == UNKNOWN and only_these_ran and key not in self.ran:
                raise Wrong(f"unknown, but it did not run: {key}")
        self.check_calls(jobs, only_these_ran)

    def check_calls(self, jobs, only_these_ran):
        calls = self.sink.log()
        highest = defaultdict(lambda: -1)
        by_key = defaultdict(list)
        for call in calls:
            stream, sequence = call["stream"], call["sequence"]
            if sequence < highest[stream]:
                raise Wrong(f"out of order: {sequence} of {stream} after {highest[stream]}")
            highest[stream] = sequence
            by_key[key_of(stream, sequence)].append(call)
        for key, job in jobs.items():
            if job["state"] == DONE and not by_key[key]:
                raise Wrong(f"done, and never sent: {key}")
        for key, sent in by_key.items():
            self.check_repeats(key, sent, jobs[key], only_these_ran)
        repeats = sum(max(0, how_often_done(sent) - 1) for sent in by_key.values())
        if repeats > PARALLEL * self.deaths:
            raise Wrong(f"sent twice: {repeats} calls in {self.deaths} kills")

    def check_repeats(self, key, sent, job, only_these_ran):
        names = {(call["key"], call["sha256"]) for call in sent}
        good = how_often_done(sent)
        if len(names) != 1 or None in names:
            raise Wrong(f"under another key: {key}: {sorted(names)}")
        if len(sent) > self.done_before.get(key, len(sent)):
            raise Wrong(f"was done, and sent again: {key}")
        if is_once(key) and good > 1:
            raise Wrong(f"to be sent once only, and sent twice: {key}")
        if good > 1 and only_these_ran and key not in self.ran:
            raise Wrong(f"sent twice, but it did not run: {key}")
        if good > 1 + self.deaths:
            raise Wrong(f"sent {good} times in {self.deaths} kills: {key}")
        if len(sent) > job["attempts"]:
            raise Wrong(f"sent more often than counted: {key}")
