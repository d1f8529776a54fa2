"""A network of our own: every address is here, public and private, and every name is ours.

For tests that run under `unshare -Urmn`: nothing they connect to leaves the machine, and
what ought not to be connected to would be reached if it were.
"""

import subprocess
from pathlib import Path

RESOLVER = "127.0.0.53"
PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1::1"

# Addresses that lead inside, one or more of each range.
PRIVATE = (
    "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.254", "192.0.0.8",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "100::1", "2001::1",
    "2001:db8::1", "2002:7f00:1::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fec0::1", "::127.0.0.1",
)

HOSTS = """127.0.0.1 localhost
::1 localhost
10.0.0.1 intern.test
"""


def run(*command):
    subprocess.run(command, check=True)


def over(path, text, folder):
    """A file of ours in place of one of the system's."""
    ours = folder / Path(path).name
    ours.write_text(text)
    run("mount", "--bind", ours, Path(path).resolve())


def make(folder):
    """Once; there is no way back. Resolving takes as long as it does by default."""
    run("ip", "link", "set", "lo", "up")
    for address in (PUBLIC, PUBLIC_6, *PRIVATE):
        length = 128 if ":" in address else 32
        run("ip", "address", "add", f"{address}/{length}", "dev", "lo")
    over("/etc/resolv.conf", f"nameserver {RESOLVER}\n", folder)
    over("/etc/nsswitch.conf", "hosts: files dns\n", folder)
    over("/etc/hosts", HOSTS, folder)
