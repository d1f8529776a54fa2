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

GONE = "imh: warning: worker ended plugin=\"rogue\" how=\"{}\""
LIES = "it said what a plugin must not say"
FLOODS = "it said more than a plugin may"
JUNK = "it sent what is no message"
HANGS_UP = "it closed its connection"
CRASH = "exited with status 1" if SANITIZED else "killed by signal 11 (it used memory that " \
    "is not its own)"
GIVES_UP = "killed by signal 6 (it gave up by itself)"

DEATHS = {
    "use-foreign-memory": CRASH,
    "overflow-stack": CRASH,
    "trap": "killed by signal 4 (it ran something that is no program)",
    "give-up": GIVES_UP,
    "leave": "exited with status 0",
    "leave-at-once": "exited with status 3",
    "end-itself": "killed by signal 9 (it was ended by force)",
    "bomb-threads": "it has more than 300 threads",
    "junk-to-host": JUNK,
    "too-much-to-host": JUNK,
    "end-foreign-call": LIES,
    "end-no-call": LIES,
    "answer-foreign-calls": LIES,
    "answer-what-nobody-asked": LIES,
    "speak-as-net": LIES,
    "introduce-again": LIES,
    "send-unknown-kind": LIES,
    "flood-host": FLOODS,
    "flood-with-answers": LIES,
    "flood-with-large-answers": LIES,
    "close-to-host": HANGS_UP,
    "junk-to-net": "it sent imh-net what is no message",
    "too-much-to-net": "it sent imh-net what is no message",
    "speak-as-host": "it sent imh-net what is no request",
    "flood-net": "it sent imh-net requests of no call",
    "close-to-net": "it closed its connection to imh-net",
    "close-everything": HANGS_UP,  # to whom is a matter of chance
}
if not SANITIZED:  # there memory has no limit
    DEATHS["take-all-memory"] = GIVES_UP


def ends(err):
    """The lines about the end of a worker."""
    return [line for line in err.splitlines() if line.startswith("imh: warning: worker ended")]


@pytest.mark.parametrize("act", DEATHS)
def test_a_rogue_dies_alone(crowd, act):
    crowd.rogue("rogue")
    came, err = crowd.render(f"rogue.act['{act}'].error|default:'nothing'")
    assert came == ["nothing"]
    (line,) = ends(err)
    assert line.startswith(GONE.format(DEATHS[act]).rstrip('"'))


BOMBS = {"leak-descriptors": "EMFILE", "bomb-forks": "EPERM", "send-descriptors": "done"}
if not SANITIZED:  # it ends who asks for so much
    BOMBS["ask-for-too-much"] = "ENOMEM"


@pytest.mark.parametrize("act", BOMBS)
def test_a_bomb_does_not_go_off(crowd, act):
    crowd.rogue("rogue")
    came, err = crowd.render(f"rogue.act['{act}'].error")
    assert came == [BOMBS[act]]
    assert ends(err) == []


HANGS = ["wait-for-ever", "loop-for-ever", "loop-in-threads", "ignore-signals",
         "stop-itself", "half-a-frame-to-host", "half-a-frame-to-net", "flood-with-words"]
LATE = "how=\"a call did not end in its time\""


def test_who_does_not_end_is_ended(crowd):
    """All at once: each takes its second, and five more of grace."""
    for number in range(len(HANGS)):
        crowd.rogue(f"rogue{number}")
    came, err = crowd.render(*(f"rogue{number}.act['{act}'].error|default:'nothing'"
                               for number, act in enumerate(HANGS)))
    assert came == ["nothing"] * len(HANGS)
    for number, act in enumerate(HANGS):
        (line,) = [line for line in ends(err) if f"plugin=\"rogue{number}\"" in line]
        assert LATE in line or act == "flood-with-words" and FLOODS in line, act
    assert err.count("plugin says plugin=") == 200
    assert err.count("plugin says too much") == 1


def test_a_worker_that_has_nothing_left_ends(crowd):
    """Its second integration gets no descriptors: a new worker will have some."""
    crowd.rogue("rogue")
    crowd.integration("second", "rogue", timeout="10s", on_failure="empty")
    came, err = crowd.render(
        "second.act[$rogue.act['leak-descriptors'].error].error|default:'nothing'")
    assert came == ["nothing"]
    assert ends(err) == [GONE.format(GIVES_UP)]


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
