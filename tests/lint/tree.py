"""What every check shares: the files of the tree, the findings, the tools from outside.

A check finds its files itself, so that a new room is checked from its first line: what git
tracks plus what it does not ignore, or a walk over the folders where there is no git (a
source archive). Findings are printed as `path:line: what is wrong: what to do`.
"""
import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# Recorded answers of remotes and seeds of fuzzers are data, whatever their names end in.
DATA_FOLDERS = ("tests/fixtures/", "tests/fuzz/corpus/")
SKIPPED_FOLDERS = {"build", "__pycache__", "node_modules"}

os.environ["LC_ALL"] = "C.UTF-8"  # what tools say is read by checks


def arguments(about, add=None):
    """The command line of a check: --root, and what `add(parser)` adds."""
    parser = argparse.ArgumentParser(description=about.strip().splitlines()[0])
    parser.add_argument("--root", default=ROOT, help="folder to check; this checkout")
    if add:
        add(parser)
    return parser.parse_args()


def from_git(root):
    """Paths by git, or None when `root` is no checkout of its own or there is no git."""
    try:
        top = subprocess.run(["git", "-C", root, "rev-parse", "--show-toplevel"],
                             capture_output=True, text=True, check=True).stdout.strip()
        if os.path.realpath(top) != os.path.realpath(root):
            return None
        listed = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"],
            capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return [path for path in listed.split("\0") if path]


def from_walk(root):
    paths = []
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below
                    if name not in SKIPPED_FOLDERS and not name.startswith(".")
                    and not os.path.exists(os.path.join(folder, name, "CMakeCache.txt"))]
        paths += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return paths


class Tree:
    """The files below `root`; paths are relative to it and sorted."""

    def __init__(self, root):
        self.root = os.path.abspath(root)
        found = from_git(self.root)
        if found is None:
            found = from_walk(self.root)
        self.paths = sorted(path for path in set(found)
                            if not path.startswith(DATA_FOLDERS)
                            and os.path.isfile(self.full(path)))

    def full(self, path):
        return os.path.join(self.root, path)

    def text(self, path):
        with open(self.full(path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def has_folder(self, name):
        return any(path.startswith(f"{name}/") for path in self.paths)

    def named(self, *endings):
        return [path for path in self.paths if path.endswith(endings)]

    def c_files(self):
        """Every C source and header."""
        return self.named(".c", ".h")

    def scripts(self):
        """Every Python and shell program, also those without an ending."""
        known = self.named(".py", ".sh")
        bare = [path for path in self.paths if "." not in os.path.basename(path)]
        return sorted(known + [path for path in bare if self.interpreter(path)])

    def interpreter(self, path):
        """'python', 'sh' or None, by the ending or the first line."""
        if path.endswith((".py", ".sh")):
            return "python" if path.endswith(".py") else "sh"
        with open(self.full(path), "rb") as file:
            first = file.readline(100)
        if not first.startswith(b"#!"):
            return None
        return "python" if b"python" in first else "sh" if b"sh" in first else None


class Findings:
    """Collects findings and ends the check."""

    def __init__(self, name):
        self.name = name
        self.lines = set()

    def add(self, path, line, what, todo):
        self.lines.add((path, line, " ".join(f"{what}: {todo}".split())))

    def finish(self, count, noun, least=1):
        """Prints all; the exit status. A check that looked at nothing has failed."""
        if count < least:
            self.add(f"tests/lint/{self.name}", 1, f"found no {noun} to check",
                     "see how the check looks for them")
        for path, line, text in sorted(self.lines):
            print(f"{path}:{line}: {text}")
        total = len(self.lines)
        print(f"{self.name}: {count} {noun}, {total} finding{'s' if total != 1 else ''}")
        return 1 if self.lines else 0


def own_path():
    return os.path.relpath(os.path.abspath(sys.argv[0]), ROOT)


def need(*tools):
    """Ends the check, red, when a tool is missing."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    for tool in missing:
        print(f"{own_path()}:1: {tool} is missing: install it; nothing is skipped in silence")
    if missing:
        sys.exit(1)


def run_all(commands, jobs, cwd=None):
    """Runs commands side by side; their results in the same order."""
    def run(command):
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(run, commands))


def compiled(source, database):
    """What the build compiles of this tree: path -> list of compiler arguments."""
    try:
        with open(database, encoding="utf-8") as file:
            listed = json.load(file)
    except (OSError, ValueError):
        print(f"{own_path()}:1: {os.path.basename(database)} cannot be read: run cmake first")
        sys.exit(1)
    entries = {}
    for entry in listed:
        full = os.path.join(entry["directory"], entry["file"])
        path = os.path.relpath(os.path.realpath(full), os.path.realpath(source.root))
        command = entry.get("arguments") or shlex.split(entry["command"])
        entries.setdefault(path, command[1:])
    return {path: entries[path] for path in source.named(".c") if path in entries}
