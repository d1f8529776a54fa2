#include "app/operation_record.h"

#include "app/presence.h"
#include "app/record_lines.h"

static struct str str_at(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

static bool make_jobs(const struct operation *operation, struct arena *arena,
                      struct records_wanted *wanted, struct records_made *made,
                      struct error *error)
{
    const json_t *arguments = operation->arguments;
    json_int_t first = json_integer_value(json_object_get(arguments, "first"));
    const struct target target = {.account = wanted->account,
                                  .identifier = wanted->identifier,
                                  .entity = wanted->entity};
    struct record_lines lines;
    if (!presence_check(&operation->daemon->site->config, &target, error) ||
        !record_lines_read(str_at(arguments, "lines"), (uint32_t)first, arena, &lines,
                           error)) {
        return false;
    }
    wanted->items = lines.items;
    wanted->count = lines.count;
    if (deliver_records(operation->daemon->deliver, wanted, made, error)) {
        return true;
    }
    bool of_line = first > 0 && error->status == IMH_REJECTED && made->at < lines.count;
    return of_line ? error_wrap(error, "line %u", lines.lines[made->at]) : false;
}

json_t *operation_record_put(const struct operation *operation, struct error *error)
{
    const json_t *arguments = operation->arguments;
    struct records_wanted wanted = {.account = str_at(arguments, "account"),
                                    .identifier = str_at(arguments, "integration"),
                                    .entity = str_at(arguments, "entity"),
                                    .origin = STR("")};
    struct records_made made = {.job = 0};
    struct arena arena;
    arena_init(&arena, 64 << 10, 0);
    bool good = make_jobs(operation, &arena, &wanted, &made, error);
    json_t *answer = good ? operation_done(error) : NULL;
    (void)json_object_set_new(answer, "records", json_integer(wanted.count));
    (void)json_object_set_new(answer, "merged", json_integer(made.merged));
    (void)json_object_set_new(answer, "job", json_integer(made.job));
    arena_done(&arena);
    return answer;
}
