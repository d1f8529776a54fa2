#include "net/gate_form.h"

#include <stdlib.h>

#include "net/gate_query.h"

struct gate_form {
    struct gate_form *next;
    struct text name; /* of the credential */
    bool known;
    uint32_t variant;
    int64_t believe_until_ms;
};

static struct gate_form *find(const struct gate_remote *remote, struct str name)
{
    struct gate_form *form = remote->forms;
    while (form && !str_eq(text_str(&form->name), name)) {
        form = form->next;
    }
    return form;
}

static struct gate_form *add(struct gate_remote *remote, struct str name)
{
    struct gate_form *form = calloc(1, sizeof *form);
    if (!form) {
        return NULL; /* then it is learned again */
    }
    text_init(&form->name, name.len);
    text_add(&form->name, name);
    form->next = remote->forms;
    remote->forms = form;
    return form;
}

uint32_t form_find(const struct gate_remote *remote, const struct remote_auth *auth)
{
    const struct gate_form *form = find(remote, auth->name);
    return form && form->known ? form->variant : auth->variant;
}

bool form_is_refusal(const struct remote_auth *auth, uint32_t code, struct str body)
{
    bool signs = auth->type == IMH_AUTH_OAUTH1_SHA1 || auth->type == IMH_AUTH_OAUTH1_SHA256;
    return signs && code == 401 && auth->message.len > 0 &&
           str_find(body, auth->message, 0) < body.len;
}

bool form_other(const struct gate_remote *remote, const struct remote_auth *auth,
                int64_t now_ms, uint32_t *variant)
{
    const struct gate_form *form = find(remote, auth->name);
    if (form && now_ms < form->believe_until_ms) {
        return false;
    }
    bool magento = *variant == IMH_OAUTH1_MAGENTO;
    uint32_t best = form_find(remote, auth);
    *variant = best != *variant ? best : magento ? IMH_OAUTH1_LAMINAS : IMH_OAUTH1_MAGENTO;
    return true;
}

void form_learn(struct gate_remote *remote, const struct remote_auth *auth,
                uint32_t variant, bool refused, int64_t now_ms)
{
    struct gate_form *form = find(remote, auth->name);
    form = form ? form : add(remote, auth->name);
    if (form && refused) {
        form->believe_until_ms = now_ms + FORM_BELIEVE_MS;
    } else if (form) {
        form->known = true;
        form->variant = variant;
    }
}

void form_free_all(struct gate_remote *remote)
{
    while (remote->forms) {
        struct gate_form *form = remote->forms;
        remote->forms = form->next;
        text_done(&form->name);
        free(form);
    }
}
