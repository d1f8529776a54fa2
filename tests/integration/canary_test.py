"""Fifty secrets of all sources, and no trace of them where they do not belong.

The plugin `hoard` sends each of its secrets to a remote that shows what it was sent, and
keeps, tells, logs and crashes with every word that comes back. While it is at it, the memory
of every worker is looked through, and environment and command line of every process; then
everything that was printed, logged and stored. Secrets are looked for as they are, and as
they look in hexadecimal, base64 and addresses.
"""

import base64
import json
import os
import resource
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from conftest import IMH, PATIENCE_S, SANITIZED, Done

INTEGRATIONS = 10
SECRETS = ("token", "password", "api_key", "consumer_secret", "access_secret")
SOURCES = ("vault", "env", "file")
MARK = "c4n4ry/+mark"  # every secret begins so; not plain anywhere it is looked for
RUN = os.urandom(6).hex()
SHADOW_BYTES = 1 << 28  # a larger map is not memory, but a sanitizer's shadow of it
DENIED, BAD_CONFIG = 77, 78


# ------------------------------------------------------------------------- what is looked for

def forms_of(mark):
    """How a secret that has `mark` in it may look."""
    plain = mark.encode()
    forms = {"plain": plain, "hex": plain.hex().encode(), "HEX": plain.hex().upper().encode(),
             "address": quote(mark, safe="").encode(), "Address": quote(mark).encode(),
             "json": mark.replace("/", "\\/").encode(), "backwards": plain[::-1]}
    for before in range(3):
        # What stands before moves the mark in base64; only what it decides alone counts.
        for name, encode in (("base64", base64.b64encode),
                             ("base64url", base64.urlsafe_b64encode)):
            text = encode(b"\0" * before + plain)
            first = (8 * before + 5) // 6
            last = (8 * (before + len(plain))) // 6
            forms[f"{name} {before}"] = text[first:last]
    return forms


FORMS = forms_of(MARK)


def traces(blob):
    return sorted(name for name, form in FORMS.items() if form in blob)


@pytest.mark.parametrize("form", [
    MARK, f"x{MARK}y", MARK.encode().hex(), quote(f"={MARK}", safe=""),
    *(base64.b64encode(b"somebody:"[:length] + MARK.encode() + b"-0123").decode()
      for length in range(9))])
def test_the_search_finds_what_it_looks_for(form):
    assert traces(form.encode())


def test_the_search_finds_nothing_where_nothing_is():
    assert traces(b"[secret] " + os.urandom(1 << 16)) == []


# -------------------------------------------------------------------------------- the remote

class Remote(ThreadingHTTPServer):
    """Shows what it was sent; holds requests until it is told to let go."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        self.seen = set()
        self.holding = 0
        self.lock = threading.Condition()
        self.let_go = threading.Event()

    def hold(self):
        with self.lock:
            self.holding += 1
            self.lock.notify_all()
        self.let_go.wait(PATIENCE_S)

    def wait_held(self, process):
        end = time.monotonic() + PATIENCE_S
        with self.lock:
            while self.holding == 0:
                assert time.monotonic() < end and process.poll() is None
                self.lock.wait(0.1)

    def rest(self):
        self.holding = 0
        self.let_go.clear()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words):
        pass

    def do_GET(self):
        sent = {name: value for name, value in self.headers.items()
                if name.lower() in ("authorization", "x-api-key")}
        self.server.seen.update(sent.values())
        kind = self.path.strip("/")
        if kind == "hold":
            self.server.hold()
        body = json.dumps({"headers": sent, "line": f"{sent}",
                           "address": [quote(value, safe="") for value in sent.values()]})
        body = body[:-1] if kind == "junk" else body
        shown = " ".join(sent.values())
        self.send_response(401 if kind == "deny" else 200, shown if kind == "deny" else "OK")
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Sent", shown)
        self.send_header("WWW-Authenticate", f'Bearer realm="{shown}"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


@pytest.fixture
def remote():
    with Remote() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.let_go.set()
        server.shutdown()
        thread.join()


# ---------------------------------------------------------------------------- the fifty secrets

class Hoard:
    """A site with ten integrations of five secrets each, and all that was said about them."""

    def __init__(self, site, remote):
        self.site = site
        self.remote = remote
        self.env = {}
        self.values = []
        self.said = b""
        (site.folder / "imh.ini").write_text(
            (site.folder / "imh.ini").read_text() + "log = debug\n")
        for number in range(INTEGRATIONS):
            self._add(number)

    def _add(self, number):
        options = {}
        for index, name in enumerate(SECRETS):
            value = f"{MARK}-{number}-{index}-{RUN}"
            source = SOURCES[(number + index) % len(SOURCES)]
            self.values.append((source, f"h{number}", name, value))
            if source == "env":
                variable = f"IMH_TEST_{number}_{index}"
                self.env[variable] = value
                options[name] = f"env:{variable}"
            elif source == "file":
                options[name] = self.site.secret(value)
            else:
                options[name] = "vault:"
        self.site.integration(f"h{number}", "hoard", url=self.remote.url, timeout="60s",
                              **options)

    def start(self, *arguments, stdin=subprocess.DEVNULL):
        return subprocess.Popen(
            [IMH, "-c", "imh.ini", *arguments], cwd=self.site.folder, stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **self.env},
            preexec_fn=allow_cores)

    def finish(self, process, stdin=None):
        out, err = process.communicate(stdin, timeout=PATIENCE_S)
        self.said += out + err
        return Done(process.returncode, out.decode(), err.decode())

    def run(self, *arguments):
        return self.finish(self.start(*arguments))

    def keep_all(self):
        for source, integration, name, value in self.values:
            if source == "vault":
                process = self.start("vault", "set", "acme", integration, name,
                                     stdin=subprocess.PIPE)
                done = self.finish(process, value.encode())
                assert done.status == 0, done.err

    def expect_no_trace(self):
        assert traces(self.said) == []
        secrets = set(self.site.folder.glob("secret-*.txt"))
        for path in self.site.folder.rglob("*"):
            if path.is_file() and path not in secrets:
                assert traces(path.read_bytes()) == [], path
        assert [path for path in self.site.folder.rglob("core*")] == []


def allow_cores():
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


@pytest.fixture(scope="module")
def kept(make_site):
    """A vault with all of them, for each test to have a copy of."""
    made = Hoard(make_site(), SimpleNamespace(url="http://127.0.0.1:9/"))
    made.keep_all()
    return made


@pytest.fixture
def hoard(site, remote, kept):
    made = Hoard(site, remote)
    made.said = kept.said
    shutil.copytree(kept.site.folder / "state", site.folder / "state")
    shutil.copy2(kept.site.folder / "vault.key", site.folder)
    return made


# ------------------------------------------------------------------------ processes, looked into

def shown(pid, name):
    """Nothing of a process that has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def family(pid):
    children = shown(pid, f"task/{pid}/children").split()
    return [pid, *(member for child in children for member in family(int(child)))]


def name_of(pid):
    return Path(f"/proc/{pid}/comm").read_text().strip()


def memory_of(pid):
    """Every byte that the process can read, map by map."""
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            where, mode = line.split()[:2]
            kernels_own = line.split()[-1].startswith(("[vvar", "[vsyscall"))
            if not mode.startswith("r") or kernels_own:
                continue
            start, end = (int(part, 16) for part in where.split("-"))
            if SANITIZED and end - start > SHADOW_BYTES:
                continue
            yield line, read_range(memory, start, end)


def read_range(memory, start, end):
    blob = b""
    memory.seek(start)
    while len(blob) < end - start:
        piece = memory.read(min(1 << 24, end - start - len(blob)))
        assert piece, "memory that cannot be read"
        blob += piece
    return blob


def look_into(process):
    """How many workers there are; none of them, and no command line, has a secret."""
    workers = 0
    for pid in family(process.pid):
        for name in ("environ", "cmdline"):
            assert traces(Path(f"/proc/{pid}/{name}").read_bytes()) == [], (name_of(pid), name)
        if name_of(pid) != "imh-worker":
            continue
        workers += 1
        marked = False
        for line, blob in memory_of(pid):
            assert traces(blob) == [], line
            marked = marked or b"hoard-marker" in blob
        assert marked, "the plugin's own marker was not found: this search is blind"
    return workers


def test_root_can_look_into_workers():
    """Of a process that hides, only root sees memory: as somebody else this proves nothing."""
    assert os.geteuid() == 0, "run the canary tests as root"


# ------------------------------------------------------------------------------------ the tests

def test_nothing_is_left_behind_by_a_value_that_is_kept_and_answered(hoard):
    process = hoard.start("variable", "get", "acme", "h0.thing.keep")
    hoard.remote.wait_held(process)
    assert look_into(process) == 1
    hoard.remote.let_go.set()
    done = hoard.finish(process)
    assert done.status == 0, done.err
    assert "[secret]" in done.out  # the remote did show what it was sent
    hoard.expect_no_trace()


def test_nothing_is_left_behind_by_a_mailing_with_all_fifty(hoard):
    names = "".join(f"{{$h{number}.thing.keep.name}}" for number in range(INTEGRATIONS))
    hoard.site.write("mailing.txt", names)
    process = hoard.start("render", "acme", "mailing.txt")
    hoard.remote.wait_held(process)
    assert look_into(process) == 1
    hoard.remote.let_go.set()
    done = hoard.finish(process)
    assert done.status == 0, done.err
    assert "[secret]" in done.out
    sent = " ".join(hoard.remote.seen)
    for _, _, name, value in hoard.values:  # those of OAuth sign, and do not leave
        login = base64.b64encode(f"somebody:{value}".encode()).decode()
        expected = login if name == "password" else value
        assert (expected in sent) == (not name.endswith("_secret")), name
    hoard.expect_no_trace()


@pytest.mark.parametrize("key", ["crash", "abort"])
def test_nothing_is_left_behind_by_a_crash(hoard, key):
    process = hoard.start("variable", "get", "acme", f"h1.thing.{key}")
    hoard.remote.wait_held(process)
    assert look_into(process) == 1
    hoard.remote.let_go.set()
    done = hoard.finish(process)
    assert done.status != 0 and "tell its maker" in done.err
    hoard.expect_no_trace()


@pytest.mark.parametrize("key, status", [("deny", DENIED), ("log", 0), ("junk", None)])
def test_nothing_is_left_behind_by_what_a_plugin_says(hoard, key, status):
    done = hoard.run("variable", "get", "acme", f"h2.thing.{key}")
    assert done.status == status or (status is None and done.status != 0), done
    hoard.expect_no_trace()


def test_nothing_is_left_behind_by_commands_that_look(hoard):
    for words in (("check",), ("check", "--store"), ("vault", "list"), ("--json", "vault", "list"),
                  ("integration", "list"), ("variable", "list", "acme"), ("account", "list"),
                  ("plugin", "inspect", "hoard"), ("vault", "rekey")):
        done = hoard.run(*words)
        assert done.status == 0, (words, done.err)
    assert hoard.run("check").status == 0
    hoard.expect_no_trace()


def set_key(site, source):
    ini = site.folder / "imh.ini"
    kept = [line for line in ini.read_text().splitlines() if not line.startswith("key")]
    ini.write_text("\n".join([*kept, f"key = {source}", ""]))


def test_nothing_is_left_behind_by_what_is_wrong(hoard):
    """A remote that is down, a secret in the clear, a key that is lost."""
    hoard.remote.shutdown()
    hoard.remote.server_close()
    assert hoard.run("variable", "get", "acme", "h3.thing.deny").status != 0
    source, integration, name, value = hoard.values[0]
    with hoard.site.account.open("a") as file:
        file.write(f"[integration open]\nplugin = hoard\nurl = {hoard.remote.url}\n"
                   f"token = {value}\npassword = vault:{value}\ntokn = {value}\n"
                   f"api_key = {value} {value}\nconsumer_secret = '{value}'\n"
                   f"cache = {value}\nenabled = {value}\n")
    set_key(hoard.site, value)
    assert hoard.run("check").status == BAD_CONFIG
    assert hoard.run("vault", "rekey", "--new-key", value).status != 0
    set_key(hoard.site, "file:vault.key")
    assert hoard.run("vault", "rekey", "--new-key", value).status != 0
    text = hoard.site.account.read_text()
    hoard.site.account.write_text(text.split("[integration open]")[0])
    (hoard.site.folder / "vault.key").rename(hoard.site.folder / "away")
    assert hoard.run("check").status == BAD_CONFIG
    hoard.expect_no_trace()


def test_nothing_is_left_behind_while_a_secret_is_set(hoard):
    """Killed between its start and the commit: nothing in its arguments, nothing beside the
    database nor in it; and by the time that there is another process, the environment has
    no secret any more."""
    for number in range(10):
        process = hoard.start("vault", "set", "acme", "h0", "token", stdin=subprocess.PIPE)
        process.stdin.write(hoard.values[0][3].encode())
        process.stdin.flush()
        end = time.monotonic() + PATIENCE_S
        while len(members := family(process.pid)) < 2:
            assert time.monotonic() < end and process.poll() is None
        for pid in members:
            for name in ("environ", "cmdline"):
                assert traces(shown(pid, name)) == []
        if number % 2:
            process.stdin.close()
            process.stdin = None
            time.sleep(0.003 * number)
        process.kill()
        process.communicate(timeout=PATIENCE_S)
        hoard.expect_no_trace()
