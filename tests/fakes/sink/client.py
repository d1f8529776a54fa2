"""The sink in a process of its own, for Python tests:

    with Sink() as sink:
        sink.plan([{"times": 2, "status": 503}, {"stream": "s1", "then": "hang"}], seed=7)
        ... sink.url ...
        sink.log()                 every call so far, see README.md
        sink.wait_for(100)         until so many came; what there is then
"""

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent / "sink.py"


class Sink:
    def __init__(self, *options):
        self._process = subprocess.Popen(
            [sys.executable, "-B", PROGRAM, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        told = json.loads(self._process.stdout.readline())
        self.url = told["url"]
        self.pid = told["pid"]
        self._control = told["control"]

    def __enter__(self):
        return self

    def __exit__(self, *_what):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _ask(self, method, name, value=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self._control + name, data=body, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def plan(self, rules, seed=0):
        self._ask("PUT", "plan", {"rules": rules, "seed": seed})

    def log(self, start=0):
        return self._ask("GET", f"log?from={start}")

    def count(self):
        return self._ask("GET", "count")

    def reset(self):
        """Forgets what came; the plan stays."""
        self._ask("DELETE", "log")

    def wait_for(self, count, patience_s=60):
        until = time.monotonic() + patience_s
        while (came := self.count()) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{came} calls came, not {count}")
            time.sleep(0.05)
        return self.log()
