"""The whole surface of the REST API as one table: a new resource is a new row."""

from collections import namedtuple

from magento2 import answers, salable
from magento2.query import as_integer, is_numeric

METHODS = ("GET", "POST", "PUT", "DELETE")
NEVER_GRANTED = "self"  # the right of customers over themselves; no integration has it

STORE = "Magento_Backend::store"
PRODUCTS = "Magento_Catalog::products"
ATTRIBUTES = "Magento_Catalog::attributes_attributes"
CATEGORIES = "Magento_Catalog::categories"
CUSTOMERS = "Magento_Customer::customer"
GROUPS = "Magento_Customer::group"
STOCK = "Magento_InventorySalesApi::stock"
SOURCES = "Magento_InventoryApi::source"
ORDERS = "Magento_Sales::actions_view"
CARTS = "Magento_Cart::manage"
INVOICES = "Magento_Sales::sales_invoice"
SHIPMENTS = "Magento_Sales::shipment"
CREDITMEMOS = "Magento_Sales::sales_creditmemo"

# kind    how the counters call it
# right   what the token must allow; None is open to everyone
# answer  called with the Api, the request and the parts of the path in braces
Route = namedtuple("Route", "kind method path right answer")


def _list(name):
    return lambda api, request: api.collections[name].page(
        request.parameters, request.view, api.switches.limits
    )


def _one(name):
    return lambda api, request, key: api.collections[name].one(key, request.view)


def _product(api, request, sku):
    """`storeId` or `store_id` picks another store view than the path."""
    given = request.parameters.get("storeId", request.parameters.get("store_id"))
    view = request.view
    if isinstance(given, str) and is_numeric(given):
        view = api.store.views.get(as_integer(given), view)
    return api.catalog.one(sku, view)


def _render_info(api, request):
    return api.storefront.page(request, api.switches.limits)


def _configs(api, request):
    return api.store.configs_for(request.parameters)


def _attribute(api, _request, code):
    return api.attributes.one(code)


def _options(api, request, code):
    return api.attributes.options(code, request.view)


def _salable(api, _request, sku, stock):
    return salable.quantity(api, sku, stock)


def _stock_of_website(api, _request, kind, code):
    return salable.stock_of_website(api, kind, code)


def _totals(api, _request, cart):
    return api.totals.one(api, cart)


# The first row that fits is taken: fixed words before {names}.
ROUTES = (
    Route("storeViews", "GET", "store/storeViews", STORE, lambda a, _: a.store.view_list),
    Route("storeConfigs", "GET", "store/storeConfigs", STORE, _configs),
    Route("currency", "GET", "directory/currency", None, lambda a, _: a.store.currency),
    Route("storeGroups", "GET", "store/storeGroups", STORE, lambda a, _: a.store.groups),
    Route("websites", "GET", "store/websites", STORE, lambda a, _: a.store.websites),
    Route("render-info", "GET", "products-render-info", None, _render_info),
    Route("products list", "GET", "products", PRODUCTS, _list("products")),
    Route("attributes list", "GET", "products/attributes", ATTRIBUTES, _list("attributes")),
    Route("products one", "GET", "products/{sku}", PRODUCTS, _product),
    Route(
        "salable quantity", "GET", "inventory/get-product-salable-quantity/{sku}/{stock}", STOCK,
        _salable,
    ),
    Route(
        "stock of website", "GET", "inventory/stock-resolver/{type}/{code}", STOCK,
        _stock_of_website,
    ),
    Route(
        "source items list", "GET", "inventory/source-items", SOURCES, _list("source items"),
    ),
    Route("attributes one", "GET", "products/attributes/{code}", ATTRIBUTES, _attribute),
    Route("options", "GET", "products/attributes/{code}/options", ATTRIBUTES, _options),
    Route("categories list", "GET", "categories/list", CATEGORIES, _list("categories")),
    Route("categories one", "GET", "categories/{id}", CATEGORIES, _one("categories")),
    Route("customers list", "GET", "customers/search", CUSTOMERS, _list("customers")),
    Route("customers me", "GET", "customers/me", NEVER_GRANTED, None),
    Route("customers one", "GET", "customers/{id}", CUSTOMERS, _one("customers")),
    Route(
        "customer attributes", "GET", "attributeMetadata/customer/custom", CUSTOMERS,
        lambda a, _: a.metadata,
    ),
    Route("groups list", "GET", "customerGroups/search", GROUPS, _list("groups")),
    Route("orders list", "GET", "orders", ORDERS, _list("orders")),
    Route("orders one", "GET", "orders/{id}", ORDERS, _one("orders")),
    Route("carts list", "GET", "carts/search", CARTS, _list("carts")),
    Route("carts one", "GET", "carts/{id}", CARTS, _one("carts")),
    Route("carts totals", "GET", "carts/{id}/totals", CARTS, _totals),
    Route("invoices list", "GET", "invoices", INVOICES, _list("invoices")),
    Route("invoices one", "GET", "invoices/{id}", INVOICES, _one("invoices")),
    Route("shipments list", "GET", "shipments", SHIPMENTS, _list("shipments")),
    Route("shipments one", "GET", "shipment/{id}", SHIPMENTS, _one("shipments")),
    Route("creditmemos list", "GET", "creditmemos", CREDITMEMOS, _list("creditmemos")),
    Route("creditmemos one", "GET", "creditmemo/{id}", CREDITMEMOS, _one("creditmemos")),
)


def rest_segments(request):
    """The parts of the path after `rest`; None when it is no REST call."""
    segments = request.segments
    if segments[:1] == ["index.php"]:
        segments = segments[1:]
    return segments[1:] if segments[:1] == ["rest"] else None


def find_route(request, store):
    """(route, parts of the path in braces); gives the request the view its path names."""
    rest = rest_segments(request)
    request.view = store.default
    if rest[:1] != ["V1"]:
        request.view = store.by_code(rest[0]) if rest else None
        if request.view is None:
            raise answers.cannot_be_processed()
        rest = rest[1:]
    if request.method not in METHODS:
        raise answers.method_not_supported(request.method)
    for route in ROUTES if rest[:1] == ["V1"] else ():
        parts = _match(route, request.method, rest[1:])
        if parts is not None:
            return route, parts
    raise answers.no_route()


def _match(route, method, segments):
    """The parts that stand for names in braces; None when the route does not fit."""
    words = route.path.split("/")
    if route.method != method or len(words) != len(segments):
        return None
    parts = []
    for word, segment in zip(words, segments):
        if word.startswith("{"):
            parts.append(segment)
        elif word != segment:
            return None
    return parts
