"""An outage of many changes, in real processes: what waits is one write a record."""

from daemon_test import running
from records import outage, remote  # noqa: F401


def test_a_hundred_thousand_changes_are_five_thousand_writes(site, remote, capsys):  # noqa: F811
    site.integration("crm", "cards", url=remote.url, ladder="1s 5s 30s 1m 1m 1m 1m", parallel=2)
    site.run("vault", "set", "acme", "crm", "token", stdin="first")
    with running(site):
        each_s, rest_s, calls = outage(site, remote, contacts=5000, changes=100000)
    with capsys.disabled():
        print(f"\n{each_s * 1e6:.0f} us a change; written in {rest_s:.1f} s by {calls} calls")
