#include "engine/reserved.h"

static const struct str words[] = {STR("profile"), STR("subprofile"),  STR("destination"),
                                   STR("mailing"), STR("template"),    STR("document"),
                                   STR("message"), STR("trigger"),     STR("event"),
                                   STR("smarty"),  STR("unsubscribe"), STR("account")};

bool reserved_is(struct str name)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (str_eq(words[i], name)) {
            return true;
        }
    }
    return false;
}

static bool is_spelled(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) {
            return false;
        }
    }
    return name.len > 0;
}

bool reserved_check_identifier(struct str name, struct error *error)
{
    if (!is_spelled(name)) {
        return error_set(
            error, IMH_REJECTED,
            "an identifier is letters, digits and _, and does not begin with a "
            "digit");
    }
    if (name.len > IDENTIFIER_BYTES) {
        return error_set(error, IMH_REJECTED, "an identifier has at most %d characters",
                         IDENTIFIER_BYTES);
    }
    if (reserved_is(name)) {
        return error_set(error, IMH_REJECTED,
                         "this word means something else in templates");
    }
    return true;
}
