#!/usr/bin/python3
"""self_test - sees each check red: it must complain about bad examples, and of nothing else.

`self_test.py floors` makes the trees of cases/floors.py, one after the other, in a temporary
folder and compares what tests/lint/floors finds in them with what the case says, exactly.
A check without a bad example fails.
"""
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import tree

FINDING = re.compile(r"^[^:\s]+:\d+: [^:].*: \S.*$")


def load_cases(check):
    path = os.path.join(tree.HERE, "cases", f"{check}.py")
    spec = importlib.util.spec_from_file_location(f"cases_{check}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CASES


def find_check(check):
    places = [os.path.join(tree.ROOT, "tests", folder, check) for folder in ("lint", "abi")]
    return next(place for place in places if os.path.exists(place))


def command_of(program, case, root):
    return [program, "--root", root] + [arg.replace("@ROOT@", root) for arg in case.args]


def make_tree(case, root, program):
    for path in case.copy:
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        real = os.path.join(tree.ROOT, path)
        (shutil.copytree if os.path.isdir(real) else shutil.copy)(real, full)
    for path, text in case.files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text.replace("@ROOT@", root))
    check = shlex.join(command_of(program, case, root))
    for command in case.build:
        subprocess.run(["sh", "-ec", command.replace("@CHECK@", check)], cwd=root, check=True)


def run_check(program, case, root):
    environment = dict(os.environ)
    if not case.tools:
        environment["PATH"] = os.path.join(root, "no-tools-here")
    return subprocess.run(command_of(program, case, root), capture_output=True, text=True,
                          env=environment, check=False)


def is_meant(line, spec):
    where, _, part = spec.partition(": ")
    return line.startswith(f"{where}: ") and part in line


def differences(case, result, check):
    """Sentences on all that is not as the case says."""
    lines = [line for line in result.stdout.splitlines() if not line.startswith(f"{check}: ")]
    waiting = list(case.finds)
    for line in lines:
        meant = next((spec for spec in waiting if is_meant(line, spec)), None)
        if meant is None:
            yield f"was not asked for: {line}"
        else:
            waiting.remove(meant)
        if not FINDING.match(line):
            yield f"is not `path:line: what: what to do`: {line}"
    yield from (f"was not found: {spec}" for spec in waiting)
    if result.returncode != (1 if case.finds else 0):
        yield f"exit status {result.returncode} {result.stderr.strip()[-500:]}"


def main():
    failed = 0
    for check in sys.argv[1:]:
        cases = load_cases(check)
        program = find_check(check)
        if not any(case.finds for case in cases):
            print(f"{check}: no bad example")
            failed += 1
        for case in cases:
            with tempfile.TemporaryDirectory() as folder:
                root = os.path.realpath(folder)
                make_tree(case, root, program)
                result = run_check(program, case, root)
            wrong = list(differences(case, result, check))
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'}  {check}: {case.about}")
            for sentence in wrong:
                print(f"        {sentence}")
    return 1 if failed or len(sys.argv) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
