"""products-render-info: what a guest sees of a product, open to everyone.

Built from the catalogue by the rules that the recorded answers show; the recorded ones come
out exactly (see tests/integration/shop_double_test.py). Left out, as in the shop: what is
disabled, not visible in the catalogue, sold out, or not on the website of `storeId`.
"""

import base64
import json

from magento2 import prices
from magento2.answers import Refused, encode_json, plain_number, required, wrong_type
from magento2.collection import Page, custom_attribute, cut
from magento2.criteria import given_criteria, parse_criteria
from magento2.query import as_integer, is_numeric

CATALOGUE_VISIBILITIES = (2, 4)  # catalogue; catalogue and search
TAX_RATES = {"2": 1.21, "4": 1.09}  # by tax class; prices include tax
SYMBOLS = {"EUR": "\u20ac", "USD": "$"}
THEME = "static/version1754759768/frontend/Magento/luma"
COMPARE_PATH = "catalog/product_compare/add"
WISHLIST_PATH = "wishlist/index/add"
PLACEHOLDERS = "Magento_Catalog/images/product/placeholder"

# kind of picture -> (width, height, folder of the pictures resized to that)
_SIZES = {
    "grid_content": (240, 300, "5e765a63973126d1b410680effa57393"),
    "list_content": (270, 340, "9ee64df0dda08216ef32d0009721facd"),
    "images_names": (75, 90, "1742f402894d42ac1b4fb6509bf94fcf"),
}
# (page it is for, kind, role of the picture)
_PICTURES = (
    ("recently_viewed_products", "grid_content", "small_image"),
    ("recently_viewed_products", "list_content", "small_image"),
    ("recently_viewed_products", "images_names", "small_image"),
    ("recently_compared_products", "grid_content", "small_image"),
    ("recently_compared_products", "list_content", "small_image"),
    ("recently_compared_products", "images_names", "thumbnail"),
)
_PRICE_NAMES = (
    "final_price",
    "max_price",
    "max_regular_price",
    "minimal_regular_price",
    "special_price",
    "minimal_price",
    "regular_price",
)
_FORMATTED_NAMES = (
    "final_price",
    "max_price",
    "minimal_price",
    "max_regular_price",
    "minimal_regular_price",
    "special_price",
    "regular_price",
)
_MINIMUM_PRICE_MESSAGE = (
    "Our price is lower than the manufacturer&#039;s &quot;minimum advertised price.&quot; "
    "As a result, we cannot show you the price in catalog or the product page. <br><br> "
    "You have no obligation to purchase the product once you know the price. "
    "You can simply remove the item from your cart."
)


class Storefront:
    def __init__(self, catalog, store, public_url):
        self._catalog = catalog
        self._store = store
        self._url = public_url

    def page(self, request, limits):
        parameters = request.parameters
        view, currency = self._wanted(parameters)
        criteria = parse_criteria(parameters, limits)
        catalog = self._catalog
        view = catalog.view_of_filter(criteria, view)
        table = catalog.table(view)
        positions = catalog.ordered_positions(table, criteria, view)
        products = (table.objects[at] for at in positions)
        visible = (product for product in products if self._is_visible(product, view))
        window = _Window(self._store, self._url, request, view, currency)
        shown = [self._render(product, window) for product in cut(visible, criteria)]
        return Page(shown, encode_json, {})

    def _wanted(self, parameters):
        """The store view and currency asked for; both are required."""
        given = {
            "searchCriteria": given_criteria(parameters),
            "storeId": parameters.get("storeId", parameters.get("store_id")),
            "currencyCode": parameters.get("currencyCode", parameters.get("currency_code")),
        }
        missing = [name for name, value in given.items() if value is None]
        if missing:
            raise required(missing)
        if not is_numeric(given["storeId"]):
            raise wrong_type(given["storeId"], "int")
        view = self._store.views.get(as_integer(given["storeId"]))
        if view is None:
            raise Refused(
                404,
                "The store that was requested wasn't found. "
                "Verify the store and try again.",
            )
        return view, given["currencyCode"]

    def _is_visible(self, product, view):
        return (
            product["visibility"] in CATALOGUE_VISIBILITIES
            and prices.is_on_website(product, view)
            and prices.is_salable(self._catalog, product)
        )

    def _render(self, product, window):
        catalog, view = self._catalog, window.view
        shown = catalog.shown(product, view)
        final = prices.final_price(catalog, product, view)
        regular = prices.regular_price(catalog, product, view)
        number = product["id"]
        url = f"{self._url}{custom_attribute(shown, 'url_key')}.html"
        return {
            "add_to_cart_button": window.cart_button(number, bool(product["options"])),
            "add_to_compare_button": window.button(COMPARE_PATH, str(number)),
            "price_info": _price_info(product, final, regular, window),
            "images": _pictures(shown, window),
            "url": url,
            "id": number,
            "name": shown["name"],
            "type": product["type_id"],
            "is_salable": "1",
            "store_id": view.id,
            "currency_code": window.currency,
            "extension_attributes": {
                "review_html": _review_html(url),
                "wishlist_button": window.button(WISHLIST_PATH, number),
            },
        }


class _Window:
    """What all products of one answer share: request, store view, currency."""

    def __init__(self, store, url, request, view, currency):
        self.url = url
        self.view = view
        self.currency = currency
        self.locale = request.view.locale  # texts follow the path, not storeId
        self._rate = store.rates.get(view.currency, 1)
        self._symbol = SYMBOLS.get(currency, SYMBOLS[store.base_currency])
        address = url + request.target.lstrip("/")
        encoded = base64.b64encode(address.encode("utf-8")).decode("ascii")
        self._return_address = encoded.translate(str.maketrans("+/=", "-_~"))

    def amount(self, base_amount):
        """A catalogue amount in the currency of the store view, not of the request."""
        return plain_number(round(base_amount * self._rate + 1e-9, 2))

    def money(self, amount):
        text = _MONEY_FORMATS[self.locale](f"{amount:,.2f}", self._symbol)
        return f'<span class="price">{text}</span>'

    def button(self, path, number):
        """A button that posts back; the shop puts all of it into `url`."""
        action = {
            "action": f"{self.url}{path}/",
            "data": {"product": number, "uenc": self._return_address},
        }
        return {"post_data": None, "url": _inner_json(action), "required_options": None}

    def cart_button(self, number, has_options):
        action = f"{self.url}checkout/cart/add/uenc/%25uenc%25/product/{number}/"
        data = {"action": action, "data": {"product": str(number), "uenc": "%uenc%"}}
        return {
            "post_data": _inner_json(data),
            "url": action,
            "required_options": has_options,
        }


def _inner_json(value):
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def _comma_decimals(text):
    return text.translate(str.maketrans(",.", ".,"))


_MONEY_FORMATS = {
    "en_US": lambda text, symbol: symbol + text,
    "nl_NL": lambda text, symbol: f"{symbol}\u00a0{_comma_decimals(text)}",
    "de_DE": lambda text, symbol: f"{_comma_decimals(text)}\u00a0{symbol}",
}


def _price_info(product, final, regular, window):
    """Every price is the final one, except regular_price; special_price is never set."""
    amounts = dict.fromkeys(_PRICE_NAMES, window.amount(final))
    amounts["special_price"] = None
    amounts["regular_price"] = window.amount(regular)
    shown_names = set(_FORMATTED_NAMES) - {"minimal_regular_price", "special_price"}
    if product["type_id"] == "bundle":
        shown_names.add("minimal_regular_price")
    rate = TAX_RATES.get(custom_attribute(product, "tax_class_id") or "2", 1)
    net = dict.fromkeys(_PRICE_NAMES, _without_tax(amounts["final_price"], rate))
    net["regular_price"] = _without_tax(amounts["regular_price"], rate)
    net_names = set(_FORMATTED_NAMES) - {"minimal_regular_price"}
    return {
        **amounts,
        "formatted_prices": _formatted(amounts, shown_names, window),
        "extension_attributes": {
            "msrp": {
                "msrp_price": window.money(0),
                "is_applicable": "",
                "is_shown_price_on_gesture": "",
                "msrp_message": "",
                "explanation_message": _MINIMUM_PRICE_MESSAGE,
            },
            "tax_adjustments": {
                **net,
                "formatted_prices": _formatted(net, net_names, window),
            },
            "weee_attributes": [],
            "weee_adjustment": window.money(amounts["final_price"]),
        },
    }


def _formatted(amounts, names, window):
    return {
        name: window.money(amounts[name]) if name in names else None
        for name in _FORMATTED_NAMES
    }


def _without_tax(amount, rate):
    """The shop subtracts a millionth here, and PHP writes 14 digits."""
    if not amount or rate == 1:
        return amount
    return plain_number(float(f"{amount / rate - 0.000001:.14g}"))


def _pictures(shown, window):
    return [_picture(shown, window, *wanted) for wanted in _PICTURES]


def _picture(shown, window, page, kind, role):
    """The resized picture with this role, or the theme's placeholder for it."""
    width, height, folder = _SIZES[kind]
    file = custom_attribute(shown, role)
    label = custom_attribute(shown, f"{role}_label") if file else None
    if file:
        url = f"{window.url}media/catalog/product/cache/{folder}{file}"
    else:
        url = f"{window.url}{THEME}/{window.locale}/{PLACEHOLDERS}/{role}.jpg"
    return {
        "url": url,
        "code": f"{page}_{kind}_widget",
        "height": height,
        "width": width,
        "label": label or shown["name"],
        "resized_width": width,
        "resized_height": height,
    }


def _review_html(url):
    return (
        '    <div class="product-reviews-summary short empty">\n'
        '        <div class="reviews-actions">\n'
        f'            <a class="action add" href="{url}#review-form">\n'
        "                Be the first to review this product            </a>\n"
        "        </div>\n"
        "    </div>\n"
    )
