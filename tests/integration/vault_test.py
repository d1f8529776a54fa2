"""imh vault: what it keeps, what it refuses, and that it never says a value."""

import base64
import fcntl
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import BUILD, IMH, PATIENCE_S, Done
from terminal import Terminal

CANARY = "canary-7c6a180b36896a0a"
KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = bytes(range(1, 33)).hex()
NO, WRONG_USE, BAD_DATA, LATER, DENIED, BAD_CONFIG = 1, 2, 65, 75, 77, 78


@pytest.fixture
def acme(site):
    """An integration with a secret, and nothing that says where it is."""
    site.integration("mywebshop", "magento2", url="https://shop.example.com/")
    return site


def keep(site, value=CANARY, place=("acme", "mywebshop", "token"), **options):
    return site.run("vault", "set", *place, stdin=value, **options)


def kept(site):
    done = site.run("--json", "vault", "list")
    assert done.status == 0, done.err
    return [(item["account"], item["integration"], item["name"])
            for item in json.loads(done.out)["items"]]


def add_account(site, name, **options):
    options = {"plugin": "magento2", "url": "https://shop.example.com/", **options}
    lines = "".join(f"{option} = {value}\n" for option, value in options.items())
    (site.account.parent / f"{name}.ini").write_text(
        f"[account]\n[integration mywebshop]\n{lines}")


def set_host(site, **settings):
    ini = site.folder / "imh.ini"
    ini.write_text(ini.read_text() + "".join(f"{name} = {value}\n"
                                             for name, value in settings.items()))


# ------------------------------------------------------------------------- set, list, unset

def test_a_secret_is_kept_listed_used_and_forgotten(acme):
    done = keep(acme)
    assert done.status == 0, done.err
    assert done.out == "kept: acme mywebshop token\n"
    assert kept(acme) == [("acme", "mywebshop", "token")]
    table = acme.run("vault", "list")
    assert re.fullmatch(r"account  integration  name   updated_at\n"
                        r"acme     mywebshop    token  20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\n",
                        table.out)
    assert acme.run("check").status == 0
    done = acme.run("--json", "vault", "unset", "acme", "mywebshop", "token")
    assert json.loads(done.out) == {"account": "acme", "integration": "mywebshop",
                                    "name": "token"}
    assert kept(acme) == []
    done = acme.run("check")
    assert done.status == BAD_CONFIG
    assert done.err.endswith(": imh vault set acme mywebshop token\n")


def test_a_live_shop_takes_what_was_kept_and_one_newline_is_not_part_of_it(site, shop):
    site.integration("mywebshop", "magento2", url=shop.url, token="vault:")
    path = "mywebshop.product.24-MB01.price.value"
    for value in (shop.token, f"{shop.token}\n", f"{shop.token}\r\n"):
        assert keep(site, value).status == 0
        assert site.run("variable", "get", "acme", path) == Done(0, "35\n", "")
    assert keep(site, "another").status == 0
    done = site.run("variable", "get", "acme", path)
    assert done.status == DENIED and "another" not in done.err
    assert keep(site, f"{shop.token}\n\n").status == 0
    done = site.run("variable", "get", "acme", path)
    assert done.status == DENIED and shop.token not in done.err


@pytest.mark.parametrize("value, why", [
    ("", "no value"), ("\n", "no value"), ("\r\n", "no value"),
    ("a\0b", "has a zero byte"), (CANARY * 3000, "larger than 65536 bytes")])
def test_a_value_that_is_none_is_refused(acme, value, why):
    done = keep(acme, value)
    assert done.status == BAD_DATA
    assert why in done.err and CANARY not in done.err
    assert kept(acme) == []


def test_the_longest_value_and_every_byte_are_kept(acme):
    assert keep(acme, "x" * 65536).status == 0
    assert keep(acme, "two\nlines\té€\U0001f600 \x7f").status == 0
    assert acme.run("check").status == 0


@pytest.mark.parametrize("place, why", [
    (("acmee", "mywebshop", "token"), "there is no account 'acmee'.* did you mean 'acme'?"),
    (("acme", "mywebsop", "token"), "there is no integration 'mywebsop'; did you mean 'myw"),
    (("acme", "mywebshop", "tokn"), "it has no option 'tokn'; did you mean 'token'?"),
    (("acme", "mywebshop", "zzzzzzzzz"), "it has no option 'zzzzzzzzz'; its secrets are: "),
    (("acme", "mywebshop", "url"), "its option 'url' is no secret"),
    (("acme", "mywebshop", "cache"), "it has no option 'cache'"),
    (("../acme", "mywebshop", "token"), "there is no account '../acme'"),
])
def test_a_place_that_is_none_is_refused_before_the_value_is_read(acme, place, why):
    done = keep(acme, place=place)
    assert done.status == BAD_CONFIG
    assert re.search(why, done.err), done.err
    assert not (acme.folder / "state").exists()
    assert not (acme.folder / "vault.key").exists()


def test_a_plugin_that_cannot_be_used_says_why(acme):
    acme.integration("other", "magneto2", url="https://shop.example.com/")
    done = keep(acme, place=("acme", "other", "token"))
    assert done.status == BAD_CONFIG and "there is no plugin 'magneto2'" in done.err


def test_other_mistakes_of_the_account_do_not_keep_a_secret_out(acme):
    acme.integration("other", "magento2", tokn="x")
    assert keep(acme).status == 0


@pytest.mark.parametrize("words", [
    ("set", "acme"), ("set", "acme", "mywebshop", "token", CANARY), ("unset",),
    ("list", "acme", "mywebshop"), ("rekey", "now"), ("rekey", "--new-key"), ("show",), ()])
def test_wrong_use_says_what_is_right(acme, words):
    done = acme.run("vault", *words)
    assert done.status == WRONG_USE and done.out == ""


def test_the_list_can_be_of_one_account(acme):
    add_account(acme, "beta")
    assert keep(acme).status == 0
    assert keep(acme, place=("beta", "mywebshop", "token")).status == 0
    assert [account for account, _, _ in kept(acme)] == ["acme", "beta"]
    done = acme.run("--json", "vault", "list", "beta")
    assert [item["account"] for item in json.loads(done.out)["items"]] == ["beta"]
    assert json.loads(acme.run("--json", "vault", "list", "gamma").out)["items"] == []


def test_what_is_not_kept_cannot_be_forgotten(acme):
    place = ("acme", "mywebshop", "tokn")
    done = acme.run("vault", "unset", *place)
    assert done.status == NO and done.err.endswith(": see 'imh vault list'\n")
    assert keep(acme).status == 0
    for place, nearest in ((("acme", "mywebshop", "tokn"), "token"),
                           (("acme", "mywebsop", "token"), "mywebshop"),
                           (("acmee", "mywebshop", "token"), "acme")):
        done = acme.run("vault", "unset", *place)
        assert done.status == NO and done.err.endswith(f"; did you mean '{nearest}'?\n")


def test_a_secret_of_an_integration_that_is_gone_can_be_forgotten(acme):
    assert keep(acme).status == 0
    acme.account.unlink()
    assert acme.run("vault", "unset", "acme", "mywebshop", "token").status == 0
    assert kept(acme) == []


def test_a_secret_that_the_configuration_takes_from_elsewhere_is_warned_of(site):
    site.integration("mywebshop", "magento2", url="https://shop.example.com/",
                     token="env:SHOP_TOKEN")
    done = keep(site)
    assert done.status == 0
    assert "takes 'token' from elsewhere: say token = vault: to use this" in done.err


def test_nothing_is_made_by_looking(acme):
    assert acme.run("vault", "list").status == 0
    assert acme.run("vault", "unset", "acme", "mywebshop", "token").status == NO
    assert acme.run("check").status == BAD_CONFIG
    assert acme.run("vault", "rekey").status == NO
    assert sorted(path.name for path in acme.folder.iterdir()) == ["accounts.d", "imh.ini"]


def test_who_did_what_is_written_down_without_values(acme):
    assert keep(acme).status == 0
    assert acme.run("vault", "rekey").status == 0
    assert acme.run("vault", "unset", "acme", "mywebshop", "token").status == 0
    with sqlite3.connect(acme.folder / "state" / "imh.db") as database:
        rows = database.execute("select actor, action, account, subject from audit"
                                " order by id").fetchall()
    actor = f"uid {os.getuid()}"
    assert rows == [(actor, "vault set", "acme", "mywebshop token"),
                    (actor, "vault rekey", "", ""),
                    (actor, "vault unset", "acme", "mywebshop token")]


def test_a_disabled_integration_may_wait_for_its_secret(site):
    site.integration("mywebshop", "magento2", url="https://shop.example.com/", enabled="no")
    assert site.run("check").status == 0


def test_vault_stands_alone(site):
    site.integration("mywebshop", "magento2", url="https://shop.example.com/",
                     token="vault:mytoken")
    done = site.run("check")
    assert done.status == BAD_CONFIG
    assert "vault: stands alone, nothing follows it: imh vault set acme" in done.err
    assert "mytoken" not in done.err


# ----------------------------------------------------------------------------------- prompt

@pytest.fixture
def terminal(acme):
    opened = Terminal(acme, "vault", "set", "acme", "mywebshop", "token")
    yield opened
    opened.close()


def test_a_typed_value_is_not_shown(acme, terminal):
    """A terminal shows what is typed when it is new, and again afterwards."""
    terminal.wait_for("token of acme/mywebshop: ")
    assert not terminal.echoes()
    terminal.type(f"{CANARY}x\x7f\r")
    assert terminal.finish() == 0
    assert terminal.echoes()
    assert CANARY not in terminal.seen
    assert "kept: acme mywebshop token" in terminal.seen
    assert acme.run("check").status == 0


@pytest.mark.parametrize("typed, name", [("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT)])
def test_a_signal_puts_the_terminal_back_first(acme, terminal, typed, name):
    terminal.wait_for("token of acme/mywebshop: ")
    terminal.type(f"{CANARY}{typed}")
    assert terminal.finish() == -name
    assert terminal.echoes()
    assert kept(acme) == [] and CANARY not in terminal.seen


def test_a_signal_from_elsewhere_too(terminal):
    terminal.wait_for("token of acme/mywebshop: ")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.finish() == -signal.SIGTERM
    assert terminal.echoes()


@pytest.mark.parametrize("typed", ["\r", "\x04"])
def test_typing_nothing_is_refused(acme, terminal, typed):
    terminal.wait_for("token of acme/mywebshop: ")
    terminal.type(typed)
    assert terminal.finish() == BAD_DATA
    assert terminal.echoes() and "no value" in terminal.seen
    assert kept(acme) == []


def test_more_than_a_terminal_takes_is_refused_not_cut(acme, terminal):
    terminal.wait_for("token of acme/mywebshop: ")
    for _ in range(5000):
        terminal.type("x")
    terminal.type("\r")
    assert terminal.finish() == BAD_DATA
    assert "give the value on standard input" in terminal.seen
    assert kept(acme) == []


# ---------------------------------------------------------------------------------- the key

def test_the_first_secret_makes_the_key_for_its_owner_alone(acme):
    done = keep(acme)
    key = acme.folder / "vault.key"
    assert "made the vault's key, file:vault.key: keep a copy" in done.err
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(base64.b64decode(key.read_text())) == 32
    assert [path.name for path in acme.folder.glob("vault.key*")] == ["vault.key"]
    before = key.read_text()
    done = keep(acme)
    assert done.err == "" and key.read_text() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666])
def test_a_key_that_others_can_read_is_not_used(acme, mode):
    assert keep(acme).status == 0
    (acme.folder / "vault.key").chmod(mode)
    for done in (keep(acme), acme.run("check"), acme.run("vault", "rekey")):
        assert done.status == DENIED
        assert done.err == (f"imh: vault.key: others may read it (mode {mode:04o}), not "
                            "used: chmod 600 vault.key\n")
    assert len(kept(acme)) == 1


def test_a_lost_key_is_said_and_never_made_anew(acme):
    add_account(acme, "beta")
    assert keep(acme).status == 0
    (acme.folder / "vault.key").unlink()
    for done in (keep(acme), acme.run("check"), acme.run("vault", "rekey")):
        assert done.status == BAD_CONFIG
        assert done.err == ("imh: the vault's key is missing, put it back: vault.key: No "
                            "such file or directory\n")
    assert not (acme.folder / "vault.key").exists()


def test_a_wrong_key_is_one_sentence_with_its_source(acme):
    add_account(acme, "beta")
    assert keep(acme).status == 0
    assert keep(acme, place=("beta", "mywebshop", "token")).status == 0
    (acme.folder / "vault.key").write_text(f"{KEY}\n")
    for done in (keep(acme), acme.run("check"), acme.run("vault", "rekey"),
                 acme.run("variable", "get", "acme", "mywebshop.product.1.name")):
        assert done.status == BAD_CONFIG
        assert re.fullmatch(
            r"imh: \[host\] key = file:vault.key: the vault was sealed with another key, "
            r"[0-9a-f]{8}..., not 8452f83a...: put that one there\n", done.err), done.err


@pytest.mark.parametrize("content", ["hunter2\n", "", KEY[:-3], f"{KEY} {KEY}", OTHER_KEY[2:]])
def test_what_is_no_key_is_refused_and_not_repeated(acme, content):
    key = acme.write("vault.key", content)
    key.chmod(0o600)
    done = keep(acme)
    assert done.status == BAD_CONFIG
    assert "the key file:vault.key is no key: 32 random bytes as base64" in done.err
    assert "hunter2" not in done.err and key.read_text() == content


@pytest.mark.parametrize("key", [KEY, OTHER_KEY, OTHER_KEY.upper(), f"  {KEY}\r\n"])
def test_a_key_of_the_environment(acme, key):
    set_host(acme, key="env:IMH_TEST_KEY")
    env = {"IMH_TEST_KEY": key}
    assert keep(acme, env=env).status == 0
    assert acme.run("check", env=env).status == 0
    assert len(kept(acme)) == 1  # names need no key
    done = acme.run("check")
    assert done.status == BAD_CONFIG
    assert "the environment variable IMH_TEST_KEY is not set" in done.err
    done = acme.run("check", env={"IMH_TEST_KEY": "00" * 32})
    assert done.status == BAD_CONFIG and "[host] key = env:IMH_TEST_KEY: " in done.err


def test_a_key_that_cannot_be_made_here_is_asked_for(acme):
    set_host(acme, key="env:IMH_TEST_KEY")
    done = keep(acme)
    assert done.status == BAD_CONFIG
    assert ("the vault needs a key first: the environment variable IMH_TEST_KEY is not set"
            in done.err)
    assert "head -c 32 /dev/urandom | base64" in done.err


def test_a_place_where_no_key_can_be_made_is_named(acme):
    set_host(acme, key="file:nowhere/vault.key")
    done = keep(acme)
    assert done.status == BAD_CONFIG
    assert done.err == ("imh: the vault's key cannot be made there, see 'key' in [host] of "
                        "imh.ini: nowhere/vault.key: No such file or directory\n")


def test_a_key_of_systemd(acme):
    folder = acme.folder / "credentials"
    folder.mkdir()
    (folder / "imh-key").write_text(KEY)
    (folder / "imh-key").chmod(0o440)  # narrowed by an access list there
    set_host(acme, key="credential:imh-key")
    done = keep(acme)
    assert done.status != 0 and "the unit needs LoadCredential=imh-key:PATH" in done.err
    env = {"CREDENTIALS_DIRECTORY": str(folder)}
    assert keep(acme, env=env).status == 0
    assert acme.run("check", env=env).status == 0


@pytest.mark.parametrize("value", ["vault.key", "file:", "", "pass:hunter2"])
def test_a_source_that_is_none_is_a_mistake_in_the_file(acme, value):
    set_host(acme, key=value)
    done = acme.run("check")
    assert done.status == BAD_CONFIG
    assert ("imh.ini:4: 'key' in [host] must be file:PATH, env:NAME or credential:NAME"
            in done.err)


# ------------------------------------------------------------------------------------ rekey

def test_rekey_puts_a_fresh_key_in_place_and_keeps_the_old_one(acme):
    assert keep(acme).status == 0
    key = acme.folder / "vault.key"
    old = key.read_text()
    done = acme.run("vault", "rekey")
    assert done.status == 0
    name = re.fullmatch(r"1 secret sealed anew; the old key is (vault.key.[0-9a-f]{8}): it "
                        r"opens backups made before\n", done.out).group(1)
    assert (acme.folder / name).read_text() == old != key.read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((acme.folder / name).stat().st_mode) == 0o600
    assert acme.run("check").status == 0
    done = acme.run("--json", "vault", "rekey")
    assert json.loads(done.out)["sealed"] == 1 and acme.run("check").status == 0
    key.write_text(old)
    assert "sealed with another key" in acme.run("check").err


def test_rekey_to_a_key_from_elsewhere(acme):
    assert keep(acme).status == 0
    env = {"IMH_TEST_KEY": KEY}
    done = acme.run("vault", "rekey", "--new-key", "env:IMH_TEST_KEY", env=env)
    assert done == Done(0, "1 secret sealed anew; now write it into imh.ini: key = "
                           "env:IMH_TEST_KEY\n", "")
    assert "sealed with another key" in acme.run("check").err
    done = acme.run("vault", "rekey", "--new-key", "env:IMH_TEST_KEY", env=env)
    assert done.status == 0 and done.out.startswith("0 secrets sealed anew; ")
    set_host(acme, key="env:IMH_TEST_KEY")
    assert acme.run("check", env=env).status == 0
    done = acme.run("vault", "rekey", env=env)
    assert "say where the new one is, --new-key SOURCE" in done.err


@pytest.mark.parametrize("source", ["env:ABSENT", "file:absent", "hunter2", "env:"])
def test_rekey_without_a_new_key_changes_nothing(acme, source):
    assert keep(acme).status == 0
    done = acme.run("vault", "rekey", "--new-key", source)
    assert done.status != 0 and done.out == ""
    assert acme.run("check").status == 0


def test_rekey_names_what_does_not_open(acme):
    add_account(acme, "beta")
    assert keep(acme).status == 0
    assert keep(acme, place=("beta", "mywebshop", "token")).status == 0
    change_database(acme, "update secret set nonce = zeroblob(24) where account = 'beta'")
    done = acme.run("vault", "rekey")
    assert done.status == NO and done.out.startswith("1 secret sealed anew; ")
    assert done.err == ("imh: beta/mywebshop: 'token' does not open and stays as it is: imh "
                        "vault set beta mywebshop token\n")
    assert acme.run("integration", "list", "acme").status == 0
    assert keep(acme, place=("beta", "mywebshop", "token")).status == 0
    assert acme.run("check").status == 0


# --------------------------------------------------------------------------------- the store

def change_database(site, sql):
    """As somebody who can write the file could."""
    subprocess.run([BUILD / "tests" / "sweep" / "store_client", "sql",
                    site.folder / "state", sql], check=True, capture_output=True)


@pytest.mark.parametrize("change", [
    "update secret set box = (select box from secret where account = 'beta'), nonce ="
    " (select nonce from secret where account = 'beta') where account = 'acme'",
    "update secret set box = zeroblob(40) where account = 'acme'",
    "update secret set nonce = x'00' where account = 'acme'",
    "update secret set key_id = 'x' where account = 'acme'",
])
def test_a_changed_record_stops_its_own_account_only(acme, change):
    add_account(acme, "beta")
    assert keep(acme).status == 0
    assert keep(acme, f"{CANARY}-beta", place=("beta", "mywebshop", "token")).status == 0
    change_database(acme, change)
    done = acme.run("check")
    assert done.status == BAD_CONFIG
    assert re.fullmatch(r"accounts.d/acme.ini:\d+: integration 'mywebshop': option 'token': "
                        r"it(s key is not known| was [^:]*): imh vault set acme mywebshop "
                        r"token\n", done.err), done.err
    assert acme.run("integration", "list", "beta").status == 0
    assert keep(acme).status == 0
    assert acme.run("check").status == 0


def test_an_older_record_put_back_is_said(acme):
    assert keep(acme).status == 0
    change_database(acme, "create table kept as select * from secret where account = 'acme'")
    assert keep(acme, f"{CANARY}-new").status == 0
    change_database(acme, "replace into secret select * from kept; drop table kept")
    done = acme.run("check")
    assert done.status == BAD_CONFIG
    assert ("option 'token': it was replaced by an older one, or its ledger was: imh vault set "
            "acme mywebshop token\n") in done.err
    assert keep(acme).status == 0
    assert acme.run("check").status == 0


def test_a_changed_check_record_is_said_and_made_anew_by_rekey(acme):
    assert keep(acme).status == 0
    change_database(acme, "update secret set box = zeroblob(21) where integration = 'check'")
    done = acme.run("check")
    assert done.status == BAD_CONFIG
    assert "the vault's check record does not open" in done.err
    assert acme.run("vault", "rekey").status == 0
    assert acme.run("check").status == 0


@pytest.fixture
def locked(acme):
    """The store of a site whose secret is kept, held by somebody else."""
    assert keep(acme).status == 0
    with open(acme.folder / "state" / "lock", "r+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write("4711\n")
        lock.flush()
        yield acme


def test_a_store_in_use_is_waited_for_and_then_said_once(locked):
    add_account(locked, "beta")
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(locked.run, *words)
                   for words in (("check",), ("vault", "list"), ("vault", "rekey"))]
        for one in waiting:
            assert one.result() == Done(LATER, "", "imh: state is in use by process 4711\n")


def test_other_sources_do_not_need_the_store(locked):
    locked.account.write_text("[account]\n")
    locked.integration("mywebshop", "magento2", url="https://shop.example.com/",
                       token="env:IMH_TEST_TOKEN")
    assert locked.run("check", env={"IMH_TEST_TOKEN": CANARY}).status == 0


def test_the_store_is_given_back_before_the_shop_is_asked(site, shop):
    """A slow shop keeps nobody from the vault."""
    site.integration("mywebshop", "magento2", url=shop.url, token="vault:")
    assert keep(site, shop.token).status == 0
    shop.switch(fault="hang")
    command = [IMH, "-c", "imh.ini", "variable", "get", "acme", "mywebshop.product.1.name"]
    with subprocess.Popen(command, cwd=site.folder, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as slow:
        end = time.monotonic() + PATIENCE_S
        while shop.counters()["in_progress"] == 0:
            assert time.monotonic() < end and slow.poll() is None
            time.sleep(0.01)
        assert len(kept(site)) == 1
        assert slow.poll() is None
        shop.calm()
        slow.communicate(timeout=PATIENCE_S)
