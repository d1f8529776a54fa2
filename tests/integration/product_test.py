"""Products as a marketer writes them: every property of the object model, every kind of key."""

import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from magento2.client import Shop


@pytest.fixture(scope="module")
def running():
    with Shop() as shop:
        yield shop


@pytest.fixture
def shop(site, running):
    for identifier, view in (("mywebshop", "default"), ("nl", "nl"), ("de", "de_store")):
        site.integration(identifier, "magento2", url=running.url,
                         token=site.secret(running.token), store_view=view)
    return running


@pytest.fixture
def show(site, shop):
    """What a template prints of a product, in a text."""

    def run(sku, expression, identifier="mywebshop"):
        site.write("mail.txt", f"{{$p = ${identifier}.product[$sku]}}{expression}")
        done = site.run("render", "acme", "mail.txt", "--data", json.dumps({"sku": sku}))
        assert (done.status, done.err) == (0, "")
        return done.out.replace(shop.url, "SHOP/")

    return run


NOON = datetime.now(ZoneInfo("UTC")).replace(hour=12, minute=0, second=0, microsecond=0)


def day(shift=0, zone="Europe/Amsterdam", moment=None):
    moment = moment or datetime.now(ZoneInfo("UTC"))
    return (moment.astimezone(ZoneInfo(zone)) + timedelta(days=shift)).strftime("%Y-%m-%d 00:00:00")


@pytest.fixture
def noon(running):
    """No day of the shop's ends during the test."""
    running.clock(now=NOON.strftime("%Y-%m-%d %H:%M:%S"))
    yield
    running.clock()


# ---- what it is ----

def test_the_plain_properties(show):
    assert show("24-MB01", "{$p.id}|{$p.sku}|{$p.name}|{$p.title}|{$p.type}|{$p.status}|"
                           "{$p.weight}|{$p.description}|{$p.short_description}") == (
        "16|24-MB01|Joust Duffle Bag|Joust Duffle Bag|simple|1|0.5|<p>The bag</p>|<p>bag</p>")


def test_every_field_of_the_shop_is_there_by_its_name(show):
    assert show("24-MB01", "{$p.type_id}|{$p.attribute_set_id}|{$p.visibility}|{$p.url_key}|"
                           "{$p.tax_class_id}|{$p.extension_attributes.website_ids[0]}") == (
        "simple|4|4|joust-duffle-bag|2|1")


def test_attributes_are_the_answer_as_it_came(show):
    assert show("SP-NOW", "{$p.attributes.price}|{$p.attributes.created_at}"
                ).startswith("50|2026-11-")
    assert show("SP-NOW", "{foreach $p.attributes.custom_attributes as $a}{if $a.attribute_code "
                          "== 'special_price'}{$a.value}{/if}{/foreach}") == "39.990000"


def test_names_are_as_typed_and_escaped_when_printed(site, shop, show):
    name = "Socks <b>bold</b> & \"quotes\" 'single' <script>alert(1)</script>"
    assert show("HTML-1", "{$p.name}") == name
    site.write("mail.html", "{$mywebshop.product['HTML-1'].name}")
    assert site.run("render", "acme", "mail.html").out == (
        "Socks &lt;b&gt;bold&lt;/b&gt; &amp; &quot;quotes&quot; &#039;single&#039; "
        "&lt;script&gt;alert(1)&lt;/script&gt;")


def test_times_print_as_the_shop_writes_them_and_know_more(show):
    printed = show("24-MB01", "{$p.created_at}|{$p.created_at.timestamp}|{$p.created_at.local}|"
                              "{$p.created_at.timestamp|date_format:'%Y-%m-%d %H:%M:%S'}")
    text, stamp, local, formatted = printed.split("|")
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZoneInfo("UTC"))
    assert int(stamp) == moment.timestamp()
    assert local == formatted == (
        moment.astimezone(ZoneInfo("Europe/Amsterdam")).strftime("%Y-%m-%d %H:%M:%S"))


def seconds(moment):
    return int(datetime.fromisoformat(moment + "+00:00").timestamp())


@pytest.mark.parametrize("zone, moment", [
    ("Europe/Amsterdam", "2024-02-28T23:00:00"), ("Pacific/Pago_Pago", "2024-02-29T11:00:00")])
def test_a_date_of_an_attribute_is_a_day_of_the_store(shop, moved, show, zone, moment):
    """With a time it is a moment, in UTC as those of all things."""
    moved(zone)
    shop.add_product("DATED", copy_of="24-MB01", custom_attributes={
        "news_from_date": "2024-02-29 00:00:00", "news_to_date": "2024-02-29 12:30:00"})
    assert show("DATED", "{$p.news_from_date}|{$p.news_from_date.timestamp}|"
                         "{$p.news_to_date}|{$p.news_to_date.timestamp}") == (
        f"2024-02-29 00:00:00|{seconds(moment)}|2024-02-29 12:30:00|"
        f"{seconds('2024-02-29T12:30:00')}")


def test_a_date_in_a_time_zone_nobody_knows_has_no_moment(shop, moved, show):
    moved("Mars/Olympus")
    shop.add_product("DATED", copy_of="24-MB01",
                     custom_attributes={"news_from_date": "2024-02-29 00:00:00"})
    assert show("DATED", "{$p.news_from_date}|{$p.news_from_date.timestamp}|"
                         "{$p.news_from_date.local}") == "2024-02-29 00:00:00||"


# ---- price ----

PRICE = "{$p.price}|{$p.price.value}|{$p.price.currency}|{$p.price.regular}|" \
        "{if $p.price.on_sale}sale{/if}|{if $p.price.from}from{/if}"


@pytest.mark.parametrize("sku, price", [
    ("24-MB01", "35|35|EUR|35||"),
    ("BULK-003", "13.99|13.99|EUR|13.99||"),
    ("ZERO-PRICE", "0|0|EUR|0||"),
    ("PRICE-4DEC", "12.35|12.35|EUR|12.35||"),
    ("SP-NOW", "39.99|39.99|EUR|50|sale|"),
    ("SP-PAST", "50|50|EUR|50||"),
    ("SP-FUTURE", "50|50|EUR|50||"),
    ("CFG-SHIRT", "27.5|27.5|EUR|27.5||from"),
    ("GRP-1", "10|10|EUR|10||from"),
    ("BUNDLE-1", "35|35|EUR|35||from"),
    ("DISABLED-1", "9.99|9.99|EUR|9.99||"),
    ("OOS-1", "9.99|9.99|EUR|9.99||"),
    ("CFG-SHIRT-Red-L", "34.95|34.95|EUR|34.95||"),
])
def test_the_price_is_what_a_guest_pays_now(show, sku, price):
    if sku == "CFG-SHIRT":  # whose parts can be bought decides
        price = re.sub(r"[0-9.]+", "N", price)
        assert re.sub(r"[0-9.]+", "N", show(sku, PRICE)) == price
    else:
        assert show(sku, PRICE) == price


@pytest.mark.parametrize("first, last, on_sale", [
    (0, 0, True), (0, None, True), (None, 0, True), (-1, 1, True), (None, None, True),
    (1, None, False), (1, 2, False), (None, -1, False), (-2, -1, False)])
def test_a_special_price_counts_on_its_days_both_included(shop, noon, show, first, last, on_sale):
    """In the shop's time zone, which may be in another day than ours."""
    shop.add_product("SPECIAL", copy_of="24-MB01", changes={"price": 80}, custom_attributes={
        "special_price": "59.950000",
        "special_from_date": None if first is None else day(first, moment=NOON),
        "special_to_date": None if last is None else day(last, moment=NOON)})
    assert show("SPECIAL", PRICE) == ("59.95|59.95|EUR|80|sale|" if on_sale
                                      else "80|80|EUR|80||")
    assert show("SPECIAL", "{$p.special_from}|{$p.special_to}") == (
        "|".join("" if shift is None else day(shift, moment=NOON)[:10] for shift in (first, last)))


@pytest.fixture
def moved(running):
    """Takes the shop to another time zone until the end of the test."""
    yield running.move
    running.move("Europe/Amsterdam")


def another_day():
    """A time zone in which it is tomorrow or yesterday by now, and that day."""
    today = day(0, "UTC")
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    return next((zone, day(0, zone)) for zone in zones if day(0, zone) != today)


@pytest.mark.parametrize("change", [{}, {"visibility": 1}, {"status": 2}])
def test_what_the_storefront_hides_has_its_special_price_by_the_shops_clock(shop, moved, show,
                                                                            change):
    zone, its_day = another_day()
    moved(zone)
    shop.add_product("THERE", copy_of="24-MB01", changes={"price": 80, **change},
                     custom_attributes={"special_price": "59.95", "special_from_date": its_day,
                                        "special_to_date": its_day})
    shop.add_product("HERE", copy_of="24-MB01", changes={"price": 80, **change},
                     custom_attributes={"special_price": "59.95",
                                        "special_from_date": day(0, "UTC"),
                                        "special_to_date": day(0, "UTC")})
    assert show("THERE", PRICE) == "59.95|59.95|EUR|80|sale|"
    assert show("HERE", PRICE) == "80|80|EUR|80||"


def test_a_time_zone_nobody_knows_is_told_with_the_remedy(site, shop, moved):
    shop.add_product("HIDDEN", copy_of="24-MB01", changes={"status": 2})
    moved("Mars/Olympus")
    site.write("mail.txt", "{$mywebshop.product.HIDDEN.price}")
    done = site.run("render", "acme", "mail.txt")
    assert done.status != 0
    assert ("the store view's clock, and its time zone 'Mars/Olympus' is unknown here: install "
            "the package tzdata, or choose another in Stores > Configuration > General > "
            "Locale Options") in done.err


def test_a_special_price_above_the_price_is_none(shop, show):
    shop.add_product("DEARER", copy_of="24-MB01", changes={"price": 10},
                     custom_attributes={"special_price": "20.000000"})
    assert show("DEARER", PRICE) == "10|10|EUR|10||"


@pytest.mark.parametrize("sku", ["CFG-SHIRT", "BUNDLE-1", "GRP-1"])
@pytest.mark.parametrize("change", [{"stock": {"is_in_stock": False}}, {"changes": {"status": 2}}])
def test_what_is_several_of_which_none_can_be_bought_has_no_price(shop, show, sku, change):
    shop.add_product("GONE-" + sku, copy_of=sku, **change)
    assert show("GONE-" + sku, PRICE + "|{$p.price|default:'sold out'}") == "||EUR||||sold out"
    shop.remove_product("GONE-" + sku)


def test_a_price_can_be_computed_with_and_compared(show):
    assert show("SP-NOW", "{$p.price * 2}|{if $p.price < $p.price.regular}less{/if}|"
                          "{$p.price|number_format:2:',':'.'}|{$p.price.value + 1}") == (
        "79.98|less|39,99|40.99")


# ---- page and pictures ----

MEDIA = "SHOP/media/catalog/product"


@pytest.mark.parametrize("sku, url", [
    ("24-MB01", "SHOP/joust-duffle-bag.html"),
    ("UTF8-ÄÖ", "SHOP/creme-brulee-special-n.html"),
    ("SEARCHONLY", "SHOP/visible-in-search-only.html"),
    ("OOS-1", "SHOP/out-of-stock.html"),
    ("CFG-SHIRT-Red-L", "SHOP/cfg-shirt-url.html"),
    ("DISABLED-1", ""),
    ("NOWEB", ""),
    ("nothing", ""),
])
def test_the_page_is_one_that_can_be_visited(show, sku, url):
    """A variant has its parent's; what cannot be visited has none."""
    assert show(sku, "{$p.url}") == url


@pytest.mark.parametrize("sku, image", [
    ("24-MB01", f"{MEDIA}/2/4/24_mb01_1.png"),
    ("UTF8-ÄÖ", f"{MEDIA}/u/t/utf8____1.png"),
    ("CFG-SHIRT-Red-S", f"{MEDIA}/c/f/cfg_shirt_red_s_1.png"),
    ("CFG-SHIRT-Red-L", f"{MEDIA}/c/f/cfg_shirt_1.png"),
    ("BULK-001", ""),
    ("nothing", ""),
])
def test_pictures_are_whole_addresses_never_a_placeholder(show, sku, image):
    """A variant without one has its parent's."""
    assert show(sku, "{$p.image}|{$p.small_image}|{$p.thumbnail}") == f"{image}|{image}|{image}"


def test_all_pictures(show):
    assert show("24-MB01", "{foreach $p.images as $i}{$i},{/foreach}").startswith(
        f"{MEDIA}/2/4/24_mb01_1.png,{MEDIA}/")
    assert show("BULK-001", "{foreach $p.images as $i}{$i}{foreachelse}none{/foreach}") == "none"


def test_a_picture_s_odd_name_is_encoded(shop, show):
    shop.add_product("ODD", copy_of="24-MB01", custom_attributes={
        "image": '/o/d/odd name&"<ü>.png', "small_image": "no_selection", "thumbnail": "/../x"},
        changes={"media_gallery_entries": []})
    assert show("ODD", "{$p.image}|{$p.small_image}") == (
        f"{MEDIA}/o/d/odd%20name%26%22%3C%C3%BC%3E.png|")


def test_a_switched_off_picture_is_not_shown(shop, show):
    entry = {"media_type": "image", "label": None, "types": []}
    shop.add_product("OFF", copy_of="24-MB01", custom_attributes={
        "image": None, "small_image": None, "thumbnail": None},
        changes={"media_gallery_entries": [
            {**entry, "id": 1, "position": 1, "disabled": True, "file": "/o/f/off.png"},
            {**entry, "id": 2, "position": 2, "disabled": False, "file": "/o/n/on.png"}]})
    assert show("OFF", "{$p.image}|{$p.images|count}") == f"{MEDIA}/o/n/on.png|1"


# ---- what it belongs to ----

def test_a_variant_knows_its_parent_and_the_parent_its_variants(show):
    assert show("CFG-SHIRT-Red-L", "{$p.parent.sku}|{$p.parent.name}") == (
        "CFG-SHIRT|Configurable Shirt")
    assert show("24-MB01", "{$p.parent.sku}|{$p.children|count}") == "|0"
    assert show("CFG-SHIRT", "{foreach $p.children as $c}{$c.sku} {/foreach}") == (
        "CFG-SHIRT-Red-S CFG-SHIRT-Red-M CFG-SHIRT-Red-L CFG-SHIRT-Blue-S CFG-SHIRT-Blue-M "
        "CFG-SHIRT-Blue-L ")


@pytest.mark.parametrize("change", [{"status": 2}, {"visibility": 1}, {"website_ids": [2]}])
def test_of_two_parents_the_one_with_a_page_is_taken(shop, show, change):
    """A variant of a hidden one alone has that, and no page."""
    before = shop.json("rest/V1/products/CFG-SHIRT")
    before = {name: before[name] for name in ("status", "visibility", "extension_attributes")}
    if "website_ids" in change:
        change = {"extension_attributes": {**before["extension_attributes"], **change}}
    page = "{$p.parent.sku}|{$p.url}"
    shown = show("CFG-SHIRT-Red-L", page)
    later = False
    shop.add_product("CFG-SHIRT", changes=change)
    try:
        assert show("CFG-SHIRT-Red-L", page) == "CFG-SHIRT|"
        shop.add_product("LATER-PARENT", copy_of="CFG-SHIRT", changes={
            **before}, custom_attributes={"url_key": "later"})
        later = True
        assert show("CFG-SHIRT-Red-L", page) == "LATER-PARENT|SHOP/later.html"
    finally:
        shop.add_product("CFG-SHIRT", changes=before)
        if later:
            shop.remove_product("LATER-PARENT")
    assert show("CFG-SHIRT-Red-L", page) == shown


def test_what_can_be_chosen_of_it(show):
    assert show("CFG-SHIRT", "{foreach $p.options as $o}{$o.label}: {foreach $o.values as $v}"
                             "{$v.label} {/foreach}{/foreach}") == (
        "Color: Red Blue Size: S M L ")


def test_its_categories(show):
    assert show("24-MB01", "{foreach $p.categories as $c}{$c.name},{/foreach}").count(",") == 2


# ---- keys ----

@pytest.mark.parametrize("key, sku", [
    ("24-MB01", "24-MB01"), ("24-mb01", "24-MB01"), ("16", "24-MB01"), (16, "24-MB01"),
    ("sku with space", "sku with space"), ("SKU/SLASH", "SKU/SLASH"), ("SKU%25+&#", "SKU%25+&#"),
    ("UTF8-ÄÖ", "UTF8-ÄÖ"), ("00123", "00123"), ("24", "00123"), ("123", ""), ("0016", ""),
    ("24-MB0", ""), ("24-MB01,VIRT-1", ""), ("%", ""), ("24-MB0_", ""), ("' or 1=1", ""),
    ("x" * 1000, ""), ("x" * 5000, ""), ("", ""), ("a\nb", ""), ("-1", ""), ("1e1", ""),
    ("99999999999999999999", ""),
])
def test_a_key_is_the_whole_sku_else_the_id(show, key, sku):
    assert show(key, "{$p.sku}") == sku


def test_odd_keys_together_find_what_each_means(site, shop):
    """One list: none of them spoils the others."""
    keys = ["24-MB01", "a,b", "SKU/SLASH", "sku with space", "nothing", "16", "UTF8-ÄÖ",
            "SKU%25+&#", "it's", 'say "no"', "VIRT-1"]
    site.write("mail.txt", "{foreach $keys as $k}{$mywebshop.product[$k].id|default:'-'} {/foreach}")
    shop.reset()
    done = site.run("render", "acme", "mail.txt", "--data", json.dumps({"keys": keys}))
    assert done == (0, "16 - 22 21 - 16 18 23 - - 40 ", "")
    assert shop.counters()["kinds"]["products list"] == 1


def test_a_sku_wins_over_an_id(shop, show):
    shop.add_product("16", copy_of="VIRT-1", changes={"name": "its SKU is 16"})
    try:
        assert show("16", "{$p.name}") == "its SKU is 16"
        assert show("24-MB01", "{$p.id}") == "16"
    finally:
        shop.remove_product("16")


def test_a_sku_wins_over_the_id_of_a_later_product(shop, show):
    """Whichever of the two the shop lists first."""
    number = shop.add_product("PROBE", copy_of="VIRT-1")["id"]
    shop.add_product(f"{number + 2}", copy_of="VIRT-1", changes={"name": "by SKU"})
    later = shop.add_product("LATER", copy_of="VIRT-1", changes={"name": "by id"})
    assert later["id"] == number + 2
    assert show(f"{number + 2}", "{$p.name}") == "by SKU"
    assert show("LATER", "{$p.name}") == "by id"


@pytest.mark.parametrize("written", [
    "$mywebshop.product['24-MB01'].name", '$mywebshop.product["24-MB01"].name',
    "$mywebshop.product[$sku].name", "$mywebshop.product.$sku.name",
    "$mywebshop['product']['24-MB01']['name']"])
def test_ways_to_write_a_key(show, written):
    assert show("24-MB01", "{" + written + "}") == "Joust Duffle Bag"


# ---- store views ----

def test_a_store_view_has_its_own_names_and_the_pictures_of_the_default_one(show):
    assert show("24-MB01", "{$p.name}|{$p.image}|{$p.price.currency}", "nl") == (
        f"Joust sporttas 2|{MEDIA}/2/4/24_mb01_1.png|EUR")


def test_another_website_has_its_own_prices_and_currency(show):
    assert show("BOTH-WEB", "{$p.name}|{$p.price}|{$p.price.currency}|{$p.url}", "de") == (
        "Auf beiden|24.75|USD|SHOP/both-websites.html")
    assert show("DE-ONLY", "{$p.price}|{$p.price.currency}", "de") == "12.22|USD"


@pytest.mark.parametrize("change", [{"status": 2}, {"visibility": 1}])
def test_what_the_storefront_hides_has_its_price_in_the_view_s_currency(shop, show, change):
    price = "{$p.price}|{$p.price.regular}|{$p.price.currency}"
    shop.add_product("ABROAD", copy_of="24-MB01", changes={"price": 22.5, **change})
    assert show("ABROAD", price, "de") == "24.75|24.75|USD"


def test_a_price_stays_in_the_catalogue_s_currency_when_no_rate_is_told(shop, show):
    shop.add_product("ABROAD", copy_of="24-MB01", changes={"price": 22.5, "status": 2})
    for switches in ({"fault": "404"}, {"fault": "answer", "body": '{"exchange_rates":7}'},
                     {"fault": "answer", "body": '{"exchange_rates":[{"currency_to":"USD",'
                                                 '"rate":"much"}]}'}):
        shop.switch(path="/directory/currency", **switches)
        assert show("ABROAD", "{$p.price}|{$p.price.currency}", "de") == "22.5|EUR"
    shop.calm()


@pytest.mark.parametrize("rate, price", [
    (1, "22.5"), (0.5, "11.25"), (1.23456789, "27.78"), (0.00614, "0.14"), (17042.5, "383456.25"),
    (150.25, "3380.63"), (0, "22.5"), ("1.1", "24.75"), (-1, "22.5"), (1e-7, "22.5")])
def test_prices_are_converted_by_the_rate(shop, show, rate, price):
    shop.add_product("ABROAD", copy_of="24-MB01", changes={"price": 22.5, "status": 2})
    body = json.dumps({"exchange_rates": [{"currency_to": "USD", "rate": rate}]})
    shop.switch(fault="answer", body=body, path="/directory/currency")
    assert show("ABROAD", "{$p.price}", "de") == price
    shop.calm()


def test_two_store_views_in_one_mail(show):
    assert show("BOTH-WEB", "{$p.name} / {$nl.product[$sku].name} / {$de.product[$sku].name}") == (
        "Both websites / Beide websites / Auf beiden")
