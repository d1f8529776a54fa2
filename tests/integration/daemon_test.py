"""imh run: ready, asked over its socket, its configuration exchanged, ended without losing work."""

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import IMH, PATIENCE_S

NO, BAD_DATA, LATER, BAD_CONFIG = 1, 65, 75, 78
NAME = "mywebshop.product.24-MB01.name"
BAG = '"Joust Duffle Bag"\n'


class Daemon:
    """A running one; what it logged is in `log`."""

    def __init__(self, site, env):
        self.log = site.folder / "daemon.log"
        self.process = subprocess.Popen(
            [IMH, "-c", "imh.ini", "run"], cwd=site.folder, env={**os.environ, **env},
            stdout=subprocess.PIPE, stderr=self.log.open("a"))
        self.ready = self.process.stdout.readline() == b"ready\n"

    def lines(self):
        """What it logged so far: the last line may be half there while it is written."""
        whole = self.log.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def events(self):
        return [line["event"] for line in self.lines()]

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@contextmanager
def running(site, **env):
    daemon = Daemon(site, env)
    try:
        assert daemon.ready, daemon.log.read_text()
        yield daemon
    finally:
        if daemon.process.poll() is None:
            daemon.stop(signal.SIGKILL)
        daemon.process.stdout.close()


def wait_until(true):
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def status(site):
    done = site.run("--json", "status")
    assert done.status == 0, done.err
    return json.loads(done.out)


def states(site):
    return {item["integration"]: item["state"] for item in status(site)["integrations"]}


@pytest.fixture
def acme(site, shop):
    """A shop whose token is to be in the vault."""
    site.integration("mywebshop", "magento2", url=shop.url, timeout=f"{PATIENCE_S}s")
    return site


# ----------------------------------------------------------------------------- start and end

def test_it_says_ready_tells_its_status_and_ends_on_sigterm(acme):
    with running(acme) as daemon:
        told = status(acme)
        assert told["pid"] == daemon.process.pid
        assert told["state"] == "running"
        people = acme.run("status")
        assert f"process {daemon.process.pid}, running since 2" in people.out
        assert daemon.stop() == 0
        assert daemon.events()[-2:] == ["ending", "ended"]
    gone = acme.run("status")
    assert (gone.status, gone.err) == (NO, "imh: imh is not running: imh run\n")


def test_what_is_wrong_with_the_files_is_all_said_and_it_does_not_start(acme):
    acme.integration("other", "magento2", urll="http://127.0.0.1/", colour="red")
    done = acme.run("run")
    assert (done.status, done.out) == (BAD_CONFIG, "")
    assert "unknown option 'urll'; did you mean 'url'?" in done.err
    assert "unknown option 'colour'" in done.err


def test_a_second_one_is_refused_and_the_first_stays(acme):
    with running(acme) as daemon:
        second = acme.run("run")
        assert second.status == LATER
        assert f"is in use by process {daemon.process.pid}" in second.err
        assert status(acme)["pid"] == daemon.process.pid


def test_after_a_kill_the_next_one_starts(acme):
    with running(acme) as daemon:
        daemon.stop(signal.SIGKILL)
        assert acme.run("status").status == NO
    with running(acme) as daemon:
        assert status(acme)["pid"] == daemon.process.pid


def test_it_ends_when_its_state_folder_is_moved_away(acme):
    with running(acme) as daemon:
        (acme.folder / "state").rename(acme.folder / "elsewhere")
        assert daemon.process.wait(PATIENCE_S) == 73
        assert "the state directory was moved or removed: ending" in daemon.events()


def test_the_state_folder_may_have_a_long_name(acme):
    name = "state-" + 160 * "x"
    acme.write("imh.ini", (acme.folder / "imh.ini").read_text().replace(
        "state = state", f"state = {name}"))
    with running(acme):
        assert states(acme) == {"mywebshop": "refused"}


def test_systemd_is_told(acme):
    path = acme.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(path))
        notify.settimeout(PATIENCE_S)
        with running(acme, NOTIFY_SOCKET=str(path)) as daemon:
            assert notify.recv(200) == b"READY=1"
            daemon.process.send_signal(signal.SIGHUP)
            assert notify.recv(200).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert notify.recv(200) == b"READY=1"
            assert daemon.stop() == 0
            assert notify.recv(200) == b"STOPPING=1"


def test_strangers_bytes_on_the_socket_do_no_harm(acme):
    with running(acme):
        for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64, b"\0" * 4096):
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.connect(str(acme.folder / "state" / "control.sock"))
                stranger.sendall(junk)
        assert states(acme) == {"mywebshop": "refused"}


def test_who_only_connects_keeps_nobody_out(acme):
    with running(acme):
        idle = []
        for _ in range(200):
            idle.append(socket.socket(socket.AF_UNIX))
            idle[-1].connect(str(acme.folder / "state" / "control.sock"))
        assert states(acme) == {"mywebshop": "refused"}
        for one in idle:
            one.close()


def test_a_daemon_that_hangs_is_told_soon(acme):
    with running(acme) as daemon:
        daemon.process.send_signal(signal.SIGSTOP)
        done = acme.run("status")
        daemon.process.send_signal(signal.SIGCONT)
        assert (done.status, done.err) == (
            LATER, "imh: the daemon does not answer: its process hangs, or has too much to do\n")


def test_the_socket_is_for_its_user_alone(acme):
    with running(acme):
        path = acme.folder / "state" / "control.sock"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_socket_goes_with_its_daemon_and_no_other_does(acme):
    path = acme.folder / "state" / "control.sock"
    with running(acme) as daemon:
        assert path.exists()
        assert daemon.stop() == 0
    assert not path.exists()
    with running(acme) as daemon:
        path.unlink()
        path.write_text("of somebody else")
        assert daemon.stop() == 0
    assert path.read_text() == "of somebody else"
    with running(acme):
        assert acme.run("status").status == 0


# ----------------------------------------------------------------------------------- secrets

def test_an_integration_without_its_secret_is_left_out_until_it_has_it(acme, shop):
    acme.integration("second", "magento2", url=shop.url, token=acme.secret(shop.token))
    with running(acme) as daemon:
        assert states(acme) == {"mywebshop": "refused", "second": "enabled"}
        assert "imh vault set acme mywebshop token" in daemon.log.read_text()
        other = acme.run("variable", "get", "acme", NAME.replace("mywebshop", "second"))
        assert (other.status, other.out) == (0, BAG)
        done = acme.run("vault", "set", "acme", "mywebshop", "token", stdin=shop.token)
        assert done.status == 0, done.err
        assert "made the vault's key" in done.err
        assert states(acme)["mywebshop"] == "enabled"
        assert acme.run("variable", "get", "acme", NAME).out == BAG


def test_a_changed_secret_is_used_from_the_next_request_on(acme, shop):
    assert acme.run("vault", "set", "acme", "mywebshop", "token", stdin="old").status == 0
    with running(acme) as daemon:
        assert acme.run("integration", "test", "acme", "mywebshop").status == NO
        workers = children(daemon)
        assert acme.run("vault", "set", "acme", "mywebshop", "token",
                        stdin=shop.token).status == 0
        assert acme.run("integration", "test", "acme", "mywebshop").status == 0
        assert children(daemon) == workers


def children(daemon):
    pid = daemon.process.pid
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_the_vault_is_the_daemons_and_commands_ask_it(acme, shop):
    with running(acme):
        assert acme.run("vault", "set", "acme", "mywebshop", "token",
                        stdin=shop.token).status == 0
        listed = json.loads(acme.run("--json", "vault", "list").out)["items"]
        assert [item["name"] for item in listed] == ["token"]
        rekeyed = acme.run("vault", "rekey")
        assert rekeyed.status == 0, rekeyed.err
        assert rekeyed.out.startswith("1 secret sealed anew; the old key is ")
        assert acme.run("variable", "get", "acme", NAME).out == BAG
        assert acme.run("vault", "unset", "acme", "mywebshop", "token").status == 0
        assert acme.run("vault", "unset", "acme", "mywebshop", "token").status == NO
        assert states(acme) == {"mywebshop": "refused"}
    assert "nothing stored" not in acme.run("check", "--store").out


def test_no_secret_comes_out_of_the_daemon(acme, shop):
    canary = "canary-4f1d7de0a6"
    with running(acme) as daemon:
        assert acme.run("vault", "set", "acme", "mywebshop", "token",
                        stdin=canary).status == 0
        said = [acme.run(*words) for words in (
            ("integration", "test", "acme", "mywebshop"), ("status", "--json"),
            ("vault", "list", "--json"), ("variable", "get", "acme", NAME),
            ("reload", "--json"), ("check", "--connect", "--json"))]
        assert canary not in "".join(done.out + done.err for done in said)
        assert canary not in daemon.log.read_text()


def test_a_command_needs_no_secret_that_only_the_daemon_has(site, shop):
    site.integration("mywebshop", "magento2", url=shop.url, token="env:SHOP_TOKEN")
    assert site.run("variable", "get", "acme", NAME).status == BAD_CONFIG
    with running(site, SHOP_TOKEN=shop.token):
        done = site.run("variable", "get", "acme", NAME)
        assert (done.status, done.out) == (0, BAG), done.err
        assert site.run("check").status == 0


def test_an_integration_is_added_and_tried_beside_a_daemon(acme, shop):
    with running(acme):
        done = acme.run("integration", "add", "acme", "late", "--plugin", "magento2",
                        f"url={shop.url}", "token=env:SHOP_TOKEN", "allow_private=yes",
                        env={"SHOP_TOKEN": shop.token})
        assert done.status == 0, done.err
        assert acme.run("reload").status == 0
        assert states(acme)["late"] == "refused"  # the daemon was not given the variable


# ------------------------------------------------------------------- calls through the daemon

def test_commands_use_the_configuration_of_the_daemon(acme, shop):
    shop_ini = acme.account.read_text()
    assert acme.run("vault", "set", "acme", "mywebshop", "token",
                    stdin=shop.token).status == 0
    with running(acme):
        acme.integration("late", "magento2", url=shop.url, token=acme.secret(shop.token))
        late = acme.run("variable", "get", "acme", NAME.replace("mywebshop", "late"))
        assert late.status == BAD_DATA
        assert "the daemon does not know 'late' of acme: imh reload" in late.err
        assert acme.run("reload").out == "configuration loaded\n"
        late = acme.run("variable", "get", "acme", NAME.replace("mywebshop", "late"))
        assert (late.status, late.out) == (0, BAG)
        acme.account.write_text(shop_ini)
        assert acme.run("reload").status == 0
        assert set(states(acme)) == {"mywebshop"}


def test_a_mailing_is_rendered_by_way_of_the_daemon(acme, shop):
    assert acme.run("vault", "set", "acme", "mywebshop", "token",
                    stdin=shop.token).status == 0
    acme.write("mail.txt", "{$mywebshop.product[$sku].name}")
    acme.write("many.ndjson", "".join(
        json.dumps({"sku": "24-MB01" if i % 2 else "24-MB02"}) + "\n" for i in range(200)))
    with running(acme):
        done = acme.run("render", "acme", "mail.txt", "--recipients", "many.ndjson",
                        "--output", "out")
        assert done.status == 0, done.err
    written = sorted((acme.folder / "out").iterdir())
    assert len(written) == 200
    assert written[1].read_text() == BAG.strip('"\n')


def test_a_call_ends_before_the_daemon_does(acme, shop):
    assert acme.run("vault", "set", "acme", "mywebshop", "token",
                    stdin=shop.token).status == 0
    with running(acme) as daemon:
        shop.switch(fault="hang")
        with subprocess.Popen([IMH, "-c", "imh.ini", "variable", "get", "acme", NAME],
                              cwd=acme.folder, stdout=subprocess.PIPE) as asking:
            wait_until(lambda: shop.counters()["requests"])
            daemon.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "ending" in daemon.events())
            shop.calm()
            assert daemon.process.wait(PATIENCE_S) == 0
            assert asking.stdout.read().decode() == BAG


def test_a_killed_daemon_lets_messages_wait(acme, shop):
    assert acme.run("vault", "set", "acme", "mywebshop", "token",
                    stdin=shop.token).status == 0
    with running(acme) as daemon:
        shop.switch(fault="hang")
        with subprocess.Popen([IMH, "-c", "imh.ini", "variable", "get", "acme", NAME],
                              cwd=acme.folder, stderr=subprocess.PIPE) as asking:
            wait_until(lambda: shop.counters()["requests"])
            daemon.stop(signal.SIGKILL)
            assert b"the daemon ended" in asking.stderr.read()
            assert asking.wait(PATIENCE_S) not in (0, BAD_CONFIG)


# ------------------------------------------------------------------------------------ reload

def test_an_invalid_configuration_is_refused_and_the_old_one_stays(acme, shop):
    good = acme.account.read_text()
    with running(acme) as daemon:
        acme.account.write_text(good.replace("url =", "urll ="))
        done = acme.run("reload")
        assert done.status == BAD_CONFIG
        assert "accounts.d/acme.ini:8: integration 'mywebshop': unknown option 'urll'" in done.err
        assert done.err.endswith("imh: the old configuration stays\n")
        told = json.loads(acme.run("--json", "reload").out)
        assert told["loaded"] is False
        assert told["problems"][-1]["line"] == 8
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "configuration refused, the old one stays" in daemon.events())
        acme.account.write_text(good)
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "configuration loaded" in daemon.events())


def test_work_goes_on_while_a_configuration_is_exchanged(acme, shop):
    assert acme.run("vault", "set", "acme", "mywebshop", "token",
                    stdin=shop.token).status == 0
    with running(acme) as daemon:
        shop.switch(fault="hang")
        with subprocess.Popen([IMH, "-c", "imh.ini", "variable", "get", "acme", NAME],
                              cwd=acme.folder, stdout=subprocess.PIPE) as asking:
            wait_until(lambda: shop.counters()["requests"])
            before = set(children(daemon))
            assert acme.run("reload").status == 0
            assert before < set(children(daemon))
            shop.calm()
            assert asking.stdout.read().decode() == BAG
        wait_until(lambda: not before & set(children(daemon)))


def test_the_new_secret_of_a_file_comes_with_a_reload(site, shop):
    secret = site.secret("old")
    site.integration("mywebshop", "magento2", url=shop.url, token=secret)
    with running(site):
        assert site.run("integration", "test", "acme", "mywebshop").status == NO
        Path(secret.removeprefix("file:")).write_text(shop.token)
        assert site.run("reload").status == 0
        assert site.run("integration", "test", "acme", "mywebshop").status == 0
