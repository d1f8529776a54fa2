"""Every case in cases/ through the real program, byte for byte.

NAME.tpl is rendered with the variables of NAME.json and the templates of NAME.d; the result
must be NAME.out, which came from real Smarty. ERROR there means that rendering must fail
with a message that names a line.

later.txt lists the cases that need a part of the language that is not there yet, and that
part. Such a case must fail because of exactly that: the list never hides anything else.
"""

import difflib
from pathlib import Path

import pytest

from program import fault, pool, render

HERE = Path(__file__).resolve().parent
CASES = HERE / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.tpl"))
CASE_COUNT = 569


def read_later():
    """The cases of later.txt, each with the parts it waits for."""
    later = {}
    for line in (HERE / "later.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, parts = line.split(":", 1)
            assert name not in later, f"later.txt has {name} twice"
            later[name] = parts.split()
    return later


def said_of(part):
    """What the program says of a part that it does not know."""
    if part.startswith("{"):
        return f"unknown tag '{part[1:-1]}'"
    if part.startswith("|"):
        return f"unknown modifier '{part[1:]}'"
    if part.endswith("()"):
        return f"unknown function '{part[:-2]}'"
    return f"unexpected '{part}'"


LATER = read_later()


def render_case(name):
    include = CASES / f"{name}.d"
    return render(CASES / f"{name}.tpl", CASES / f"{name}.json",
                  include if include.is_dir() else None)


@pytest.fixture(scope="session")
def rendered(request):
    """Name to how it was rendered, of the cases that this run asks for."""
    with pool() as workers:
        names = {item.callspec.params["name"] for item in request.session.items
                 if hasattr(item, "callspec")}
        return dict(zip(names, workers.map(render_case, names)))


def difference(expected, out):
    return "\n".join(difflib.unified_diff(
        expected.decode(errors="replace").split("\n"),
        out.decode(errors="replace").split("\n"),
        "expected", "rendered", lineterm="", n=1))


def complaint(name, result):
    """What is wrong with the case; None when nothing is."""
    expected = (CASES / f"{name}.out").read_bytes()
    problem = fault(result)
    if problem:
        return problem
    if expected.startswith(b"ERROR"):
        return None if result.status else "an error was expected, this was rendered"
    if result.status:
        return result.err.decode(errors="replace")
    return None if result.out == expected else difference(expected, result.out)


def test_no_case_was_lost():
    assert len(NAMES) == CASE_COUNT
    for name in NAMES:
        assert (CASES / f"{name}.out").is_file() and (CASES / f"{name}.json").is_file()


def test_later_lists_cases_that_exist():
    assert sorted(set(LATER) - set(NAMES)) == []


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LATER])
def test_case(name, rendered):
    problem = complaint(name, rendered[name])
    assert problem is None, f"{name}: {problem}"


@pytest.mark.parametrize("name", [name for name in NAMES if name in LATER])
def test_later_case_still_waits(name, rendered):
    message = rendered[name].err.decode(errors="replace")
    assert complaint(name, rendered[name]), f"{name} passes: take it out of later.txt"
    assert any(said_of(part) in message for part in LATER[name]), (
        f"{name} fails, but not for want of {' or '.join(LATER[name])}: {message}")
