"""What a daemon tells of itself: figures for Prometheus, over HTTP on its control socket."""

import os
import socket
import threading

import pytest
from conftest import PATIENCE_S
from daemon_test import running, status, wait_until
from prometheus import parse
from queue_test import Sink, act, job_of, wait_for_state

NO = 1
CRM = {"account": "acme", "integration": "crm"}


@pytest.fixture
def sink():
    made = Sink()
    yield made
    made.stop()


@pytest.fixture
def acme(site, sink):
    site.integration("crm", "deeds", url=sink.url, ladder="1h")
    kept = site.run("vault", "set", "acme", "crm", "token", stdin="first")
    assert kept.status == 0, kept.err
    return site


class Http:
    """A connection to the control socket."""

    def __init__(self, site):
        self.socket = socket.socket(socket.AF_UNIX)
        folder = os.open(site.folder / "state", os.O_PATH)  # its name may be too long
        self.socket.connect(f"/proc/self/fd/{folder}/control.sock")
        os.close(folder)
        self.socket.settimeout(PATIENCE_S)

    def ask(self, request):
        self.socket.sendall(request)
        return self.read()

    def read(self):
        answer = b""
        while more := self.socket.recv(1 << 16):
            answer += more
        head, body = answer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        assert int(headers["Content-Length"]) == len(body)
        return lines[0], headers, body.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def get(site, request=b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"):
    with Http(site) as http:
        return http.ask(request)


def metrics(site):
    first, headers, body = get(site)
    assert first == "HTTP/1.1 200 OK"
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert headers["Connection"] == "close"
    return parse(body)


def fresh(site, true):
    """Figures of the queue may be some seconds old."""
    found = {}

    def look():
        found.update(metrics(site))
        return true(found)
    wait_until(look)
    return found


def test_what_happened_is_in_the_figures(acme, sink):
    sink.plan = [{}, {"status": 503}, {"status": 422}]
    with running(acme):
        before = metrics(acme)
        assert before["imh_jobs_accepted_total"].value(**CRM) == 0
        assert act(acme, text="good").status == 0
        act(acme, text="again")
        assert act(acme, text="bad").status == NO
        found = fresh(acme, lambda now: now["imh_jobs"].value(state="failed", **CRM) == 1)
        version = acme.run("--version").out.split()[1]
        assert found["imh_build_info"].value(version=version) == 1
        assert found["imh_jobs_accepted_total"].value(**CRM) == 3
        assert found["imh_job_attempts_total"].value(**CRM) == 3
        results = found["imh_job_results_total"]
        assert {kind: results.value(**CRM, **{"class": kind}) for kind in
                ("ok", "retry", "rejected", "unknown", "denied")} == {
                    "ok": 1, "retry": 1, "rejected": 1, "unknown": 0, "denied": 0}
        assert found["imh_jobs"].value(state="waiting", **CRM) == 1
        assert found["imh_jobs"].value(state="running", **CRM) == 0
        assert found["imh_queue_lag_seconds"].value(**CRM) == 0
        assert found["imh_deliveries_in_flight"].value(**CRM) == 0
        assert found["imh_requests_total"].value(**{"class": "2xx"}) == 1
        assert found["imh_requests_total"].value(**{"class": "4xx"}) == 1
        assert found["imh_requests_total"].value(**{"class": "5xx"}) == 1
        assert found["imh_requests_total"].value(**{"class": "none"}) == 0
        assert found["imh_call_seconds"].value("_count", kind="run") == 3
        assert found["imh_worker_starts_total"].value() == 1
        assert found["imh_worker_deaths_total"].value() == 0
        assert found["imh_net_starts_total"].value() == 1
        assert found["imh_plugin_state"].value(plugin="deeds", state="well") == 1
        assert found["imh_remote_left_alone"].value(**CRM) == 0
        assert found["imh_store_up"].value() == 1
        assert found["imh_store_commit_seconds"].value("_count") >= 6
        assert found["imh_store_file_bytes"].value() > 0
        assert 0 < found["imh_disk_free_bytes"].value() <= found["imh_disk_size_bytes"].value()
        assert found["imh_disk_short"].value() == 0
        assert found["imh_control_connections"].value() == 1
        assert found["imh_jobs_forgotten_at_seconds"].value() > 0
        assert found["imh_integrations_left_out"].value() == 0


def test_counts_go_on_when_the_configuration_is_read_anew(acme):
    with running(acme):
        assert act(acme, text="a").status == 0
        assert acme.run("reload").status == 0
        assert act(acme, text="b").status == 0
        found = metrics(acme)
        assert found["imh_jobs_accepted_total"].value(**CRM) == 2
        assert found["imh_call_seconds"].value("_count", kind="run") == 2
        assert found["imh_worker_starts_total"].value() == 2


def test_a_remote_that_is_left_alone_and_an_answer_that_is_lost_are_seen(acme, sink):
    sink.plan = [{"cut": True}] + [{"status": 503}] * 5
    with running(acme):
        act(acme, text="lost")
        for number in range(5):
            act(acme, text=str(number))
        found = fresh(acme, lambda now: now["imh_remote_left_alone"].value(**CRM) == 1)
        assert found["imh_requests_total"].value(**{"class": "none"}) == 1
        assert found["imh_job_results_total"].value(**CRM, **{"class": "unknown"}) == 1


def test_what_is_under_way_is_counted(acme, sink):
    with running(acme):
        go_on = threading.Event()
        sink.plan = [{"wait": go_on}]
        job = job_of(act(acme, "post", "--no-wait", text="slow"))
        fresh(acme, lambda now: now["imh_deliveries_in_flight"].value(**CRM) == 1
              and now["imh_jobs"].value(state="running", **CRM) == 1)
        go_on.set()
        wait_for_state(acme, job, "done")
        assert metrics(acme)["imh_deliveries_in_flight"].value(**CRM) == 0


def test_the_command_prints_the_same(acme):
    with running(acme):
        done = acme.run("status", "--metrics")
        assert done.status == 0, done.err
        assert set(parse(done.out)) == set(metrics(acme))
    assert acme.run("status", "--metrics").status != 0


@pytest.mark.parametrize("request_bytes, first", [
    (b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found"),
    (b"GET /metrics/x HTTP/1.0\r\n\r\n", "HTTP/1.1 404 Not Found"),
    (b"GET /metrics?x=1 HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK"),
    (b"GET /metrics\r\n\r\n", "HTTP/1.1 400 Bad Request"),
    (b"GET /metrics HTTP/1.1 x\r\n\r\n", "HTTP/1.1 400 Bad Request"),
    (b"GET  \0 \r\n\r\n", "HTTP/1.1 400 Bad Request"),
])
def test_other_requests_are_answered_with_why_not(site, request_bytes, first):
    with running(site):
        assert get(site, request_bytes)[0] == first


def test_a_request_without_end_is_refused(site):
    with running(site), Http(site) as http:
        http.socket.sendall(b"GET /metrics HTTP/1.1\r\nX: " + b"y" * 7000)
        http.socket.sendall(b"y" * 3000)
        assert http.read()[0] == "HTTP/1.1 431 Request Header Fields Too Large"


def test_who_asks_slowly_or_not_at_all_keeps_nobody_waiting(site):
    with running(site) as daemon:
        slow = [Http(site) for _ in range(70)]
        for http in slow[40:60]:  # the first had to make room
            http.socket.sendall(b"GET /metr")
        assert status(site)["pid"] == daemon.process.pid
        metrics(site)
        slow[69].socket.sendall(b"GET /metrics HTTP/1.1\r\n")
        assert slow[69].ask(b"\r\n")[0] == "HTTP/1.1 200 OK"
        for http in slow:
            http.socket.close()
        assert daemon.stop() == 0


def test_there_are_no_figures_without_end(site, sink):
    """What is beyond the limit is counted, and no more than that."""
    for number in range(510):
        site.integration(f"crm{number}", "deeds", url=sink.url, token=site.secret("first"))
    with running(site):
        found = metrics(site)
        assert found["imh_integrations_left_out"].value() == 10
        assert len(found["imh_jobs_accepted_total"].samples) == 500
        assert len(found["imh_remote_left_alone"].samples) == 500
