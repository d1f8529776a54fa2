#include "shop.h"

const imh_request *shop_request(imh_call *call, imh_str path)
{
    imh_request *request = call->host->alloc(call, sizeof *request);
    imh_str view = call->host->urlencode(call, call->host->option(call, "store_view"));
    memset(request, 0, sizeof *request);
    request->size = sizeof *request;
    request->url = imh_print(call, "rest/%s/V1/%s", view.ptr, path.ptr);
    /* Without it, some answers are HTML with status 500. */
    request->headers = imh_text("{\"Accept\":\"application/json\"}");
    request->auth = "token";
    return request;
}

/* ---- refusals ---- */

/* Magento's messages have holes: %1, %2 from a list, %name from an object. */
static imh_str fill_holes(imh_call *call, imh_str message, imh_str parameters)
{
    const imh_item *items;
    uint32_t count = call->host->json_items(call, parameters, &items);
    for (uint32_t i = 0; i < count; i++) {
        imh_str hole = imh_is_empty(items[i].key)
                           ? imh_print(call, "%%%u", i + 1)
                           : imh_print(call, "%%%s", items[i].key.ptr);
        const char *at = strstr(message.ptr, hole.ptr);
        if (at) {
            message = imh_print(call, "%.*s%s%s", (int)(at - message.ptr), message.ptr,
                                items[i].value.ptr, at + hole.len);
        }
    }
    return message;
}

static imh_str shop_message(imh_call *call, imh_str body)
{
    imh_str message = imh_at(call, body, "/message");
    return fill_holes(call, message, imh_at(call, body, "/parameters"));
}

/* A bad token and a missing right look the same: 401, with the right's name as the only
 * hint. Since 2.4.4 shops refuse an integration's token as a bearer unless told otherwise.
 */
static imh_status denied(imh_call *call, imh_str message)
{
    return imh_fail(
        call, IMH_DENIED,
        "the shop refuses the token (%s): check the token, give the integration "
        "this right, and since Magento 2.4.4 allow access tokens as bearer tokens",
        message.ptr);
}

/* Whatever its status: a page instead of data is temporary, unless it asks for rest. */
static imh_status no_json(imh_call *call, const imh_reply *reply)
{
    return imh_fail(call, reply->status == IMH_WAIT ? IMH_WAIT : IMH_RETRY,
                    "the shop answers with a page instead of data (status %u): is it in "
                    "maintenance, or is 'url' not its address?",
                    reply->code);
}

imh_status shop_status(imh_call *call, const imh_reply *reply)
{
    if (reply->code == 0) {
        return imh_fail(call, reply->status, "%s", reply->text.ptr);
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

/* ---- the store view ---- */

const imh_request *shop_view_request(imh_call *call)
{
    imh_str view = call->host->urlencode(call, call->host->option(call, "store_view"));
    return shop_request(
        call, imh_print(call, "store/storeConfigs?storeCodes%%5B%%5D=%s", view.ptr));
}

imh_status shop_view_read(imh_call *call, const imh_reply *reply, struct shop_view *view)
{
    imh_status status = shop_status(call, reply);
    if (status != IMH_OK) {
        return status;
    }
    imh_str config = imh_at(call, reply->body, "/0");
    if (imh_is_empty(config)) {
        return imh_fail(call, IMH_REJECTED, "the shop has no store view '%s'",
                        call->host->option(call, "store_view").ptr);
    }
    imh_str link = imh_at(call, config, "/secure_base_link_url");
    imh_str media = imh_at(call, config, "/secure_base_media_url");
    view->link_url = imh_is_empty(link) ? imh_at(call, config, "/base_link_url") : link;
    view->media_url = imh_is_empty(media) ? imh_at(call, config, "/base_media_url") : media;
    view->currency = imh_at(call, config, "/base_currency_code");
    return IMH_OK;
}
