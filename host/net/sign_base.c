#include "net/sign_base.h"

#include <stdlib.h>

#include "base/percent.h"

/* One parameter, in plain and as it stands in the base string. */
struct pair {
    struct str plain; /* its name */
    struct str name, value;
    size_t number; /* in order of appearance */
};

struct pairs {
    struct pair *items;
    size_t count, capacity;
    struct arena *arena;
    bool failed;
};

/* ---- order ---- */

static bool is_digit(struct str text, size_t at)
{
    return at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9';
}

/* Two runs of digits, from `*a_at` and `*b_at` to their ends. Fractions: the first digit
 * that differs decides; numbers: the longer run is larger, then likewise. */
static int compare_digits(struct str a, size_t *a_at, struct str b, size_t *b_at)
{
    bool fraction = a.ptr[*a_at] == '0' || b.ptr[*b_at] == '0';
    int order = 0;
    for (; is_digit(a, *a_at) && is_digit(b, *b_at); ++*a_at, ++*b_at) {
        int difference = a.ptr[*a_at] - b.ptr[*b_at];
        order = order ? order : difference;
        if (fraction && order) {
            return order;
        }
    }
    int longer = is_digit(a, *a_at) - is_digit(b, *b_at);
    return longer ? longer : order;
}

/* Zeros in front of a number at the very start do not count. */
static size_t skip_zeros(struct str text)
{
    size_t at = 0;
    while (is_digit(text, at + 1) && text.ptr[at] == '0') {
        at++;
    }
    return at;
}

int sign_natural_order(struct str a, struct str b)
{
    size_t i = skip_zeros(a);
    size_t j = skip_zeros(b);
    while (i < a.len && j < b.len) {
        if (is_digit(a, i) && is_digit(b, j)) {
            int order = compare_digits(a, &i, b, &j);
            if (order) {
                return order;
            }
        } else if (a.ptr[i] != b.ptr[j]) {
            return (unsigned char)a.ptr[i] - (unsigned char)b.ptr[j];
        } else {
            i++;
            j++;
        }
    }
    return (i < a.len) - (j < b.len);
}

static int by_number(const struct pair *a, const struct pair *b)
{
    return (a->number > b->number) - (a->number < b->number);
}

static int by_escaped(const void *left, const void *right)
{
    const struct pair *a = left;
    const struct pair *b = right;
    int order = str_compare(a->name, b->name);
    order = order ? order : str_compare(a->value, b->value);
    return order ? order : by_number(a, b);
}

static int by_plain(const void *left, const void *right)
{
    const struct pair *a = left;
    const struct pair *b = right;
    int order = str_compare(a->plain, b->plain);
    return order ? order : by_number(a, b);
}

static int by_nature(const void *left, const void *right)
{
    const struct pair *a = left;
    const struct pair *b = right;
    int order = sign_natural_order(a->name, b->name);
    order = order ? order : str_compare(a->name, b->name);
    return order ? order : by_number(a, b);
}

/* ---- variants ---- */

static const struct variant {
    int (*order)(const void *left, const void *right);
    bool form_rules;     /* + is a blank, a name alone has an empty value, and names may
                            repeat; otherwise pairs without exactly one = are left out and
                            the last of a name counts */
    bool path_unescaped; /* as the server has it after normalising */
    bool brackets_twice; /* values of names with a [ are escaped once more */
} variants[] = {
    [IMH_OAUTH1_RFC] = {by_escaped, true, false, false},
    [IMH_OAUTH1_LAMINAS] = {by_nature, false, true, false},
    [IMH_OAUTH1_MAGENTO] = {by_plain, false, false, true},
};

/* ---- parameters ---- */

static struct str escape(struct pairs *pairs, struct str plain)
{
    struct text text;
    text_init_wiped(&text, 3 * plain.len + 1);
    percent_encode(&text, plain);
    struct str kept = arena_copy(pairs->arena, text_str(&text));
    pairs->failed = pairs->failed || text.failed || !kept.ptr;
    text_done(&text);
    return kept.ptr ? kept : STR_OF("");
}

static struct str unescape(struct pairs *pairs, struct str escaped, bool plus_is_blank)
{
    struct text text;
    text_init_wiped(&text, escaped.len);
    percent_decode(&text, escaped, plus_is_blank);
    struct str kept = arena_copy(pairs->arena, text_str(&text));
    pairs->failed = pairs->failed || text.failed || !kept.ptr;
    text_done(&text);
    return kept.ptr ? kept : STR_OF("");
}

static void add_pair(struct pairs *pairs, const struct variant *variant, struct str name,
                     struct str value)
{
    if (pairs->count == pairs->capacity) {
        pairs->failed = true;
        return;
    }
    struct pair *pair = &pairs->items[pairs->count];
    pair->number = pairs->count++;
    pair->plain = name;
    pair->name = escape(pairs, name);
    pair->value = escape(pairs, value);
    if (variant->brackets_twice && str_find_char(name, '[') < name.len) {
        pair->value = escape(pairs, pair->value);
    }
}

/* "a=1&b=2", of a query or a form. */
static void add_fields(struct pairs *pairs, const struct variant *variant, struct str text)
{
    struct str field;
    bool rules = variant->form_rules;
    while (text.len > 0 && str_split(&text, '&', &field)) {
        size_t equals = str_find_char(field, '=');
        struct str name = str_before(field, equals);
        struct str value = str_after(field, equals + 1);
        bool one = equals < field.len && str_find_char(value, '=') == value.len;
        if (rules ? field.len > 0 : one) {
            add_pair(pairs, variant, unescape(pairs, name, rules),
                     unescape(pairs, value, rules));
        }
    }
}

static bool is_form(struct str content_type)
{
    struct str media = str_trim(str_before(content_type, str_find_char(content_type, ';')));
    return str_eq_nocase(media, STR_OF("application/x-www-form-urlencoded"));
}

static size_t count_fields(struct str text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '&';
    }
    return count;
}

/* ---- the address ---- */

/* Laminas\Uri: these escapes are undone once, all others written in capitals. */
static bool is_undone(int byte)
{
    return byte > 0 && (percent_is_plain((char)byte) || strchr(":@&=+$,/;%", byte));
}

static void add_undone(struct text *out, struct str path)
{
    for (size_t i = 0; i < path.len; i++) {
        int byte = percent_byte(path, i);
        if (byte < 0) {
            text_add_char(out, path.ptr[i]);
        } else if (is_undone(byte)) {
            text_add_char(out, (char)byte);
            i += 2;
        } else {
            char c = (char)byte;
            percent_encode(out, (struct str){&c, 1});
            i += 2;
        }
    }
}

/* ... and what may then not stand in a path is escaped, also a % that begins no escape. */
static void add_redone(struct text *out, struct str path)
{
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        bool stays = c == '%' ? percent_byte(path, i) >= 0 : is_undone((unsigned char)c);
        if (stays) {
            text_add_char(out, c);
        } else {
            percent_encode(out, (struct str){&c, 1});
        }
    }
}

static void add_path(struct text *out, const struct variant *variant, struct str path)
{
    struct text undone;
    if (!variant->path_unescaped) {
        text_add(out, path);
        return;
    }
    text_init(&undone, path.len);
    add_undone(&undone, path);
    add_redone(out, text_str(&undone));
    text_done(&undone);
}

static void add_lower(struct text *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        text_add_char(out, (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
    }
}

/* Scheme and server in small letters, without a port that goes without saying; the path. */
static void add_address(struct text *out, const struct variant *variant, struct str url)
{
    size_t colon = str_find(url, STR_OF("://"), 0);
    struct str scheme = str_before(url, colon);
    struct str rest = str_after(url, colon + 3);
    size_t slash = str_find_char(rest, '/');
    struct str server = str_before(rest, slash);
    struct str port =
        str_eq_nocase(scheme, STR_OF("https")) ? STR_OF(":443") : STR_OF(":80");
    if (str_ends(server, port)) {
        server.len -= port.len;
    }
    add_lower(out, scheme);
    text_add_cstr(out, "://");
    add_lower(out, server);
    add_path(out, variant, slash < rest.len ? str_after(rest, slash) : STR_OF("/"));
}

/* ---- all of it ---- */

static void add_joined(struct text *out, const struct variant *variant,
                       const struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->items[i];
        bool again = i + 1 < pairs->count && str_eq(pair->name, pair[1].name);
        if (again && !variant->form_rules) {
            continue;
        }
        text_add_cstr(out, out->len > 0 ? "&" : "");
        text_add(out, pair->name);
        text_add_char(out, '=');
        text_add(out, pair->value);
    }
}

static void write_base(const struct signing *signing, const struct variant *variant,
                       const struct pairs *pairs, struct text *base)
{
    struct text part;
    size_t mark = str_find_char(signing->url, '?');
    text_init_wiped(&part, base->most);
    text_add(base, signing->method);
    text_add_char(base, '&');
    add_address(&part, variant, str_before(signing->url, mark));
    percent_encode(base, text_str(&part));
    text_add_char(base, '&');
    text_fail_with(base, &part);
    text_clear(&part);
    add_joined(&part, variant, pairs);
    percent_encode(base, text_str(&part));
    text_fail_with(base, &part);
    text_done(&part);
}

bool sign_base(const struct sign_protocol *protocol, const struct signing *signing,
               struct arena *arena, struct text *base, struct error *error)
{
    if (protocol->variant >= sizeof variants / sizeof *variants) {
        return error_set(error, IMH_BROKEN, "a variant of OAuth 1.0a that is not known");
    }
    const struct variant *rules = &variants[protocol->variant];
    size_t mark = str_find_char(signing->url, '?');
    struct str query = str_after(signing->url, mark + 1);
    struct str form = is_form(signing->content_type) ? signing->body : STR_OF("");
    struct pairs pairs = {.arena = arena,
                          .capacity =
                              protocol->count + count_fields(query) + count_fields(form)};
    if (pairs.capacity > protocol->count + SIGN_PARAMETERS_MOST) {
        return error_set(error, IMH_REJECTED, "more than %d parameters to sign",
                         SIGN_PARAMETERS_MOST);
    }
    pairs.items = arena_zero(arena, pairs.capacity, sizeof *pairs.items);
    pairs.failed = !pairs.items;
    for (size_t i = 0; i < protocol->count && !pairs.failed; i++) {
        add_pair(&pairs, rules, str_from(protocol->items[i].name),
                 protocol->items[i].value);
    }
    add_fields(&pairs, rules, pairs.failed ? STR_OF("") : query);
    add_fields(&pairs, rules, pairs.failed ? STR_OF("") : form);
    if (pairs.failed) {
        return error_set(error, IMH_RETRY, "no memory for what is to be signed");
    }
    qsort(pairs.items, pairs.count, sizeof *pairs.items, rules->order);
    write_base(signing, rules, &pairs, base);
    return text_ok(base, "what is to be signed", error);
}
