"""What a command and all processes it starts take of memory, as PSS, while it runs."""

import subprocess
import threading
from pathlib import Path

PAUSE_S = 0.002


def family(pid):
    """The process and all its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in family(int(child)))]


def kibibytes(pid, file, *names):
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(names))


def pss(pid):
    """Bytes; 0 when it has ended. Only root may look at a process that hides: of others we
    take what they share with nobody."""
    try:
        return kibibytes(pid, "smaps_rollup", "Pss:") * 1024
    except PermissionError:
        pass
    except OSError:
        return 0
    try:
        return kibibytes(pid, "status", "RssAnon:", "RssShmem:") * 1024
    except OSError:
        return 0


class Watch:
    """The largest sum of PSS of a process and its descendants, seen every PAUSE_S."""

    def __init__(self, pid):
        self.pid = pid
        self.peak = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _watch(self):
        while not self.over.wait(PAUSE_S):
            self.peak = max(self.peak, sum(map(pss, family(self.pid))))

    def end(self):
        self.over.set()
        self.thread.join()
        return self.peak


def peak_of(arguments, patience, **options):
    """Runs a command; its peak in bytes, status, output and errors."""
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, encoding="utf-8", **options)
    watch = Watch(process.pid)
    try:
        out, err = process.communicate(timeout=patience)
    finally:
        peak = watch.end()
        if process.poll() is None:
            process.kill()
    return peak, process.returncode, out, err
