"""A shop may say how large a page is at most: everything is found in smaller ones, too."""

import pytest

TEMPLATE = """{$p = $mywebshop.person["customer01@example.com"]}
carts {$p.carts|count} orders {$p.orders|count}
variant {$mywebshop.product["CFG-SHIRT-Red-L"].url}
label {$mywebshop.product["CFG-SHIRT"].brand} {$mywebshop.product["CFG-SHIRT-Red-L"].color}
option {foreach $mywebshop.order.000000022.items as $i}{foreach $i.options as $o}{$o.label},{/foreach}{/foreach}
{foreach $mywebshop.products|limit:30 as $p}{$p.price} {/foreach}
"""


@pytest.mark.parametrize("most", [20, 7, 1])
def test_small_pages_change_nothing(site, shop, most):
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret("demo-token"),
                     rate="1000/s", cache="0s")
    site.write("mail.txt", TEMPLATE)
    whole = site.run("render", "acme", "mail.txt")
    assert whole.status == 0, whole.err
    shop.switch(limits={"page_size_maximum": most})
    small = site.run("render", "acme", "mail.txt")
    assert small.status == 0, small.err
    assert small.out == whole.out
