"""What becomes of the processes: of a plugin that misbehaves, of imh-net, of imh itself.

What plugins do on purpose against the host is the matter of rogues_test.py.
"""

import json
import os
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conftest import IMH, PATIENCE_S
from magento2.client import Shop
from rogues import SANITIZED

UNAVAILABLE, OUR_BUG, LATER, BAD_DATA = 69, 70, 75, 65
CRASH = "exited with status 1" if SANITIZED else "killed by signal {} ("
ENDED = "the plugin 'wild' ended, tell its maker: "
# key: what the failure says, and the exit status of a variable that needs it
DEEDS = {
    "crash": (ENDED + CRASH.format(11), UNAVAILABLE),
    "abort": (ENDED + "killed by signal 6 (it gave up by itself)", UNAVAILABLE),
    "exit": (ENDED + "exited with status 0", UNAVAILABLE),
    "_exit": (ENDED + "exited with status 3", UNAVAILABLE),
    "hang": (ENDED + "a call did not end in its time", UNAVAILABLE),
    "spin": (ENDED + "a call did not end in its time", UNAVAILABLE),
    "lie": ("an answer that is not JSON at byte 8: no end", OUR_BUG),
    "refuse": ("this thing is refused", BAD_DATA),
    "invent": ("", OUR_BUG),
}
if not SANITIZED:  # there memory has no limit
    DEEDS["swell"] = (ENDED + "killed by signal 6 (it gave up by itself)", UNAVAILABLE)
SECONDS = ("hang", "spin")  # these take their second, and the grace of five


def children_of(pid):
    """All processes below it, however deep."""
    found = []
    try:
        direct = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return found
    for child in map(int, direct):
        found += [child, *children_of(child)]
    return found


def is_alive(pid):
    """A zombie is not: nothing of it runs any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_settled(pid):
    """It gave up its rights: long before that it said that it wants to end with its parent."""
    return "NoNewPrivs:\t1" in Path(f"/proc/{pid}/status").read_text()


def wait_until(is_so, what):
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def start(site, *arguments):
    return subprocess.Popen([IMH, "-c", "imh.ini", *arguments], cwd=site.folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, encoding="utf-8")


@pytest.fixture
def both(site):
    """The wild plugin, with much time and with little, and a tame one in a process of its own."""
    site.integration("wild", "wild", timeout="300s")
    site.integration("hasty", "wild", timeout="1s")
    site.write("accounts.d/password.txt", "secret").chmod(0o600)
    site.integration("tame", "knobs", whole=12, place="https://example.com/", mode="test",
                     password="file:password.txt")
    return site


# ---- one plugin misbehaves ----

def user_of(deed):
    return "hasty" if deed in SECONDS else "wild"


def get(site, deed):
    return start(site, "variable", "get", "acme", f"{user_of(deed)}.thing.{deed}")


def test_its_own_call_fails_and_says_why(both):
    """Side by side, as some take their second and the grace of five."""
    running = {deed: get(both, deed) for deed in DEEDS}
    for deed, process in running.items():
        out, err = process.communicate(timeout=PATIENCE_S)
        said, status = DEEDS[deed]
        assert (process.returncode, out) == (status, ""), (deed, err)
        assert f"imh: integration '{user_of(deed)}': {said}" in err, deed


def test_what_is_missing_is_no_failure(both):
    assert both.run("variable", "get", "acme", "wild.thing.miss") == (0, "null\n", "")


def test_another_integration_in_the_same_mail_is_unaffected(both):
    """All that ends a plugin, in one mailing; each message has what the tame one says."""
    deeds = [deed for deed in DEEDS if deed not in SECONDS]
    both.write("mail.txt", "{$tame.all.mode}|{$wild.thing[$deed].name|default:'none'}")
    both.write("list.ndjson", "".join(json.dumps({"deed": deed}) + "\n" for deed in deeds))
    account = both.account.read_text()
    both.account.write_text(account.replace("plugin = wild\n", "plugin = wild\n"
                                            "on_failure = empty\n"))
    done = both.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output", "out")
    assert done.status == 0, done.err
    messages = [path.read_text() for path in sorted((both.folder / "out").iterdir())]
    assert messages == ["test|none"] * len(deeds)


def test_a_plugin_that_died_answers_again_after_its_rest(both):
    """Two windows: the second one, a second later at most two, finds it alive."""
    both.write("mail.txt", "{if $deed}{$wild.thing[$deed].name}{/if}")
    big = json.dumps({"much": "x" * 1_000_000})
    both.write("list.ndjson", '{"deed":"crash"}\n' + f"{big}\n" * 17 + '{"deed":"well"}\n')
    done = both.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output", "out")
    assert done.status == LATER and "1 of 19 messages wait" in done.err
    names = sorted(path.name for path in (both.folder / "out").iterdir())
    assert names == [f"{number:06}.txt" for number in range(2, 20)]
    assert (both.folder / "out" / "000019.txt").read_text() == "well"


@pytest.mark.parametrize("deed", ["well", "miss", "lie", "refuse"])
def test_in_process_gives_the_same(both, deed):
    """What does not end its process; the rest would end imh, which is what it is for."""
    both.write("mail.txt", f"{{$wild.thing.{deed}.name|default:'none'}} {{$tame.all.whole}}")
    apart = both.run("render", "acme", "mail.txt", "--stats")
    within = both.run("render", "acme", "mail.txt", "--stats", "--in-process")
    assert (apart.status, apart.out) == (within.status, within.out)
    assert [line for line in apart.err.splitlines() if "time_ms" not in line] == [
        line for line in within.err.splitlines() if "time_ms" not in line]


# ---- nobody is left behind ----

@pytest.fixture
def hanging(both):
    """A render that waits for a plugin; imh, and its children."""
    both.write("mail.txt", "{$tame.all.mode}{$wild.thing.hang.name}")
    process = start(both, "render", "acme", "mail.txt")
    try:
        wait_until(lambda: len(children_of(process.pid)) == 3, "imh-net and two workers")
        wait_until(lambda: all(map(is_settled, children_of(process.pid))), "they do not settle")
        yield process, children_of(process.pid)
    finally:
        process.kill()
        process.communicate()


def names_of(pids):
    return sorted(Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids)


def test_each_plugin_has_a_process_of_its_own(hanging):
    _, children = hanging
    assert names_of(children) == ["imh-net", "imh-worker", "imh-worker"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_when_imh_ends_its_children_end(hanging, number):
    process, children = hanging
    process.send_signal(number)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == -number
    wait_until(lambda: not any(map(is_alive, children)), "a child is left")


def test_children_that_stopped_end_too(hanging):
    """A stopped process does not notice anything by itself."""
    process, children = hanging
    for child in children:
        os.kill(child, signal.SIGSTOP)
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    wait_until(lambda: not any(map(is_alive, children)), "a child is left")


def test_after_a_render_nobody_is_left(both):
    """Also of workers that had to be ended."""
    both.write("mail.txt", "{$tame.all.mode}{$wild.thing.crash.name}")
    with start(both, "render", "acme", "mail.txt") as process:
        seen = set()
        while process.poll() is None:
            seen |= set(children_of(process.pid))
            time.sleep(0.005)
    assert process.returncode == LATER
    assert not any(map(is_alive, seen))


# ---- imh-net is killed in the middle ----

@pytest.fixture
def slow_shop(both):
    with Shop("--delay-ms", "300000") as shop:
        both.integration("shop", "magento2", url=shop.url, token=both.secret(shop.token),
                         timeout="300s")
        yield shop


def net_of(process):
    return [pid for pid in children_of(process.pid) if names_of([pid]) == ["imh-net"]]


def test_imh_net_that_is_killed_fails_what_was_under_way(both, slow_shop):
    """Not to be waited for until the deadline; the shop's answer cannot come any more."""
    both.write("mail.txt", "{$shop.product.x.name}{$tame.all.mode}")
    with start(both, "render", "acme", "mail.txt") as process:
        wait_until(lambda: slow_shop.counters()["in_progress"] > 0, "no request came")
        for net in net_of(process):
            os.kill(net, signal.SIGKILL)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (LATER, "")
    # A worker without imh-net ends, too, and is not blamed for it.
    assert "1 of 1 messages wait for live data: integration 'shop': imh-net ended: it closed " \
        "its connection: try again later\n" in err
    assert "the plugin " not in err and "quarantine" not in err


class Held(BaseHTTPRequestHandler):
    """Gives tokens; anything else is not answered before the test is over."""

    def log_message(self, *_words):
        pass

    def do_GET(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = b'{"access_token":"token-0001","token_type":"Bearer"}'
        if self.path != "/token":
            self.server.came.set()
            self.server.over.wait(PATIENCE_S)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET


@pytest.fixture
def holder():
    with ThreadingHTTPServer(("127.0.0.1", 0), Held) as server:
        server.daemon_threads = True
        server.came, server.over = threading.Event(), threading.Event()
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()


@pytest.mark.parametrize("how", [[], ["--in-process"]])
@pytest.mark.parametrize(("deed", "remedy"), [
    ("thing.client", "try again later"),  # GET
    ("told.form", "it may have been done: look there before you try again"),  # POST
])
def test_what_may_have_been_done_is_not_said_to_be_untried(site, holder, deed, remedy, how):
    """The answer cannot come any more. Asking once more does no harm, posting would."""
    address = f"http://127.0.0.1:{holder.server_address[1]}/"
    site.integration("grants", "grants", url=address, login=address, timeout="300s",
                     client_secret=site.secret("hush"), password=site.secret("hush"))
    with start(site, "variable", "get", "acme", f"grants.{deed}", *how) as process:
        assert holder.came.wait(PATIENCE_S)
        for net in net_of(process):
            os.kill(net, signal.SIGKILL)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (UNAVAILABLE, "")
    assert err.splitlines()[-1] == \
        f"imh: integration 'grants': imh-net ended: it closed its connection: {remedy}"


def test_the_next_window_has_a_new_imh_net(both, slow_shop):
    both.write("mail.txt", "{if $sku}{$shop.product[$sku].name}{/if}")
    big = json.dumps({"much": "x" * 1_000_000})
    both.write("list.ndjson", '{"sku":"24-MB01"}\n' + f"{big}\n" * 17 + '{"sku":"VIRT-1"}\n')
    with start(both, "render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output",
               "out") as process:
        wait_until(lambda: slow_shop.counters()["in_progress"] > 0, "no request came")
        slow_shop.switch(delay_ms=0)
        pid = process.pid
        for net in net_of(process):
            os.kill(net, signal.SIGKILL)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.pid, process.returncode) == (pid, LATER)
    assert "1 of 19 messages wait" in err
    assert (both.folder / "out" / "000019.txt").read_text() == "Gift service"


def test_a_worker_that_is_killed_fails_its_calls_only(both, slow_shop):
    both.write("mail.txt", "{$tame.all.mode}{$shop.product.x.name|default:'none'}")
    account = both.account.read_text()
    both.account.write_text(account.replace("plugin = magento2\n", "plugin = magento2\n"
                                            "on_failure = empty\n"))
    with start(both, "render", "acme", "mail.txt") as process:
        wait_until(lambda: slow_shop.counters()["in_progress"] > 0, "no request came")
        maps = {pid: Path(f"/proc/{pid}/maps") for pid in children_of(process.pid)}
        busy = [pid for pid, path in maps.items() if "magento2.so" in path.read_text()]
        for pid in busy:
            os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert len(busy) == 1 and (process.returncode, out) == (0, "testnone"), err
