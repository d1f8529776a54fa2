"""Lists filtered by the shop are what templates would keep themselves, whatever is compared.

A limit in front keeps a filter from the shop: what such a list has is what is right.
"""

import json

import pytest

from magento2.client import Shop

ALL = 1000  # more than there are
EVERY = ("==", "!=", "<", "<=", ">", ">=")
EQUALITY = ("==", "!=", "<")  # the shop is asked by the first only
TIMES = ("2026-11-21", "2026-11-21 00:00:00", "2026-11-22", "2026-11-21 19:52:57", "2026",
         "2026-11-21T19:50:00Z", "2026-11-21T20:50:00+01:00", "2026-02-30 00:00:00", "yesterday",
         "2026-11-21 24:00:00", "1899-12-31 00:00:00", "9999-12-31", "2026-11-21 ")
NUMBERS = (0, 1, 2, -1, 11, "0", "", "1", " 2", "2.0", "1e1", "abc", "2abc", 1.5, True, False,
           None, "00000000000000000000002")
TEXTS = ("", "0", 0, 1, "1e1", "%", "_", "a,b", "it's", 'say "x"', "back\\slash", " ", "é", "日本",
         "\U0001F600", "abc", True, False, None, "x" * 3000)

SOME = NUMBERS[:2] + (True, False, None, "2.0", "2abc", 2)

# What nobody had in the shop that was recorded.
PRODUCTS = (
    {"sku": "N-1", "changes": {"name": "100%"}},
    {"sku": "N-2", "changes": {"name": "a_b, c"}},
    {"sku": "N-3", "changes": {"name": "it's \"so\" \\ 日本"}},
    {"sku": "N-4", "changes": {"name": "IT'S \"SO\" \\ 日本"}},
    {"sku": "N-5", "changes": {"name": "10"}},
    {"sku": "N-6", "changes": {"name": "0010"}},
    {"sku": "N-7", "changes": {"name": ""}},
    {"sku": "123", "changes": {"name": "with 00123"}},
    {"sku": "S-NOW", "changes": {"price": 50},
     "custom_attributes": {"special_price": "9.990000"}},
    {"sku": "S-PAST", "changes": {"price": 50},
     "custom_attributes": {"special_price": "9.990000", "special_to_date": "2020-01-01 00:00:00"}},
    {"sku": "S-LATER", "changes": {"price": 12},
     "custom_attributes": {"special_price": "9.990000",
                           "special_from_date": "2036-01-01 00:00:00"}},
    {"sku": "S-MORE", "changes": {"price": 12}, "custom_attributes": {"special_price": "80.0000"}},
    {"sku": "C-1", "changes": {"price": 14.996}},
    {"sku": "C-2", "changes": {"price": 14.994}},
    {"sku": "C-3", "changes": {"price": 15.005}},
)
CUSTOMERS = (
    {"email": "O'Hara@example.com", "firstname": "100%", "lastname": "O'Hara", "gender": 2,
     "dob": "2000-02-29"},
    {"email": "o'hara2@example.com", "firstname": "a_b, c", "lastname": "o'hara", "gender": 3,
     "dob": "1999-12-31"},
    {"email": "yuki@example.com", "firstname": "雪", "lastname": "12"},
    {"email": "nul@example.com", "firstname": "0012", "lastname": "012"},
)


@pytest.fixture(scope="module")
def running():
    with Shop() as shop:
        for product in PRODUCTS:
            shop.add_product(copy_of="24-MB01", **product)
        for customer in CUSTOMERS:
            shop.do("customer/register", **customer)
        yield shop


@pytest.fixture
def render(site, running):
    """What a template makes of data."""
    site.integration("shop", "magento2", url=running.url, token=site.secret(running.token))

    def run(template, **data):
        site.write("mail.txt", template)
        running.reset()
        done = site.run("render", "acme", "mail.txt", "--data", json.dumps(data))
        assert (done.status, done.err) == (0, "")
        return done.out

    return run


IDS = "{foreach %s as $i}{$i.id},{/foreach}"

# Each column that the shop is asked by, and what it is compared with beside its own values.
FIELDS = {
    "products": {
        "id": NUMBERS + (16, "16", "016"), "sku": TEXTS + ("24-mb01", "123", "0123", "24-MB01 "),
        "name": TEXTS + ("joust duffle bag", "10", "010", "100", "a_b", "it's \"SO\" \\ 日本"),
        "title": ("Joust Duffle Bag", "joust duffle bag", "10"),
        "price": NUMBERS + (15, "15.00", 14.99, 14.995, "12.35", 12.3456, 9.99, "39.99", 50, 35,
                            29.95, 27.5, 80, "14.99999"),
        "type": TEXTS + ("simple", "Simple", "configurable", "grouped"),
        "created_at": TIMES, "updated_at": TIMES[:4]},
    "orders": {
        "id": SOME, "entity_id": (1, "1", 30, True),
        "number": TEXTS + ("000000004", "4", 4, "04", "2000000001", "000000004 ", "4.0"),
        "increment_id": ("000000022", 22), "status": ("complete", "Complete", "", "%", True),
        "state": ("complete", "new", "NEW", ""), "customer_id": NUMBERS,
        "customer_email": ("", None, True, "customer00@example.com", "CUSTOMER00@example.com",
                                   "upper.case+tag@example.com", "UPPER.Case+tag@Example.COM",
                                   "repeat.guest@example.org", "Repeat.Guest@example.org"),
        "total": SOME + (140.72, "140.720", "140.7200"), "grand_total": (140.72, 20.29),
        "created_at": TIMES, "updated_at": TIMES[:4], "store_id": SOME,
        "coupon_code": ("", "0", 0, False, None, "%", "TEN", "ten", "TEN ")},
    "customers": {
        "id": NUMBERS, "email": TEXTS + ("O'HARA@example.com", "O'Hara@example.com",
                                         "upper.case+tag@example.com"),
        "firstname": TEXTS + ("100%", "1000", "a_b, c", "aXb, c", "雪", "12", 12, "0012"),
        "lastname": TEXTS + ("O'Hara", "O'HARA", "12", "012", "MÜLLER", "Muller", "Müller"),
        "group_id": SOME, "store_id": SOME,
        "dob": TIMES + ("1980-02-29", "2000-02-29", "2000-01-01", "1980-02-29 00:00:00",
                        "1981-02-29"),
        "gender": TEXTS + ("Male", "male", "Female", "Not Specified", 1, "1", 2),
        "created_at": TIMES[:4], "updated_at": TIMES[:4]},
    "carts": {
        "id": SOME, "is_active": SOME + ("true", "false", "no", ""), "items_count": SOME,
        "customer_id": NUMBERS, "store_id": SOME, "created_at": TIMES[:4], "updated_at": TIMES[:4],
        "customer_email": ("", "0", 0, None, True, "customer10@example.com", "CUSTOMER10@example.com")},
}


@pytest.mark.parametrize("name, field", [
    (name, field) for name in FIELDS for field in FIELDS[name]])
def test_the_shop_finds_what_templates_would(render, name, field):
    values = FIELDS[name][field]
    wrong, all_found = [], set()
    ordered = values[:2] in (NUMBERS[:2], TIMES[:2])
    for relation in EVERY if ordered else EQUALITY:
        asks = (f'{of}|filter:"{field}":"{relation}":$v[{at}]' for at in range(len(values))
                for of in (f"$shop.{name}", "$all"))
        found = render(f"{{$all = $shop.{name}|limit:{ALL}}}" + ";".join(IDS % a for a in asks),
                       v=values).split(";")
        wrong += [(relation, value, by_shop, by_us) for value, by_shop, by_us
                  in zip(values, found[::2], found[1::2], strict=True) if by_shop != by_us]
        all_found.update(found)
    assert wrong == []
    assert len(all_found) > 1  # they do tell things apart


def test_prices_in_another_currency_are_compared_as_they_are_shown(site, render, running):
    """The shop knows only those of its base currency."""
    site.integration("us", "magento2", url=running.url, token=site.secret(running.token),
                     store_view="de_store")
    asks = (f'{of}|filter:"price":"{relation}":{bound}' for relation in ("<", ">=")
            for bound in (12, 12.22, 24) for of in ("$us.products", "$all"))
    found = render(f"{{$all = $us.products|limit:{ALL}}}" + ";".join(IDS % a for a in asks)
                   ).split(";")
    assert found[::2] == found[1::2] and len(set(found)) > 2


# ---- what it costs ----

CHEAP = '$shop.products|filter:"price":"<":15'
ONE = {  # a list, and what it has; each is one call
    CHEAP + '|filter:"sku":"S-NOW"': "S-NOW",
    '$shop.products|filter:"price":"==":9.99|filter:"sku":"S-NOW"': "S-NOW",
    '$shop.products|filter:"sku":"24-MB01"|limit:1': "24-MB01",
    '$shop.products|filter:"sku":"00123"|limit:1': "00123",
    '$shop.products|filter:"price":">":49|orderby:"price":"desc"|limit:1': "CFG-SALE",
    '$shop.products|filter:"category":5|filter:"name":"contains":"ämsterdam"': "CFG-TROUSER",
}


@pytest.mark.parametrize("ask", ONE)
def test_a_list_is_one_call(render, running, ask):
    assert render("{foreach %s as $i}{$i.sku}{/foreach}" % ask) == ONE[ask]
    assert running.counters()["kinds"]["products list"] == 1


def test_a_special_price_below_the_bound_is_found_among_many(site):
    with Shop("--products", "20000") as shop:
        shop.add_product("BARGAIN", copy_of="24-MB01", changes={"price": 90},
                         custom_attributes={"special_price": "0.500000"})
        site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token))
        site.write("mail.txt", '{foreach $shop.products|filter:"price":"<":15|orderby:"price"'
                               '|limit:5 as $p}{$p.sku} {$p.price};{/foreach}')
        shop.reset()
        done = site.run("render", "acme", "mail.txt")
        seen = shop.counters()
    assert (done.status, done.err) == (0, "")
    assert "BARGAIN 0.5;" in done.out and done.out.count(";") == 5
    assert seen["kinds"]["products list"] == 1


@pytest.mark.parametrize("ask, count", [
    ('$shop.orders|filter:"status":"complete"', 1),
    ('$shop.orders|filter:"total":">":50', 1),
    ('$shop.orders|filter:"created_at":">=":"2026-11-21"', 1),
    ('$shop.person["Repeat.Guest@example.org"].orders', 1),
    ('$shop.orders|filter:"customer_email":"REPEAT.guest@example.org"', 2)])
def test_a_count_fetches_nothing_where_the_shop_is_exact(render, running, ask, count):
    alone = render('{$all = %s|limit:%d}{$all|count}' % (ask, ALL))
    assert render("{count(%s)}" % ask) == alone
    assert running.counters()["kinds"]["orders list"] == count


def test_more_filters_than_an_address_takes_are_done_here(render):
    many = "".join(f'|filter:"id":">":{i}' for i in range(30))
    assert render(IDS % f'$shop.products{many}|filter:"id":"<=":32') == "31,32,"
