#include "plugin/schema.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "plugin/schema_walk.h"

enum { BLOCK_BYTES = 4096, MEMORY_BYTES = 16 << 20, PATH_BYTES = 64 << 10 };

static const struct json_limits schema_limits = {.bytes = SCHEMA_BYTES, .values = 10000};

/* ---- types ---- */

static const struct {
    const char *name, *said;
    uint32_t events; /* a bit for each */
} types[] = {
    {"object", "an object", 1U << JSON_OBJECT},
    {"array", "a list", 1U << JSON_ARRAY},
    {"string", "text", 1U << JSON_STRING},
    {"integer", "a whole number", 1U << JSON_INTEGER},
    {"number", "a number", 1U << JSON_INTEGER | 1U << JSON_DECIMAL},
    {"boolean", "true or false", 1U << JSON_TRUE | 1U << JSON_FALSE},
    {"null", "null", 1U << JSON_NULL},
};

enum { TYPE_COUNT = sizeof types / sizeof *types };

static bool is_a(const struct node *node, uint32_t events)
{
    return (events >> node->event & 1) != 0;
}

static bool is_number(const struct node *node)
{
    return is_a(node, 1U << JSON_INTEGER | 1U << JSON_DECIMAL);
}

static unsigned type_number(struct walk *walk, const struct node *name)
{
    struct str word = name->event == JSON_STRING ? walk_text(walk, name) : STR_OF("");
    unsigned number = 0;
    while (number < TYPE_COUNT && !str_is(word, types[number].name)) {
        number++;
    }
    return number;
}

/* `word` is a name, or a list of names; a list is read to its end. */
static bool type_is_good(struct walk *walk, const struct node *word)
{
    struct json_reader reader;
    struct node name;
    if (word->event != JSON_ARRAY) {
        return type_number(walk, word) < TYPE_COUNT ||
               walk_refuse(walk, "there is no such type");
    }
    unsigned count = 0;
    walk_open(&reader, word);
    while (walk_next(walk, &reader, &name)) {
        count++;
        if (type_number(walk, &name) == TYPE_COUNT) {
            return walk_refuse(walk, "there is no such type");
        }
    }
    return count > 0 || walk_refuse(walk, "names no type");
}

/* The events of one type; its name is added. */
static uint32_t add_type(struct walk *walk, const struct node *name, struct text *said)
{
    unsigned number = type_number(walk, name);
    text_add_cstr(said, said->len > 0 ? " or " : "");
    text_add_cstr(said, number < TYPE_COUNT ? types[number].said : "");
    return number < TYPE_COUNT ? types[number].events : 0;
}

static uint32_t add_types(struct walk *walk, const struct node *word, struct text *said)
{
    struct json_reader reader;
    struct node name;
    uint32_t events = 0;
    if (word->event == JSON_STRING) {
        return add_type(walk, word, said);
    }
    walk_open(&reader, word);
    while (walk_next(walk, &reader, &name)) {
        events |= add_type(walk, &name, said);
    }
    return events;
}

static bool type_accepts(struct walk *walk, const struct node *schema,
                         const struct node *word, const struct node *value)
{
    struct text said;
    (void)schema;
    text_init(&said, PATH_BYTES);
    bool good = is_a(value, add_types(walk, word, &said)) ||
                walk_reject(walk, "must be ", text_str(&said));
    text_done(&said);
    return good;
}

/* ---- one of some ---- */

static bool enum_is_good(struct walk *walk, const struct node *word)
{
    struct json_reader reader;
    struct node choice;
    unsigned count = 0;
    if (word->event != JSON_ARRAY) {
        return walk_refuse(walk, "must be a list");
    }
    walk_open(&reader, word);
    for (; walk_next(walk, &reader, &choice); count++) {
        if (choice.event == JSON_OBJECT || choice.event == JSON_ARRAY) {
            return walk_refuse(walk, "may have texts, numbers, true, false and null");
        }
    }
    return count > 0 || walk_refuse(walk, "must be a list of at least one");
}

static double number_of(struct walk *walk, const struct node *node)
{
    char room[64];
    if (node->whole.len < sizeof room) {
        memcpy(room, node->whole.ptr, node->whole.len);
        room[node->whole.len] = '\0';
        return strtod(room, NULL);
    }
    struct str copy = arena_copy(&walk->arena, node->whole);
    walk->no_memory = walk->no_memory || !copy.ptr;
    return copy.ptr ? strtod(copy.ptr, NULL) : 0;
}

static bool is_same(struct walk *walk, const struct node *one, const struct node *other)
{
    if (is_number(one) && is_number(other)) {
        double a = number_of(walk, one);
        double b = number_of(walk, other);
        return a >= b && a <= b;
    }
    if (one->event == JSON_STRING && other->event == JSON_STRING) {
        return str_eq(walk_text(walk, one), walk_text(walk, other));
    }
    return one->event == other->event && str_eq(one->whole, other->whole);
}

static bool enum_accepts(struct walk *walk, const struct node *schema,
                         const struct node *word, const struct node *value)
{
    struct json_reader reader;
    struct node choice;
    (void)schema;
    walk_open(&reader, word);
    while (walk_next(walk, &reader, &choice)) {
        if (is_same(walk, &choice, value)) {
            return true;
        }
    }
    struct str inside = str_after(str_before(word->whole, word->whole.len - 1), 1);
    return walk_reject(walk, "must be one of ", inside);
}

/* ---- numbers and lengths ---- */

static bool bound_is_good(struct walk *walk, const struct node *word)
{
    return is_number(word) || walk_refuse(walk, "must be a number");
}

static bool minimum_accepts(struct walk *walk, const struct node *schema,
                            const struct node *word, const struct node *value)
{
    (void)schema;
    return !is_number(value) || number_of(walk, value) >= number_of(walk, word) ||
           walk_reject(walk, "must be at least ", word->whole);
}

static bool maximum_accepts(struct walk *walk, const struct node *schema,
                            const struct node *word, const struct node *value)
{
    (void)schema;
    return !is_number(value) || number_of(walk, value) <= number_of(walk, word) ||
           walk_reject(walk, "must be at most ", word->whole);
}

static bool length_is_good(struct walk *walk, const struct node *word)
{
    int64_t length;
    return str_to_int64(word->whole, 0, INT32_MAX, &length) ||
           walk_refuse(walk, "must be a whole number");
}

static int64_t length_in(const struct node *word)
{
    int64_t length = 0;
    (void)str_to_int64(word->whole, 0, INT32_MAX, &length);
    return length;
}

static int64_t length_of(struct walk *walk, const struct node *value)
{
    return (int64_t)utf8_count(walk_text(walk, value));
}

static bool min_length_accepts(struct walk *walk, const struct node *schema,
                               const struct node *word, const struct node *value)
{
    (void)schema;
    return value->event != JSON_STRING || length_of(walk, value) >= length_in(word) ||
           walk_reject(walk, "is too short; its least length is ", word->whole);
}

static bool max_length_accepts(struct walk *walk, const struct node *schema,
                               const struct node *word, const struct node *value)
{
    (void)schema;
    return value->event != JSON_STRING || length_of(walk, value) <= length_in(word) ||
           walk_reject(walk, "is too long; its largest length is ", word->whole);
}

/* ---- what has parts ---- */

static bool check_schema(struct walk *walk, const struct node *schema);
static bool accepts(struct walk *walk, const struct node *schema, const struct node *value);

static bool schema_is_good(struct walk *walk, const struct node *word)
{
    return check_schema(walk, word);
}

static bool properties_are_good(struct walk *walk, const struct node *word)
{
    struct json_reader reader;
    struct node property;
    bool good = true;
    if (word->event != JSON_OBJECT) {
        return walk_refuse(walk, "must be an object");
    }
    walk_open(&reader, word);
    while (good && walk_next(walk, &reader, &property)) {
        size_t before = walk_into(walk, property.key);
        good = check_schema(walk, &property);
        walk_back(walk, before);
    }
    return good;
}

static bool properties_accept(struct walk *walk, const struct node *schema,
                              const struct node *word, const struct node *value)
{
    struct json_reader reader;
    struct node member;
    struct node property;
    bool good = true;
    (void)schema;
    if (value->event != JSON_OBJECT) {
        return true;
    }
    walk_open(&reader, value);
    while (good && walk_next(walk, &reader, &member)) {
        size_t before = walk_into(walk, member.key);
        good = !walk_find(walk, word, member.key, &property) ||
               accepts(walk, &property, &member);
        walk_back(walk, before);
    }
    return good;
}

static bool others_are_good(struct walk *walk, const struct node *word)
{
    return word->event == JSON_TRUE || word->event == JSON_FALSE ||
           check_schema(walk, word);
}

static bool others_accept(struct walk *walk, const struct node *schema,
                          const struct node *word, const struct node *value)
{
    struct json_reader reader;
    struct node properties = {.event = JSON_NULL};
    struct node member;
    struct node ignored;
    bool good = true;
    if (value->event != JSON_OBJECT || word->event == JSON_TRUE) {
        return true;
    }
    if (!walk_find(walk, schema, STR_OF("properties"), &properties)) {
        properties.event = JSON_NULL;
    }
    walk_open(&reader, value);
    while (good && walk_next(walk, &reader, &member)) {
        size_t before = walk_into(walk, member.key);
        if (!walk_find(walk, &properties, member.key, &ignored)) {
            good = word->event == JSON_FALSE ? walk_reject(walk, "is not known", STR_OF(""))
                                             : accepts(walk, word, &member);
        }
        walk_back(walk, before);
    }
    return good;
}

static bool required_is_good(struct walk *walk, const struct node *word)
{
    struct json_reader reader;
    struct node name;
    if (word->event != JSON_ARRAY) {
        return walk_refuse(walk, "must be a list of names");
    }
    walk_open(&reader, word);
    while (walk_next(walk, &reader, &name)) {
        if (name.event != JSON_STRING) {
            return walk_refuse(walk, "must be a list of names");
        }
    }
    return true;
}

static bool required_accepts(struct walk *walk, const struct node *schema,
                             const struct node *word, const struct node *value)
{
    struct json_reader reader;
    struct node name;
    struct node ignored;
    bool good = true;
    (void)schema;
    if (value->event != JSON_OBJECT) {
        return true;
    }
    walk_open(&reader, word);
    while (good && walk_next(walk, &reader, &name)) {
        struct str text = walk_text(walk, &name);
        size_t before = walk_into(walk, text);
        good = walk_find(walk, value, text, &ignored) ||
               walk_reject(walk, "is missing", STR_OF(""));
        walk_back(walk, before);
    }
    return good;
}

static bool items_accept(struct walk *walk, const struct node *schema,
                         const struct node *word, const struct node *value)
{
    struct json_reader reader;
    struct node item;
    unsigned index = 0;
    bool good = true;
    (void)schema;
    if (value->event != JSON_ARRAY) {
        return true;
    }
    walk_open(&reader, value);
    while (good && walk_next(walk, &reader, &item)) {
        size_t before = walk_to(walk, index++);
        good = accepts(walk, word, &item);
        walk_back(walk, before);
    }
    return good;
}

/* ---- the words ---- */

static bool is_for_people(struct walk *walk, const struct node *word)
{
    return word->event == JSON_STRING || walk_refuse(walk, "must be text");
}

/* Judged in this order: that it is no object is said before what the object lacks. */
static const struct {
    const char *name;
    bool (*is_good)(struct walk *walk, const struct node *word);
    bool (*accepts)(struct walk *walk, const struct node *schema, const struct node *word,
                    const struct node *value);
} words[] = {
    {"type", type_is_good, type_accepts},
    {"enum", enum_is_good, enum_accepts},
    {"minimum", bound_is_good, minimum_accepts},
    {"maximum", bound_is_good, maximum_accepts},
    {"minLength", length_is_good, min_length_accepts},
    {"maxLength", length_is_good, max_length_accepts},
    {"required", required_is_good, required_accepts},
    {"additionalProperties", others_are_good, others_accept},
    {"properties", properties_are_good, properties_accept},
    {"items", schema_is_good, items_accept},
    {"title", is_for_people, NULL},
    {"description", is_for_people, NULL},
};

enum { WORD_COUNT = sizeof words / sizeof *words };

static bool check_word(struct walk *walk, const struct node *word)
{
    unsigned number = 0;
    while (number < WORD_COUNT && !str_is(word->key, words[number].name)) {
        number++;
    }
    size_t before = walk_into(walk, word->key);
    bool good = number < WORD_COUNT ? words[number].is_good(walk, word)
                                    : walk_refuse(walk, "this host does not know the word");
    walk_back(walk, before);
    return good;
}

/* As deep as JSON may be. */
static bool check_schema(struct walk *walk, const struct node *schema)
{
    struct json_reader reader;
    struct node word;
    bool good = true;
    if (schema->event != JSON_OBJECT) {
        return walk_refuse(walk, "a schema must be an object");
    }
    walk_open(&reader, schema);
    while (good && walk_next(walk, &reader, &word)) {
        good = check_word(walk, &word);
    }
    return good;
}

/* As deep as the schema is. */
static bool accepts(struct walk *walk, const struct node *schema, const struct node *value)
{
    struct node word;
    bool good = true;
    for (unsigned i = 0; good && i < WORD_COUNT; i++) {
        if (words[i].accepts && walk_find(walk, schema, str_from(words[i].name), &word)) {
            good = words[i].accepts(walk, schema, &word, value);
        }
    }
    return good;
}

/* ---- from outside ---- */

static bool judged(const struct node *schema, const struct node *value, struct error *error)
{
    struct walk walk = {.error = error};
    arena_init(&walk.arena, BLOCK_BYTES, MEMORY_BYTES);
    text_init(&walk.path, PATH_BYTES);
    bool good = value ? accepts(&walk, schema, value) : check_schema(&walk, schema);
    if (walk.no_memory) {
        good = error_set(error, IMH_REJECTED, "takes too much memory to be looked at");
    }
    arena_done(&walk.arena);
    text_done(&walk.path);
    return good;
}

bool schema_check(struct str schema, struct error *error)
{
    if (!json_check(schema, &schema_limits, error)) {
        return false;
    }
    struct node node = walk_node(schema);
    return judged(&node, NULL, error);
}

bool schema_accepts(struct str schema, struct str value, struct error *error)
{
    if (!json_check(value, &json_limits_input, error)) {
        return false;
    }
    struct node rules = walk_node(schema);
    struct node node = walk_node(value);
    return judged(&rules, &node, error);
}
