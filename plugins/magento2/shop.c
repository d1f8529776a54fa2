#include "shop.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* The choice of option `auth`: OAuth signatures, not bearer tokens. */
static int signs(imh_call *call)
{
    return strcmp(call->host->option(call, "auth").ptr, "oauth1") == 0;
}

imh_status shop_check_url(imh_call *call)
{
    static const char api[] = "/rest";
    imh_str url = call->host->option(call, "url");
    const char *end = url.ptr + strcspn(url.ptr, "?#");
    for (const char *at = strstr(url.ptr, api); at && at < end; at = strstr(at + 1, api)) {
        char next = at[sizeof api - 1];
        end = next == '\0' || strchr("/?#", next) ? at : end;
    }
    return *end == '\0'
               ? IMH_OK
               : imh_fail(call, IMH_REJECTED,
                          "option 'url' must be the address of the shop's home page: write "
                          "%.*s%s",
                          (int)(end - url.ptr), url.ptr,
                          end > url.ptr && end[-1] == '/' ? "" : "/");
}

static const imh_request *make_request(imh_call *call, imh_str view, imh_str path)
{
    imh_request *request = call->host->alloc(call, sizeof *request);
    memset(request, 0, sizeof *request);
    request->size = sizeof *request;
    request->url = imh_print(call, "rest/%s/V1/%s", view.ptr, path.ptr);
    /* Without it, some answers are HTML with status 500. */
    request->headers = imh_text("{\"Accept\":\"application/json\"}");
    request->auth = signs(call) ? "oauth1" : "token";
    return request;
}

const imh_request *shop_request(imh_call *call, imh_str path)
{
    imh_str view = call->host->option(call, "store_view");
    return make_request(call, call->host->urlencode(call, view), path);
}

const imh_request *shop_request_of_all(imh_call *call, imh_str path)
{
    return make_request(call, imh_text("all"), path);
}

/* ---- refusals ---- */

enum { MESSAGE_BYTES = 1000 /* more than a failure has room for */, HOLES_MOST = 100 };

/* A message as it is filled; what has no room is left out. */
struct message {
    char text[MESSAGE_BYTES + 1];
    size_t len;
};

static void add(struct message *message, const char *ptr, size_t len)
{
    size_t room = MESSAGE_BYTES - message->len;
    memcpy(message->text + message->len, ptr, len < room ? len : room);
    message->len += len < room ? len : room;
}

/* What fills a hole: %1, %2 from a list, %name from an object. */
static const imh_item *find_filling(const imh_item *items, uint32_t count, imh_str hole)
{
    for (uint32_t i = 0; i < count; i++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%u", i + 1);
        imh_str name = imh_is_empty(items[i].key) ? imh_text(number) : items[i].key;
        if (name.len == hole.len && memcmp(name.ptr, hole.ptr, hole.len) == 0) {
            return &items[i];
        }
    }
    return NULL;
}

static size_t name_bytes(const char *at)
{
    size_t digits = strspn(at, "0123456789");
    return digits > 0 ? digits
                      : strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
}

static imh_str fill_holes(imh_call *call, imh_str message, imh_str parameters)
{
    struct message filled = {.len = 0};
    const imh_item *items;
    uint32_t count = call->host->json_items(call, parameters, &items);
    count = count < HOLES_MOST ? count : HOLES_MOST;
    for (const char *at = message.ptr; *at && filled.len < MESSAGE_BYTES;) {
        size_t plain = strcspn(at, "%");
        add(&filled, at, plain);
        at += plain;
        size_t name = *at ? name_bytes(at + 1) : 0;
        const imh_item *filling = find_filling(items, count, (imh_str){at + 1, name});
        if (filling) {
            add(&filled, filling->value.ptr, filling->value.len);
        } else {
            add(&filled, at, *at ? 1 + name : 0);
        }
        at += *at ? 1 + name : 0;
    }
    filled.text[filled.len] = '\0';
    return imh_print(call, "%s", filled.text);
}

static imh_str shop_message(imh_call *call, imh_str body)
{
    imh_str message = imh_at(call, body, "/message");
    return fill_holes(call, message, imh_at(call, body, "/parameters"));
}

/* A bad token and a missing right look the same: 401, with the right's name as the only
 * hint. Since 2.4.4 shops refuse an integration's token as a bearer unless told otherwise.
 */
static const char bearer_remedy[] =
    "check the token, give the integration this right, and since Magento 2.4.4 allow "
    "access tokens as bearer tokens, or set auth = oauth1";

/* What to do about a refusal of OAuth, by how it begins. */
static const struct {
    const char *words, *remedy;
} remedies[] = {
    {SHOP_BAD_SIGNATURE,
     "check consumer_secret and access_token_secret; if they are right, a proxy hides "
     "https or the port of 'url' from the shop"},
    {"A consumer having", "check consumer_key"},
    {"Consumer key is not", "check consumer_key: it has 32 characters"},
    {"Specified token does", "check token: the access token of this integration"},
    {"Token is not assoc", "token and consumer_key are of two integrations"},
    {"An error occurred validating the nonce",
     "set the clock of this machine, it is ahead of the shop's"},
    {"The consumer isn't", "give the integration this right, and activate it"},
};

static imh_status denied(imh_call *call, imh_str message)
{
    const char *remedy = "check the four values of the integration";
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        const char *words = remedies[i].words;
        remedy =
            strncmp(message.ptr, words, strlen(words)) == 0 ? remedies[i].remedy : remedy;
    }
    return imh_fail(call, IMH_DENIED, "the shop refuses the %s (%s): %s",
                    signs(call) ? "signature" : "token", message.ptr,
                    signs(call) ? remedy : bearer_remedy);
}

/* Whatever its status: a page instead of data is temporary. The shop itself refuses with
 * data; firewalls and passwords of web servers do it with pages. */
static imh_status no_json(imh_call *call, const imh_reply *reply)
{
    if (reply->status == IMH_DENIED) {
        return imh_fail(call, IMH_RETRY,
                        "something in front of the shop refuses us with a page (status "
                        "%u): its firewall or password has to let this machine through, "
                        "and is 'url' the shop's address?",
                        reply->code);
    }
    return imh_fail(call, IMH_RETRY,
                    "the shop answers with a page instead of data (status %u): is it in "
                    "maintenance, or is 'url' not its address?",
                    reply->code);
}

/* A permanent move is a matter of the configuration, any other may be one of the moment. */
static imh_status is_elsewhere(imh_call *call, const imh_reply *reply)
{
    enum { MOVED_PERMANENTLY = 301, PERMANENT_REDIRECT = 308 };
    imh_str place = imh_at(call, reply->headers, "/location");
    imh_str url = call->host->option(call, "url");
    if (strncmp(place.ptr, url.ptr, url.len) == 0) {
        return imh_fail(
            call, IMH_RETRY,
            "the shop sends us on, from one of its addresses to another (status "
            "%u): its web server, or what is in front of it, must not do so "
            "below %s%srest/",
            reply->code, url.ptr, url.ptr[url.len - 1] == '/' ? "" : "/");
    }
    const char *below = strstr(place.ptr, "/rest/");
    int length = below ? (int)(below - place.ptr + 1) : (int)place.len;
    int moved = reply->code == MOVED_PERMANENTLY || reply->code == PERMANENT_REDIRECT;
    return imh_fail(call, moved ? IMH_REJECTED : IMH_RETRY,
                    "the shop sends us on to %.*s (status %u): %s", length, place.ptr,
                    reply->code, below ? "write that as 'url'" : "is 'url' its address?");
}

/* The shop itself never does; hosts and firewalls in front of it do, with pages. */
static imh_status asks_for_rest(imh_call *call, const imh_reply *reply)
{
    return call->host->fail(
        call, IMH_WAIT, reply->after_s,
        imh_print(call, "the shop asks for rest (status %u): see 'rate' and 'parallel'",
                  reply->code));
}

imh_status shop_status(imh_call *call, const imh_reply *reply)
{
    if (reply->code == 0) {
        return call->host->fail(call, reply->status, reply->after_s, reply->text);
    }
    if (reply->status == IMH_WAIT) {
        return asks_for_rest(call, reply);
    }
    if (reply->code >= 300 && reply->code < 400) {
        return is_elsewhere(call, reply);
    }
    if (call->host->json_type(call, reply->body, imh_text("")) == IMH_JSON_NONE) {
        return no_json(call, reply);
    }
    if (reply->status == IMH_OK) {
        return IMH_OK;
    }
    imh_str message = shop_message(call, reply->body);
    if (reply->status == IMH_DENIED) {
        return denied(call, message);
    }
    return call->host->fail(
        call, reply->status, reply->after_s,
        imh_print(call, "the shop says: %s (status %u)", message.ptr, reply->code));
}

int shop_is_too_large(const imh_reply *reply)
{
    return reply->status != IMH_OK && strstr(reply->text.ptr, SHOP_TOO_LARGE) != NULL;
}

static imh_status something_else(imh_call *call)
{
    return imh_fail(call, IMH_RETRY,
                    "the shop answers with something else than was asked for: is 'url' its "
                    "address, and does nothing in between change answers?");
}

imh_status shop_list_status(imh_call *call, const imh_reply *reply)
{
    imh_status status = shop_status(call, reply);
    uint32_t type = call->host->json_type(call, reply->body, imh_text("/items"));
    int is_list = type == IMH_JSON_ARRAY || type == IMH_JSON_NULL;
    return status == IMH_OK && !is_list ? something_else(call) : status;
}

imh_status shop_get(imh_call *call, const imh_request *request, imh_str *body)
{
    const imh_reply *reply;
    (void)call->host->http(call, request, &reply);
    imh_status status = shop_list_status(call, reply);
    *body = status == IMH_OK ? reply->body : imh_text("");
    return status;
}

imh_str shop_find(imh_call *call, imh_str list, const char *pointer, imh_str value)
{
    const imh_item *items;
    uint32_t count = call->host->json_items(call, list, &items);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(imh_at(call, items[i].json, pointer).ptr, value.ptr) == 0) {
            return items[i].json;
        }
    }
    return imh_text("");
}

/* ---- what the instance knows ---- */

enum { KNOWN_MS = 5 * 60 * 1000, CONFIG_BYTES = 16 << 10 };

struct shop {
    pthread_mutex_t mutex;     /* over all below: calls overlap */
    char config[CONFIG_BYTES]; /* JSON of the store view, with a zero behind */
    char view[128];            /* the option it is about */
    int64_t until_ms;
    bool asking; /* a call does: others wait for what it learns */
    pthread_cond_t asked;
};

struct shop *shop_make(void)
{
    struct shop *shop = calloc(1, sizeof *shop);
    if (!shop || pthread_mutex_init(&shop->mutex, NULL) != 0) {
        free(shop);
        return NULL;
    }
    if (pthread_cond_init(&shop->asked, NULL) != 0) {
        (void)pthread_mutex_destroy(&shop->mutex);
        free(shop);
        return NULL;
    }
    return shop;
}

void shop_free(struct shop *shop)
{
    if (shop) {
        (void)pthread_cond_destroy(&shop->asked);
        (void)pthread_mutex_destroy(&shop->mutex);
        free(shop);
    }
}

static bool is_known(const struct shop *shop, imh_call *call)
{
    imh_str option = call->host->option(call, "store_view");
    return call->host->now_ms(call) < shop->until_ms && strcmp(shop->view, option.ptr) == 0;
}

/* Until the call that asks has its answer, or this one has no time left. */
static void wait_for_asker(struct shop *shop, imh_call *call)
{
    int64_t until_ms = call->host->now_ms(call) + call->host->left_ms(call);
    const struct timespec until = {.tv_sec = until_ms / 1000,
                                   .tv_nsec = until_ms % 1000 * 1000000};
    while (shop->asking && !is_known(shop, call) &&
           pthread_cond_timedwait(&shop->asked, &shop->mutex, &until) == 0) {
    }
}

/* A copy in the call's memory; empty when nothing is known: then it is the caller who asks,
 * and says forget_asking(). */
static imh_str recall(struct shop *shop, imh_call *call)
{
    imh_str config = imh_text("");
    (void)pthread_mutex_lock(&shop->mutex);
    wait_for_asker(shop, call);
    if (is_known(shop, call)) {
        config = imh_print(call, "%s", shop->config);
    } else {
        shop->asking = true;
    }
    (void)pthread_mutex_unlock(&shop->mutex);
    return config;
}

/* It was told, or not: who waits looks, and one of them asks if there is nothing. */
static void forget_asking(struct shop *shop)
{
    (void)pthread_mutex_lock(&shop->mutex);
    shop->asking = false;
    (void)pthread_cond_broadcast(&shop->asked);
    (void)pthread_mutex_unlock(&shop->mutex);
}

static void remember(struct shop *shop, imh_call *call, imh_str config)
{
    imh_str option = call->host->option(call, "store_view");
    if (config.len >= sizeof shop->config || option.len >= sizeof shop->view) {
        return; /* then it is asked for each time */
    }
    (void)pthread_mutex_lock(&shop->mutex);
    memcpy(shop->config, config.ptr, config.len + 1);
    memcpy(shop->view, option.ptr, option.len + 1);
    shop->until_ms = call->host->now_ms(call) + KNOWN_MS;
    (void)pthread_mutex_unlock(&shop->mutex);
}

/* ---- the store view ---- */

static const imh_request *view_request(imh_call *call)
{
    imh_str view = call->host->urlencode(call, call->host->option(call, "store_view"));
    return shop_request(
        call, imh_print(call, "store/storeConfigs?storeCodes%%5B%%5D=%s", view.ptr));
}

static imh_str either(imh_str first, imh_str second)
{
    return imh_is_empty(first) ? second : first;
}

static void read_view(imh_call *call, imh_str config, struct shop_view *view)
{
    view->id = imh_at(call, config, "/id");
    view->website_id = imh_at(call, config, "/website_id");
    view->code = imh_at(call, config, "/code");
    view->locale = imh_at(call, config, "/locale");
    view->timezone = imh_at(call, config, "/timezone");
    view->base_currency = imh_at(call, config, "/base_currency_code");
    view->currency =
        either(imh_at(call, config, "/default_display_currency_code"), view->base_currency);
    view->link_url = either(imh_at(call, config, "/secure_base_link_url"),
                            imh_at(call, config, "/base_link_url"));
    view->media_url = either(imh_at(call, config, "/secure_base_media_url"),
                             imh_at(call, config, "/base_media_url"));
}

/* The store view's configuration out of the reply. */
static imh_status read_config(imh_call *call, const imh_reply *reply, imh_str *config)
{
    imh_status status = shop_status(call, reply);
    if (status != IMH_OK) {
        return status;
    }
    *config = imh_at(call, reply->body, "/0");
    uint32_t type = call->host->json_type(call, reply->body, imh_text(""));
    uint32_t config_type = call->host->json_type(call, reply->body, imh_text("/0"));
    if (type != IMH_JSON_ARRAY ||
        (config_type != IMH_JSON_OBJECT && config_type != IMH_JSON_NONE)) {
        return something_else(call);
    }
    return imh_is_empty(*config)
               ? imh_fail(call, IMH_REJECTED, "the shop has no store view '%s'",
                          call->host->option(call, "store_view").ptr)
               : IMH_OK;
}

imh_status shop_view_and(struct shop *shop, imh_call *call, struct shop_view *view,
                         const imh_request *const *requests, uint32_t count,
                         const imh_reply **replies)
{
    imh_str config = recall(shop, call);
    for (uint32_t i = 0; i < count; i++) {
        replies[i] = NULL;
    }
    if (imh_is_empty(config)) {
        const imh_request **all = call->host->alloc(call, (count + 1) * sizeof *all);
        const imh_reply **got = call->host->alloc(call, (count + 1) * sizeof *got);
        all[0] = view_request(call);
        for (uint32_t i = 0; i < count; i++) {
            all[i + 1] = requests[i];
        }
        (void)call->host->http_many(call, all, count + 1, got);
        for (uint32_t i = 0; i < count; i++) {
            replies[i] = got[i + 1];
        }
        imh_status status = read_config(call, got[0], &config);
        if (status == IMH_OK) {
            remember(shop, call, config);
        }
        forget_asking(shop);
        if (status != IMH_OK) {
            return status;
        }
    }
    read_view(call, config, view);
    return IMH_OK;
}

imh_status shop_view(struct shop *shop, imh_call *call, struct shop_view *view)
{
    return shop_view_and(shop, call, view, NULL, 0, NULL);
}

imh_status shop_view_fresh(imh_call *call, struct shop_view *view, const imh_reply **reply)
{
    imh_str config;
    (void)call->host->http(call, view_request(call), reply);
    imh_status status = read_config(call, *reply, &config);
    if (status == IMH_OK) {
        read_view(call, config, view);
    }
    return status;
}
