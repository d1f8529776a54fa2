"""The store as people meet it: who has it, what is wrong with it, what it says."""

import os
import resource
import shutil
import subprocess

import pytest

from conftest import BUILD

CLIENT = BUILD / "tests" / "sweep" / "store_client"


@pytest.fixture
def state(site):
    return site.folder / "state"


def write(state, first=1):
    """Thirty rows, by a program that ends well."""
    subprocess.run([CLIENT, "write", state, str(first)], check=True, capture_output=True)


class Owner:
    """A process that has the store, until it is told to end."""

    def __init__(self, state):
        self.process = subprocess.Popen([CLIENT, "write", state, "1", "close"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        while self.process.stdout.readline().strip() != "paused":
            pass

    def __enter__(self):
        return self.process

    def __exit__(self, *unused):
        self.process.kill()
        self.process.communicate()


def test_nothing_stored_yet_is_fine_and_stays_so(site, state):
    done = site.run("check", "--store")
    assert (done.status, done.err) == (0, "")
    assert "nothing stored yet" in done.out
    assert not state.exists()
    assert '"store":null' in site.run("check", "--store", "--json").out


def test_a_whole_store(site, state):
    write(state)
    done = site.run("check", "--store")
    assert (done.status, done.err) == (0, "")
    assert "the store is whole" in done.out
    assert '"store":{"schema":' in site.run("check", "--store", "--json").out
    assert sorted(path.name for path in state.iterdir()) == ["imh.db", "imh.db-made", "lock"]


def test_who_has_it_is_told(site, state):
    with Owner(state) as owner:
        done = site.run("check", "--store")
        assert done.status == 75
        assert f"state is in use by process {owner.pid}\n" in done.err


def test_a_killed_owner_leaves_a_whole_store(site, state):
    with Owner(state) as owner:
        owner.kill()
        owner.wait()
        assert (state / "imh.db-wal").stat().st_size > 0
        assert site.run("check", "--store").status == 0


def test_a_command_waits_for_its_turn(site, state):
    with Owner(state):
        command = subprocess.Popen([CLIENT, "rows", state], stdout=subprocess.PIPE, text=True)
        out, _ = command.communicate(timeout=60)
        assert command.returncode == 1 and out.startswith("refused wait: ")


@pytest.mark.parametrize("breach", [
    "insert into audit values (9999, 0, 'x', 'x', '', '')",
    "insert into secret values ('', 'shop', 'token', 'k', x'01', x'01', 1)",
])
def test_rows_that_contradict_the_rules_are_found(site, state, breach):
    write(state)
    sql(state, breach)
    done = site.run("check", "--store")
    assert done.status == 1
    assert "imh: store: " in done.err and ": not so: " in done.err
    assert "the store has " in done.err and ": restore a backup" in done.err


def sql(state, statements):
    subprocess.run([CLIENT, "sql", state, statements], check=True, capture_output=True)


def poke(path, at, data):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def pages(state):
    """All of them but the first, which notes that somebody opened the store."""
    return [path.read_bytes()[4096:] for path in state.glob("imh.db")]


@pytest.mark.parametrize("harm, words", [
    (lambda state: (state / "imh.db").unlink(), "missing, but there was a database"),
    (lambda state: (state / "imh.db").write_bytes(b""), "empty, but there was a database"),
    (lambda state: (state / "imh.db").write_bytes(b"x" * 9999), "not a database, or damaged"),
    (lambda state: os.truncate(state / "imh.db", 8192), "damaged: restore it from a backup"),
    (lambda state: poke(state / "imh.db", 4096, b"\xff" * 4096), "damaged: restore it from a backup"),
    (lambda state: poke(state / "imh.db", 9000, b"~"), "damaged: restore it from a backup"),
    (lambda state: poke(state / "imh.db", 68, b"none"), "a database of another program"),
    (lambda state: sql(state, "insert into migration values (999, 'x', 1)"), "a newer imh"),
    (lambda state: poke(state / "imh.db", 60, b"\0\0\0\1"), "imh.db-wal is missing"),
])
def test_what_is_damaged_is_refused_and_left_alone(site, state, harm, words):
    write(state)
    harm(state)
    before = pages(state)
    done = site.run("check", "--store")
    assert done.status == 1
    assert words in done.err
    refused = subprocess.run([CLIENT, "rows", state], capture_output=True, text=True,
                             check=False)
    assert refused.returncode == 1 and words in refused.stdout
    if "newer" not in words:  # that one was opened to be asked
        assert pages(state) == before


def test_others_may_not_write_into_the_folder(site, state):
    write(state)
    state.chmod(0o777)
    done = site.run("check", "--store")
    assert done.status == 77
    assert "chmod go-w" in done.err


def test_a_copy_taken_while_it_was_in_use_is_refused_without_its_log(site, state):
    with Owner(state):
        shutil.copytree(state, site.folder / "copy")
    shutil.rmtree(state)
    shutil.move(site.folder / "copy", state)
    (state / "imh.db-wal").rename(site.folder / "kept")
    for _ in range(2):
        done = site.run("check", "--store")
        assert done.status == 1
        assert "its log" in done.err and "imh.db-wal is missing" in done.err
    (site.folder / "kept").rename(state / "imh.db-wal")
    assert site.run("check", "--store").status == 0


def limited(bytes_most):
    """Files may grow to this size: a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_most, bytes_most))


@pytest.mark.parametrize("bytes_most", [0, 512, 4096, 5000, 20000, 40000, 60000, 80000, 100000])
def test_no_room_refuses_and_what_was_acknowledged_stays(site, state, bytes_most):
    write(state)
    client = subprocess.run([CLIENT, "write", state, "101"], capture_output=True, text=True,
                            preexec_fn=limited(bytes_most), check=False)
    assert client.returncode in (0, 1), "killed by the limit"
    acknowledged = [line for line in client.stdout.split("\n") if line.startswith("ack")]
    assert len(acknowledged) < 30
    assert "unknown" not in client.stdout and "canceled" not in client.stdout
    assert site.run("check", "--store").status == 0
    rows = subprocess.run([CLIENT, "rows", state], capture_output=True, text=True, check=True)
    there = [line for line in rows.stdout.split("\n") if line.startswith("row")]
    assert len(there) == 30 + len(acknowledged)


def test_no_room_is_exit_73(site, state):
    write(state)
    done = subprocess.run([BUILD / "bin" / "imh", "-c", site.folder / "imh.ini", "check",
                           "--store"], capture_output=True, text=True, check=False,
                          preexec_fn=limited(0))
    assert done.returncode == 73
    assert "no room on the disk: make some" in done.stderr


def test_a_place_that_is_none_is_a_configuration_error(site):
    text = (site.folder / "imh.ini").read_text()
    (site.folder / "imh.ini").write_text(text + "store = mysql:x\n")
    done = site.run("check")
    assert done.status == 78
    assert "imh.ini:4: 'store' in [host] must be sqlite:PATH, not 'mysql:x'" in done.err


def test_the_place_is_relative_to_the_state_folder(site, state):
    text = (site.folder / "imh.ini").read_text()
    (site.folder / "imh.ini").write_text(text + "store = sqlite:other.db\n")
    write(state)
    (state / "imh.db").rename(state / "other.db")
    (state / "imh.db-made").unlink()
    assert "the store is whole" in site.run("check", "--store").out
