"""Answers that no honest shop gives: they cost no worker, and plant nothing."""

import json

import pytest

from liar import Liar, listed, product

LATER = 75


@pytest.fixture
def liar():
    with Liar() as running:
        yield running


@pytest.fixture
def show(site, liar):
    """What a template prints; `data` are its variables."""
    site.integration("mywebshop", "magento2", url=liar.url, token=site.secret("a token"))

    def run(template, status=0, **data):
        site.write("mail.txt", template)
        done = site.run("render", "acme", "mail.txt", "--data", json.dumps(data))
        assert done.status == status, done.err
        return done.err if status else done.out

    return run


# ---- what costs much ----


def test_a_picture_s_path_of_many_parts_is_an_address_like_others(liar, show):
    liar.say("products", lambda query: listed(product("A", attributes=[("image", "/" * 30_000)])))
    assert show("{$mywebshop.product.A.image}") == (
        "https://shop.example.com/media/catalog/product" + "/" * 30_000)


def test_an_error_with_many_holes_is_an_error_like_others(liar, show):
    holes = " ".join(f"%{n}" for n in range(1, 20_001))
    liar.say("products", lambda query: (400, {"message": holes,
                                              "parameters": [f"p{n}" for n in range(20_000)]}))
    assert "the shop says: p0 p1 p2 " in show("{$mywebshop.product.A.name}", LATER)
