"""What bad remotes do, by name: see BEHAVIOURS at the end of each part.

A behaviour answers one request. When it returns, the connection is kept for the next one;
it raises Gone when the connection is over.
"""

import gzip
import struct
import time
import zlib

from .server import Gone

MEBI = 1 << 20
BEHAVIOURS = {}


def behaviour(function):
    BEHAVIOURS[function.__name__.replace("_", "-")] = function
    return function


def early(function):
    """Answers before it has read the body."""
    function.early = True
    return function


def raw(name, data, then=None):
    """A behaviour that sends these bytes, then does what `then` says."""

    def say(connection):
        connection.send(data)
        if then:
            then(connection)

    BEHAVIOURS[name] = say


def close(connection):
    raise Gone


def hang(connection):
    connection.wait_for_end()
    raise Gone


def forever(connection, piece):
    while True:
        connection.send(piece)


HEAD = "HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n"


# ------------------------------------------------------------------------- good answers

@behaviour
def good(connection):
    connection.answer('{"title":"good","price":19.99}')


@behaviour
def cookies(connection):
    """Wants to be remembered, and to be visited elsewhere from now on."""
    connection.answer(
        "{}", "Set-Cookie: id=planted; Path=/", "Strict-Transport-Security: max-age=9999",
        'Alt-Svc: h2=":1"; ma=9999, h3=":1"; ma=9999', "Refresh: 0; url=/elsewhere",
    )


# -------------------------------------------------------------------- compressed answers

def zeros(mebibytes, make):
    """That many MiB of zeros, compressed."""
    return b"".join(make.compress(bytes(MEBI)) for _ in range(mebibytes)) + make.flush()


def gzip_maker():
    return zlib.compressobj(9, zlib.DEFLATED, 31)


def says(encoding, body):
    return lambda connection: connection.answer(body, f"Content-Encoding: {encoding}")


BOMB = zeros(64, gzip_maker())
# A deflate stream of empty blocks: many bytes of it decode to nothing. Twice as deep, each
# byte on the wire is a million bytes of work.
NOTHING = bytes.fromhex("1f8b08000000000000ff") + b"\x00\x00\x00\xff\xff" * (8 * MEBI)
BEHAVIOURS.update({
    "gzip-bomb": says("gzip", BOMB),
    "gzip-bomb-chunked": lambda connection: connection.send(
        (HEAD + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
        + b"%x\r\n" % len(BOMB) + BOMB + b"\r\n0\r\n\r\n"),
    "gzip-twice": says("gzip, gzip", gzip.compress(BOMB)),
    "gzip-two-headers": lambda connection: connection.answer(
        gzip.compress(BOMB), "Content-Encoding: gzip", "Content-Encoding: gzip"),
    "gzip-five-times": says("gzip, gzip, gzip, gzip, gzip", gzip.compress(gzip.compress(
        gzip.compress(gzip.compress(gzip.compress(b"{}")))))),
    "gzip-of-nothing": says("gzip, gzip, gzip",
                            gzip.compress(gzip.compress(NOTHING))),
    "gzip-transfer": lambda connection: connection.send(
        (HEAD + "Transfer-Encoding: gzip, gzip, chunked\r\n\r\n").encode()
        + b"%x\r\n" % len(BOMB) + BOMB + b"\r\n0\r\n\r\n"),
    "deflate-bomb": says("deflate", zeros(64, zlib.compressobj(9))),
    "brotli": says("br", b"\x0b\x02\x80{}\x03"),
    "zstd": says("zstd", bytes.fromhex("28b52ffd2002110000") + b"{}"),
    "gzip-cut": says("gzip", gzip.compress(b"x" * 5000)[:-9]),
    "gzip-junk": says("gzip", b"this is no gzip" * 10),
    "gzip-good": says("gzip", gzip.compress(b'{"title":"good"}')),
})


# ---------------------------------------------------------------------- how much, how long

@behaviour
def endless_body(connection):
    connection.send(HEAD + "\r\n")
    forever(connection, b"x" * 65536)


@behaviour
def endless_chunks(connection):
    connection.send(CHUNKED)
    forever(connection, b"10000\r\n" + b"x" * 65536 + b"\r\n")


@behaviour
def small_chunks(connection):
    connection.send(CHUNKED)
    forever(connection, (b"40\r\n" + b"x" * 64 + b"\r\n") * 1000)


@behaviour
def endless_extension(connection):
    connection.send(CHUNKED + "2;")
    forever(connection, b"x" * 65536)


@behaviour
def endless_trailers(connection):
    connection.send(CHUNKED + "2\r\n{}\r\n0\r\n")
    forever(connection, b"X-Late: and later\r\n" * 1000)


@behaviour
def endless_headers(connection):
    connection.send(HEAD)
    forever(connection, b"X-More: and more\r\n" * 1000)


@behaviour
def endless_header(connection):
    connection.send(HEAD + "X-Long: ")
    forever(connection, b"x" * 65536)


@behaviour
def endless_status_line(connection):
    connection.send("HTTP/1.1 200 ")
    forever(connection, b"x" * 65536)


@behaviour
def huge_headers(connection):
    connection.send(HEAD)
    for number in range(1600):
        connection.send(b"X-%d: " % number + b"x" * 65536 + b"\r\n")
    connection.send("Content-Length: 0\r\n\r\n")


@behaviour
def interim_flood(connection):
    forever(connection, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 500)


@behaviour
def continue_flood(connection):
    forever(connection, b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


# ------------------------------------------------------------------------------ slowness

def drip(connection, data):
    for byte in data:
        connection.send(bytes([byte]))
        time.sleep(0.3)


@behaviour
def silence(connection):
    hang(connection)


@behaviour
def drip_status(connection):
    drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@behaviour
def drip_headers(connection):
    connection.send(HEAD)
    drip(connection, b"X-Slow: and slower, and slower still, and slower\r\n")


@behaviour
def drip_body(connection):
    connection.send(HEAD + "Content-Length: 500\r\n\r\n")
    drip(connection, b"x" * 500)


raw("continue-never", "HTTP/1.1 100 Continue\r\n\r\n", hang)
raw("head-only", HEAD + "Content-Length: 2\r\n\r\n", hang)
raw("chunk-never", CHUNKED + "5\r\nab", hang)
raw("switching", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", hang)


# ------------------------------------------------------------------- the connection's end

BEHAVIOURS["closes"] = close


@behaviour
def half_closes(connection):
    connection.half_close()
    raise Gone


@behaviour
def resets(connection):
    connection.reset()


@behaviour
def resets_in_body(connection):
    connection.send(HEAD + "Content-Length: 500\r\n\r\nabc")
    connection.reset()


raw("half-a-head", HEAD + "X-Half: ", close)
raw("half-a-body", HEAD + "Content-Length: 500\r\n\r\n{", close)
raw("half-a-chunk", CHUNKED + "500\r\n{", close)
raw("no-last-chunk", CHUNKED + "2\r\n{}\r\n", close)


@behaviour
def closes_when_used_again(connection):
    """Answers the first request of a connection; the second finds it closed."""
    used = getattr(connection, "used", False)
    connection.used = True
    if used:
        raise Gone
    connection.answer("{}")


@early
def answers_early(connection):
    connection.answer("{}", "Connection: close", status="413 Too Large")
    raise Gone


BEHAVIOURS["answers-early"] = answers_early


@behaviour
def two_answers(connection):
    """A second one that nobody asked for."""
    connection.answer('{"title":"first"}')
    connection.answer('{"title":"smuggled"}')


@behaviour
def two_answers_later(connection):
    connection.answer('{"title":"first"}')
    time.sleep(0.2)
    connection.answer('{"title":"smuggled"}')


# --------------------------------------------------------------------------- wrong lengths

def sized(*lines, body="{}"):
    return HEAD + "\r\n".join(lines) + "\r\n\r\n" + body


raw("length-short", sized("Content-Length: 2", body="{}more"))
raw("length-long", sized("Content-Length: 900"), close)
raw("length-negative", sized("Content-Length: -2"), close)
raw("length-huge", sized("Content-Length: 99999999999999999999999"), close)
raw("length-large", sized("Content-Length: 9999999999"), hang)
raw("length-junk", sized("Content-Length: 2x"), close)
raw("length-none", sized("Content-Length: "), close)
raw("length-hex", sized("Content-Length: 0x2"), close)
raw("length-two", sized("Content-Length: 2", "Content-Length: 4", body="{}ab"), close)
raw("length-list", sized("Content-Length: 2, 4", body="{}ab"), close)
raw("length-twice", sized("Content-Length: 2", "Content-Length: 2"))
raw("length-and-chunked", sized("Content-Length: 40", "Transfer-Encoding: chunked",
                                body="2\r\n{}\r\n0\r\n\r\n"))
raw("chunked-and-length", sized("Transfer-Encoding: chunked", "Content-Length: 40",
                                body="2\r\n{}\r\n0\r\n\r\n"))
raw("chunk-junk", CHUNKED + "zz\r\n{}\r\n0\r\n\r\n", close)
raw("chunk-negative", CHUNKED + "-2\r\n{}\r\n0\r\n\r\n", close)
raw("chunk-huge", CHUNKED + "ffffffffffffffff1\r\n{}\r\n0\r\n\r\n", close)
raw("chunk-large", CHUNKED + "7fffffffffffffff\r\n{}", hang)
raw("chunk-unended", CHUNKED + "2\r\n{}ab\r\n0\r\n\r\n", close)
raw("transfer-unknown", HEAD + "Transfer-Encoding: rot13\r\n\r\n{}", close)
raw("no-content-with-body", "HTTP/1.1 204 None\r\nContent-Length: 2\r\n\r\n{}")


# --------------------------------------------------------------------------- bad heads

raw("http-0.9", "just some text, no head", close)
raw("http-2", b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64" + bytes(20), close)
raw("binary", bytes(range(256)) * 20, close)
raw("tls-record", b"\x15\x03\x03\0\x02\x02\x28", close)
raw("ssh", "SSH-2.0-OpenSSH_9.2\r\n", close)
raw("empty-lines", "\r\n\r\n\r\n", close)
raw("version-junk", "HTTP/7.3 200 OK\r\nContent-Length: 2\r\n\r\n{}", close)
raw("code-none", "HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\n{}", close)
raw("code-zero", "HTTP/1.1 000 None\r\nContent-Length: 2\r\n\r\n{}", close)
raw("code-999", "HTTP/1.1 999 Much\r\nContent-Length: 2\r\n\r\n{}", close)
raw("code-long", "HTTP/1.1 2000 Much\r\nContent-Length: 2\r\n\r\n{}", close)
raw("nul-in-header", HEAD + "X-A: a\0b\r\nContent-Length: 2\r\n\r\n{}", close)
raw("nul-in-name", HEAD + "X-\0A: b\r\nContent-Length: 2\r\n\r\n{}", close)
raw("no-colon", HEAD + "this is no header\r\nContent-Length: 2\r\n\r\n{}")
raw("folded", HEAD + "X-A: one\r\n Content-Type: two\r\nContent-Length: 2\r\n\r\n{}")
raw("bytes-in-header", HEAD.encode() + b"X-A: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}")
raw("status-as-header", HEAD + "HTTP/1.1 503 Later\r\nContent-Length: 2\r\n\r\n{}")


# ---------------------------------------------------------------------------- redirects

def redirect(name, code, where):
    def go(connection):
        port = connection.peers.port
        connection.answer(b"", f"Location: {where.format(port=port)}", status=f"{code} Go")

    BEHAVIOURS[name] = go


redirect("redirect-loop", 302, "/redirect-loop")
redirect("redirect-same-origin", 301, "/good")
redirect("redirect-other-port", 307, "http://127.0.0.1:1/good")
redirect("redirect-other-name", 308, "http://localhost:{port}/good")
redirect("redirect-file", 302, "file:///etc/passwd")
redirect("redirect-gopher", 302, "gopher://127.0.0.1:{port}/_good")
redirect("redirect-see-other", 303, "/good")
redirect("redirect-not-modified", 304, "/good")


# ------------------------------------------------------------------------ asking for rest

def rest(name, value, code=429):
    BEHAVIOURS[name] = lambda connection: connection.answer(
        "{}", f"Retry-After: {value}", status=f"{code} Later")


rest("rest-7", "7")
rest("rest-503", "7", 503)
rest("rest-ten-years", "315360000")
rest("rest-negative", "-5")
rest("rest-huge", "9" * 40)
rest("rest-past", "Mon, 01 Jan 2001 00:00:00 GMT")
rest("rest-future", "Fri, 01 Jan 2100 00:00:00 GMT")
rest("rest-junk", "soon\u00a0")
rest("rest-empty", "")
rest("rest-fraction", "1.5")
BEHAVIOURS["rest-twice"] = lambda connection: connection.answer(
    "{}", "Retry-After: nonsense", "Retry-After: 9", status="503 Later")


# ------------------------------------------------------------------------------- bodies

def body(name, data):
    BEHAVIOURS[name] = lambda connection: connection.answer(data)


body("body-none", b"")
body("body-binary", bytes(range(256)))
body("body-no-utf8", b'{"title":"\xff\xfe"}')
body("body-overlong", b'{"title":"\xc0\xaf"}')
body("body-objects", b"[" + b"{}," * (8 * MEBI // 3 - 1) + b"{}]")
body("body-too-many", b"[" + b"0," * 500000 + b"0]")
body("body-many", b"[" + b"0," * 499997 + b"0]")
body("body-many-objects", b"[" + b"{}," * 499997 + b"{}]")
body("body-many-members", b"{" + b",".join(b'"%d":0' % i for i in range(499000)) + b"}")
body("body-deep", b"[" * 100000 + b"]" * 100000)
body("body-deep-objects", b'{"a":' * 100000 + b"1" + b"}" * 100000)
body("body-long-text", b'{"title":"' + b"x" * (8 * MEBI - 100) + b'"}')
body("body-long-number", b"[" + b"1" * (MEBI) + b"]")
body("body-cut", b'{"title":"cu')
body("body-html", b"<!doctype html><html><body>Just a moment...</body></html>")
body("body-twice", b'{"title":"a","title":"b"}')
body("body-twice-deep", b'{"a":[{"x":1,"y":{"k":1,"\\u006b":2}}]}')
body("body-many-pairs", b"[" + b",".join([b'{"a":0}'] * 249998) + b"]")
body("body-many-pairs-long", b"[" + b",".join([b'{"abcdefghijkl":"0123456789"}'] * 249998) + b"]")
body("body-many-lists", b"[" + b",".join([b'[0]'] * 249998) + b"]")
body("body-many-texts", b"[" + b",".join([b'"\\n0123456789"'] * 499998) + b"]")
