"""Websites, store groups, store views and their settings, exactly as recorded."""

from dataclasses import dataclass

ALL_VIEWS = 0  # the id of the admin scope, `all` in a path
DEFAULT_VIEW = 1


@dataclass(frozen=True)
class View:
    id: int
    code: str
    website: int
    locale: str
    currency: str  # the currency its prices are shown in
    timezone: str


class Store:
    def __init__(self, recorded):
        self.view_list = recorded.body("store/storeViews")
        self.configs = recorded.body("store/storeConfigs")
        self.groups = recorded.body("store/storeGroups")
        self.websites = recorded.body("store/websites")
        self.currency = currency = recorded.body("store/currency")
        self.base_currency = currency["base_currency_code"]
        self.rates = {r["currency_to"]: r["rate"] for r in currency["exchange_rates"]}
        self.stocks = {}  # website's code -> stock it sells from, when not the default one
        self._read_views()

    def _read_views(self):
        self.views = {view.id: view for view in map(self._view, self.view_list)}
        self._by_code = {view.code: view for view in self.views.values()}
        self._by_code["all"] = self.views[ALL_VIEWS]
        self.default = self.views[DEFAULT_VIEW]

    def move(self, timezone):
        """All store views are in that time zone from now on."""
        self.configs = [{**config, "timezone": timezone} for config in self.configs]
        self._read_views()

    def sell_from(self, website, stock):
        """The website sells from another stock than the default one."""
        self.stocks = {**self.stocks, website: stock}
        return self.stocks

    def _view(self, entry):
        configs = [config for config in self.configs if config["id"] == entry["id"]]
        config = configs[0] if configs else self.configs[0]
        return View(
            entry["id"],
            entry["code"],
            entry["website_id"],
            config["locale"],
            config["default_display_currency_code"],
            config["timezone"],
        )

    def name(self, view):
        return next(entry["name"] for entry in self.view_list if entry["id"] == view.id)

    def long_name(self, view):
        """Website, group and view in three lines, as orders have it."""
        entry = next(entry for entry in self.view_list if entry["id"] == view.id)
        website = next(w["name"] for w in self.websites if w["id"] == view.website)
        group = next(g["name"] for g in self.groups if g["id"] == entry["store_group_id"])
        return f"{website}\n{group}\n{entry['name']}"

    def by_code(self, code):
        """The view a path names; an inactive one counts, an unknown one is None."""
        return self._by_code.get(code)

    def views_of(self, websites):
        """Ids of the views that show products of these websites."""
        return [v.id for v in self.views.values() if v.website in websites]

    def configs_for(self, parameters):
        codes = parameters.get("storeCodes", parameters.get("store_codes"))
        if not isinstance(codes, dict):
            return self.configs
        return [config for config in self.configs if config["code"] in codes.values()]
