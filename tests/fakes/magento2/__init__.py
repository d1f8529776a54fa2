"""The shop double: a Magento 2 REST API played from recorded exchanges. See README.md."""
