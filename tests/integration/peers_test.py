"""Remotes that misbehave in every way we know, met by the real programs.

`imh` asks each behaviour of tests/fakes/peers by the plugin `peer`, which tells status, code
and words of the reply; then, in the same process, a remote that is well. So one run shows
that the bad one ended by its deadline, in the right category, and did no harm to the next.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))

from memory import peak_of  # noqa: E402
from peers.behaviours import BEHAVIOURS  # noqa: E402
from peers.server import Peers  # noqa: E402

from conftest import IMH, SANITIZED  # noqa: E402

OK, RETRY, WAIT, MISSING, REJECTED, DENIED, CANCELED, BROKEN, UNKNOWN, LARGE = range(10)
TIMEOUT_S = 2  # of those that would last for ever
ENOUGH_S = 60  # of those that end by themselves
SLACK_S = 30  # of a busy machine; the promise is one second
SECRET = "hush-hush-hush"

TOO_LARGE = "the answer is larger than 8 MiB"
MANY_HEADERS = "the answer has more than 64 KiB of headers"
PACKED = "the answer is compressed in a way that was not asked for"
SENT = "the answer is sent in a way that was not asked for"
TWO_WAYS = "the answer says in two ways how long it is"
NO_LENGTH = "the answer has a length that is none"
NO_HTTP = "the answer is no HTTP"
LATE = "timed out after"
NOT_FOLLOWED = "a redirect is not followed"
BROKEN_OFF = "transfer closed with"
RESET = "Connection reset by peer"
EMPTY = "Empty reply from server"

# What becomes of a GET: behaviour, status, code, a part of the words.
CASES = (
    ("good", OK, 200, ""),
    ("cookies", OK, 200, ""),
    # compressed
    ("gzip-good", OK, 200, ""),
    ("gzip-bomb", REJECTED, 0, TOO_LARGE),
    ("gzip-bomb-chunked", REJECTED, 0, TOO_LARGE),
    ("deflate-bomb", REJECTED, 0, TOO_LARGE),
    ("gzip-twice", RETRY, 0, PACKED),
    ("gzip-two-headers", RETRY, 0, PACKED),
    ("gzip-five-times", RETRY, 0, PACKED),
    ("gzip-of-nothing", RETRY, 0, PACKED),
    ("gzip-transfer", RETRY, 0, SENT),
    ("brotli", RETRY, 0, PACKED),
    ("zstd", RETRY, 0, PACKED),
    ("gzip-junk", RETRY, 0, "cannot be unpacked"),
    ("gzip-cut", OK, 200, ""),  # libcurl takes what there is; lengths tell of most cuts
    # how much
    ("endless-body", REJECTED, 0, TOO_LARGE),
    ("endless-chunks", REJECTED, 0, TOO_LARGE),
    ("small-chunks", REJECTED, 0, TOO_LARGE),
    ("endless-extension", RETRY, 0, LATE),
    ("endless-trailers", REJECTED, 0, MANY_HEADERS),
    ("endless-headers", REJECTED, 0, MANY_HEADERS),
    ("endless-header", REJECTED, 0, MANY_HEADERS),
    ("endless-status-line", REJECTED, 0, MANY_HEADERS),
    ("huge-headers", REJECTED, 0, MANY_HEADERS),
    ("interim-flood", REJECTED, 0, MANY_HEADERS),
    ("continue-flood", REJECTED, 0, MANY_HEADERS),
    # slowness
    ("silence", RETRY, 0, LATE),
    ("drip-status", RETRY, 0, LATE),
    ("drip-headers", RETRY, 0, LATE),
    ("drip-body", RETRY, 0, LATE),
    ("continue-never", RETRY, 0, LATE),
    ("head-only", RETRY, 0, LATE),
    ("chunk-never", RETRY, 0, LATE),
    ("chunk-large", RETRY, 0, LATE),
    ("switching", RETRY, 0, LATE),
    # the connection's end
    ("closes", RETRY, 0, EMPTY),
    ("half-closes", RETRY, 0, EMPTY),
    ("resets", RETRY, 0, RESET),
    ("resets-in-body", RETRY, 0, RESET),
    ("half-a-head", RETRY, 0, "breaks off in its headers"),
    ("half-a-body", RETRY, 0, BROKEN_OFF),
    ("half-a-chunk", RETRY, 0, BROKEN_OFF),
    ("no-last-chunk", RETRY, 0, BROKEN_OFF),
    ("closes-when-used-again", OK, 200, ""),
    ("answers-early", LARGE, 413, "413 Content Too Large"),
    ("two-answers", OK, 200, ""),
    ("two-answers-later", OK, 200, ""),
    # lengths
    ("length-short", OK, 200, ""),
    ("length-long", RETRY, 0, BROKEN_OFF),
    ("length-negative", RETRY, 0, NO_HTTP),
    ("length-huge", RETRY, 0, NO_LENGTH),
    ("length-large", REJECTED, 0, TOO_LARGE),
    ("length-junk", RETRY, 0, NO_LENGTH),
    ("length-none", RETRY, 0, NO_HTTP),
    ("length-hex", RETRY, 0, NO_LENGTH),
    ("length-two", RETRY, 0, TWO_WAYS),
    ("length-list", RETRY, 0, NO_LENGTH),
    ("length-twice", OK, 200, ""),
    ("length-and-chunked", RETRY, 0, TWO_WAYS),
    ("chunked-and-length", RETRY, 0, TWO_WAYS),
    ("chunk-junk", RETRY, 0, "chunked-encoding"),
    ("chunk-negative", RETRY, 0, "chunked-encoding"),
    ("chunk-huge", RETRY, 0, "chunked-encoding"),
    ("chunk-unended", RETRY, 0, "chunked-encoding"),
    ("transfer-unknown", RETRY, 0, SENT),
    ("no-content-with-body", OK, 204, ""),
    # heads
    ("http-0.9", RETRY, 0, NO_HTTP),
    ("http-2", RETRY, 0, NO_HTTP),
    ("binary", RETRY, 0, NO_HTTP),
    ("tls-record", RETRY, 0, NO_HTTP),
    ("ssh", RETRY, 0, NO_HTTP),
    ("empty-lines", RETRY, 0, NO_HTTP),
    ("version-junk", RETRY, 0, NO_HTTP),
    ("code-none", RETRY, 0, NO_HTTP),
    ("code-zero", RETRY, 0, NO_HTTP),
    ("code-999", RETRY, 999, "999"),
    ("code-long", RETRY, 0, NO_HTTP),
    ("nul-in-header", RETRY, 0, NO_HTTP),
    ("nul-in-name", RETRY, 0, NO_HTTP),
    ("no-colon", RETRY, 0, NO_HTTP),
    ("status-as-header", RETRY, 0, NO_HTTP),
    ("folded", OK, 200, ""),
    ("bytes-in-header", OK, 200, ""),
    # redirects
    ("redirect-loop", REJECTED, 302, NOT_FOLLOWED),
    ("redirect-same-origin", REJECTED, 301, NOT_FOLLOWED),
    ("redirect-other-port", REJECTED, 307, NOT_FOLLOWED),
    ("redirect-other-name", REJECTED, 308, NOT_FOLLOWED),
    ("redirect-file", REJECTED, 302, NOT_FOLLOWED),
    ("redirect-gopher", REJECTED, 302, NOT_FOLLOWED),
    ("redirect-see-other", REJECTED, 303, NOT_FOLLOWED),
    ("redirect-not-modified", REJECTED, 304, "304 Not Modified"),
    # bodies: whole, whatever is in them
    ("body-none", OK, 200, ""),
    ("body-binary", OK, 200, ""),
    ("body-no-utf8", OK, 200, ""),
    ("body-objects", RETRY, 0, "larger than the memory left for it"),  # 2.8 million values
    ("body-long-text", OK, 200, ""),
)

# What becomes of a POST that may not be sent twice.
POSTS = (
    ("good", OK, 200, ""),
    ("answers-early", LARGE, 413, "413 Content Too Large"),
    ("closes", UNKNOWN, 0, EMPTY),
    ("resets", UNKNOWN, 0, RESET),
    ("silence", UNKNOWN, 0, LATE),
    ("half-a-body", UNKNOWN, 0, BROKEN_OFF),
    ("http-0.9", UNKNOWN, 0, NO_HTTP),
    ("gzip-bomb", UNKNOWN, 0, TOO_LARGE),
    ("endless-headers", UNKNOWN, 0, MANY_HEADERS),
    ("length-two", UNKNOWN, 0, TWO_WAYS),
    ("redirect-same-origin", REJECTED, 301, NOT_FOLLOWED),
    ("closes-when-used-again", OK, 200, ""),
)

# How long a remote may rest: behaviour, status, seconds.
RESTS = (
    ("rest-7", WAIT, 7),
    ("rest-503", WAIT, 7),
    ("rest-ten-years", WAIT, 86400),
    ("rest-future", WAIT, 86400),
    ("rest-past", WAIT, 1),
    ("rest-twice", WAIT, 9),
    ("rest-negative", WAIT, 0),
    ("rest-huge", WAIT, 86400),
    ("rest-junk", WAIT, 0),
    ("rest-empty", WAIT, 0),
    ("rest-fraction", WAIT, 0),
)

# What only a reader of JSON minds: json_fidelity_test.py.
JSON_ONLY = {"body-cut", "body-html", "body-overlong", "body-twice", "body-twice-deep"}

# Asks the bad one, and when it has answered, the good one.
TEMPLATE = """{$bad = $p.%s["%s"]}{$bad.status};{$bad.code};{$bad.after_s};{$bad.ms};{$bad.text}
{if $bad.ms >= 0}{$p.try.good.status};{$p.try.good.code}{/if}
"""


class Told:
    """What one run said."""

    def __init__(self, done):
        self.done = done
        lines = done.out.splitlines()
        assert done.status == 0 and len(lines) == 2, done
        status, code, after, ms, self.text = lines[0].split(";", 4)
        self.status, self.code, self.after_s = int(status), int(code), int(after)
        self.seconds = int(ms) / 1000
        self.next = lines[1]


@pytest.fixture(scope="module")
def peers():
    with Peers(BEHAVIOURS) as running:
        yield running


@pytest.fixture(scope="module")
def told(peers, make_site):
    """What each pair of variable and behaviour comes to; all are asked at the start."""
    patient, hurried = make_site(), make_site()
    for site, timeout_s in ((patient, ENOUGH_S), (hurried, TIMEOUT_S)):
        site.integration("p", "peer", url=peers.url, timeout=f"{timeout_s}s",
                         token=site.secret(SECRET))
    late = {("try", row[0]) for row in CASES if row[3] == LATE}
    late |= {("post", row[0]) for row in POSTS if row[3] == LATE}

    def ask(pair):
        site = hurried if pair in late else patient
        template = site.write("-".join(pair) + ".tpl", TEMPLATE % pair)
        return site.run("render", "acme", template)

    pairs = [("try", row[0]) for row in CASES + RESTS] + [("post", row[0]) for row in POSTS]
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(pairs, pool.map(ask, pairs)))


def name_of(row):
    return row[0]


def expect(done, status, code, words):
    answer = Told(done)
    assert (answer.status, answer.code) == (status, code), answer.text
    assert words in answer.text
    assert answer.seconds < (TIMEOUT_S if words == LATE else 0) + SLACK_S
    assert answer.next == "0;200"
    assert SECRET not in done.out + done.err


@pytest.mark.parametrize("row", CASES, ids=name_of)
def test_a_bad_remote_is_told_for_what_it_is(told, row):
    name, status, code, words = row
    expect(told["try", name], status, code, words)


@pytest.mark.parametrize("row", POSTS, ids=name_of)
def test_what_may_not_be_sent_twice_is_not(told, peers, row):
    name, status, code, words = row
    expect(told["post", name], status, code, words)
    posts = [data for data in peers.requests(name) if data.startswith(b"POST")]
    assert len(posts) == 1
    assert b"Authorization: Bearer " + SECRET.encode() in posts[0]


@pytest.mark.parametrize("row", RESTS, ids=name_of)
def test_rest_is_given_within_reason(told, row):
    name, status, after_s = row
    answer = Told(told["try", name])
    assert (answer.status, answer.after_s) == (status, after_s)


def test_every_behaviour_has_its_case():
    used = {row[0] for row in CASES + RESTS} | {row[1] for row in LARGE}
    assert {name for name in BEHAVIOURS if name not in used} <= JSON_ONLY


def test_nothing_is_remembered_of_a_remote(peers, make_site):
    """No cookie, no other host or scheme next time."""
    site = make_site()
    site.integration("p", "peer", url=peers.url)
    template = site.write("t.tpl", "{if $p.try.cookies.code}{$p.try.good.code}{/if}")
    before = len(peers.requests("good"))
    assert site.run("render", "acme", template).out == "200"
    (request,) = peers.requests("good")[before:]
    assert b"cookie" not in request.lower()
    assert len(peers.requests("elsewhere")) == 0


def test_who_is_put_off_for_a_moment_is_asked_all_the_same(peers, make_site):
    """Each question is a call of its own, and comes too early for the rate."""
    site = make_site()
    site.integration("p", "peer", url=peers.url, rate="40/m")
    template = site.write("t.txt", '{if $p.raw.good}{if $p.raw["good?2"]}'
                                   '{$p.raw["good?3"].title}{/if}{/if}')
    done = site.run("render", "acme", template)
    assert done.out == "good", done


# ------------------------------------------------------------------------------- memory

GROWTH_MOST = 64 << 20
# With sanitizers every allocation is several times as large, and is kept when freed.
GROWTH_MOST_SANITIZED = 1 << 30

# Variable, behaviour, exit status: what is read, refused, or handed on whole.
LARGE = (
    ("try", "gzip-bomb", 0),
    ("try", "deflate-bomb", 0),
    ("try", "gzip-of-nothing", 0),
    ("try", "endless-body", 0),
    ("try", "small-chunks", 0),
    ("try", "huge-headers", 0),
    ("try", "endless-header", 0),
    ("try", "interim-flood", 0),
    ("try", "body-long-text", 0),
    ("raw", "body-objects", 69),
    ("raw", "body-too-many", 65),
    ("raw", "body-deep", 65),
    ("raw", "body-deep-objects", 65),
    ("raw", "body-many", 0),
    ("raw", "body-many-objects", 0),
    ("raw", "body-many-members", 0),
    ("raw", "body-many-pairs", 0),
    ("raw", "body-many-pairs-long", 0),
    ("raw", "body-many-lists", 0),
    ("raw", "body-many-texts", 0),
    ("raw", "body-long-text", 0),
    ("raw", "body-long-number", 0),
)


def peak(site, variable, behaviour):
    taken, status, _, err = peak_of(
        [IMH, "-c", site.folder / "imh.ini", "variable", "get", "acme",
         f'p.{variable}["{behaviour}"]'], 60, cwd=site.folder)
    return taken, status, err


def test_no_answer_takes_much_memory(peers, make_site):
    site = make_site()
    site.integration("p", "peer", url=peers.url, timeout="30s")
    small, status, err = peak(site, "raw", "good")
    assert status == 0, err
    most = GROWTH_MOST_SANITIZED if SANITIZED else GROWTH_MOST
    grown = {}
    for variable, behaviour, wanted in LARGE:
        taken, status, err = peak(site, variable, behaviour)
        assert status == wanted, (behaviour, err)
        grown[variable, behaviour] = taken - small
    assert max(grown.values()) <= most, grown
