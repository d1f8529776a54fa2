"""Random templates through real Smarty and through imh template render, byte for byte.

Where real Smarty fails imh must fail too, with a message that names a line, and the other
way round. A template that differs is made as small as it still differs before it is shown.

generator.py says what is left out and why. IMH_SEED sets the first seed of the long run:
with the seed that a failure prints, that template comes first.
"""

import base64
import json
import os
import random
import re
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest

import generator
from program import fault, pool, render

HERE = Path(__file__).resolve().parent
ORACLE = HERE / "oracle.php"
INCLUDES = HERE / "includes"
ORACLE_PATIENCE_S = 240
BATCH = 500  # templates that one PHP process renders
QUICK_COUNT = 400
LONG_COUNT = 20000
SHOWN_MOST = 8  # differences that are made small and shown
SHRINK_ROUNDS_MOST = 200

Job = namedtuple("Job", "source data escape_html")
Difference = namedtuple("Difference", "expected rendered")
Reference = namedtuple("Reference", "out problem")  # one of them is None


# ---- both engines ----

def encoded(text):
    return base64.b64encode(text.encode()).decode()


def real_smarty(jobs):
    """What the reference makes of each job."""
    lines = [json.dumps({"template": encoded(job.source), "data": encoded(job.data),
                         "escape_html": job.escape_html}) for job in jobs]
    done = subprocess.run(["php", ORACLE], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, timeout=ORACLE_PATIENCE_S, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(jobs), done.stderr
    return [Reference(base64.b64decode(answer[1:]), None) if answer[0] == "+" else
            Reference(None, base64.b64decode(answer[1:]).decode(errors="replace"))
            for answer in answers]


class Imh:
    """imh template render, several side by side; the files are where failures can be seen."""

    def __init__(self, workers, folder):
        self.workers = workers
        self.folder = folder

    def render_one(self, number, job):
        template = self.folder / f"{number}.tpl"
        data = self.folder / f"{number}.json"
        template.write_bytes(job.source.encode())
        variables = json.loads(job.data)
        variables["@escape_html"] = job.escape_html
        data.write_bytes(json.dumps(variables).encode())
        return render(template, data, INCLUDES)

    def render(self, jobs):
        return list(self.workers.map(self.render_one, range(len(jobs)), jobs))


def compared(reference, rendered):
    """The difference between what both made; None when there is none."""
    problem = fault(rendered)
    if not problem and reference.problem and generator.ACCIDENTS.search(reference.problem):
        return None
    if not problem and rendered.out == (reference.out or b""):
        if (rendered.status != 0) == (reference.problem is not None):
            return None
    if not problem and rendered.status:
        problem = rendered.err.decode(errors="replace").strip()
    return Difference(shown(reference.out, reference.problem), shown(rendered.out, problem))


def shown(out, problem):
    return f"error: {problem}" if problem else repr(out.decode(errors="backslashreplace"))


def differences(imh, jobs):
    """Of each job the difference, or None."""
    references = []
    for start in range(0, len(jobs), BATCH):
        references += real_smarty(jobs[start:start + BATCH])
    return [compared(*both) for both in zip(references, imh.render(jobs))]


# ---- making a failure smaller ----

def smaller_trees(tree):
    """Each tree that comes of leaving out one part, or of taking a part for the whole list;
    large steps first."""
    if isinstance(tree, str):
        return
    for index, part in enumerate(tree):
        if part:
            yield tree[:index] + tree[index + 1:]
    for index, part in enumerate(tree):
        for smaller in smaller_trees(part):
            yield tree[:index] + [smaller] + tree[index + 1:]


def smaller_data(data):
    variables = json.loads(data)
    for name in variables:
        less = {other: value for other, value in variables.items() if other != name}
        yield json.dumps(less, ensure_ascii=False)


def kind(shown_result):
    """An error without its place and the words quoted in it; all output is of one kind."""
    if not shown_result.startswith("error: "):
        return ""
    what = re.sub(r'"eval:.*?"  - |^error: imh: \S+:\d+:', "", shown_result, flags=re.S)
    return re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "", what)


def same_kind(difference, other):
    """Does a smaller template fail in the same way?"""
    return other is not None and (kind(difference.expected), kind(difference.rendered)) == (
        kind(other.expected), kind(other.rendered))


def first_failing(imh, difference, jobs):
    """The number of the first job that still fails, and how; or None."""
    for start in range(0, len(jobs), BATCH):
        for index, other in enumerate(differences(imh, jobs[start:start + BATCH])):
            if same_kind(difference, other):
                return start + index, other
    return None


def shrink(imh, tree, job, difference):
    """A small job with the difference that the large one has."""
    for _ in range(SHRINK_ROUNDS_MOST):
        trees = list(smaller_trees(tree))
        jobs = [job._replace(source=generator.source_of(smaller)) for smaller in trees]
        found = first_failing(imh, difference, jobs)
        if not found:
            break
        tree, difference = trees[found[0]], found[1]
        job = jobs[found[0]]
    for _ in range(SHRINK_ROUNDS_MOST):
        jobs = [job._replace(data=data) for data in smaller_data(job.data)]
        found = first_failing(imh, difference, jobs)
        if not found:
            break
        job, difference = jobs[found[0]], found[1]
    return job, difference


# ---- tests ----

def report(seed, job, difference):
    return (f"\nseed {seed}{', escaped' if job.escape_html else ''}\n"
            f"  template  {job.source!r}\n  data      {job.data}\n"
            f"  Smarty    {difference.expected}\n  imh       {difference.rendered}")


def compare_seeds(imh, seeds):
    """A report of the templates of these seeds that differ; empty when none does."""
    trees, jobs = [], []
    for seed in seeds:
        tree, data, escape_html = generator.make(seed)
        trees.append(tree)
        jobs.append(Job(generator.source_of(tree), data, escape_html))
    found = [(index, difference) for index, difference in enumerate(differences(imh, jobs))
             if difference]
    reports = [report(seeds[index], *shrink(imh, trees[index], jobs[index], difference))
               for index, difference in found[:SHOWN_MOST]]
    return f"{len(found)} of {len(jobs)} differ" + "".join(reports) if found else ""


@pytest.fixture
def imh(tmp_path):
    with pool() as workers:
        yield Imh(workers, tmp_path)


def test_some_templates_print_what_real_smarty_prints(imh):
    problem = compare_seeds(imh, range(QUICK_COUNT))
    assert not problem, problem


def test_many_templates_print_what_real_smarty_prints(imh):
    first = int(os.environ.get("IMH_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"{LONG_COUNT} templates from IMH_SEED={first} on")
    problem = compare_seeds(imh, range(first, first + LONG_COUNT))
    assert not problem, problem
