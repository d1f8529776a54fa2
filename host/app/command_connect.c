#include "app/command.h"
#include "app/connect.h"
#include "app/output.h"
#include "base/json.h"

/* "acme.mywebshop: ok, 12 requests in 340 ms", or why not. */
static void add_connection(const struct context *context,
                           const struct integration *integration,
                           const struct connection *connection, struct text *out)
{
    bool good = connection->error.status == IMH_OK;
    if (!context->json) {
        if (good) {
            text_print(out, "%s.%s: ok, %u request%s in %lld ms\n", integration->account,
                       integration->identifier, connection->requests,
                       connection->requests == 1 ? "" : "s",
                       (long long)connection->took_ms);
        }
        return;
    }
    text_add_cstr(out, "{\"account\":");
    json_add_string(out, str_from(integration->account));
    text_add_cstr(out, ",\"integration\":");
    json_add_string(out, str_from(integration->identifier));
    text_print(out, ",\"ok\":%s,\"requests\":%u,\"time_ms\":%lld", good ? "true" : "false",
               connection->requests, (long long)connection->took_ms);
    if (!good) {
        text_print(out, ",\"category\":\"%s\",\"error\":",
                   error_status_name(connection->error.status));
        json_add_string(out, str_from(connection->error.text));
    }
    text_add_cstr(out, "}\n");
}

int command_connect(struct context *context, const struct integration *integration)
{
    struct connection connection;
    struct text out;
    connect_test(context->supervisor, integration, &connection);
    text_init(&out, 16 << 10);
    add_connection(context, integration, &connection, &out);
    struct remedy room;
    int status = command_print(text_str(&out));
    text_done(&out);
    if (connection.error.status == IMH_OK || status != EXIT_DONE) {
        return status;
    }
    /* A question is what to look at first. */
    bool asks = str_ends(str_from(connection.error.text), STR_OF("?"));
    return context->json
               ? EXIT_NO
               : command_fail(EXIT_NO, "%s.%s: %s%s%s", integration->account,
                              integration->identifier, connection.error.text,
                              asks ? "" : ": ",
                              asks ? "" : command_remedy(&connection.error, &room));
}

/* ---- imh integration test ---- */

int command_integration_test(struct context *context, int argc, char **argv)
{
    struct words words;
    struct configured *configured;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    status =
        context_integration(context, words.items[0], str_from(words.items[1]), &configured);
    return status == EXIT_DONE ? command_connect(context, &configured->integration)
                               : status;
}
