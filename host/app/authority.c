#include "app/authority.h"

#include "base/path.h"

static const struct str begins = STR("-----BEGIN ");
static const struct str ends = STR("-----END CERTIFICATE-----");

static bool is_base64(struct str line)
{
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '+' && c != '/' && c != '=') {
            return false;
        }
    }
    return true;
}

/* From the line behind BEGIN up to END. A certificate is a sequence, which in base64 begins
 * with an M. */
static bool read_block(struct str *rest)
{
    struct str line;
    for (size_t count = 0; str_split(rest, '\n', &line); count++) {
        line = str_trim(line);
        if (str_eq(line, ends)) {
            return count > 0;
        }
        if (!is_base64(line) || (count == 0 && !str_starts(line, STR_OF("M")))) {
            return false;
        }
    }
    return false;
}

/* Text around the certificates is a comment, as openssl takes it. */
static bool look_over(struct str pem, struct error *error)
{
    struct str line;
    unsigned count = 0;
    while (str_split(&pem, '\n', &line)) {
        line = str_trim(line);
        if (str_find(line, STR_OF("PRIVATE KEY-----"), 0) < line.len) {
            return error_set(error, IMH_REJECTED,
                             "has a private key in it, which nobody needs to trust "
                             "somebody: leave the certificates only");
        }
        if (!str_starts(line, begins)) {
            continue;
        }
        if (!str_is(line, "-----BEGIN CERTIFICATE-----") || !read_block(&pem)) {
            return error_set(error, IMH_REJECTED,
                             "has something else than whole certificates (PEM) in it");
        }
        count++;
    }
    return count > 0 || error_set(error, IMH_REJECTED,
                                  "has no certificate (-----BEGIN CERTIFICATE-----) in it");
}

bool authority_read(struct str path, const char *ini_file, struct text *pem,
                    struct error *error)
{
    struct text whole;
    text_init(&whole, 4096);
    path_beside(&whole, ini_file, path);
    bool good = path_read_guarded(text_cstr(&whole), PATH_NOT_WRITABLE, AUTHORITY_BYTES,
                                  pem, error);
    if (good && !look_over(text_str(pem), error)) {
        good = error_wrap(error, "%s", text_cstr(&whole));
    }
    text_done(&whole);
    return good;
}
