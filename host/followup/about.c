#include "followup/about.h"

/* Members by which people know what a remote's event is about. */
static const struct str usual[] = {
    STR("email"),       STR("customer.email"), STR("customer_email"),
    STR("customer_id"), STR("customer.id"),    STR("cart_id"),
    STR("quote_id"),    STR("increment_id"),   STR("order_id"),
};

static bool is_member(const struct trigger *trigger, struct str field, struct str key)
{
    struct text value;
    text_init(&value, TRIGGER_FIELD_BYTES * 4);
    bool same = trigger_field(trigger, field, &value) && str_eq(text_str(&value), key);
    text_done(&value);
    return same;
}

static bool is_compared(const struct trigger *trigger, const struct followup_events *events,
                        struct str key)
{
    for (uint32_t i = 0; i < events->count; i++) {
        if (is_member(trigger, events->items[i].field, key)) {
            return true;
        }
    }
    return false;
}

/* It, or what comes before a slash. */
static bool starts_key(struct str whole, struct str key)
{
    return str_starts(whole, key) && (whole.len == key.len || whole.ptr[key.len] == '/');
}

bool about_key(const struct trigger *trigger, const struct followup *followup,
               struct str key)
{
    bool somewhere = str_find(trigger->subject, key, 0) < trigger->subject.len ||
                     str_find(trigger->data, key, 0) < trigger->data.len;
    if (starts_key(trigger->key, key)) {
        return true;
    }
    for (size_t i = 0; somewhere && i < sizeof usual / sizeof *usual; i++) {
        if (is_member(trigger, usual[i], key)) {
            return true;
        }
    }
    return somewhere && followup &&
           (is_compared(trigger, &followup->until, key) ||
            is_compared(trigger, &followup->restart, key));
}
