"""Customers and their newsletter: registered, edited, subscribed, deleted.

Whatever is saved with the customer moves `updated_at`, even without a change. The link in a
newsletter, a login, an order and a renamed group leave it (recorded). Carts show their
customer as that is now.
"""

_MAIN_GROUP = 1  # "General"


def register(api, email, firstname="Jan", lastname="de Vries", store_id=1, **more):
    """A new account; `subscribed`, `addresses` and every other member of a customer."""
    view = api.store.views[store_id]
    _require_free(api, email, view.website)
    now = api.clock.text()
    number = api.collections["customers"].next_id()
    subscribed = more.pop("subscribed", False)
    customer = {
        "id": number,
        "group_id": _MAIN_GROUP,
        "created_at": now,
        "updated_at": now,
        "created_in": api.store.name(view),
        "email": email,
        "firstname": firstname,
        "lastname": lastname,
        "store_id": store_id,
        "website_id": view.website,
        "addresses": [],
        "disable_auto_group_change": 0,
        "extension_attributes": {"is_subscribed": bool(subscribed)},
        **more,
    }
    return _keep(api, customer)


def _require_free(api, email, website):
    """One account per address and website, whatever the case."""
    for customer in api.collections["customers"].all():
        same = customer["email"].casefold() == email.casefold()
        if same and customer["website_id"] == website:
            raise ValueError(f"there is a customer {email!r} already")


def change(api, customer_id, subscribed=None, **changes):
    """Saved by the shop's admin, the API, or the customer's own account page."""
    customer = {**api.collections["customers"].find(customer_id), **changes}
    if subscribed is not None:
        customer = _with_flag(customer, subscribed)
    return _keep(api, {**customer, "updated_at": api.clock.text()})


def change_address(api, customer_id, number=0, **changes):
    """Of one of the customer's addresses: it is saved with the customer."""
    customer = api.collections["customers"].find(customer_id)
    addresses = list(customer["addresses"])
    addresses[number] = {**addresses[number], **changes}
    return change(api, customer_id, addresses=addresses)


def subscribe(api, customer_id, subscribed):
    """By the link in a newsletter or the form below a page: the customer does not move."""
    customer = api.collections["customers"].find(customer_id)
    return _keep(api, _with_flag(customer, subscribed))


def rename_group(api, group_id, code):
    groups = api.collections["groups"]
    return groups.put({**groups.find(group_id), "code": code})


def delete(api, customer_id):
    """Open carts stay without a name, orders stay without a customer."""
    customers, carts, orders = (api.collections[n] for n in ("customers", "carts", "orders"))
    customers.find(customer_id)
    customers.remove(customer_id)
    nobody = {"email": None, "firstname": None, "lastname": None}
    for cart in carts.all():
        if cart["customer"].get("id") == customer_id:
            carts.put({**cart, "customer": nobody})
    for order in orders.all():
        if order.get("customer_id") == customer_id:
            orders.put({name: v for name, v in order.items() if name != "customer_id"})
    return {"removed": customer_id}


def _with_flag(customer, subscribed):
    extension = {**customer["extension_attributes"], "is_subscribed": bool(subscribed)}
    return {**customer, "extension_attributes": extension}


def _keep(api, customer):
    carts = api.collections["carts"]
    for cart in carts.all():
        if cart["customer"].get("id") == customer["id"]:
            carts.put({**cart, "customer": customer})
    return api.collections["customers"].put(customer)


CHANGES = {
    "customer/register": register,
    "customer/change": change,
    "customer/address": change_address,
    "customer/subscribe": subscribe,
    "customer/delete": delete,
    "group/rename": rename_group,
}
