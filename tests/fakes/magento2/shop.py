#!/usr/bin/python3
"""Starts the shop double: python3 shop.py --help. What it plays is told in README.md."""

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

if __package__ in (None, ""):
    # Started as a file: make the package known, and hide its rooms from plain imports.
    here = Path(__file__).resolve().parent
    sys.path[0] = str(here.parent)

from magento2.api import Api  # noqa: E402
from magento2.control import PREFIX, Control  # noqa: E402
from magento2.counters import Counters  # noqa: E402
from magento2.faults import VERSIONS, Switches  # noqa: E402
from magento2.oauth import DEMO, Consumer  # noqa: E402
from magento2.server import Server  # noqa: E402


def main():
    options = read_options()
    server = Server(("127.0.0.1", options.port))
    own_url = f"http://127.0.0.1:{server.server_port}/"
    public_url = (options.public_url or own_url).rstrip("/") + "/"
    switches = Switches(options.delay_ms, options.gzip == "on", options.version)
    counters = Counters()
    consumers = read_consumers(options)
    tokens = {consumer.token: None for consumer in consumers} | read_tokens(options)
    api = Api(public_url, tokens, consumers, switches, options.products, options.orders)

    def stop():
        """From another thread: the server cannot wait for its own end."""
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
    if not options.no_stdin:
        threading.Thread(target=wait_for_parent, args=(stop,), daemon=True).start()
    control_url = own_url.rstrip("/") + PREFIX
    started = {"url": own_url, "control": control_url, "pid": os.getpid()}
    print(json.dumps(started), flush=True)
    server.serve(api, Control(api, switches, counters), switches, counters)


def read_options():
    parser = argparse.ArgumentParser(description="A double of a Magento 2 shop's REST API.")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--products", type=int, default=0, help="at least so many products")
    parser.add_argument("--orders", type=int, default=0, help="so many orders more")
    parser.add_argument("--token", default="demo-token", help="bearer token of all rights")
    parser.add_argument(
        "--limited-token",
        action="append",
        default=[],
        metavar="TOKEN=RIGHT,RIGHT",
        help="bearer token with only these rights; may be repeated",
    )
    parser.add_argument(
        "--consumer",
        action="append",
        default=[],
        metavar="KEY,SECRET,TOKEN,TOKEN-SECRET",
        help="another integration that signs with OAuth; may be repeated",
    )
    parser.add_argument("--delay-ms", type=float, default=0, help="wait before each answer")
    parser.add_argument("--gzip", choices=("on", "off"), default="on")
    parser.add_argument("--version", choices=VERSIONS, help="switches as it has them")
    parser.add_argument("--public-url", help="the shop's address in its answers")
    parser.add_argument(
        "--no-stdin", action="store_true", help="keep serving when stdin is closed"
    )
    return parser.parse_args()


def read_tokens(options):
    """token -> the set of its rights; None stands for all rights."""
    tokens = {options.token: None}
    for text in options.limited_token:
        token, _, rights = text.partition("=")
        tokens[token] = frozenset(rights.split(","))
    return tokens


def read_consumers(options):
    """The demo integration is the first; others have their values from the options."""
    consumers = [DEMO]
    for text in options.consumer:
        consumers.append(Consumer(len(consumers) + 1, *text.split(",")))
    return consumers


def wait_for_parent(stop):
    """A test that dies closes our stdin; then nobody needs us any more."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop()


if __name__ == "__main__":
    main()
