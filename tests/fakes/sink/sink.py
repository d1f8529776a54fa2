#!/usr/bin/python3
"""Starts the sink: one line of JSON says where it is. See README.md."""

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sink.server import Server  # noqa: E402


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0, help="a free one by default")
    options.add_argument("--log", help="a file that the log is written to as well")
    options.add_argument("--no-stdin", action="store_true", help="serve on when stdin ends")
    chosen = options.parse_args()
    server = Server(chosen.port, chosen.log)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    print(json.dumps({"url": server.url, "control": f"{server.url}__control/",
                      "pid": os.getpid()}), flush=True)
    if not chosen.no_stdin:
        threading.Thread(
            target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True
        ).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
