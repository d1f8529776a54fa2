"""What the lines of a cart come to, computed as the recorded shop did.

Catalogue prices include tax. Each line is rounded to cents; a discount is a part of the
price without tax; delivery costs a flat amount apiece. Before an address tells which tax is
due, there is none. Orders of the recordings at these settings come out to the cent.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from magento2 import prices
from magento2.answers import plain_number
from magento2.collection import custom_attribute

TAX_PERCENT = {"2": 21, "4": 9}  # by tax class
DELIVERY = 5  # apiece
COUPON = "TEN"  # the shop's one coupon; "10% off" is what it is called
COUPON_PERCENT = 10
COUPON_LABEL = "10% off"
COUPON_RULE = "1"


def cents(value):
    """Rounded as the shop does, half away from zero."""
    rounded = Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return plain_number(float(rounded))


@dataclass
class Line:
    item: dict  # of the cart
    product: dict  # what is sent: of a configurable the variant
    catalogue_price: float
    tax_percent: int
    discount_percent: int
    discount: float = 0

    @property
    def qty(self):
        return self.item["qty"]

    @property
    def price_incl_tax(self):
        return cents(self.catalogue_price)

    @property
    def price(self):
        return cents(_net(self.price_incl_tax, self.tax_percent))

    @property
    def row_incl_tax(self):
        return cents(self.price_incl_tax * self.qty)

    @property
    def row(self):
        return cents(_net(self.row_incl_tax, self.tax_percent))

    @property
    def tax(self):
        taxed = self.row_incl_tax - self.discount
        return cents(taxed - _net(taxed, self.tax_percent))

    @property
    def compensation(self):
        """What the discount takes from the tax: the customer gets it all the same."""
        return cents(self.row_incl_tax - self.row - self.tax)


def _net(amount, percent):
    return amount * 100 / (100 + percent)


@dataclass
class Amounts:
    lines: list
    shipping: float

    def sum(self, name):
        return cents(sum(getattr(line, name) for line in self.lines))

    @property
    def grand_total(self):
        parts = self.sum("row") + self.sum("tax") + self.sum("compensation")
        return cents(parts - self.sum("discount") + self.shipping)

    def taxes(self):
        """(percent, amount) of each tax in the order of the lines."""
        found = {}
        for line in self.lines:
            if line.tax_percent:
                found[line.tax_percent] = found.get(line.tax_percent, 0) + line.tax
        return [(percent, cents(amount)) for percent, amount in found.items()]


def of_cart(api, cart, coupon=None):
    """The amounts of an open cart; `coupon`: the code that was applied, if any."""
    view = api.store.views[cart["store_id"]]
    taxed = cart["billing_address"]["country_id"] is not None
    lines = []
    for item in cart["items"]:
        product = api.catalog.find(item["sku"])
        percent = TAX_PERCENT.get(custom_attribute(product, "tax_class_id"), 0)
        lines.append(
            Line(
                item,
                product,
                prices.final_price(api.catalog, product, view),
                percent if taxed else 0,
                COUPON_PERCENT if coupon else 0,
            )
        )
    _spread_discount(lines)
    return Amounts(lines, _shipping(lines) if method_of(cart) else 0)


def method_of(cart):
    """How the cart will be delivered; None as long as nobody said so."""
    assignments = cart["extension_attributes"]["shipping_assignments"]
    return assignments[0]["shipping"]["method"] if assignments else None


def is_virtual(product):
    return product["type_id"] == "virtual"


def _shipping(lines):
    return DELIVERY * sum(line.qty for line in lines if not is_virtual(line.product))


def _spread_discount(lines):
    """Rounded so that the lines together are the rounded whole."""
    exact = given = 0
    for line in lines:
        exact += line.price * line.qty * line.discount_percent / 100
        line.discount = cents(cents(exact) - given)
        given += line.discount
