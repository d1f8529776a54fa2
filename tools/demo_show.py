"""What tools/demo shows, once imh is built: demo_show.py BUILD [--keep].

The shop is the double of tests/fakes/magento2, which answers as a real Magento 2 shop was
recorded to answer; the mail server is aiosmtpd. Every step says what it expects; the first that fails ends the demo.
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "demo"
EXAMPLE_SHOP = "http://127.0.0.1:8399/"
TRY_AGAIN_LATER = 75

sys.path.insert(0, str(ROOT / "tests" / "fakes"))

import demo_follow as follow  # noqa: E402
from magento2.client import Shop  # noqa: E402
from smtp.server import Mailbox  # noqa: E402


class Demo:
    """A copy of examples/demo that knows where shop and mail server are, and the imh for it."""

    def __init__(self, imh, folder, shop, box):
        self.imh = imh
        self.folder = folder
        shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
        account = folder / "accounts.d" / "acme.ini"
        text = account.read_text().replace(EXAMPLE_SHOP, shop.url)
        account.write_text(text.replace(follow.EXAMPLE_SERVER, box.url))

    def run(self, *arguments, expected=0, stdin=""):
        """Shows a command and runs it; what it wrote to stdout and stderr."""
        print(f"$ imh {' '.join(arguments)}", flush=True)
        done = subprocess.run(
            [self.imh, *arguments], cwd=self.folder, input=stdin,
            capture_output=True, encoding="utf-8", timeout=120,
        )
        if done.returncode != expected:
            sys.exit(f"demo: expected exit status {expected}, got {done.returncode}:\n"
                     f"{done.stdout}{done.stderr}")
        return done.stdout, done.stderr


def title(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def cost(stats, shop):
    """Says what a render cost; the shop must have counted the same calls."""
    seen = shop.counters()
    if seen["total"] != stats["remote_calls"]:
        sys.exit(f"demo: imh says {stats['remote_calls']} calls, the shop {seen['total']}")
    print(
        f"cost: {stats['messages']} messages, {stats['lookups']} lookups, "
        f"{stats['cache_hits']} cache hits, {stats['remote_calls']} remote calls "
        f"({seen['kinds'].get('products list', 0)} product lists), {stats['time_ms']} ms"
    )


def show_vault(demo, shop):
    title("The shop's token, kept sealed in the vault")
    print("".join(demo.run("vault", "set", "acme", "mywebshop", "token", stdin=shop.token)),
          end="")
    print(demo.run("vault", "list")[0], end="")


def show_mailing(demo, shop):
    title("A mailing of three, its products live from the shop")
    shop.reset()
    _, stats = demo.run("render", "acme", "new-in.html", "--recipients", "recipients.ndjson",
                        "--output", "out", "--stats")
    for message in sorted((demo.folder / "out").iterdir()):
        print(f"--- {message.name}\n{message.read_text(encoding='utf-8')}", end="")
    cost(json.loads(stats), shop)


def show_change(demo, shop):
    title("The shop changes a price; the next message has it")
    path = "mywebshop.product.123456.price.value"
    before, _ = demo.run("variable", "get", "acme", path)
    shop.add_product("123456", changes={"price": 29.95})
    after, _ = demo.run("variable", "get", "acme", path)
    print(f"before: {before}after:  {after}", end="")
    if float(after) != 29.95 or before == after:
        sys.exit("demo: the new price did not arrive")


def show_many(demo, shop):
    title("10,000 recipients, 500 products: 5 lists of 100, as the shop counts too")
    lines = (
        json.dumps({"firstname": f"Reader {i}", "picks": [f"P{i % 499 + 1:06}"]})
        for i in range(10_000)
    )
    (demo.folder / "many.ndjson").write_text("\n".join(lines) + "\n")
    shop.reset()
    _, stats = demo.run("render", "acme", "new-in.html", "--recipients", "many.ndjson",
                        "--output", "many", "--stats")
    cost(json.loads(stats), shop)


def show_outage(demo, shop):
    title("The shop is down: nothing goes out half-filled, exit status 75")
    shop.switch(fault="503-html")
    _, stderr = demo.run("render", "acme", "new-in.html", "--recipients",
                         "recipients.ndjson", "--output", "waiting",
                         expected=TRY_AGAIN_LATER)
    print(stderr, end="")
    shop.calm()


def show_events(following):
    title("An order is placed in the shop; a follow-up confirms it by mail")
    follow.show_follow_up(following)
    title("The mail server is gone: the next confirmation waits in the queue, and says why")
    number = follow.show_cut_off(following)
    title("The mail server is back: it arrives, once")
    follow.show_repaired(following, number)


def keep(demo):
    title("Shop, mail server and imh stay up; in another shell:")
    print(f"cd {demo.folder}\nexport PATH={demo.imh.parent}:$PATH\n"
          "imh render acme new-in.html --data '{\"picks\": [\"24-MB01\"]}'\n"
          "\nEnter or Ctrl-C ends it.", flush=True)
    try:
        sys.stdin.readline()
    except KeyboardInterrupt:
        print()


def main(build, options):
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("demo: ended from outside"))
    imh = (ROOT / build / "bin" / "imh").resolve()
    with tempfile.TemporaryDirectory(prefix="imh-demo-") as folder, \
            Shop("--products", "600") as shop, Mailbox() as box:
        shop.add_product("123456", copy_of="24-MB01",
                         changes={"name": 'Salt & "Pepper" <mill>'})
        demo = Demo(imh, Path(folder), shop, box)
        title("The configuration: one account with a Magento 2 shop, and a follow-up")
        print((demo.folder / "accounts.d" / "acme.ini").read_text(), end="")
        show_vault(demo, shop)
        print(demo.run("check")[0], end="")
        show_mailing(demo, shop)
        show_change(demo, shop)
        show_many(demo, shop)
        show_outage(demo, shop)
        following = follow.Following(demo, shop, box)
        with following.running():
            show_events(following)
            if "--keep" in options:
                keep(demo)
    print("\nThat was the demo. To go on: README.md, docs/first-plugin.md")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
