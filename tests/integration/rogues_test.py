"""Plugins that do what no plugin may (tests/rogues), beside one that works.

Whatever a rogue does, the host goes on, the other plugin answers everything, and nothing is
left running; whatever is forbidden is refused, also while the plugin is loaded.
"""

import json
import re

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


# A thread that waits for what is closed keeps it open until it is told something, at the latest
# when the call's time is over.
SEEN_LATE = {"close-to-host", "close-to-net", "close-everything"}


def ends(err):
    """The lines about the end of a worker."""
    return [line for line in err.splitlines() if line.startswith("imh: warning: worker ended")]


@pytest.mark.parametrize("act", DEATHS)
def test_a_rogue_dies_alone(crowd, act):
    crowd.rogue("rogue", timeout="5s" if act in SEEN_LATE else "60s")
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
         "stop-itself", "half-a-frame-to-host", "half-a-frame-to-net", "flood-with-words",
         "write-for-ever"]
LATE = "how=\"a call did not end in its time\""
UNMADE = "how=\"its create() did not end within 1 s\""  # who is stopped cannot say that it did
OTHERWISE = {"flood-with-words": FLOODS, "stop-itself": UNMADE, "half-a-frame-to-host": UNMADE}


def test_who_does_not_end_is_ended(crowd):
    """All at once: each takes its second, and five more of grace."""
    for number in range(len(HANGS)):
        crowd.rogue(f"rogue{number}", timeout="1s")
    came, err = crowd.render(*(f"rogue{number}.act['{act}'].error|default:'nothing'"
                               for number, act in enumerate(HANGS)))
    assert came == ["nothing"] * len(HANGS)
    for number, act in enumerate(HANGS):
        (line,) = [line for line in ends(err) if f"plugin=\"rogue{number}\"" in line]
        assert LATE in line or OTHERWISE.get(act, LATE) in line, act
    assert err.count("plugin says plugin=") == 200
    assert err.count("plugin says too much") == 1
    assert err.count("plugin writes plugin=") == 200
    assert err.count("plugin writes too much") == 1


def test_what_a_plugin_writes_is_said_so_far_as_is_bearable(crowd):
    crowd.rogue("rogue")
    came, err = crowd.render("rogue.act['write-much'].error", "rogue.act['write-no-lines'].error")
    assert came == ["done", "done"]
    said = [line for line in err.splitlines() if "plugin writes" in line]
    assert 'imh: warning: plugin writes plugin="rogue" text="line 0"' in said
    assert len(said) == 201
    (left,) = re.findall('plugin writes too much plugin="rogue" text="([0-9]+) lines left out"', err)
    assert int(left) in (20000 - 200, 20000 - 200 + 1)  # which act came first is open
    assert max(map(len, said)) < 1200


def test_a_worker_that_has_nothing_left_ends(crowd):
    """Its second integration gets no descriptors: a new worker will have some."""
    crowd.rogue("rogue")
    crowd.integration("second", "rogue", timeout="60s", on_failure="empty")
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
        assert err.count(f"died while it was loaded, tell its maker: {how}") == 1, act


# ---- who needs it, and who does not ----

UNUSABLE = ("accounts.d/acme.ini:{}: warning: integration 'rogue' cannot be used now: the "
            "plugin 'rogue' died while it was loaded, tell its maker: {}: see 'imh check'\n")


def dead(crowd, file="load-use-foreign-memory", **options):
    crowd.rogue("rogue", file, **options)
    crowd.write("part.txt", "{$good.thing.a.name}{if $more} [{$rogue.act.a.error}]{/if}\n")


def test_a_mailing_goes_out_beside_a_plugin_that_died(crowd):
    """The part of the template that needs it is left out."""
    dead(crowd, on_failure="wait")
    done = crowd.run("render", "acme", "part.txt")
    assert (done.status, done.out) == (0, "well")
    assert UNUSABLE.format(10, CRASH) in done.err


def test_a_message_that_needs_a_plugin_that_died_waits(crowd):
    dead(crowd, on_failure="wait")
    done = crowd.run("render", "acme", "part.txt", "--data", '{"more": true}')
    assert (done.status, done.out) == (75, "")
    assert UNUSABLE.format(10, CRASH) in done.err
    assert done.err.splitlines()[-1] == (
        "imh: 1 of 1 messages wait for live data: integration 'rogue': the plugin 'rogue' "
        f"died while it was loaded, tell its maker: {CRASH}: try again in 1 s")


def test_or_stops_the_mailing_or_is_empty_as_the_ini_says(crowd):
    dead(crowd, on_failure="stop")
    done = crowd.run("render", "acme", "part.txt", "--data", '{"more": true}')
    assert (done.status, done.out) == (69, "")
    crowd.account.write_text(crowd.account.read_text().replace("= stop", "= empty"))
    came, err = crowd.render("rogue.act.a.error|default:'nothing'")
    assert came == ["nothing"]
    assert UNUSABLE.format(10, CRASH) in err


def test_the_check_still_tells_of_a_plugin_that_died(crowd):
    dead(crowd)
    done = crowd.run("check")
    assert done.status == 78
    assert (f"accounts.d/acme.ini:11: integration 'rogue': the plugin 'rogue' died while it "
            f"was loaded, tell its maker: {CRASH}\n") in done.err


def test_a_plugin_that_was_refused_harms_nobody_else_either(crowd):
    dead(crowd, on_failure="wait")
    (crowd.plugins / "rogue.so").chmod(0o666)
    done = crowd.run("render", "acme", "part.txt")
    assert (done.status, done.out) == (0, "well")
    done = crowd.run("render", "acme", "part.txt", "--data", '{"more": true}')
    assert done.status == 75
    assert done.err.splitlines()[-1] == (
        "imh: 1 of 1 messages wait for live data: integration 'rogue': rogue.so: writable by "
        "others, not loaded: chmod go-w rogue.so: correct that and try again")


def test_a_plugin_that_is_not_there_is_a_mistake_of_the_configuration(crowd):
    dead(crowd)
    (crowd.plugins / "rogue.so").unlink()
    done = crowd.run("render", "acme", "part.txt")
    assert (done.status, done.out) == (78, "")
    assert "accounts.d/acme.ini:11: integration 'rogue': there is no plugin 'rogue'" in done.err


@pytest.mark.parametrize("act", ["use-foreign-memory", "give-up"])
def test_who_dies_in_create_dies_alone(crowd, act):
    crowd.rogue("rogue", f"create-{act}")
    came, err = crowd.render("rogue.act.a.error|default:'nothing'")
    assert came == ["nothing"]
    assert ends(err) == [GONE.format(DEATHS[act])]


@pytest.mark.parametrize("act", ["loop-for-ever", "wait-for-ever"])
def test_who_does_not_end_in_create_is_ended(crowd, act):
    """After the second that create() has, and five of grace, not after the call's time."""
    crowd.rogue("rogue", f"create-{act}")
    came, err = crowd.render("rogue.act.a.error|default:'nothing'")
    assert came == ["nothing"]
    assert ends(err) == [GONE.format("its create() did not end within 1 s")]


# ---- who is ill is seen ----


def test_the_list_of_plugins_says_how_each_is(crowd):
    dead(crowd)
    listed = json.loads(crowd.run("plugin", "list", "--json").out)["items"]
    assert {one["plugin"]: one["state"] for one in listed} == {"good": "well", "rogue": "died"}


def test_the_figures_of_a_mailing_say_which_plugin_died(crowd):
    crowd.rogue("rogue")
    crowd.integration("again", "rogue", timeout="60s", on_failure="empty")
    crowd.write("all.txt", "{$good.thing.a.name} {$rogue.act['leave-at-once'].error}")
    done = crowd.run("render", "acme", "all.txt", "--stats")
    assert done.status == 0
    (stats,) = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    (rogue,) = stats["plugins"]
    assert rogue.pop("left_s") <= 2
    assert rogue == {"plugin": "rogue", "state": "died", "deaths": 1,
                     "how": "exited with status 3"}
