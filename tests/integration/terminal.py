"""A terminal for what asks people."""

import fcntl
import os
import pty
import select
import subprocess
import termios
import time

from conftest import IMH, PATIENCE_S


class Terminal:
    """imh on a terminal of its own."""

    def __init__(self, site, *arguments):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [IMH, "-c", "imh.ini", *arguments], cwd=site.folder, stdin=slave, stdout=slave,
            stderr=slave, preexec_fn=lambda: self._take(slave))
        self.slave = slave
        self.seen = ""

    @staticmethod
    def _take(slave):
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    def wait_for(self, text):
        end = time.monotonic() + PATIENCE_S
        while text not in self.seen:
            assert time.monotonic() < end, self.seen
            if select.select([self.master], [], [], 1)[0]:
                self.seen += os.read(self.master, 4096).decode()

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def type(self, text):
        os.write(self.master, text.encode())

    def finish(self):
        status = self.process.wait(PATIENCE_S)
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 4096).decode()
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)
