/* Customers and their groups. */
#include "kinds.h"
#include "object.h"

/* ---- customers ---- */

/* Prefix, first, middle, last name and suffix, those that exist. */
imh_str customer_name(const struct object *customer)
{
    static const char *const parts[] = {"prefix", "firstname", "middlename", "lastname",
                                        "suffix"};
    imh_str name = imh_text("");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        imh_str part = object_field(customer, parts[i]);
        name = imh_is_empty(name) ? part
               : imh_is_empty(part)
                   ? name
                   : imh_print(customer->call, "%s %s", name.ptr, part.ptr);
    }
    return name;
}

static void write_name(struct object *customer)
{
    imh_json_text(customer->json, customer_name(customer));
}

static const char *const gender_labels[] = {"", "Male", "Female", "Not Specified", NULL};

/* Prints its label; .id is the shop's number. */
static void write_gender(struct object *customer)
{
    imh_json *json = customer->json;
    imh_str id = object_field(customer, "gender");
    int known = id.len == 1 && id.ptr[0] >= '1' && id.ptr[0] <= '3';
    if (!known) {
        imh_json_raw(json, imh_text("null"));
        return;
    }
    imh_json_open(json, '{');
    imh_json_key(json, "$value");
    imh_json_text(json, imh_text(gender_labels[id.ptr[0] - '0']));
    imh_json_key(json, "id");
    imh_json_raw(json, id);
    imh_json_close(json, '}');
}

static void write_group(struct object *customer)
{
    object_ref(customer->json, "group", object_field(customer, "group_id"));
}

static void write_subscribed(struct object *customer)
{
    object_flag(customer->json, object_at(customer, "/extension_attributes/is_subscribed"));
}

static void write_birth(struct object *customer)
{
    object_time(customer, "dob");
}

/* The address with that id, among those of the customer. */
static void write_default(struct object *customer, const char *which)
{
    imh_call *call = customer->call;
    imh_str wanted = object_field(customer, which);
    imh_str found = imh_text("");
    const imh_item *addresses;
    uint32_t count =
        call->host->json_items(call, object_field(customer, "addresses"), &addresses);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(imh_at(call, addresses[i].json, "/id").ptr, wanted.ptr) == 0) {
            found = addresses[i].json;
        }
    }
    object_remote(customer->json, found);
}

static void write_billing(struct object *customer)
{
    write_default(customer, "default_billing");
}

static void write_shipping(struct object *customer)
{
    write_default(customer, "default_shipping");
}

static void write_orders(struct object *customer)
{
    object_list(customer->json, "all_orders", "customer_id", object_field(customer, "id"));
}

static void write_carts(struct object *customer)
{
    object_list(customer->json, "all_carts", "customer_id", object_field(customer, "id"));
}

static void write_store(struct object *customer)
{
    object_ref(customer->json, "store_view", object_field(customer, "store_id"));
}

static void write_guest(struct object *customer)
{
    imh_json_raw(customer->json, imh_text("false"));
}

static const struct special customer_specials[] = {
    {"name", write_name},
    {"gender", write_gender},
    {"group", write_group},
    {"subscribed", write_subscribed},
    {"guest", write_guest},
    {"dob", write_birth},
    {"billing_address", write_billing},
    {"shipping_address", write_shipping},
    {"orders", write_orders},
    {"carts", write_carts},
    {"store", write_store},
    {"created_at", object_created},
    {"updated_at", object_updated},
};

static void customer_write(imh_json *json, imh_str item, const struct shop_view *view)
{
    object_write_labelled(json, item, OBJECT_SPECIALS(customer_specials), view,
                          "customer_value");
}

static imh_str website_of(const struct shop_view *view)
{
    return view->website_id;
}

static void of_website(struct criteria *criteria, const struct shop_view *view)
{
    criteria_filter(criteria, CRITERIA_AND, "website_id", "eq", view->website_id);
}

static const struct column customer_columns[] = {
    {.name = "id", .field = "entity_id", .ask = condition_number, .sorts = 1},
    {.name = "email",
     .field = "email",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/email"},
    {.name = "firstname",
     .field = "firstname",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/firstname"},
    {.name = "lastname",
     .field = "lastname",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/lastname"},
    {.name = "group_id", .field = "group_id", .ask = condition_number, .sorts = 1},
    {.name = "store_id", .field = "store_id", .ask = condition_number, .sorts = 1},
    {.name = "dob", .field = "dob", .ask = condition_day, .sorts = 1},
    {.name = "gender", .field = "gender", .ask = condition_label, .labels = gender_labels},
    {.name = "created_at", .field = "created_at", .ask = condition_moment, .sorts = 1},
    {.name = "updated_at", .field = "updated_at", .ask = condition_moment, .sorts = 1},
};

const struct collection customer_kind = {.path = "customers/search",
                                         .key = "email",
                                         .key_at = "/email",
                                         .id = "entity_id",
                                         .id_at = "/id",
                                         .write = customer_write,
                                         .home = "website_id",
                                         .home_at = "/website_id",
                                         .ours = website_of,
                                         .scope = of_website,
                                         COLLECTION_COLUMNS(customer_columns)};

const struct collection customer_by_id = {
    .path = "customers/search", .id = "entity_id", .id_at = "/id", .write = customer_write};

/* ---- groups ---- */

static void write_group_name(struct object *group)
{
    imh_json_text(group->json, object_field(group, "code"));
}

static void group_write(imh_json *json, imh_str item, const struct shop_view *view)
{
    static const struct special specials[] = {{"$value", write_group_name},
                                              {"name", write_group_name}};
    object_write(json, item, OBJECT_SPECIALS(specials), view, NULL);
}

const struct collection group_kind = {.path = "customerGroups/search",
                                      .id = "customer_group_id",
                                      .id_at = "/id",
                                      .write = group_write};
