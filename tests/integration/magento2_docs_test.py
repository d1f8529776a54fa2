"""Every example of docs/magento2.md prints what the page says it prints."""

import re
from pathlib import Path

import pytest

from magento2.client import Shop

PAGE = Path(__file__).resolve().parents[2] / "docs" / "magento2.md"
EXAMPLE = re.compile(r"```smarty\n(.*?)```\n\n```text\n(.*?)```", re.S)
EXAMPLES = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def public_shop():
    with Shop("--public-url", "https://shop.example.com/") as running:
        yield running


def test_there_are_examples():
    assert len(EXAMPLES) >= 11
    assert PAGE.read_text(encoding="utf-8").count("```smarty") == len(EXAMPLES)


@pytest.mark.parametrize("template,printed", EXAMPLES)
def test_an_example_prints_what_it_says(site, public_shop, template, printed):
    site.integration("mywebshop", "magento2", url=public_shop.url,
                     token=site.secret(public_shop.token))
    done = site.run("render", "acme", site.write("mail.txt", template))
    assert done.status == 0, done.err
    assert [line.rstrip() for line in done.out.strip().splitlines()] == \
        [line.rstrip() for line in printed.strip().splitlines()]
