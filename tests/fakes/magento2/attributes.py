"""Product attributes and their options: needed to turn option ids into labels.

Recorded are the shop's own (user defined) attributes only; the built-in ones are not there.
"""

from magento2 import answers
from magento2.collection import Collection, Plan

_LISTED = Plan(
    name="attributes",
    identity="attribute_id",
    unknown=answers.internal_error,
    missing=answers.entity_missing,
    strict_sort=True,
    hidden=(),
)
_TRANSLATED = {2: "products/attribute-options-nl"}  # of `color`, by view id


class Attributes:
    def __init__(self, recorded):
        listed = recorded.items("products/attributes-list")
        self.listed = Collection(_LISTED, listed)
        self._by_code = {entry["attribute_code"]: entry for entry in listed}
        brand = recorded.body("products/attribute-brand")
        self._single_only = brand["extension_attributes"]
        self._translated = {
            view_id: {"color": recorded.body(name)} for view_id, name in _TRANSLATED.items()
        }

    def one(self, code):
        return {"extension_attributes": self._single_only, **self._find(code)}

    def by_id(self, number):
        return next(e for e in self._by_code.values() if e["attribute_id"] == number)

    def options(self, code, view):
        own = self._translated.get(view.id, {})
        return own[code] if code in own else self._find(code)["options"]

    def _find(self, code):
        if code not in self._by_code:
            raise answers.Refused(
                404,
                'The attribute with a "%1" attributeCode doesn\'t exist. '
                "Verify the attribute and try again.",
                [code],
            )
        return self._by_code[code]
