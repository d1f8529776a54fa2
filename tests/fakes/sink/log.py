"""What arrived, in the order it did: one entry a call, written before it is answered."""

import hashlib
import json
import os
import threading
import time


def _member(body, name):
    """Of a JSON object; None of anything else."""
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value.get(name) if isinstance(value, dict) else None


class Log:
    """Kept in memory, and in a file when there is one: it outlives the sink."""

    def __init__(self, path=None):
        self._lock = threading.Lock()
        self._entries = []
        self._file = open(path, "a", encoding="utf-8") if path else None  # noqa: SIM115

    def add(self, request, does):
        """`stream` and `sequence` come from the body, else from headers X-Stream, X-Sequence."""
        entry = {
            "method": request.method,
            "path": request.path,
            "stream": _member(request.body, "stream") or request.headers.get("x-stream"),
            "sequence": _member(request.body, "sequence"),
            "key": request.headers.get("idempotency-key"),
            "sha256": hashlib.sha256(request.body).hexdigest(),
            "bytes": len(request.body),
            "headers": request.headers,
        }
        if entry["sequence"] is None:
            entry["sequence"] = request.headers.get("x-sequence")
        with self._lock:
            entry["number"] = len(self._entries)
            entry["at_s"] = time.time()
            rule = does(entry["path"], entry["stream"])
            entry["does"] = rule.then if rule.then != "status" else rule.status
            self._entries.append(entry)
            if self._file:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()
        return rule

    def read(self, start=0, count=None):
        with self._lock:
            end = None if count is None else start + count
            return self._entries[start:end]

    def count(self):
        with self._lock:
            return len(self._entries)

    def reset(self):
        with self._lock:
            self._entries = []
            if self._file:
                os.ftruncate(self._file.fileno(), 0)
