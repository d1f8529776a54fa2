#include "smarty/modifiers.h"

#include "base/digest.h"

static void map_md5(struct text *out, struct str text)
{
    (void)digest_add(out, STR_OF("md5"), text, false);
}

static void map_sha1(struct text *out, struct str text)
{
    (void)digest_add(out, STR_OF("sha1"), text, false);
}

static void map_sha256(struct text *out, struct str text)
{
    (void)digest_add(out, STR_OF("sha256"), text, false);
}

static void map_sha512(struct text *out, struct str text)
{
    (void)digest_add(out, STR_OF("sha512"), text, false);
}

/* hash(kind, text, raw=false) */
static bool run_hash(struct modifier_call *call, const struct value *arguments,
                     uint32_t count, struct value *result)
{
    struct number_text rooms[2];
    struct str kind = value_to_str(&arguments[0], &rooms[0]);
    struct str text = value_to_str(&arguments[1], &rooms[1]);
    if (!digest_add(call->scratch, kind, text, modifier_bool(arguments, count, 2, false))) {
        return modifier_fail(call, "hash: unknown kind '%.*s': md5, sha1, sha256, sha512",
                             STR_ARGS(str_before(kind, 40)));
    }
    return modifier_text(call, result);
}

static bool run_crc32(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    (void)count;
    (void)modifier_spend_characters(call, text, 1);
    *result = value_int(digest_crc32(text));
    return true;
}

static const struct function functions[] = {
    FUNCTION_MAP("md5", AS_BOTH, map_md5),
    FUNCTION_MAP("sha1", AS_BOTH, map_sha1),
    FUNCTION_MAP("sha256", AS_MODIFIER, map_sha256),
    FUNCTION_MAP("sha512", AS_MODIFIER, map_sha512),
    FUNCTION_RUN("crc32", 1, 1, AS_BOTH, "t", run_crc32),
    FUNCTION_RUN("hash", 2, 3, AS_BOTH, "tt.", run_hash),
};

const struct family family_hash = {functions, sizeof functions / sizeof *functions};
