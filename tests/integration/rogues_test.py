"""Plugins that do what no plugin may (tests/rogues), beside one that works.

Whatever a rogue does, the host goes on, the other plugin answers everything, and nothing is
left running; whatever is forbidden is refused, also while the plugin is loaded.
"""

import json

import pytest
from rogues import SANITIZED, canaries, crowd  # noqa: F401

REFUSED = {"EPERM", "EACCES", "ENOSYS"}


def acts(crowd, name="rogue"):
    done = crowd.run("variable", "get", "acme", f"{name}.acts.names")
    names = json.loads(done.out).split()
    assert len(names) > 100
    return names


# ---- what is forbidden is refused ----


def test_a_plugin_is_refused_what_no_plugin_may(crowd):
    crowd.rogue("rogue")
    names = acts(crowd)
    came, err = crowd.render(*(f"rogue.act['{name}'].error" for name in names))
    assert {name: error for name, error in zip(names, came) if error not in REFUSED} == {}
    assert err == ""
    crowd.canaries.check()


def test_a_constructor_is_refused_it_too(crowd):
    crowd.rogue("rogue", "at_load")
    names = acts(crowd)
    came, err = crowd.render(*(f"rogue.loaded['{name}'].error" for name in names))
    assert {name: error for name, error in zip(names, came) if error not in REFUSED} == {}
    assert err == ""
    crowd.canaries.check()


# ---- what harms the worker harms nobody else ----

GONE = "imh: warning: worker ended plugin=\"rogue\" how=\"{}\"\n"
LIES = "it said what a plugin must not say"
HANGS_UP = "it closed its connection"
CRASH = "exited with status 1" if SANITIZED else "killed by signal {} ({})"
MEMORY = "it used memory that is not its own"

DEATHS = {
    "use-foreign-memory": CRASH.format(11, MEMORY),
    "overflow-stack": CRASH.format(11, MEMORY),
    "trap": "killed by signal 4 (it ran something that is no program)",
    "give-up": "killed by signal 6 (it gave up by itself)",
    "leave": "exited with status 0",
    "leave-at-once": "exited with status 3",
    "end-itself": "killed by signal 9 (it was ended by force)",
    "junk-to-host": HANGS_UP,
    "too-much-to-host": HANGS_UP,
    "end-foreign-call": LIES,
    "end-no-call": LIES,
    "answer-foreign-calls": LIES,
    "answer-what-nobody-asked": LIES,
    "speak-as-net": LIES,
    "introduce-again": LIES,
    "send-unknown-kind": LIES,
    "close-to-host": HANGS_UP,
    "close-everything": HANGS_UP,
}
if not SANITIZED:  # there memory has no limit
    DEATHS["take-all-memory"] = "killed by signal 6 (it gave up by itself)"


@pytest.mark.parametrize("act", DEATHS)
def test_a_rogue_dies_alone(crowd, act):
    crowd.rogue("rogue")
    came, err = crowd.render(f"rogue.act['{act}'].error|default:'nothing'")
    assert came == ["nothing"]
    said = [line for line in err.splitlines(True) if line.startswith("imh:")]
    assert said == [GONE.format(DEATHS[act])]


BOMBS = {"leak-descriptors": "EMFILE", "bomb-forks": "EPERM", "send-descriptors": "done"}
if not SANITIZED:  # it ends who asks for so much
    BOMBS["ask-for-too-much"] = "ENOMEM"


@pytest.mark.parametrize("act", BOMBS)
def test_a_bomb_does_not_go_off(crowd, act):
    crowd.rogue("rogue")
    came, err = crowd.render(f"rogue.act['{act}'].error")
    assert came == [BOMBS[act]]
    assert err == ""


HANGS = ["wait-for-ever", "loop-for-ever", "loop-in-threads", "ignore-signals",
         "stop-itself", "half-a-frame-to-host", "half-a-frame-to-net", "flood-host",
         "flood-net", "flood-with-answers", "flood-with-large-answers", "bomb-threads",
         "junk-to-net", "too-much-to-net", "speak-as-host", "close-to-net"]


def test_who_does_not_end_is_ended(crowd):
    """All at once: each takes its second, and five more of grace."""
    for number in range(len(HANGS)):
        crowd.rogue(f"rogue{number}")
    came, err = crowd.render(*(f"rogue{number}.act['{act}'].error|default:'nothing'"
                               for number, act in enumerate(HANGS)))
    assert came == ["nothing"] * len(HANGS)
    for number, act in enumerate(HANGS):
        assert err.count(f"worker ended plugin=\"rogue{number}\"") == 1, act


def test_constructors_die_alone(crowd):
    deaths = {name: DEATHS[name] for name in ("use-foreign-memory", "give-up",
                                              "leave-at-once")}
    for act in deaths:
        crowd.rogue(act.replace("-", "_"), f"load-{act}")
    crowd.integration("last", "good")
    states, err = crowd.load()
    assert states == {"good": "enabled", "last": "enabled",
                      **{act.replace("-", "_"): "refused" for act in deaths}}
    for act, how in deaths.items():
        assert err.count(f"died while it was loaded: {how}") == 1, act
