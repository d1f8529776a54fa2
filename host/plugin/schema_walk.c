#include "plugin/schema_walk.h"

enum { SAID_MOST = 100 }; /* bytes of a place, and of a detail */

struct node walk_node(struct str json)
{
    struct json_reader reader;
    struct node node = {.key = STR("")};
    json_open(&reader, json, &json_limits_input);
    node.event = json_next(&reader);
    if (!json_whole(&reader, node.event, &node.whole)) {
        node.event = JSON_PROBLEM;
    }
    return node;
}

static struct str decode(struct walk *walk, struct str token, bool escaped)
{
    struct str text = json_decode(token, escaped, &walk->arena);
    walk->no_memory = walk->no_memory || !text.ptr;
    return text.ptr ? text : STR_OF("");
}

void walk_open(struct json_reader *reader, const struct node *node)
{
    json_open(reader, node->whole, &json_limits_input);
    (void)json_next(reader);
}

bool walk_next(struct walk *walk, struct json_reader *reader, struct node *part)
{
    part->key = STR_OF("");
    part->event = json_next(reader);
    if (part->event == JSON_KEY) {
        part->key = decode(walk, reader->token, reader->escaped);
        part->event = json_next(reader);
    }
    return part->event != JSON_OBJECT_END && part->event != JSON_ARRAY_END &&
           json_whole(reader, part->event, &part->whole);
}

bool walk_find(struct walk *walk, const struct node *object, struct str name,
               struct node *found)
{
    struct json_reader reader;
    if (object->event != JSON_OBJECT) {
        return false;
    }
    walk_open(&reader, object);
    while (walk_next(walk, &reader, found)) {
        if (str_eq(found->key, name)) {
            return true;
        }
    }
    return false;
}

struct str walk_text(struct walk *walk, const struct node *node)
{
    struct str token = {node->whole.ptr + 1, node->whole.len - 2};
    return decode(walk, token, str_find_char(token, '\\') < token.len);
}

/* Nothing stands in a path that would break a line. */
size_t walk_into(struct walk *walk, struct str step)
{
    size_t before = walk->path.len;
    text_add_char(&walk->path, '/');
    for (size_t i = 0; i < step.len; i++) {
        char c = step.ptr[i];
        if (c == '~' || c == '/') {
            text_add_cstr(&walk->path, c == '~' ? "~0" : "~1");
        } else {
            text_add_char(&walk->path, (unsigned char)c < 0x20 || c == 0x7F ? '?' : c);
        }
    }
    return before;
}

size_t walk_to(struct walk *walk, unsigned index)
{
    size_t before = walk->path.len;
    text_print(&walk->path, "/%u", index);
    return before;
}

void walk_back(struct walk *walk, size_t before)
{
    text_clear(&walk->path);
    walk->path.len = before;
}

/* At most so many bytes, no character broken. */
static struct str cut(struct str text, size_t most)
{
    while (most < text.len && ((unsigned char)text.ptr[most] & 0xC0) == 0x80) {
        most--;
    }
    return str_before(text, most);
}

/* The place of what is said next; the whole has none. */
static struct str place(struct walk *walk)
{
    return cut(text_str(&walk->path), SAID_MOST);
}

bool walk_reject(struct walk *walk, const char *words, struct str detail)
{
    struct str where = place(walk);
    return error_set(walk->error, IMH_REJECTED, "%.*s%s%s%.*s", STR_ARGS(where),
                     where.len > 0 ? " " : "", words, STR_ARGS(cut(detail, SAID_MOST)));
}

bool walk_refuse(struct walk *walk, const char *words)
{
    struct str where = place(walk);
    return error_set(walk->error, IMH_BROKEN, "%.*s%s%s", STR_ARGS(where),
                     where.len > 0 ? ": " : "", words);
}
