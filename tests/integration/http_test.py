"""The plugin http against a server that writes down what came: the action `request`."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time

import pytest

from conftest import BUILD, TESTS

sys.path.insert(0, str(TESTS / "fakes"))

from sink.client import Sink  # noqa: E402

DRIVER = BUILD / "tests/contract/action_driver"
PLUGIN = BUILD / "lib/imh/plugins/http.so"
KEY = "job 7"
SECRET = "hush-hush-hush"
SHORT_MS, LONG_MS = 1500, 60000


class Actions:
    """Runs actions in the plugin's worker."""

    def __init__(self, folder, url, secret=SECRET, **options):
        settings = folder / "settings.json"
        settings.write_text(json.dumps({"options": {"url": url, **options}}))
        self._process = subprocess.Popen(
            [DRIVER, "--worker", PLUGIN, settings],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._tell({"secret": secret})

    def __enter__(self):
        return self

    def __exit__(self, *_what):
        self._process.stdin.close()
        said = self._process.stdout.read()
        assert self._process.wait() == 0, said
        self._process.stdout.close()

    def _tell(self, order):
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        while line := self._process.stdout.readline():
            if line.startswith("{"):
                return json.loads(line)
        raise AssertionError("the driver ended")

    def run(self, time_ms=LONG_MS, **args):
        order = {"action": "request", "args": args, "key": KEY, "time_ms": time_ms}
        return self._tell(order)

    def check(self):
        return self._tell({"check": True})


@pytest.fixture(name="sink", scope="module")
def started_sink():
    with Sink() as sink:
        yield sink


@pytest.fixture(autouse=True)
def forget(sink):
    sink.reset()
    sink.plan([])


def answers(status=200, body="", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return [{"status": status, "body": body, "headers": headers}]


def test_a_call_arrives_as_it_was_meant_and_its_answer_is_the_result(tmp_path, sink):
    sink.plan(answers(201, '{"id": 17}', Content_Type="application/json"))
    body = {"stream": "s1", "sequence": 3, "price": 19.99}
    with Actions(tmp_path, f"{sink.url}api?tenant=7") as actions:
        done = actions.run(json=body, headers={"X-Shop": "nl"})
    assert done == {"status": "ok", "after_s": 0, "text": "", "result": {
        "code": 201, "content_type": "application/json", "body": {"id": 17}}}
    (call,) = sink.log()
    assert (call["method"], call["path"], call["key"]) == ("POST", "/api", KEY)
    assert (call["stream"], call["sequence"]) == ("s1", 3)
    assert call["sha256"] == hashlib.sha256(json.dumps(body).encode()).hexdigest()
    assert call["headers"]["content-type"] == "application/json"
    assert call["headers"]["x-shop"] == "nl"
    assert "authorization" not in call["headers"]


@pytest.mark.parametrize(
    "args, method, path, content_type",
    [
        ({}, "POST", "/base", None),
        ({"path": "orders/17"}, "POST", "/base/orders/17", None),
        ({"path": "/a%2Fb", "method": "PUT", "text": "x"}, "PUT", "/base/a%2Fb",
         "text/plain; charset=utf-8"),
        ({"text": "a;b", "content_type": "text/csv"}, "POST", "/base", "text/csv"),
        ({"method": "DELETE", "path": "?id=1"}, "DELETE", "/base", None),
        ({"method": "GET", "path": "x?y=//z/../z"}, "GET", "/base/x", None),
    ],
)
def test_calls_stay_at_the_address(tmp_path, sink, args, method, path, content_type):
    with Actions(tmp_path, f"{sink.url}base") as actions:
        assert actions.run(**args)["status"] == "ok"
    (call,) = sink.log()
    assert (call["method"], call["path"]) == (method, path)
    assert call["headers"].get("content-type") == content_type


# ---- credentials ----

BASIC = base64.b64encode(f"anna:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    "options, header, value",
    [
        ({"auth": "bearer"}, "authorization", f"Bearer {SECRET}"),
        ({"auth": "basic", "user": "anna"}, "authorization", f"Basic {BASIC}"),
        ({"auth": "header", "header": "X-Api-Key"}, "x-api-key", SECRET),
    ],
)
def test_each_credential_arrives_and_is_never_told(tmp_path, sink, options, header, value):
    sink.plan(answers(422, json.dumps({"message": f"I know {value}"})))
    with Actions(tmp_path, sink.url, **options) as actions:
        done = actions.run(json={})
    (call,) = sink.log()
    assert call["headers"][header] == value
    assert "I know" in done["text"]
    assert SECRET not in done["text"] and BASIC not in done["text"]


def test_a_header_of_the_configuration_is_not_the_arguments_to_set(tmp_path, sink):
    with Actions(tmp_path, sink.url, auth="header", header="X-Api-Key") as actions:
        done = actions.run(headers={"x-api-key": "mine"})
    assert (done["status"], sink.log()) == ("rejected", [])


def test_a_signature_is_that_of_standard_webhooks(tmp_path, sink):
    key = bytes(range(24))
    secret = "whsec_" + base64.b64encode(key).decode()
    sink.plan([{"times": 1, "status": 503}])
    with Actions(tmp_path, sink.url, secret, auth="signature") as actions:
        assert actions.run(text="h\u00e9")["status"] == "retry"
        assert actions.run(text="h\u00e9")["status"] == "ok"
        assert actions.check()["status"] == "ok"
    bodies = ["h\u00e9", "h\u00e9", ""]
    for call, body in zip(sink.log(), bodies, strict=True):
        headers = call["headers"]
        stamp = headers["webhook-timestamp"]
        assert abs(int(stamp) - time.time()) < 300
        message = f"{headers['webhook-id']}.{stamp}.{body}".encode()
        digest = hmac.new(key, message, hashlib.sha256).digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert [call["headers"]["webhook-id"] for call in sink.log()][:2] == [KEY, KEY]


def test_a_signing_secret_that_is_none_is_told(tmp_path, sink):
    with Actions(tmp_path, sink.url, "no base64!", auth="signature") as actions:
        done = actions.run()
    assert (done["status"], sink.log()) == ("denied", [])
    assert "base64" in done["text"] and "no base64!" not in done["text"]


# ---- what an answer means ----

JSON_WORDS = '{"detail": "no stock\\nleft"}'


@pytest.mark.parametrize(
    "rule, status, after_s, words",
    [
        (answers(302, "", Location="https://elsewhere.example/"), "rejected", 0,
         "points to https://elsewhere.example/"),
        (answers(400, JSON_WORDS), "rejected", 0, "400 Bad Request: no stock left"),
        (answers(404, "no such hook"), "rejected", 0, "404 Not Found: no such hook"),
        (answers(409, '{"error": {"message": "taken"}}'), "rejected", 0, "taken"),
        (answers(410), "rejected", 0, "410 Gone"),
        (answers(413, "<html>"), "too-large", 0, "413 Content Too Large"),
        (answers(401, "who?"), "denied", 0, "401 Unauthorized: who?"),
        (answers(403), "denied", 0, "403 Forbidden"),
        (answers(408), "retry", 0, "408"),
        (answers(425), "retry", 0, "425"),
        (answers(429, "slowly", Retry_After="77"), "wait", 77, "429"),
        (answers(500, "x" * 5000), "retry", 0, "500 Internal Server Error: xxx"),
        (answers(503, "", Retry_After="5"), "wait", 5, "503"),
    ],
)
def test_an_answer_is_told_as_what_it_means(tmp_path, sink, rule, status, after_s, words):
    sink.plan(rule)
    with Actions(tmp_path, sink.url) as actions:
        done = actions.run(json={})
    assert (done["status"], done["after_s"]) == (status, after_s)
    assert words in done["text"] and "<html>" not in done["text"]
    assert len(done["text"]) < 240
    assert done["result"] is None


@pytest.mark.parametrize("then, time_ms", [("cut", LONG_MS), ("hang", SHORT_MS), ("reset", LONG_MS)])
def test_a_lost_answer_is_unknown_unless_the_remote_knows_keys(tmp_path, sink, then, time_ms):
    sink.plan([{"then": then}])
    with Actions(tmp_path, sink.url) as actions:
        assert actions.run(time_ms, json={})["status"] == "unknown"
        assert actions.run(time_ms, method="PUT", json={})["status"] in AGAIN
    with Actions(tmp_path, sink.url, idempotent="yes") as actions:
        assert actions.run(time_ms, json={})["status"] in AGAIN
    assert {call["key"] for call in sink.log()} == {KEY}


AGAIN = ("retry", "canceled", "wait")


# ---- results ----


@pytest.mark.parametrize(
    "content_type, body, kept, cut",
    [
        ("application/json", '[1, "\u00e9"]', [1, "\u00e9"], False),
        ("application/problem+json", '{"a": 1.10}', {"a": 1.1}, False),
        ("application/json", "{broken", "{broken", False),
        ("text/html", "<p>17</p>", "<p>17</p>", False),
        ("text/plain", "17", "17", False),
        ("application/json", "", "", False),
        ("text/plain", "\u20ac" * 20000, "\u20ac" * (16384 // 3), True),
        ("application/json", json.dumps(["x" * 20000]), '["' + "x" * 16382, True),
        ("application/json", "[" * 64 + "]" * 64, "[" * 64 + "]" * 64, False),
        ("text/plain", "\x01" * 20000, "\x01" * 8192, True),
    ],
    ids=["json", "problem", "broken", "html", "number", "nothing", "long", "long-json", "deep",
         "control"],
)
def test_what_is_kept_of_an_answer(tmp_path, sink, content_type, body, kept, cut):
    sink.plan(answers(200, body, Content_Type=content_type))
    with Actions(tmp_path, sink.url) as actions:
        done = actions.run()
    assert done["status"] == "ok"
    wanted = {"code": 200, "content_type": content_type, "body": kept}
    assert done["result"] == (wanted | {"cut": True} if cut else wanted)


@pytest.mark.parametrize(
    "code, status", [(200, "ok"), (404, "ok"), (405, "ok"), (401, "denied"), (503, "retry"),
                     (301, "rejected")])
def test_the_connection_test_changes_nothing(tmp_path, sink, code, status):
    sink.plan(answers(code, Location="https://elsewhere.example/"))
    with Actions(tmp_path, sink.url, auth="bearer") as actions:
        assert actions.check()["status"] == status
    (call,) = sink.log()
    assert (call["method"], call["bytes"]) == ("HEAD", 0)
    assert call["headers"]["authorization"] == f"Bearer {SECRET}"
