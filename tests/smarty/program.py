"""imh template render, many of them side by side."""

import os
import re
import subprocess
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("IMH_BUILD", HERE.parents[1] / "build" / "dev"))
IMH = BUILD / "bin" / "imh"
PATIENCE_S = 20
BAD_DATA = 65  # the status for a template that cannot be rendered
SIDE_BY_SIDE = (os.cpu_count() or 1) + 1

# What names the place: "mail.tpl:3: unknown tag 'x'", of an included template maybe.
ERROR_LINE = re.compile(rb"\Aimh: \S+:\d+: .+\n\Z")

Rendered = namedtuple("Rendered", "status out err")


def render(template, data, include=None):
    """Renders a file with the data of another one."""
    command = [IMH, "template", "render", template, "--data", data]
    if include:
        command += ["--include", include]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return Rendered(None, b"", f"still at work after {PATIENCE_S} seconds".encode())
    return Rendered(done.returncode, done.stdout, done.stderr)


def fault(rendered):
    """Why this is not how an error must look; None when it is one, or no error at all."""
    if rendered.status == 0:
        return None
    if rendered.status != BAD_DATA:
        return f"status {rendered.status}: {rendered.err.decode(errors='replace')}"
    if rendered.out:
        return "an error, but a part of the message was printed"
    if not ERROR_LINE.match(rendered.err):
        return f"the error names no line: {rendered.err.decode(errors='replace')}"
    return None


def pool():
    return ThreadPoolExecutor(SIDE_BY_SIDE)
