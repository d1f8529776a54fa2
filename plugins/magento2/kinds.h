/* kinds - the things of a shop beside products: one row each, see collection.h. */
#ifndef PLUGINS_MAGENTO2_KINDS_H
#define PLUGINS_MAGENTO2_KINDS_H

#include "collection.h"
#include "object.h"

extern const struct collection order_kind;     /* increment id, else entity id */
extern const struct collection customer_kind;  /* e-mail, else id */
extern const struct collection customer_by_id; /* id only: what references use */
extern const struct collection cart_kind;      /* id */
extern const struct collection category_kind;  /* id */
extern const struct collection group_kind;     /* of customers; id */
extern const struct collection invoice_kind;   /* id; lists of an order's */
extern const struct collection shipment_kind;
extern const struct collection refund_kind; /* credit memos */

/* "Dr. Jan de Vries": of what its name consists of. */
imh_str customer_name(const struct object *customer);

/* Prints the grand total of a cart, by its id. */
imh_status cart_totals(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                       uint32_t count);

/* The store view of the integration; store views by id. */
imh_status store_self(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                      uint32_t count);
imh_status store_views(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                       uint32_t count);

/* The label of a choice, by "ATTRIBUTE/OPTION". */
imh_status option_labels(struct shop *shop, imh_call *call,
                         const imh_lookup *const *lookups, uint32_t count);

/* What a custom attribute's numbers mean, by "color=16": {"$value": "Black", "id": "16"}, a
 * list of such, a boolean, or the number when it is one. Of products, and of customers. */
imh_status attribute_values(struct shop *shop, imh_call *call,
                            const imh_lookup *const *lookups, uint32_t count);
imh_status customer_values(struct shop *shop, imh_call *call,
                           const imh_lookup *const *lookups, uint32_t count);

/* Customer, orders and carts of one e-mail address. */
imh_status persons(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                   uint32_t count);

/* What a person is called, by e-mail address: as a customer, else in the last order. */
imh_status person_names(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                        uint32_t count);

/* The list of a person's carts: as a customer, and the open ones as a guest. Its filter is
 * the address: [["email", "==", "jan@example.com"]]. */
imh_status person_carts(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                        uint32_t count);

#endif
