#include "app/config_builtin.h"

#include <stdlib.h>

#include "engine/builtin.h"
#include "letter/address.h"

static void add(struct config *config, struct account *account, const char *identifier,
                const char *plugin)
{
    struct configured *made = arena_zero(&config->arena, 1, sizeof *made);
    if (!made) {
        abort(); /* half a configuration is worse than none */
    }
    made->checked = made->usable = true;
    made->integration = (struct integration){.id = ++config->last_id,
                                             .account = account->name,
                                             .identifier = identifier,
                                             .plugin = plugin,
                                             .file = account->file,
                                             .enabled = true,
                                             .cache_s = -1,
                                             .retry.usual.ladder = config->retry.ladder,
                                             .rate_a_minute = -1,
                                             .zone = account->zone,
                                             .limits = &config->render};
    made->next = account->builtins;
    account->builtins = made;
}

void config_add_builtins(struct config *config, struct account *account)
{
    static const char *const all[][2] = {{"event", BUILTIN_EVENT}, {"log", BUILTIN_LOG}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!config_integration(account, str_from(all[i][0]))) {
            add(config, account, all[i][0], all[i][1]);
        }
    }
}

static void complain(const struct integration *mail, struct problems *problems,
                     const char *what)
{
    problems_add(problems, mail->file, mail->line, "[mail]: %s", what);
}

static struct str value_of(const struct integration *mail, const char *option)
{
    return integration_value(mail, str_from(option));
}

static void check_from(const struct integration *mail, struct problems *problems)
{
    struct arena arena;
    struct address address;
    struct error error;
    arena_init(&arena, 1024, 0);
    if (!address_parse(value_of(mail, "from"), &arena, &address, &error)) {
        problems_add(problems, mail->file, mail->line, "[mail]: 'from' %s", error.text);
    }
    arena_done(&arena);
}

void config_check_mail(const struct integration *mail, struct problems *problems)
{
    struct str server = value_of(mail, "server");
    struct str host = str_after(server, str_find(server, STR_OF("://"), 0) + 3);
    bool has_user = value_of(mail, "user").len > 0;
    bool has_password = value_of(mail, "password").len > 0;
    if (str_find_char(host, '/') < host.len || str_find_char(host, '?') < host.len ||
        str_find_char(host, '#') < host.len) {
        complain(mail, problems, "'server' has no path: smtp://mail.example.com:587");
    }
    if (has_user != has_password) {
        complain(mail, problems,
                 has_user ? "'user' wants a password: write 'password = vault:'"
                          : "'password' wants a user: write 'user'");
    }
    if (str_is(value_of(mail, "tls"), "none") && !mail->allow_private) {
        complain(mail, problems,
                 "'tls = none' is for servers that are not public: with "
                 "'allow_private = yes'");
    }
    check_from(mail, problems);
}
