"""Configurable products: which one a variant belongs to, and what was chosen with it."""

from magento2.collection import custom_attribute


def parent_of(catalog, product):
    """The configurable product that has this one as a variant, or None."""
    for parent in catalog.state.products:
        if parent["type_id"] == "configurable" and product in catalog.parts(parent):
            return parent
    return None


def chosen(api, product):
    """[(attribute, option)] that make the variant; nothing for other products."""
    parent = parent_of(api.catalog, product)
    if parent is None:
        return []
    found = []
    for option in parent["extension_attributes"]["configurable_product_options"]:
        attribute = api.attributes.by_id(int(option["attribute_id"]))
        value = custom_attribute(product, attribute["attribute_code"])
        labels = [entry for entry in attribute["options"] if entry["value"] == value]
        found.append((attribute, labels[0]))
    return found
