"""Where an integration may go: the address that is connected to is judged, however it is
written, named or told by a name server that lies.

Runs in a network of its own, see world.py: whatever is not refused there is reached. A canary
listens on every address; `allow_private = yes` shows that it sings.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))

import world  # noqa: E402
from peers.behaviours import BEHAVIOURS, redirect  # noqa: E402
from peers.dns import SILENCE, Names  # noqa: E402
from peers.server import Peers  # noqa: E402
from peers.tls import Papers  # noqa: E402

from config_test import BAD_CONFIG, check  # noqa: E402

REJECTED, RETRY = 4, 1
SECRET = "hush-hush-hush"
NOT_PUBLIC = " is not public: 'allow_private = yes' lets the integration go there"
PORTS = (80, 8080)
UNKNOWN_NAME = "Could not resolve host"

# Hosts as they stand in an address, and how the refusal names what they lead to.
HOSTS = (
    # loopback, as people and libraries write it
    ("127.0.0.1", "127.0.0.1"),
    ("127.0.0.1.", UNKNOWN_NAME),
    ("127.1", "127.0.0.1"),
    ("127.0.1", "127.0.0.1"),
    ("127.255.255.254", "127.255.255.254"),
    ("2130706433", "127.0.0.1"),
    ("0x7f000001", "127.0.0.1"),
    ("0x7F.1", "127.0.0.1"),
    ("0x7f.0x0.0x0.0x1", "127.0.0.1"),
    ("0177.0.0.1", "127.0.0.1"),
    ("0177.0.0.01", "127.0.0.1"),
    ("017700000001", "127.0.0.1"),
    ("00000177.0.0.1", "127.0.0.1"),
    ("%31%32%37.0.0.1", "127.0.0.1"),
    ("127.0.0.%31", "127.0.0.1"),
    ("１２７.０.０.１", "127.0.0.1"),
    ("127。0。0。1", "127.0.0.1"),
    ("①②⑦.⓪.⓪.①", "127.0.0.1"),
    ("localhost", ""),
    ("localhost.", UNKNOWN_NAME),
    ("LocalHost", ""),
    ("ｌｏｃａｌｈｏｓｔ", ""),
    ("any.localhost", ""),
    # this network
    ("0.0.0.0", "0.0.0.0"),
    ("0", "0.0.0.0"),
    ("0x0", "0.0.0.0"),
    ("0.0.0.1", "0.0.0.1"),
    # IPv6, and IPv4 in it
    ("[::1]", "::1"),
    ("[0:0:0:0:0:0:0:1]", "::1"),
    ("[0000::0001]", "::1"),
    ("[::]", "::"),
    ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
    ("[::ffff:7f00:1]", "::ffff:127.0.0.1"),
    ("[::FFFF:169.254.169.254]", "::ffff:169.254.169.254"),
    ("[::ffff:0:7f00:1]", "::ffff:0:7f00:1"),
    ("[::127.0.0.1]", "::127.0.0.1"),
    ("[64:ff9b::127.0.0.1]", "64:ff9b::7f00:1"),
    ("[64:ff9b::a9fe:a9fe]", "64:ff9b::a9fe:a9fe"),
    ("[64:ff9b:1::7f00:1]", "64:ff9b:1::7f00:1"),
    ("[2002:7f00:1::1]", "2002:7f00:1::1"),
    ("[2001::1]", "2001::1"),
    ("[fe80::1%25lo]", "fe80::1"),
    ("[fe80::1%251]", "fe80::1"),
    ("[fec0::1]", "fec0::1"),
    ("[fc00::1]", "fc00::1"),
    ("[fd00:ec2::254]", "fd00:ec2::254"),
    ("[ff02::1]", "ff02::1"),
    ("[100::1]", "100::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("[3fff::1]", "3fff::1"),
    # private, shared, link-local: where clouds keep secrets
    ("169.254.169.254", "169.254.169.254"),
    ("2852039166", "169.254.169.254"),
    ("0xa9fea9fe", "169.254.169.254"),
    ("0251.0376.0251.0376", "169.254.169.254"),
    ("10.0.0.1", "10.0.0.1"),
    ("10.1", "10.0.0.1"),
    ("167772161", "10.0.0.1"),
    ("172.16.0.1", "172.16.0.1"),
    ("172.31.255.254", "172.31.255.254"),
    ("192.168.0.1", "192.168.0.1"),
    ("100.64.0.1", "100.64.0.1"),
    ("192.0.0.8", "192.0.0.8"),
    ("192.0.0.192", "192.0.0.192"),
    ("192.0.2.1", "192.0.2.1"),
    ("192.88.99.1", "192.88.99.1"),
    ("198.18.0.1", "198.18.0.1"),
    ("198.51.100.1", "198.51.100.1"),
    ("203.0.113.1", "203.0.113.1"),
    ("224.0.0.1", "224.0.0.1"),
    ("240.0.0.1", "240.0.0.1"),
    ("255.255.255.255", "255.255.255.255"),
    # names: of the hosts file, and of a name server that lies
    ("intern.test", "10.0.0.1"),
    ("loop.test", "127.0.0.1"),
    ("loop.test.", "127.0.0.1"),
    ("LOOP.test", "127.0.0.1"),
    ("six.test", "::1"),
    ("mapped.test", "::ffff:127.0.0.1"),
    ("zero.test", "0.0.0.0"),
    ("metadata.test", "169.254.169.254"),
    ("link.test", "fe80::1"),
    ("many.test", ""),
    ("169.254.169.254.nip.test", "169.254.169.254"),
)

# No connection is possible there, allowed or not; to link-local addresses by number only.
UNREACHABLE = {UNKNOWN_NAME, "0.0.0.1", "ff02::1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
               "::ffff:0:7f00:1", "[fe80::1%25lo]", "link.test"}

NAMES = {
    "loop.test": ["127.0.0.1"],
    "six.test": ["::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "zero.test": ["0.0.0.0"],
    "metadata.test": ["169.254.169.254"],
    "link.test": ["fe80::1"],
    "many.test": ["127.0.0.1", "10.0.0.1", "::1", "fd00:ec2::254", "192.168.0.1"],
    "169.254.169.254.nip.test": ["169.254.169.254"],
    "shop.test": [world.PUBLIC, world.PUBLIC_6],
    "mixed.test": ["10.0.0.1", "::1", world.PUBLIC, "127.0.0.1"],
    "rebind.test": lambda times: [world.PUBLIC if times == 0 else "127.0.0.1"],
    "slow.test": SILENCE,
}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    world.make(tmp_path_factory.mktemp("world"))
    with Names(NAMES, world.RESOLVER):
        yield


@pytest.fixture(scope="module")
def canaries(network):
    """On all addresses, IPv4 and IPv6, of two ports."""
    with Peers(BEHAVIOURS, "::", port=PORTS[0]) as one, \
            Peers(BEHAVIOURS, "::", port=PORTS[1]) as two:
        yield lambda: one.connections + two.connections


@pytest.fixture(scope="module")
def public(network):
    """A server where everybody may go, on a port of its own."""
    with Peers(BEHAVIOURS, world.PUBLIC) as four, \
            Peers(BEHAVIOURS, world.PUBLIC_6, port=four.port) as six:
        four.requests = lambda: [*Peers.requests(four), *Peers.requests(six)]
        yield four


def number_of(host):
    return next(number for number, row in enumerate(HOSTS) if row[0] == host)


def sites(make_site, allow):
    site = make_site()
    for number, (host, _) in enumerate(HOSTS):
        port = PORTS[number % len(PORTS)]
        site.integration(f"h{number}", "peer", url=f"http://{host}:{port}/", timeout="30s",
                         token=site.secret(SECRET), allow_private=allow)
    return site


def ask_all(site, but=()):
    """What becomes of a GET of each host: {host: Done}."""
    hosts = [host for host, leads_to in HOSTS if host not in but and leads_to not in but]

    def ask(host):
        template = site.write(f"{number_of(host)}.txt",
                              "{$h%d.try.good.status};{$h%d.try.good.text}"
                              % ((number_of(host),) * 2))
        return site.run("render", "acme", template)

    with ThreadPoolExecutor(3) as pool:
        return dict(zip(hosts, pool.map(ask, hosts)))


@pytest.fixture(scope="module")
def refusals(make_site, canaries):
    before = canaries()
    told = ask_all(sites(make_site, "no"))
    assert canaries() == before
    return told


def test_no_connection_is_made_to_where_an_integration_may_not_go(refusals):
    assert len(refusals) >= 60


@pytest.mark.parametrize("host, leads_to", HOSTS, ids=[row[0] for row in HOSTS])
def test_the_refusal_says_where_it_would_have_led(refusals, host, leads_to):
    done = refusals[host]
    assert done.status == 0, done
    status, text = done.out.split(";")
    if leads_to == UNKNOWN_NAME:
        assert (int(status), text) == (RETRY, f"GET good: {UNKNOWN_NAME}: {host}")
        return
    assert int(status) == REJECTED, text
    assert text.startswith("GET good: ") and text.endswith(NOT_PUBLIC)
    assert text.removeprefix("GET good: ").removesuffix(NOT_PUBLIC) == leads_to or not leads_to


def test_the_canary_would_have_been_reached(make_site, canaries):
    """Else the tests above show nothing."""
    before = canaries()
    told = ask_all(sites(make_site, "yes"), but=UNREACHABLE)
    assert {host: done.out for host, done in told.items() if done.out != "0;"} == {}
    assert canaries() - before >= len(told)


# ------------------------------------------------------------------- where it may go

def test_public_addresses_are_reached(site, public):
    for number, host in enumerate((world.PUBLIC, f"[{world.PUBLIC_6}]", "shop.test",
                                   "SHOP.test", "shop.test.")):
        site.integration(f"s{number}", "peer", url=f"http://{host}:{public.port}/",
                         allow_private="no")
        assert site.run("variable", "get", "acme", f"s{number}.try.good.code").out == "200\n"


def test_of_several_addresses_only_the_public_one_is_used(site, public, canaries):
    before = canaries()
    site.integration("s", "peer", url=f"http://mixed.test:{public.port}/", allow_private="no")
    assert site.run("variable", "get", "acme", "s.try.good.code").out == "200\n"
    site.integration("c", "peer", url=f"http://mixed.test:{PORTS[0]}/", allow_private="no")
    told = site.run("variable", "get", "acme", "c.try.good").out
    assert canaries() - before <= 1  # the canary listens at the public address, too
    assert '"status":0' in told or '"status":1' in told


def test_a_name_that_leads_elsewhere_the_second_time_is_judged_again(site, public, canaries):
    before = canaries()
    for port in (public.port, *PORTS):
        site.integration(f"p{port}", "peer", url=f"http://rebind.test:{port}/",
                         allow_private="no")
    first = site.run("variable", "get", "acme", f"p{public.port}.try.good")
    assert '"code":200' in first.out, first
    for port in (public.port, *PORTS):
        again = site.run("variable", "get", "acme", f"p{port}.try.good")
        assert "127.0.0.1" + NOT_PUBLIC in again.out, again
    assert canaries() == before


REDIRECTS = ("http://127.0.0.1:80/good", "http://[::1]:8080/good", "http://10.0.0.1/good",
             "http://169.254.169.254/latest/meta-data/", "//127.0.0.1/good",
             "http://loop.test/good", "https://127.0.0.1:80/", "file:///etc/passwd",
             "gopher://127.0.0.1:80/_GET%20/", "ftp://127.0.0.1:80/", "dict://127.0.0.1:80/x",
             "http://shop.test@127.0.0.1/", "/good")


@pytest.mark.parametrize("target", REDIRECTS)
def test_redirects_lead_nowhere(site, public, canaries, target):
    before = canaries()
    redirect("redirect-away", 302, target)
    site.integration("s", "peer", url=f"http://shop.test:{public.port}/", allow_private="no",
                     token=site.secret(SECRET))
    asked = len(public.requests())
    for variable in ("try", "post"):
        told = site.run("variable", "get", "acme", f"s.{variable}.redirect-away").out
        assert '"status":4,"code":302' in told and "a redirect is not followed" in told
    assert len(public.requests()) == asked + 2
    assert canaries() == before


ELSEWHERE = ("http://127.0.0.1/good", "http://127.0.0.1:8080/good", "HTTP://LOCALHOST/good",
             "http://shop.test/good", "https://shop.test/good", "http://shop.test.:80/good",
             "http://shop.test@127.0.0.1/good", "http://u:p@shop.test/good",
             "http://127.0.0.1#@shop.test/", "http://127.0.0.1?@shop.test/",
             "http://127.0.0.1\\\\@shop.test/", "http://[::1]/good", "http://2130706433/good")


@pytest.mark.parametrize("key", ELSEWHERE)
def test_a_plugin_cannot_aim_elsewhere(site, public, canaries, key):
    """Keys come from templates, and templates from data."""
    before = canaries()
    site.integration("s", "peer", url=f"http://shop.test:{public.port}/")
    asked = len(public.requests())
    told = site.run("variable", "get", "acme", f's.try["{key}"]').out
    assert '"status":4,"code":0' in told, told
    assert canaries() == before and len(public.requests()) == asked


@pytest.mark.parametrize("key", ["//127.0.0.1/good", "/\\\\127.0.0.1/good", "../../good",
                                 "file:///etc/passwd", "gopher://127.0.0.1/_x", "good#x",
                                 "http:/127.0.0.1/good", "@127.0.0.1/good", ":80/good"])
def test_what_is_no_address_is_a_path(site, public, canaries, key):
    before = canaries()
    site.integration("s", "peer", url=f"http://shop.test:{public.port}/deep/")
    told = site.run("variable", "get", "acme", f's.try["{key}"]').out
    assert '"code":404' in told or '"code":200' in told, told
    assert canaries() == before


@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "gopher://127.0.0.1/_x", "ftp://127.0.0.1/", "dict://127.0.0.1/",
    "ldap://127.0.0.1/", "smb://127.0.0.1/", "//127.0.0.1/", "http:127.0.0.1/", "127.0.0.1",
    "http:///good", "http://u:p@127.0.0.1/", "http://shop.test@127.0.0.1/", "javascript:1",
    "http://127.0.0.1 /", "unix:/run/x.sock"])
def test_other_addresses_are_no_addresses(site, url):
    site.integration("s", "peer", url=url)
    status, problems = check(site)
    assert status == BAD_CONFIG and len(problems) == 1, problems
    assert "integration 's': option 'url' must " in problems[0]


def test_proxies_of_the_environment_are_not_used(site, public, canaries):
    before = canaries()
    proxies = {name: f"http://127.0.0.1:{PORTS[0]}/" for name in (
        "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")}
    site.integration("s", "peer", url=f"http://shop.test:{public.port}/", allow_private="no")
    done = site.run("variable", "get", "acme", "s.try.good.code", env=proxies)
    assert done.out == "200\n"
    assert canaries() == before


@pytest.mark.parametrize("host", ["127.0.0.1", "loop.test", "[::1]"])
@pytest.mark.parametrize("first", ["may", "maynot"])
def test_a_connection_is_not_lent_to_who_may_not_go_there(site, network, host, first):
    """One integration's kept connection is no way in for another."""
    with Peers(BEHAVIOURS, "::") as peers:
        for name, allow in (("may", "yes"), ("maynot", "no")):
            site.integration(name, "peer", url=f"http://{host}:{peers.port}/",
                             allow_private=allow)
        second = "maynot" if first == "may" else "may"
        template = site.write("t.txt", "{if $%s.try.good.status >= 0}{$maynot.try.good.text};"
                                       "{$may.try.good.code};{$%s.try.good.code}{/if}"
                              % (first, second))
        done = site.run("render", "acme", template)
        assert done.status == 0, done
        refusal, code, _ = done.out.split(";")
        assert refusal.endswith(NOT_PUBLIC) and code == "200"
        assert len(peers.requests()) == 1


# ------------------------------------------------------------------------------- names

def test_a_name_server_that_is_silent_holds_up_nobody_else(site, public):
    """Neither while a name is looked for, nor when its request is given up."""
    site.integration("slow", "peer", url="http://slow.test/", timeout="4s")
    site.integration("quick", "peer", url=f"http://shop.test:{public.port}/")
    template = site.write("t.txt", '{$slow.try.good.status};{$slow.try.good.ms};'
                                   '{$quick.try.good.ms};{if $slow.try.good.ms}'
                                   '{$quick.try["good?again"].ms}{/if}')
    done = site.run("render", "acme", template)
    assert done.status == 0, done
    status, slow_ms, quick_ms, again_ms = map(int, done.out.split(";"))
    assert status == RETRY
    assert slow_ms < 9000  # resolving takes ten seconds
    assert quick_ms < 4000 and again_ms < 4000


def test_a_name_that_does_not_exist_is_told(site, network):
    site.integration("s", "peer", url="http://nowhere.test/", allow_private="no")
    told = site.run("variable", "get", "acme", "s.try.good").out
    assert '"status":1,"code":0' in told and "Could not resolve host: nowhere.test" in told


# --------------------------------------------------------------- whom the machine trusts

def test_named_authorities_take_the_place_of_the_machines(site, network, tmp_path):
    papers = Papers(tmp_path)
    papers.authority("ours")
    papers.authority("theirs")
    papers.certificate("shop", "ours", names="DNS:shop.test")
    world.over("/etc/ssl/certs/ca-certificates.crt", papers.path("ours.pem").read_text(),
               tmp_path)
    with Peers(BEHAVIOURS, world.PUBLIC, wrap=papers.server("shop")) as four, \
            Peers(BEHAVIOURS, world.PUBLIC_6, wrap=papers.server("shop"), port=four.port):
        for name, options in (("machine", {}), ("named", {"ca_file": papers.path("ours.pem")}),
                              ("other", {"ca_file": papers.path("theirs.pem")})):
            site.integration(name, "peer", url=f"https://shop.test:{four.port}/",
                             allow_private="no", **options)
        template = site.write("t.txt", "{$machine.try.good.code};{$named.try.good.code};"
                                       "{$other.try.good.code};{$other.try.good.text}")
        codes = site.run("render", "acme", template).out.split(";")
    assert codes[:3] == ["200", "200", "0"]
    assert "unable to get local issuer certificate" in codes[3]


def test_the_table_has_no_host_twice():
    hosts = [host for host, _ in HOSTS]
    assert len(set(hosts)) == len(hosts)
