"""Reads the recorded exchanges in tests/fixtures/magento2.

The recordings name the shop `shop.example.test`; every reader gets them with the address
under which the double is reached instead.
"""

import json
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "magento2"
RECORDED_URL = "http://shop.example.test/"
RECORDED_HOST = "shop.example.test"


class Recorded:
    def __init__(self, public_url):
        self.public_url = public_url
        self._host = public_url.split("//", 1)[1].split("/", 1)[0]

    def file(self, name):
        text = (FIXTURES / f"{name}.json").read_text(encoding="utf-8")
        text = text.replace(RECORDED_URL, self.public_url)
        return json.loads(text.replace(RECORDED_HOST, self._host))

    def body(self, name):
        """The recorded answer: parsed JSON, or the text where it was not JSON."""
        response = self.file(name)["response"]
        return response["body"] if "body" in response else response["body_text"]

    def items(self, name):
        return self.body(name)["items"]
