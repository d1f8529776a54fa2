"""Servers that cannot prove who they are: nothing is sent to them, and it is said why."""

import socket
import ssl
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))

from peers.behaviours import BEHAVIOURS  # noqa: E402
from peers.server import Gone, Peers  # noqa: E402
from peers.tls import Papers  # noqa: E402

from config_test import BAD_CONFIG, check  # noqa: E402

OK, RETRY, UNKNOWN = 0, 1, 8
SECRET = "hush-hush-hush"
BODY = "of the request"
REMEDY = "'ca_file' names an authority of your own to trust"

ASK = ("{$p.post.good.status};{$p.post.good.code};{$p.post.good.text}\n"
       "{$p.try.good.status};{$p.try.good.code};{$p.try.good.text}\n")


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    papers = Papers(tmp_path_factory.mktemp("papers"))
    papers.authority("ours")
    papers.authority("theirs")
    papers.certificate("good", "ours")
    papers.certificate("expired", "ours", days=-1)
    papers.certificate("other-name", "ours", names="DNS:other.example.com,IP:192.0.2.7")
    papers.certificate("other-signer", "theirs")
    papers.certificate("self-signed")
    papers.certificate("below-a-server", "good")
    papers.certificate("short-key", "ours", bits=1024)
    papers.certificate("old-digest", "ours", digest="sha1")
    return papers


def reads(then):
    """A server that hears the hello out, sends no TLS, and then does something else."""

    def wrap(sock):
        sock.recv(65536)
        then(sock)
        raise Gone

    return wrap


def says_http(sock):
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def says_alert(sock):
    sock.sendall(b"\x15\x03\x03\x00\x02\x02\x28")


def says_junk(sock):
    sock.sendall(bytes(range(256)))


def says_half(sock):
    sock.sendall(b"\x16\x03\x03\x10\x00\x02\x00")


def nothing(sock):
    pass


def waits(sock):
    while sock.recv(65536):
        pass


# What the server is, what is said of it.
BAD = (
    ("expired", lambda papers: papers.server("expired"),
     "the certificate is refused: SSL certificate problem: certificate has expired"),
    ("other name", lambda papers: papers.server("other-name"),
     "the certificate is refused: SSL: no alternative certificate subject name matches "),
    ("other signer", lambda papers: papers.server("other-signer"),
     f"unable to get local issuer certificate: {REMEDY}"),
    ("self-signed", lambda papers: papers.server("self-signed"),
     f"self-signed certificate: {REMEDY}"),
    ("signed by a server", lambda papers: papers.server("below-a-server"),
     "the certificate is refused: SSL certificate problem: "),
    ("short key", lambda papers: papers.server("short-key"),
     "the certificate is refused: SSL certificate problem: EE certificate key too weak"),
    ("old digest", lambda papers: papers.server("old-digest"),
     "the certificate is refused: SSL certificate problem: CA signature digest algorithm "),
    ("TLS 1.0", lambda papers: papers.server("good", newest=ssl.TLSVersion.TLSv1),
     "no secure connection: "),
    ("TLS 1.1", lambda papers: papers.server("good", newest=ssl.TLSVersion.TLSv1_1),
     "no secure connection: "),
    ("no encryption", lambda papers: papers.server(
        "good", newest=ssl.TLSVersion.TLSv1_2, ciphers="eNULL:@SECLEVEL=0"),
     "no secure connection: "),
    ("no certificate", lambda papers: papers.server(
        "good", newest=ssl.TLSVersion.TLSv1_2, ciphers="aNULL:@SECLEVEL=0"),
     "no secure connection: "),
    ("plain HTTP", lambda papers: reads(says_http), "no secure connection: "),
    ("an alert", lambda papers: reads(says_alert), "no secure connection: "),
    ("junk", lambda papers: reads(says_junk), "no secure connection: "),
    ("half a hello", lambda papers: reads(says_half), "no secure connection: "),
    ("a cut", lambda papers: reads(nothing), "no secure connection: "),
    ("silence", lambda papers: reads(waits), "timed out after "),
)


class Recorder:
    """A wrap that notes the first bytes of each connection before it is used."""

    def __init__(self, papers, wrap, heard):
        self.wrap, self.heard = wrap(papers), heard

    def __call__(self, sock):
        self.heard.append(sock.recv(65536, socket.MSG_PEEK))
        return self.wrap(sock)


@pytest.mark.parametrize("kind, wrap, words", BAD, ids=[row[0] for row in BAD])
def test_to_who_cannot_prove_to_be_it_nothing_is_sent(site, papers, kind, wrap, words):
    heard = []
    with Peers(BEHAVIOURS, wrap=Recorder(papers, wrap, heard)) as peers:
        site.integration("p", "peer", url=f"https://localhost:{peers.port}/", timeout="3s",
                         token=site.secret(SECRET), ca_file=papers.path("ours.pem"))
        done = site.run("render", "acme", site.write("t.txt", ASK))
        asked = peers.requests()
    assert done.status == 0, done
    for line in done.out.splitlines():
        status, code, text = line.split(";", 2)
        assert (int(status), code) == (RETRY, "0"), text
        assert words in text
    assert len(heard) >= 2  # the connections were made
    assert asked == []
    wire = b"".join(heard)
    assert SECRET.encode() not in wire and BODY.encode() not in wire


def https(site, identifier, peers, **options):
    site.integration(identifier, "peer", url=f"https://localhost:{peers.port}/",
                     token=site.secret(SECRET), **options)


def test_who_is_vouched_for_by_the_named_authority_is_asked(site, papers):
    with Peers(BEHAVIOURS, wrap=papers.server("good")) as peers:
        https(site, "p", peers, ca_file=papers.path("ours.pem"))
        done = site.run("render", "acme", site.write("t.txt", ASK))
        assert done.out == "0;200;\n0;200;\n"
        asked = peers.requests("good")  # one of both has the credential, in any order
        assert any(SECRET.encode() in request for request in asked)


def test_a_file_may_name_several_authorities(site, papers):
    both = site.write("both.pem", "# ours and theirs\n" + papers.path("ours.pem").read_text()
                      + "\n\n" + papers.path("theirs.pem").read_text())
    with ExitStack() as stack:
        for name, paper in (("a", "good"), ("b", "other-signer")):
            peers = stack.enter_context(Peers(BEHAVIOURS, wrap=papers.server(paper)))
            https(site, name, peers, ca_file=both)
        template = site.write("t.txt", "{$a.try.good.code} {$b.try.good.code}")
        assert site.run("render", "acme", template).out == "200 200"


@pytest.mark.parametrize("first", ["trusts", "doubts", "errs"])
def test_a_connection_is_not_lent_to_who_trusts_others(site, papers, first):
    """Neither a kept connection nor a TLS session goes to another authority's integration."""
    with Peers(BEHAVIOURS, wrap=papers.server("good")) as peers:
        https(site, "trusts", peers, ca_file=papers.path("ours.pem"))
        https(site, "doubts", peers)
        https(site, "errs", peers, ca_file=papers.path("theirs.pem"))
        names = [first, *({"trusts", "doubts", "errs"} - {first})]
        template = "".join("{if $%s.try.good.status >= 0}" % name for name in names[:-1])
        template += "".join("{$%s.try.good.code};" % name for name in names)
        template += "{/if}" * (len(names) - 1)
        done = site.run("render", "acme", site.write("t.txt", template))
        assert done.status == 0, done
        codes = dict(zip(names, done.out.split(";")))
        assert codes == {"trusts": "200", "doubts": "0", "errs": "0"}
        assert len(peers.requests()) == 1


# ----------------------------------------------------------------------- the file itself

@pytest.mark.parametrize("where", ["beside", "absolute"])
def test_the_file_is_beside_the_accounts_file_or_anywhere(site, papers, where):
    text = papers.path("ours.pem").read_text()
    path = site.write("accounts.d/ours.pem", text)
    site.integration("p", "peer", url="https://shop.example.com/",
                     ca_file="ours.pem" if where == "beside" else path)
    assert check(site) == (0, [])


def wrong(papers):
    whole = papers.path("ours.pem").read_text()
    key = papers.path("ours.key").read_text()
    return {
        "": "has no certificate (-----BEGIN CERTIFICATE-----) in it",
        "just some words\n": "has no certificate (-----BEGIN CERTIFICATE-----) in it",
        whole + key: "has a private key in it, which nobody needs to trust somebody: leave "
                     "the certificates only",
        whole[:-40]: "has something else than whole certificates (PEM) in it",
        whole.replace("MII", "!II", 1): "has something else than whole certificates (PEM) in it",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n":
            "has something else than whole certificates (PEM) in it",
        whole.replace("CERTIFICATE", "TRUSTED CERTIFICATE"):
            "has something else than whole certificates (PEM) in it",
    }


@pytest.mark.parametrize("number", range(7))
def test_a_file_that_holds_no_certificates_is_refused(site, papers, number):
    text, why = list(wrong(papers).items())[number]
    site.write("accounts.d/ca.pem", text)
    site.integration("p", "peer", url="https://shop.example.com/", ca_file="ca.pem")
    status, problems = check(site)
    assert status == BAD_CONFIG and len(problems) == 1, problems
    assert problems[0].endswith(f"integration 'p': 'ca_file': accounts.d/ca.pem: {why}") or \
        problems[0].endswith(f"/ca.pem: {why}")
    assert ":9: " in problems[0], problems


def test_a_file_that_cannot_be_read_is_refused(site):
    site.integration("p", "peer", url="https://shop.example.com/", ca_file="nowhere.pem")
    status, problems = check(site)
    assert status == BAD_CONFIG and len(problems) == 1
    assert problems[0].endswith("nowhere.pem: No such file or directory")


def test_a_file_that_everybody_may_write_is_refused(site, papers):
    path = site.write("accounts.d/ca.pem", papers.path("ours.pem").read_text())
    path.chmod(0o666)
    site.integration("p", "peer", url="https://shop.example.com/", ca_file="ca.pem")
    status, problems = check(site)
    assert status == BAD_CONFIG and len(problems) == 1 and "ca.pem" in problems[0]


def test_a_certificate_that_only_looks_like_one_is_told_when_it_is_used(site, papers):
    site.write("accounts.d/ca.pem",
               "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    with Peers(BEHAVIOURS, wrap=papers.server("good")) as peers:
        https(site, "p", peers, ca_file="ca.pem")
        done = site.run("variable", "get", "acme", "p.try.good")
        assert '"status":4' in done.out and "'ca_file' cannot be used" in done.out
        assert peers.requests() == []
