"""10,000 races of a cart that is ordered against the mail about it: none is too late."""

from followup_test import acme, feed, race, remote  # noqa: F401


def test_ten_thousand_races(acme, feed, remote):  # noqa: F811
    race(acme, feed, remote, 10000)
