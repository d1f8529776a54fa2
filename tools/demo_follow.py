"""The second half of the demo: what happens in the shop starts something here, once."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager

EXAMPLE_SERVER = "smtp://127.0.0.1:8325"
PATIENCE_S = 90
WIDE = 100


def wait_for(what, seen):
    """What `seen` gives, once it gives something."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := seen()):
        if time.monotonic() > deadline:
            sys.exit(f"demo: {what}: not within {PATIENCE_S} seconds")
        time.sleep(0.1)
    return found


def place(shop, email, sku, qty):
    """Somebody orders; the order's number, as it is in the mail."""
    cart = shop.do("cart/create")["id"]
    shop.do("cart/add", cart_id=cart, sku=sku, qty=qty)
    shop.do("cart/address", cart_id=cart, email=email)
    number = shop.do("cart/order", cart_id=cart)["increment_id"]
    print(f"{email} orders {qty} x {sku}: order {number}")
    return number


def shorten(text):
    """Long lines cut: a job has all of its order with it."""
    lines = (line if len(line) <= WIDE else line[:WIDE] + " ..." for line in text.splitlines())
    return "\n".join(lines)


def mails_to(box, email):
    return [mail for mail in box.mails if mail.recipients == [email]]


class Following:
    """The daemon of the demo, and what can be seen of it."""

    def __init__(self, demo, shop, box):
        self.demo, self.shop, self.box = demo, shop, box

    @contextmanager
    def running(self):
        log = self.demo.folder / "daemon.log"
        with log.open("w") as file:
            daemon = subprocess.Popen([self.demo.imh, "run"], cwd=self.demo.folder,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=file)
        try:
            said = daemon.stdout.readline()
            if said != b"ready\n":
                sys.exit(f"demo: the daemon did not start:\n{log.read_text()}")
            yield
        finally:
            daemon.terminate()
            status = daemon.wait(PATIENCE_S)
            daemon.stdout.close()
        if status != 0:
            sys.exit(f"demo: the daemon ended with {status}:\n{log.read_text()}")

    def asked(self, *arguments):
        """What a command says, without showing it."""
        done = subprocess.run([self.demo.imh, "--json", *arguments], cwd=self.demo.folder,
                              capture_output=True, encoding="utf-8", timeout=PATIENCE_S)
        if done.returncode != 0:
            sys.exit(f"demo: imh {' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout)

    def is_linked(self):
        """The orders that were there before are known: nothing comes of them."""
        sources = self.asked("event", "sources")["items"]
        return ("orders", "good") in [(item["source"], item["state"]) for item in sources]

    def show_mail(self, email, number, item):
        """It came, once, and has the item in it."""
        mail = wait_for(f"the mail to {email}", lambda: mails_to(self.box, email))[0]
        subject = mail.message["Subject"]
        text = " ".join(mail.message.get_content().split())
        print(f"the mail server got: To: {email}, Subject: {subject}\n    {text}")
        if number not in subject or item not in text:
            sys.exit(f"demo: it is not about order {number} with {item}")
        wait_for("the follow-up's end", lambda: not self.asked("queue", "list")["items"])
        if len(mails_to(self.box, email)) != 1:
            sys.exit(f"demo: {email} got it more than once")

    def waits(self):
        """The jobs that wait after the mail server could not be reached."""
        items = self.asked("queue", "list")["items"]
        return [item["id"] for item in items if item["state"] == "waiting" and item["attempts"]]


def show_follow_up(following):
    demo, shop = following.demo, following.shop
    print("$ imh run &\nready")
    wait_for("the first look at the shop", following.is_linked)
    number = place(shop, "anna@example.com", "24-MB01", 2)
    following.show_mail("anna@example.com", number, "2 x Joust Duffle Bag")
    print(demo.run("event", "list", "--type", "order-create")[0], end="")
    print(demo.run("followup", "list", "acme")[0], end="")


def show_cut_off(following):
    demo, shop, box = following.demo, following.shop, following.box
    box.stop()
    number = place(shop, "bert@example.com", "24-MB01", 3)
    job = wait_for("the attempt that fails", following.waits)[0]
    print(demo.run("queue", "list")[0], end="")
    print(shorten(demo.run("queue", "show", str(job))[0]))
    if mails_to(box, "bert@example.com"):
        sys.exit("demo: the mail came although nobody was there")
    return number


def show_repaired(following, number):
    following.box.start()
    following.show_mail("bert@example.com", number, "3 x Joust Duffle Bag")
    print(following.demo.run("queue", "list")[0], end="")
    print(following.demo.run("followup", "list", "acme")[0], end="")
