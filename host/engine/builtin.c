#include "engine/builtin.h"

/* ---- mail ---- */

static imh_option mail_options[] = {
    {.name = "server",
     .help = "the mail server: smtp://mail.example.com:587, or smtps://",
     .choices = "smtp",
     .type = IMH_URL,
     .flags = IMH_REQUIRED},
    {.name = "from",
     .help = "whom mails are from, unless the job says otherwise",
     .type = IMH_TEXT,
     .flags = IMH_REQUIRED},
    {.name = "user", .help = "who we are to the server", .type = IMH_TEXT},
    {.name = "password", .help = "of the user", .type = IMH_TEXT, .flags = IMH_SECRET},
    {.name = "tls",
     .help = "none: without, to an address that is not public",
     .fallback = "required",
     .choices = "required|none",
     .type = IMH_CHOICE},
    {.name = "templates",
     .help = "the folder of templates, beside the account's file",
     .type = IMH_TEXT},
};

static imh_auth mail_auths[] = {
    {.name = "login", .type = IMH_AUTH_BASIC, .user = "user", .secret = "password"}};

static imh_action mail_actions[] = {
    {.name = "send",
     .help = "sends one mail to one recipient",
     .params = "{\"type\":\"object\",\"additionalProperties\":false,"
               "\"required\":[\"to\",\"subject\"],\"properties\":{"
               "\"to\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":600},"
               "\"from\":{\"type\":\"string\",\"maxLength\":600},"
               "\"reply_to\":{\"type\":\"string\",\"maxLength\":600},"
               "\"subject\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":65536},"
               "\"text\":{\"type\":\"string\"},\"html\":{\"type\":\"string\"},"
               "\"unsubscribe\":{\"type\":\"string\",\"maxLength\":900},"
               "\"data\":{\"type\":\"object\"}}}",
     .stream = "/to"}};

static const struct descriptor mail = {.name = "mail",
                                       .version = IMH_VERSION,
                                       .summary = "mails, by a mail server",
                                       .parallel = 4,
                                       .options = mail_options,
                                       .option_count =
                                           sizeof mail_options / sizeof *mail_options,
                                       .auths = mail_auths,
                                       .auth_count = 1,
                                       .actions = mail_actions,
                                       .action_count = 1};

/* ---- event ---- */

static imh_action event_actions[] = {
    {.name = "emit",
     .help = "tells that something happened, once for each key",
     .params = "{\"type\":\"object\",\"additionalProperties\":false,"
               "\"required\":[\"type\"],\"properties\":{"
               "\"type\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
               "\"key\":{\"type\":\"string\",\"maxLength\":200},"
               "\"data\":{\"type\":\"object\"}}}",
     .flags = IMH_REPEATABLE}};

static const struct descriptor event = {.name = "event",
                                        .version = IMH_VERSION,
                                        .summary = "events of the account's own",
                                        .actions = event_actions,
                                        .action_count = 1};

/* ---- log ---- */

static imh_action log_actions[] = {
    {.name = "write",
     .help = "writes a line into the log",
     .params = "{\"type\":\"object\",\"additionalProperties\":false,"
               "\"required\":[\"text\"],\"properties\":{"
               "\"level\":{\"enum\":[\"error\",\"warning\",\"notice\",\"info\",\"debug\"]},"
               "\"text\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":4096}}}",
     .flags = IMH_REPEATABLE}};

static const struct descriptor log_descriptor = {.name = "log",
                                                 .version = IMH_VERSION,
                                                 .summary = "lines in the log",
                                                 .actions = log_actions,
                                                 .action_count = 1};

/* ---- all of them ---- */

const struct descriptor *builtin_descriptor(const char *plugin)
{
    static const struct {
        const char *plugin;
        const struct descriptor *descriptor;
    } all[] = {
        {BUILTIN_MAIL, &mail}, {BUILTIN_EVENT, &event}, {BUILTIN_LOG, &log_descriptor}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].plugin, plugin) == 0) {
            return all[i].descriptor;
        }
    }
    return NULL;
}

bool builtin_renders(const char *params)
{
    return params && params == mail_actions[0].params;
}

bool builtin_is_template(const char *params, struct str argument)
{
    static const char *const templates[] = {"subject", "text", "html"};
    bool found = false;
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        found = found || str_is(argument, templates[i]);
    }
    return found && builtin_renders(params);
}
