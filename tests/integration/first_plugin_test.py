"""docs/first-plugin.md, followed to the letter by somebody who has nothing but an installed
imh; and the INI samples of all documents, read by imh."""

import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest

from conftest import BUILD, PATIENCE_S
from ports import reserve

SOURCE = Path(__file__).resolve().parents[2]
GUIDE = SOURCE / "docs/first-plugin.md"
FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.S | re.M)


def samples(document, *kinds):
    """What stands between fences of these kinds."""
    return [text for kind, text in FENCE.findall(document.read_text()) if kind in kinds]


def run(command, folder, env):
    """As typed in a shell; what it said."""
    done = subprocess.run(["bash", "-euc", command], cwd=folder, env=env, text=True,
                          capture_output=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Newcomer:
    """Types what the guide says. What is different here is where imh was installed to, the
    port, and that the server in the background is started so that it can be ended."""

    def __init__(self, folder, usr):
        self.folder = folder
        self.held = reserve()
        self.port = str(self.held.getsockname()[1])
        self.usr = usr
        self.env = {**os.environ, "PATH": f"{usr}/bin:{os.environ['PATH']}",
                    "CMAKE_PREFIX_PATH": str(usr), "POINTS_TOKEN": "",
                    "PKG_CONFIG_PATH": f"{usr}/share/pkgconfig"}

    def adapt(self, text):
        return text.replace("8000", self.port).replace("/usr/lib", f"{self.usr}/lib")

    def write(self, text, name):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.adapt(text))

    def type(self, command):
        return run(self.adapt(command), self.folder, self.env)

    def start_server(self, command):
        """All but the last line are ordinary; that one stays."""
        *before, last = command.strip().splitlines()
        self.type("\n".join(before))
        words = self.adapt(last).removesuffix("&").split()
        server = subprocess.Popen(words, cwd=self.folder, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_S
        while server.poll() is None and time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.port))) == 0:
                    return server
            time.sleep(0.05)
        server.kill()
        raise AssertionError("the server does not come up")


@pytest.fixture(scope="module")
def usr(tmp_path_factory):
    root = tmp_path_factory.mktemp("machine")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], check=True,
                   capture_output=True, env={**os.environ, "DESTDIR": str(root)})
    return root / "usr"


@pytest.fixture
def newcomer(usr, tmp_path):
    newcomer = Newcomer(tmp_path, usr)
    newcomer.write(samples(GUIDE, "c")[0], "loyalty.c")
    newcomer.write(samples(GUIDE, "cmake")[0], "CMakeLists.txt")
    yield newcomer
    newcomer.held.close()


def test_the_guide_works_as_it_stands(newcomer):
    install, build, serve, use = samples(GUIDE, "sh")
    assert "cmake --install build/release" in install  # done, by the fixture
    assert "plugin = loyalty\n" in newcomer.type(build)
    host, account = samples(GUIDE, "ini")
    newcomer.write(host, "imh.ini")
    newcomer.write(account, "accounts.d/acme.ini")
    server = newcomer.start_server(serve)
    try:
        said = newcomer.type(use)
    finally:
        server.kill()
        server.wait()
    assert said.splitlines()[1:] == ['"gold"', "You have 250 points.", "You have no points."]
    for line in '"gold"', "You have 250 points.", "You have no points.":
        assert f"`{line}`" in GUIDE.read_text()


def test_the_guide_works_without_cmake(newcomer):
    command = re.search(r"`(cc [^`]*)`", GUIDE.read_text()).group(1)
    newcomer.type(command)
    assert "plugin = loyalty\n" in newcomer.type("imh plugin inspect loyalty.so")


def test_many_at_once_is_a_plugin_too(newcomer):
    """The fragment takes the place of `resolve`."""
    whole = samples(GUIDE, "c")[0]
    begin, end = whole.index("static imh_status resolve("), whole.index("const imh_plugin ")
    fragment = samples(GUIDE, "c fragment")[0]
    newcomer.write(whole[:begin] + fragment + whole[end:].replace(
        ".resolve = resolve", ".resolve_many = resolve_many"), "loyalty.c")
    assert "plugin = loyalty\n" in newcomer.type(samples(GUIDE, "sh")[1])


# ---- INI samples ----

def documents():
    return [path for path in SOURCE.rglob("*.md")
            if "build" not in path.relative_to(SOURCE).parts and samples(path, "ini")]


def place_of(sample):
    """The file a sample is of: its first line says so, or it is a part of an account's."""
    named = re.match(r"; (imh\.ini|accounts\.d/\w+\.ini)\b", sample)
    return named.group(1) if named else "accounts.d/acme.ini"


SHOP = ("[integration mywebshop]\nplugin = magento2\nurl = https://shop.example.com/\n"
        "token = env:VAULT\n")


def account_before(sample):
    """What stands above a part of an account's file, the shop that it names included."""
    named = "mywebshop." in sample and "[integration mywebshop]" not in sample
    return "[account]\ntitle = ACME\n" + (SHOP if named else "")


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_ini_samples_are_accepted(newcomer, document):
    newcomer.type(samples(GUIDE, "sh")[1])
    host = "[host]\nstate = state\nplugins = /usr/lib/imh/plugins:build\n"
    pager = "[integration pager]\nplugin = http\nurl = https://pager.example.com/\nauth = none\n"
    newcomer.write(host, "imh.ini")
    newcomer.write(f"[account]\ntitle = ACME\n{pager}", "accounts.d/acme.ini")
    for sample in samples(document, "ini"):
        sample = sample.replace("= vault:", "= env:VAULT")  # no vault is touched here
        before = host if place_of(sample) == "imh.ini" else account_before(sample)
        whole = "[account]" in sample or "[host]" in sample
        text = sample if whole else before + sample
        newcomer.write(text, place_of(sample))
        newcomer.env.update({name: "any" for name in re.findall(r"= env:(\w+)", text)})
    assert "no problems" in newcomer.type("imh check")
