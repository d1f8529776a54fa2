"""What the makers of mutants share. A mutant is a copy of one source file with one mistake.

    mutate --list                  every mutant as NAME FILE INVARIANT, one a line
    mutate NAME ROOT OUTPUT        writes the mutant's file

A check that does not fail on its mutant is none. The words to be replaced must be found
once: a mutant that no longer fits its source is an error of the build.
"""
import os
import sys


def make(name, mutant, root, output):
    path, before, after = mutant[:3]
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    if text.count(before) != 1:
        print(f"mutate: {name}: found {text.count(before)} times in {path}: {before!r}",
              file=sys.stderr)
        return 1
    with open(output, "w", encoding="utf-8") as file:
        file.write(text.replace(before, after))
    return 0


def main(mutants):
    """`mutants`: name: (file, what stands there, what the mutant says, more for --list)."""
    if sys.argv[1:] == ["--list"]:
        for name, (path, _, _, *more) in mutants.items():
            print(name, path, *more)
        return 0
    name, root, output = sys.argv[1:]
    return make(name, mutants[name], root, output)
