"""Why did nothing happen? Each planted reason has its answer: a stage, a reason, what was known then."""

import json

import pytest
from daemon_test import running, wait_until
from event_test import Feed, linked
from followup_test import BAD_CONFIG, Remote, followup
from queue_test import items

FINAL = "ladder = 1h\n"  # what fails for now is not tried again while somebody looks


@pytest.fixture(scope="module")
def feed():
    made = Feed()
    made.add(1)  # of before it was linked
    yield made
    made.stop()


@pytest.fixture(scope="module")
def remote():
    made = Remote()
    yield made
    made.stop()


def raised(site, type_, key, **data):
    """Something happens that is not of a shop."""
    done = site.run("event", "emit", "acme", f"event.{type_}", "--key", key, "--data", json.dumps(data))
    assert done.status == 0, done.err


def why(site, name, key, *words):
    done = site.run("--json", "followup", "why", "acme", name, "--key", key, *words)
    assert done.status == 0, done.err
    return json.loads(done.out)


def until_answer(site, name, key, stage, reason):
    """The answer, once it is that."""
    told = {}

    def is_so():
        told.update(why(site, name, key))
        return (told["stage"], told["reason"]) == (stage, reason)
    try:
        wait_until(is_so)
    except AssertionError:
        raise AssertionError(f"{name}: {told['stage']}/{told['reason']}: {told['words']}") from None
    return told


def notes(told, what):
    """What was noted of the newest event, of one kind."""
    return [note for note in told["events"][0]["run"]["notes"] if note["what"] == what]


# Name of the follow-up and of the event that starts it; its settings; what happens, twice
# for two; the stage and the reason.
SAID = [
    ("no", {"if": "$trigger.total > 50 && $trigger.who"}, [{"total": 19.99}], ("if", "no")),
    ("missing", {"if": "$trigger.gone"}, [{"total": 1}], ("if", "no")),
    ("fails", {"if": "count($trigger.who) > 1"}, [{"who": "Ann"}], ("if", "failed")),
    ("waits", {"wait": "1h"}, [{}], ("wait", "waits")),
    ("until", {"wait": "1h", "until": "event.until-end same cart"}, [{"cart": "c"}], ("until", "ended")),
    ("recheck", {"recheck": "$trigger.total == 2"}, [{"total": 1}], ("recheck", "no")),
    ("limit", {"limit": "1 per 1h per {$trigger.who}"}, [{"who": "Ann"}, {"who": "Ann"}],
     ("limit", "reached")),
    ("nobody", {"limit": "1 per 1h per {$trigger.who}"}, [{}], ("limit", "nobody")),
    ("argument", {"with.headers": "{$trigger.who}"}, [{"who": "Ann"}], ("step", "argument")),
    ("second", {"do.2": "hook.request", "with.2.json": '{["n" => 2]}',
                "if.2": "$trigger.who == 'Bob'"}, [{"who": "Ann"}], ("if", "no")),
    ("done", {}, [{}], ("done", "done")),
    ("off", {"enabled": "no"}, [{}], ("matched", "disabled")),
]


@pytest.fixture(scope="module")
def acme(make_site, feed, remote):
    site = make_site()
    site.integration("shop", "ticker", url=feed.url, poll="1s", token=site.secret("x"))
    site.integration("hook", "http", url=remote.url, idempotent="yes", on_unknown="retry")
    with (site.folder / "imh.ini").open("a") as file:
        file.write(f"[retry]\n{FINAL}")
    for name, settings, _happens, _answer in SAID:
        followup(site, name, **{"on": f"event.{name}", "with.json": "{$trigger.attributes}", **settings})
    with running(site) as daemon:
        linked(site)
        for name, _settings, happens, _answer in SAID:
            for number, data in enumerate(happens, 1):
                raised(site, name, f"{name}/{number}", **data)
        raised(site, "until-end", "end", cart="c")
        yield site
        assert daemon.stop() == 0


@pytest.mark.parametrize(("name", "happens", "answer"),
                         [(name, happens, answer) for name, _settings, happens, answer in SAID])
def test_what_became_of_an_event_is_told(acme, name, happens, answer):
    told = until_answer(acme, name, f"{name}/{len(happens)}", *answer)
    assert told["words"]


def test_values_are_those_of_then_with_every_digit(acme):
    told = until_answer(acme, "no", "no/1", "if", "no")
    assert notes(told, "if")[0]["values"] == {"$trigger.total": 19.99, "$trigger.who": None}
    shown = acme.run("followup", "why", "acme", "no", "--key", "no").out
    assert shown.startswith('if: \'if\' said no, with {"$trigger.total":19.99,"$trigger.who":null}\n')
    told = until_answer(acme, "limit", "limit/2", "limit", "reached")
    [limit] = notes(told, "limit")
    assert (limit["whom"], limit["before"], limit["most"], limit["period_s"]) == ("Ann", 1, 1, 3600)


def test_whom_an_event_is_about_is_a_key_too(acme):
    told = until_answer(acme, "until", "c", "until", "ended")
    assert [event["key"] for event in told["events"]] == ["end", "until/1"]
    assert "event" in told["words"] and "until-end" in told["words"]


def test_an_event_says_what_came_of_it(acme):
    told = until_answer(acme, "no", "no/1", "if", "no")
    done = acme.run("--json", "event", "show", str(told["events"][0]["id"]))
    [run] = json.loads(done.out)["followups"]
    assert (run["followup"], run["state"], run["reason"]) == ("no", "unwanted", "'if' said no")


def test_a_name_that_is_not_there_is_refused(acme):
    done = acme.run("followup", "why", "acme", "waitz", "--key", "x")
    assert done.status == BAD_CONFIG and "did you mean 'waits'?" in done.err
    assert acme.run("followup", "why", "acme", "waits").status == 2
