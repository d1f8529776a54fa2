"""mail.send: a mail with live values in it arrives at a real mail server, once."""

import json
import shutil
import sys
from email import message_from_bytes
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))

from magento2.client import Shop  # noqa: E402
from peers.tls import Papers  # noqa: E402
from smtp.server import CUT, Mailbox, Script  # noqa: E402

from daemon_test import running, wait_until  # noqa: E402

PASSWORD = "c4n4ry-of-mail"
NO, BAD_DATA, LATER, BAD_CONFIG = 1, 65, 75, 78


FOLLOWUPS = """
[followup greet]
on = event.greeted
do = mail.send
with.to = {$trigger.email}
with.subject = For {$trigger.who}: {$mywebshop.product[$trigger.sku].name}
with.text = Dear {$trigger.who}

[followup echo]
on = event.echo
do = event.emit
with.type = echo
with.data = {$trigger.again}
"""


def section(name="mail", **options):
    lines = "".join(f"{option} = {value}\n" for option, value in options.items())
    return f"\n[{name}]\n{lines}"


def args(**more):
    return json.dumps({"to": "anna@example.com", "subject": "Hi", "text": "Hello", **more})


def send(site, account="acme", **more):
    return site.run("action", "run", account, "mail.send", "--args", args(**more))


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    papers = Papers(tmp_path_factory.mktemp("papers"))
    papers.authority("ours")
    papers.certificate("good", "ours")
    with Mailbox(papers.context("good"), "shop", PASSWORD) as box:
        box.papers = papers
        yield box


@pytest.fixture(scope="module")
def script():
    with Script() as server:
        yield server


@pytest.fixture(scope="module")
def shop():
    with Shop() as running_shop:
        yield running_shop


@pytest.fixture(scope="module")
def site(make_site, box, script, shop):
    """Account acme sends by the real server, plain by the scripted one."""
    site = make_site()
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token))
    site.integration("dead", "magento2", url="http://127.0.0.1:1/",
                     token=site.secret("nothing"))
    server = {"allow_private": "yes", "from": "Shop <shop@example.com>"}
    with (site.folder / "imh.ini").open("a") as file:
        file.write("[render]\nsteps = 1000000\n")
    with site.account.open("a") as file:
        file.write(section(server=box.url, user="shop", password="vault:",
                           ca_file=box.papers.path("ours.pem"), templates="mails", **server))
        file.write(FOLLOWUPS)
    (site.folder / "accounts.d" / "plain.ini").write_text(
        section(server=script.url, tls="none", ladder="1s 1s", **server))
    for account in ("rests", "later"):
        (site.folder / "accounts.d" / f"{account}.ini").write_text(
            section(server=script.url, tls="none", ladder="1s 1s 1s 1s", **server))
    (site.folder / "accounts.d" / "lost.ini").write_text(
        section(server=box.url, user="shop", password="vault:",
                ca_file=box.papers.path("ours.pem"), **server))
    (site.folder / "accounts.d" / "wrong.ini").write_text(
        section(server=box.url, **server))  # nobody vouches for its certificate
    mails = site.folder / "accounts.d" / "mails"
    mails.mkdir()
    (mails / "part.tpl").write_text("<i>{$mywebshop.product.$sku.name}</i>")
    (mails / "order.tpl").write_text("<p>{include file='part.tpl'} {$trigger.who}</p>")
    for account, secret in (("acme", PASSWORD), ("lost", "not-the-password")):
        kept = site.run("vault", "set", account, "mail", "password", stdin=secret)
        assert kept.status == 0, kept.err
    return site


@pytest.fixture(scope="module")
def daemon(site):
    with running(site) as daemon:
        yield daemon


@pytest.fixture(autouse=True)
def forget(box, script):
    box.mails.clear()
    box.logins.clear()
    script.delivered.clear()
    script.plan = {}
    script.mails.clear()


@pytest.mark.usefixtures("daemon")
def test_mail_with_live_values_arrives(site, box):
    done = send(site, to="Zoë <zoe@bücher.example>", subject="{$trigger.n}: {$mywebshop.product"
                "[$sku].name} – für dich", text="{$mywebshop.product[$sku].name} & {$trigger.who}",
                html="file:order.tpl", reply_to="help@example.com",
                unsubscribe="https://example.com/u/1",
                data={"sku": "24-MB01", "trigger": {"n": 7, "who": "Tom & Jo"}})
    assert done.status == 0, done.err
    assert [mail.recipients for mail in box.mails] == [["zoe@xn--bcher-kva.example"]]
    mail = box.mails[0]
    message = mail.message
    assert box.logins == [True]
    assert mail.sender == "shop@example.com"
    assert message["Subject"] == "7: Joust Duffle Bag – für dich"
    assert message["To"] == "Zoë <zoe@xn--bcher-kva.example>"
    assert message["From"] == "Shop <shop@example.com>"
    assert message["Reply-To"] == "help@example.com"
    assert message["List-Unsubscribe"] == "<https://example.com/u/1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Message-ID"].endswith("@example.com>")
    assert not message.defects
    text, html = message.iter_parts()
    assert text.get_content().strip() == "Joust Duffle Bag & Tom & Jo"
    assert html.get_content().strip() == "<p><i>Joust Duffle Bag</i> Tom &amp; Jo</p>"
    assert all(len(line) <= 78 and line.isascii()
               for line in mail.content.replace(b"\r\n", b"\n").decode().split("\n"))


@pytest.mark.usefixtures("daemon")
def test_data_is_no_template(site, box):
    done = send(site, subject="{$x}", text="{$x}",
                data={"x": "{$mywebshop.product['24-MB01'].name}{/if}"})
    assert done.status == 0, done.err
    assert box.mails[0].message["Subject"].startswith("{$mywebshop.")


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize("more, words", [
    ({"to": "a@b.example\r\nBcc: x@y.example"}, "'to' has a line break"),
    ({"to": "a@b.example, x@y.example"}, "'to' has something behind the @"),
    ({"from": "x"}, "'from' is no e-mail address"),
    ({"reply_to": "a b@c.example"}, "'reply_to' has something before the @"),
    ({"subject": "{$x}", "data": {"x": "a\r\nBcc: x@y.example"}}, "'subject' has a line"),
    ({"subject": "{$nothing}"}, "'subject' is empty"),
    ({"text": "{$nothing}"}, "'text' and 'html' are empty"),
    ({"text": "{if}"}, "text:1: "),
    ({"text": "{for $i=1 to 1000001}{/for}"},
     "limit 'steps' is 1000000: raise it in [render] of imh.ini"),
    ({"html": "file:none.tpl"}, "'html': not in the folder of templates"),
    ({"html": "file:../acme.ini"}, "'html': not in the folder of templates"),
    ({"unsubscribe": "http://x.example/"}, "'unsubscribe' must begin with https://"),
])
def test_what_cannot_be_sent_is_parked(site, box, more, words):
    done = send(site, **more)
    assert done.status == NO
    assert words in done.err, done.err
    assert not box.mails


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize("more, words", [
    ({"too": "x"}, "too"),
    ({"to": 7}, "/to"),
    ({"data": []}, "/data"),
])
def test_wrong_arguments_are_no_job(site, more, words):
    done = send(site, **more)
    assert done.status == BAD_DATA
    assert words in done.err


@pytest.mark.usefixtures("daemon")
def test_remote_that_is_down_lets_the_mail_wait(site, box):
    done = send(site, text="{$dead.product.x.name}")
    assert done.status == LATER
    assert "is tried again" in done.err
    assert "'dead'" in done.err
    assert not box.mails
    assert send(site, to="eva@example.com").status == 0  # others do not wait for it


@pytest.mark.usefixtures("daemon")
def test_refused_password_and_certificate(site, box):
    denied = send(site, "lost")
    assert denied.status == LATER
    assert "held since" in denied.err and "535 5.7.8" in denied.err, denied.err
    assert box.logins and not any(box.logins)
    refused = send(site, "wrong")
    assert refused.status == LATER
    assert "the certificate is refused" in refused.err
    assert len(box.logins) == 1 and not box.mails
    kept = site.run("vault", "set", "lost", "mail", "password", stdin=PASSWORD)
    assert kept.status == 0, kept.err
    wait_until(lambda: box.mails)  # held until then


@pytest.mark.usefixtures("daemon")
def test_server_says_later_and_never(site, script):
    script.plan = {"RCPT": ["450 4.2.0 mailbox busy"], ".": ["451 4.3.0 try again"]}
    assert send(site, "plain").status == LATER
    wait_until(lambda: script.delivered)
    assert len(script.mails) == 2  # the second try came to its end, and the third was taken
    script.plan = {"RCPT": ["550-5.1.1 no such\r\n550 5.1.1 user\x1b[2J"]}
    done = send(site, "plain", to="nobody@example.com")
    assert done.status == NO
    assert "failed: the mail server said: 550-5.1.1 no such 5.1.1 user\\u001B[2J" in done.err
    assert len(script.delivered) == 1


@pytest.mark.usefixtures("daemon")
def test_lost_answer_is_not_sent_again(site, script):
    script.plan = {".": [CUT]}
    done = send(site, "plain", to="lost@example.com")
    assert done.status == NO
    assert "unknown: the mail was sent, and the server did not say" in done.err
    assert len(script.mails) == 1
    script.plan = {"DATA": [CUT]}
    assert send(site, "plain", to="cut@example.com").status == LATER
    wait_until(lambda: script.delivered)
    assert len(script.mails) == 2


def test_server_that_is_down_is_left_alone_and_tried_by_one(site, daemon, script):
    many, down = 40, [CUT] * 1000
    script.plan = {"": down}
    for number in range(many):
        done = site.run("action", "run", "rests", "mail.send", "--no-wait", "--args",
                        args(to=f"n{number}@example.com"))
        assert done.status == 0, done.err
    wait_until(lambda: any(line["event"] == "remote left alone" for line in daemon.lines()))
    told = next(line for line in daemon.lines() if line["event"] == "remote left alone")
    assert told["account"] == "rests" and "5 failures in a row, the last: " in told["after"]
    # Those that were under way with the fifth, and one at a time after rests of seconds.
    assert 5 <= 1000 - len(down) <= 12
    script.plan = {}
    wait_until(lambda: len(script.delivered) == many)
    names = [message_from_bytes(mail)["To"] for mail in script.delivered]
    assert len(set(names)) == many
    wait_until(lambda: any(line["event"] == "remote answers again" for line in daemon.lines()))


@pytest.mark.usefixtures("daemon")
def test_server_that_takes_mails_later_is_well(site, daemon, script):
    many = 40  # tried one at a time, after rests, they would take many minutes
    script.plan = {"RCPT": ["450 4.2.0 greylisted"] * many}
    for number in range(many):
        done = site.run("action", "run", "later", "mail.send", "--no-wait", "--args",
                        args(to=f"n{number}@example.com"))
        assert done.status == 0, done.err
    wait_until(lambda: len(script.delivered) == many)
    assert not [line for line in daemon.lines() if line.get("account") == "later"
                and line["event"] == "remote left alone"]


@pytest.mark.usefixtures("daemon")
def test_same_message_at_a_retry(site, script):
    script.plan = {".": ["451 later"]}
    assert send(site, "plain", to="again@example.com").status == LATER
    wait_until(lambda: script.delivered)
    names = [message_from_bytes(mail)["Message-ID"] for mail in script.mails]
    assert len(names) == 2 and len(set(names)) == 1
    assert send(site, "plain", to="again@example.com").status == 0
    assert message_from_bytes(script.mails[2])["Message-ID"] != names[0]


def test_event_and_line_in_the_log(site, daemon):
    event = json.dumps({"type": "greeted", "key": "k1", "data": {"who": "Zoë", "n": 1.10}})
    for _ in range(2):
        done = site.run("action", "run", "acme", "event.emit", "--args", event)
        assert done.status == 0, done.err
    listed = site.run("--json", "event", "list", "--account", "acme")
    items = json.loads(listed.out)["items"]
    assert [(item["integration"], item["type"], item["key"]) for item in items] == [
        ("event", "greeted", "k1")]
    shown = json.loads(site.run("--json", "event", "show", str(items[0]["id"])).out)
    assert shown["data"] == {"who": "Zoë", "n": 1.1}
    line = json.dumps({"level": "warning", "text": "one\ntwo\x1b[2J"})
    done = site.run("action", "run", "acme", "log.write", "--args", line)
    assert done.status == 0, done.err
    logged = [line for line in daemon.lines() if line["event"] == "account says"]
    assert [(line["level"], line["account"], line["text"]) for line in logged] == [
        ("warning", "acme", "one\\u000Atwo\\u001B[2J")]
    wrong = site.run("action", "run", "acme", "log.write", "--args", '{"text":1}')
    assert wrong.status == BAD_DATA


def emit(site, **event):
    done = site.run("action", "run", "acme", "event.emit", "--args", json.dumps(event))
    assert done.status == 0, done.err


@pytest.mark.usefixtures("daemon")
def test_event_leads_to_a_mail(site, box):
    """Its templates are rendered when it is sent, and what the event says is none."""
    who = "{$mywebshop.product['24-MB01'].name}{"
    emit(site, type="greeted",
         data={"email": "eva@example.com", "who": who, "sku": "24-MB01"})
    wait_until(lambda: box.mails)
    message = box.mails[0].message
    assert message["To"] == "eva@example.com"
    assert message["Subject"] == f"For {who}: Joust Duffle Bag"
    assert message.get_content().strip() == f"Dear {who}"


@pytest.mark.usefixtures("daemon")
def test_events_that_cause_themselves_end(site):
    emit(site, type="echo", data={"again": {"again": {}}})
    wait_until(lambda: echoes(site) >= 2)
    seen = []
    wait_until(lambda: seen.append(echoes(site)) or len(seen) > 20 and seen[-1] == seen[-20])
    assert seen[-1] == 2  # the first, and what it caused: that does not cause itself again


def echoes(site):
    listed = site.run("--json", "event", "list", "--account", "acme")
    return [item["type"] for item in json.loads(listed.out)["items"]].count("echo")


def test_password_is_nowhere(site, daemon):
    """After all of the above: neither in the log nor in the store."""
    assert PASSWORD not in daemon.log.read_text()
    for path in (site.folder / "state").iterdir():
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("options, words", [
    ({}, "option 'server' is missing"),
    ({"server": "http://x", "from": "a@b.example"}, "must start with smtp:// or smtps://"),
    ({"server": "smtp://x/y", "from": "a@b.example"}, "'server' has no path"),
    ({"server": "smtp://x", "from": "nobody"}, "'from' is no e-mail address"),
    ({"server": "smtp://x", "from": "a@b.example", "user": "x"}, "'user' wants a password"),
    ({"server": "smtp://x", "from": "a@b.example", "tls": "none"}, "allow_private = yes"),
    ({"server": "smtp://x", "from": "a@b.example", "tsl": "none"}, "did you mean 'tls'?"),
    ({"server": "smtp://x", "from": "a@b.example", "plugin": "x"}, "unknown option 'plugin'"),
])
def test_section_is_checked(make_site, options, words):
    site = make_site()
    with site.account.open("a") as file:
        file.write(section(**options))
    done = site.run("check")
    assert done.status == BAD_CONFIG
    assert words in done.err + done.out, done.err + done.out


def test_example_is_right(make_site):
    site = make_site()
    example = Path(__file__).resolve().parents[2] / "examples/mail"
    shutil.copytree(example / "accounts.d", site.account.parent, dirs_exist_ok=True)
    for identifier, option in (("mywebshop", "token"), ("mail", "password")):
        kept = site.run("vault", "set", "acme", identifier, option, stdin="some secret")
        assert kept.status == 0, kept.err
    done = site.run("check")
    assert done.status == 0, done.err + done.out
    for template in sorted((site.account.parent / "mails").iterdir()):
        assert site.run("template", "check", str(template)).status == 0
