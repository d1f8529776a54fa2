"""Ports whose number is known before anybody listens."""

import socket


def reserve():
    """A port that nobody else is given while this socket is open. Who asks for it by its number,
    with SO_REUSEADDR as servers do, gets it; until then nobody listens there."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held
