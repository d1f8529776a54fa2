"""OAuth 2 in every way there is, and stand-ins, through imh-net in its cage.

A plugin names a credential; a token server and an API that judge everything they are sent
tell whether imh-net made of it what they want.
"""

import base64
import json
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from conftest import PATIENCE_S

BAD_DATA, UNAVAILABLE, DENIED = 65, 69, 77
MARK = "c4n4ry"  # in every secret, token and assertion
HUSH, PASSWORD, REFRESH = (f"{MARK}-{name}/+&\"<" for name in ("hush", "password", "refresh"))
GRANTS = ("client", "refresh", "password", "jwt")
SIDE_BY_SIDE = 8  # as many requests the plugin `grants` has under way
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def unpack(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=True)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words):
        pass

    def do_GET(self):
        size = int(self.headers["Content-Length"] or 0)
        code, value = self.server.answer(self.path, self.headers, self.rfile.read(size).decode())
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET


class Remote:
    """A token server and the API its tokens are for."""

    def __init__(self, folder):
        self.folder = folder
        self.life_s = 3600
        self.held = None  # an Event: questions for tokens wait for it
        self.refusal = None
        self.revokes = False
        self.rotates = False
        self.refresh = REFRESH
        self.questions = []  # grant types
        self.refused = 0
        self.told = []
        self.meeting = threading.Barrier(SIDE_BY_SIDE)
        self.tokens = {}  # and when each ends
        self.over = set()  # those that ended while a request waited for that
        self.login = Server(self._answer_login)
        self.api = Server(self._answer_api)

    @property
    def key(self):
        return (self.folder / "private.pem").read_text()

    # ---- tokens

    def _answer_login(self, _path, headers, body):
        form = {name: values[0] for name, values in parse_qs(body).items()}
        grant = form["grant_type"]
        self.questions.append(grant)
        if self.held:
            self.held.wait(PATIENCE_S)
        if self.refusal:
            return 401, {"error": self.refusal, "error_description": f"not {HUSH}"}
        judges = {"client_credentials": self._knows_client, "password": self._knows_person,
                  "refresh_token": self._knows_refresh, JWT: self._knows_key}
        if not judges[grant](headers, form):
            return 400, {"error": "invalid_grant"}
        return 200, self._token(grant)

    def _token(self, grant):
        access = f"{MARK}-access-{len(self.questions):04}"
        self.tokens[access] = time.monotonic() + self.life_s
        token = {"access_token": access, "token_type": "Bearer", "expires_in": self.life_s}
        if self.rotates and grant != "client_credentials":
            self.refresh = token["refresh_token"] = f"{REFRESH}-{len(self.questions):04}"
        return token

    def _knows_client(self, headers, form):
        kind, _, code = headers["Authorization"].partition(" ")
        pair = [unquote(part) for part in base64.b64decode(code).decode().split(":")]
        return (kind, pair) == ("Basic", ["imh", HUSH])

    def _knows_person(self, headers, form):
        return (self._knows_client(headers, form) and form["username"] == "somebody"
                and form["password"] == PASSWORD)

    def _knows_refresh(self, headers, form):
        body = (form.get("client_id"), form.get("client_secret")) == ("imh", HUSH)
        return (body or self._knows_client(headers, form)) and form["refresh_token"] == self.refresh

    def _knows_key(self, _headers, form):
        head, claims, signature = form["assertion"].split(".")
        (self.folder / "signature").write_bytes(unpack(signature))
        (self.folder / "signed").write_text(f"{head}.{claims}")
        openssl(self.folder, "dgst", "-sha256", "-verify", "public.pem", "-signature",
                "signature", "signed")  # fails unless it is
        claims = json.loads(unpack(claims))
        now = time.time()
        return (json.loads(unpack(head)) == {"alg": "RS256", "typ": "JWT"}
                and (claims["iss"], claims["sub"]) == ("imh", "somebody")
                and claims["aud"] == f"{self.login.url}token"
                and now - PATIENCE_S < claims["iat"] <= now < claims["exp"] < now + 300)

    # ---- the API

    def _answer_api(self, path, headers, body):
        if path.startswith("/told"):
            self.told.append((path, headers["X-Key"], body))
            return 200, {"shown": [path, headers["X-Key"], body]}
        kind, _, access = headers["Authorization"].partition(" ")
        good = kind == "Bearer" and access in self.tokens and access not in self.over
        if self.revokes and access.endswith("-0001"):
            self.meeting.wait(PATIENCE_S)  # all of them went out with the same token
            good = False
        if not good:
            self.refused += 1
            return 401, {"error": "no"}
        if path.startswith("/wait"):
            time.sleep(max(0, self.tokens[access] - time.monotonic()))
            self.over.add(access)
        return 200, {"name": "it"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A folder with the two keys of the plugin, which take their time to be made."""
    folder = tmp_path_factory.mktemp("keys")
    openssl(folder, "genpkey", "-quiet", "-algorithm", "RSA", "-out", "private.pem")
    openssl(folder, "pkey", "-in", "private.pem", "-pubout", "-out", "public.pem")
    return folder


@pytest.fixture
def remote(keys):
    made = Remote(keys)
    yield made
    if made.held:
        made.held.set()
    made.login.close()
    made.api.close()


@pytest.fixture
def linked(site, remote):
    """The site, with the plugin `grants` linked to the remote; options go before the right ones."""

    def link(**options):
        site.integration("grants", "grants", **{
            "url": remote.api.url, "login": remote.login.url, "client_secret": site.secret(HUSH),
            "refresh_token": site.secret(remote.refresh), "password": site.secret(PASSWORD),
            "private_key": site.secret(remote.key), **options})
        return site

    return link


def ask(site, path, **options):
    done = site.run("variable", "get", "acme", f"grants.{path}", **options)
    assert MARK not in done.out + done.err and "PRIVATE KEY" not in done.err
    return done


def asked(remote, grant):
    wanted = {"client": "client_credentials", "refresh": "refresh_token",
              "password": "password", "jwt": JWT}[grant]
    return remote.questions == [wanted]


# ---- each grant

@pytest.mark.parametrize("grant", GRANTS)
def test_each_grant_works_in_the_cage_and_once_for_many(linked, remote, grant):
    done = ask(linked(), f"many.{grant}.name")
    assert (done.status, done.out, done.err) == (0, '"it"\n', "")
    assert asked(remote, grant) and remote.refused == 0


@pytest.mark.parametrize("grant", ["client", "jwt"])
def test_a_token_is_renewed_before_its_end(linked, remote, grant):
    remote.life_s = 2
    assert ask(linked(timeout="60s"), f"lasting.{grant}.name").out == '"it"\n'
    assert len(remote.questions) == 2 and remote.refused == 0


@pytest.mark.parametrize("grant", GRANTS)
def test_a_token_that_was_withdrawn_is_renewed_once_for_all(linked, remote, grant):
    """As many requests as go side by side are refused together; one question is asked."""
    remote.revokes = True
    assert ask(linked(timeout="60s"), f"many.{grant}.name").out == '"it"\n'
    assert (len(remote.questions), remote.refused) == (2, SIDE_BY_SIDE)


@pytest.mark.parametrize("grant", ["refresh", "password"])
def test_a_refresh_token_of_an_answer_is_used_and_only_once(linked, remote, grant):
    """The server forgets the one before it; elsewhere than in the vault none is kept."""
    remote.rotates, remote.life_s = True, 2
    done = ask(linked(timeout="60s"), f"lasting.{grant}.name")
    assert (done.status, done.out) == (0, '"it"\n')
    first = {"refresh": "refresh_token", "password": "password"}[grant]
    assert remote.questions == [first, "refresh_token"]
    assert ("secret renewed, not kept" in done.err) == (grant == "refresh")


# ---- a token server that does not do its work

def test_a_token_server_that_is_down(linked, remote):
    done = ask(linked(login="http://127.0.0.1:9/"), "many.client.name")
    assert (done.status, done.out) == (UNAVAILABLE, "")
    assert done.err.startswith("imh: integration 'grants': the token server of 'grants': ")
    assert "Failed to connect to 127.0.0.1 port 9" in done.err
    assert done.err.endswith(": try again later\n") and done.err.count("\n") == 1


def test_a_token_server_that_is_slow(linked, remote):
    remote.held = threading.Event()
    done = ask(linked(timeout="1s"), "many.client.name")
    assert (done.status, done.out) == (UNAVAILABLE, "")
    assert "to ask 'grants' within the time" in done.err or "timed out after" in done.err
    assert done.err.endswith(": try again later\n") and done.err.count("\n") == 1
    assert len(remote.questions) == 1


@pytest.mark.parametrize(("refusal", "remedy"), [
    ("invalid_client", "check client and secret"),
    ("unauthorized_client", "allow the client this grant"),
    ("invalid_scope", "give the client this scope"),
])
def test_a_token_server_that_refuses(linked, remote, refusal, remedy):
    """It shows the secret it was sent; nobody else does."""
    remote.refusal = refusal
    done = ask(linked(), "many.client.name")
    assert (done.status, done.out) == (DENIED, "")
    assert f"the token server of 'grants': it refuses (401 {refusal}, not [secret]): {remedy}" \
        in done.err
    assert len(remote.questions) == 1


def test_a_refresh_token_that_does_not_count_any_more(linked, site, remote):
    done = ask(linked(refresh_token=site.secret(f"{MARK}-old")), "thing.refresh.name")
    assert done.status == DENIED
    assert "(400 invalid_grant): what it was given does not count any more: link it again" \
        in done.err


@pytest.mark.parametrize(("grant", "option", "words"), [
    ("client", "client_secret", "the credential 'client' has no client secret"),
    ("password", "password", "the credential 'password' has no password"),
    ("jwt", "private_key", "the credential 'jwt' has no client secret"),
])
def test_a_secret_that_is_missing_is_named(site, remote, grant, option, words):
    secrets = {"client_secret": HUSH, "password": PASSWORD, "private_key": remote.key}
    del secrets[option]
    site.integration("grants", "grants", url=remote.api.url, login=remote.login.url,
                     **{name: site.secret(value) for name, value in secrets.items()})
    done = ask(site, f"thing.{grant}.name")
    assert done.status == DENIED and words in done.err
    assert remote.questions == []


@pytest.mark.parametrize("key", ["nothing", "-----BEGIN PRIVATE KEY-----\nc4n4ry\n"
                                            "-----END PRIVATE KEY-----\n"])
def test_a_key_that_is_none_is_told_not_shown(linked, site, remote, key):
    done = ask(linked(private_key=site.secret(key)), "thing.jwt.name")
    assert done.status == DENIED
    assert "the credential 'jwt': needs an RSA private key of 2048 bits or more" in done.err
    assert remote.questions == []


# ---- stand-ins

SENT = {
    "json": lambda path, header, body: json.loads(body)["key"],
    "form": lambda path, header, body: parse_qs(body)["key"][0],
    "url": lambda path, header, body: parse_qs(urlsplit(path).query)["key"][0],
    "header": lambda path, header, body: header,
}


@pytest.mark.parametrize("place", SENT)
def test_a_stand_in_becomes_the_secret_where_it_leaves(linked, remote, place):
    """Escaped for its place; what is shown of it does not come back."""
    done = ask(linked(), f"told.{place}")
    assert done.status == 0 and "[secret]" in done.out
    assert "plugin says" in done.err
    assert [SENT[place](*told) for told in remote.told] == [PASSWORD]


@pytest.mark.parametrize("how", [[], ["--in-process"]])
def test_no_secret_is_in_a_log_of_everything(linked, site, remote, how):
    (site.folder / "imh.ini").write_text((site.folder / "imh.ini").read_text() + "log = debug\n")
    site.write("mail.txt", "".join(f"{{$grants.thing.{grant}.name}}" for grant in GRANTS)
               + "{$grants.told.form.shown[2]}")
    done = linked().run("render", "acme", "mail.txt", *how)
    assert (done.status, done.out) == (0, "itititit" + "key=[secret]")
    assert MARK not in done.err and "PRIVATE KEY" not in done.err
