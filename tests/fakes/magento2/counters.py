"""Counts what the double was asked: for tests about batching, caching and connections."""

import threading
from collections import Counter, deque

REQUEST_LINES_KEPT = 1000


class Counters:
    """A connection counts when it carries a request to the shop; control calls do not."""

    def __init__(self):
        self._lock = threading.Lock()
        self._in_progress = 0
        self.reset()

    def reset(self):
        with self._lock:
            self._kinds = Counter()
            self._connections = set()
            self._most_in_progress = self._in_progress
            self._request_lines = deque(maxlen=REQUEST_LINES_KEPT)

    def enter(self, kind, request_line, connection):
        with self._lock:
            self._connections.add(connection)
            self._kinds[kind] += 1
            self._request_lines.append(request_line)
            self._in_progress += 1
            self._most_in_progress = max(self._most_in_progress, self._in_progress)

    def leave(self):
        with self._lock:
            self._in_progress -= 1

    def read(self):
        with self._lock:
            return {
                "total": sum(self._kinds.values()),
                "kinds": dict(self._kinds),
                "connections": len(self._connections),
                "in_progress": self._in_progress,
                "most_in_progress": self._most_in_progress,
                "requests": list(self._request_lines),
            }
