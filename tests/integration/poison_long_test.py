"""One order among 100,000 that cannot be read: the others come, and it does when it is mended."""

import math
import time

from daemon_test import running, wait_until
from event_test import asked
from memory import family, pss
from poison_test import SUSPECTS, acme, created, entry, flood, linked, newest, show  # noqa: F401

ORDERS, POISONED = 100_000, 54_321
PAGE = 100
PATIENCE_S = 1500


def calls(shop):
    return shop.counters()["kinds"]["orders list"]


def test_one_poison_order_in_100_000(acme, capsys):  # noqa: F811
    shop = acme.shop
    with running(acme) as daemon:
        linked(acme)
        first, bad, last = flood(acme, ORDERS, POISONED)
        before, began = calls(shop), time.monotonic()
        most = 0
        while newest(acme) != f"order/{last}/create":
            assert time.monotonic() < began + PATIENCE_S
            most = max(most, sum(map(pss, family(daemon.process.pid))))
            time.sleep(1)
        took_s, extra = time.monotonic() - began, calls(shop) - before - ORDERS / PAGE
        job = entry(acme)["id"]
        assert extra <= 2 * math.log2(SUSPECTS)
        shop.switch(spoiled=[])
        assert acme.run("queue", "retry", str(job)).status == 0
        wait_until(lambda: show(acme, job)["state"] == "done")
        assert newest(acme) == f"order/{bad}/create"
        told = created(acme)
        assert sorted(told) == list(range(first, last + 1))
    with capsys.disabled():
        print(f"\n{len(told)} orders in {took_s:.0f} s, {extra:.0f} calls more than pages,"
              f" at most {most >> 20} MiB")
