"""Rogues that take their time, and each of them again and again."""

import pytest
from rogues import SANITIZED, canaries, crowd  # noqa: F401
from rogues_test import DEATHS, SEEN_LATE

TIMES = 50
LOADS = ["wait-for-ever", "loop-for-ever", "bomb-threads"]
if not SANITIZED:  # there memory has no limit
    LOADS.append("take-all-memory")


@pytest.mark.parametrize("act", LOADS)
def test_a_constructor_that_does_not_end_is_ended(crowd, act):
    crowd.rogue("rogue", f"load-{act}")
    crowd.integration("last", "good")
    states, err = crowd.load()
    assert states == {"good": "enabled", "rogue": "refused", "last": "enabled"}
    assert err.count('worker ended plugin="rogue"') == 1


@pytest.mark.parametrize("act", DEATHS)
def test_a_rogue_dies_alone_however_often(crowd, act):
    crowd.rogue("rogue", timeout="5s" if act in SEEN_LATE else "60s")
    for _ in range(TIMES):
        came, err = crowd.render(f"rogue.act['{act}'].error|default:'nothing'")
        assert came == ["nothing"]
        assert err.count('worker ended plugin="rogue"') == 1
