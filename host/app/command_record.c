#include "app/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "app/control_client.h"
#include "app/record_lines.h"
#include "base/utf8.h"

/* Records on their way into the queue. */
struct writing {
    struct context *context;
    struct control_client *daemon;
    const char *account;
    struct str identifier, entity;
    struct text part; /* lines not yet sent */
    uint32_t part_first, part_lines;
    uint32_t line; /* read so far */
    long long records, merged, job;
};

static int open_daemon(struct writing *writing)
{
    struct error error;
    struct problems problems;
    problems_init(&problems);
    int status = context_host(writing->context, &problems);
    int found = command_problems(&problems);
    problems_done(&problems);
    status = found != EXIT_DONE ? found : status;
    if (status == EXIT_DONE) {
        writing->daemon = control_connect(writing->context->config.state, &error);
        status = writing->daemon ? EXIT_DONE : command_fail_store(&error);
    }
    return status;
}

static long long number_at(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* What was taken before stays: to write it again does no harm. */
static int fail_part(const struct writing *writing, struct error *error)
{
    if (writing->records > 0) {
        (void)error_wrap(error, "%lld records are in the queue, then", writing->records);
    }
    return command_fail_asked(error);
}

/* They are on the disk when it answers. */
static int send_part(struct writing *writing)
{
    struct error error;
    if (writing->part_lines == 0) {
        return EXIT_DONE;
    }
    json_t *wanted = json_pack("{s:s,s:s%,s:s%,s:s%,s:I}", "account", writing->account,
                               "integration", writing->identifier.ptr,
                               writing->identifier.len, "entity", writing->entity.ptr,
                               writing->entity.len, "lines", text_cstr(&writing->part),
                               writing->part.len, "first", (json_int_t)writing->part_first);
    json_auto_t *answer =
        control_ask_json(writing->daemon, "record put", wanted, STR_OF(""), &error);
    if (!answer) {
        return fail_part(writing, &error);
    }
    writing->records += number_at(answer, "records");
    writing->merged += number_at(answer, "merged");
    writing->job = number_at(answer, "job");
    writing->part_lines = 0;
    text_clear(&writing->part);
    return EXIT_DONE;
}

static int add_line(struct writing *writing, struct str line)
{
    writing->line++;
    if (line.len > RECORD_LINE_BYTES || !utf8_is_valid(line)) {
        struct error error;
        (void)error_set(&error, IMH_REJECTED, "line %u %s", writing->line,
                        line.len > RECORD_LINE_BYTES ? "is longer than 1 MiB"
                                                     : "is not UTF-8");
        return fail_part(writing, &error);
    }
    if (writing->part_lines == 0) {
        writing->part_first = writing->line;
    }
    writing->part_lines++;
    text_add(&writing->part, line);
    bool full =
        writing->part_lines == RECORD_LINES_MOST || writing->part.len >= RECORD_PART_BYTES;
    return full ? send_part(writing) : EXIT_DONE;
}

static int send_stdin(struct writing *writing)
{
    char *line = NULL;
    size_t capacity = 0;
    int status = EXIT_DONE;
    if (isatty(STDIN_FILENO)) {
        return command_fail(EXIT_WRONG_USE, "which KEY? Without one, records come from "
                                            "standard input, a line of JSON each");
    }
    for (ssize_t length; status == EXIT_DONE;) {
        length = getline(&line, &capacity, stdin);
        if (length <= 0) {
            break;
        }
        status = add_line(writing, (struct str){line, (size_t)length});
    }
    free(line);
    return status == EXIT_DONE ? send_part(writing) : status;
}

static int send_one(struct writing *writing, struct str key, const struct str *fields)
{
    struct error error;
    if (!job_record_key_check(key, &error)) {
        return command_fail_asked(&error);
    }
    if (!record_line_write(key, fields, &writing->part, &error)) {
        (void)error_wrap(&error, "--fields");
        return command_fail_asked(&error);
    }
    writing->part_lines = 1;
    return send_part(writing);
}

static int print_one(const struct writing *writing)
{
    struct text out;
    text_init(&out, 256);
    if (writing->context->json) {
        text_print(&out, "{\"job\":%lld,\"merged\":%s}\n", writing->job,
                   writing->merged > 0 ? "true" : "false");
    } else {
        text_print(&out, "job %lld%s\n", writing->job,
                   writing->merged > 0 ? ", which waits" : "");
    }
    int status = command_print(text_str(&out));
    text_done(&out);
    return status;
}

static int print_many(const struct writing *writing)
{
    struct text out;
    long long made = writing->records - writing->merged;
    text_init(&out, 256);
    text_print(&out,
               writing->context->json ? "{\"records\":%lld,\"jobs\":%lld,\"merged\":%lld}\n"
                                      : "%lld records: %lld jobs, %lld merged into jobs "
                                        "that wait\n",
               writing->records, made, writing->merged);
    int status = command_print(text_str(&out));
    text_done(&out);
    return status;
}

/* ---- commands ---- */

/* Splits IDENTIFIER.ENTITY and finds the daemon. */
static int begin(struct writing *writing, const struct words *words)
{
    struct str target = str_from(words->items[1]);
    size_t dot = str_find_char(target, '.');
    if (dot >= target.len) {
        return command_fail(EXIT_BAD_DATA, "which records? IDENTIFIER.ENTITY");
    }
    writing->account = words->items[0];
    writing->identifier = str_before(target, dot);
    writing->entity = str_after(target, dot + 1);
    text_init(&writing->part, RECORD_PART_BYTES + RECORD_LINE_BYTES);
    return open_daemon(writing);
}

static void end(struct writing *writing)
{
    text_done(&writing->part);
    control_client_free(writing->daemon);
}

int command_record_put(struct context *context, int argc, char **argv)
{
    struct words words;
    const char *fields = NULL;
    struct writing writing = {.context = context};
    const struct flag flags[] = {{"--fields", &fields, NULL}};
    int status = command_words(context, argc, argv, flags, 1, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    bool one = words.count == 3;
    if (one != (fields != NULL)) {
        return command_fail(EXIT_WRONG_USE, one ? "what is to be written? --fields JSON"
                                                : "which KEY has these fields?");
    }
    struct str text = one ? str_from(fields) : STR_OF("");
    status = begin(&writing, &words);
    if (status == EXIT_DONE) {
        status = one ? send_one(&writing, str_from(words.items[2]), &text)
                     : send_stdin(&writing);
    }
    if (status == EXIT_DONE) {
        status = one ? print_one(&writing) : print_many(&writing);
    }
    end(&writing);
    return status;
}

int command_record_remove(struct context *context, int argc, char **argv)
{
    struct words words;
    struct writing writing = {.context = context};
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    status = begin(&writing, &words);
    if (status == EXIT_DONE) {
        status = send_one(&writing, str_from(words.items[2]), NULL);
    }
    status = status == EXIT_DONE ? print_one(&writing) : status;
    end(&writing);
    return status;
}
