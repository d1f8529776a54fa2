"""What integration tests start from: the built programs, a configuration, a shop.

    def test_price(site, shop):
        site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token))
        done = site.run("variable", "get", "acme", "mywebshop.product.24-MB01.price.value")
        assert done.out == "35\\n"
"""

import os
import re
import socketserver
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.get("IMH_BUILD", TESTS.parent / "build" / "dev"))
IMH = BUILD / "bin" / "imh"
PATIENCE_S = 60
SANITIZED = re.search(r"^IMH_SANITIZE:\w+=\S", (BUILD / "CMakeCache.txt").read_text(), re.M)

sys.path.insert(0, str(TESTS / "fakes"))

from magento2.client import Shop  # noqa: E402

# Of the servers that tests are: a connection that finds no room is tried again a second later.
socketserver.TCPServer.request_queue_size = 128

Done = namedtuple("Done", "status out err")


class Site:
    """A configuration in a folder of its own, with one account: acme."""

    def __init__(self, folder):
        self.folder = folder
        self.account = folder / "accounts.d" / "acme.ini"
        self.account.parent.mkdir()
        plugins = f"{BUILD}/lib/imh/plugins:{BUILD}/tests/plugins"
        self.write("imh.ini", f"[host]\nplugins = {plugins}\nstate = state\n")
        self.account.write_text("[account]\ntitle = ACME\ntimezone = Europe/Amsterdam\n")
        self._secrets = 0

    def write(self, name, text):
        """A file of the site; its path."""
        path = self.folder / name
        path.write_text(text)
        return path

    def secret(self, text):
        """A secret as an option's value."""
        self._secrets += 1
        path = self.write(f"secret-{self._secrets}.txt", text)
        path.chmod(0o600)
        return f"file:{path}"

    def integration(self, identifier, plugin, **options):
        """Adds a section; private addresses are allowed unless said otherwise."""
        options = {"plugin": plugin, "allow_private": "yes", **options}
        lines = "".join(f"{name} = {value}\n" for name, value in options.items())
        with self.account.open("a") as file:
            file.write(f"\n[integration {identifier}]\n{lines}")

    def run(self, *arguments, stdin="", env=None, patience=PATIENCE_S):
        """Runs imh; its status and what it wrote, as text."""
        done = subprocess.run(
            [IMH, "-c", "imh.ini", *arguments],
            input=stdin, capture_output=True, timeout=patience, cwd=self.folder,
            env={**os.environ, **(env or {})}, encoding="utf-8",
        )
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture(scope="module")
def make_site(tmp_path_factory):
    """For tests that share a site, or have several."""
    return lambda: Site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def shop():
    with Shop() as running:
        yield running
