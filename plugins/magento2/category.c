/* Categories. */
#include "kinds.h"
#include "object.h"

static void write_url(struct object *category)
{
    imh_call *call = category->call;
    imh_str path = object_attribute(category, "url_path");
    imh_json_text(category->json, imh_is_empty(path)
                                      ? imh_text("")
                                      : imh_print(call, "%s%s.html",
                                                  category->view->link_url.ptr, path.ptr));
}

/* Kept as a file's name, or as a path from the shop's root. */
static void write_image(struct object *category)
{
    imh_call *call = category->call;
    imh_str image = object_attribute(category, "image");
    imh_str base = category->view->media_url;
    if (strncmp(image.ptr, "/media/", 7) == 0) {
        image = imh_print(call, "%s%s", base.ptr, image.ptr + 7);
    } else if (!imh_is_empty(image)) {
        image = imh_print(call, "%scatalog/category/%s", base.ptr,
                          call->host->urlencode(call, image).ptr);
    }
    imh_json_text(category->json, image);
}

static void write_parent(struct object *category)
{
    object_ref(category->json, "category", object_field(category, "parent_id"));
}

/* "8,9" */
static void write_children(struct object *category)
{
    imh_str list = object_field(category, "children");
    imh_json_open(category->json, '[');
    for (const char *at = list.ptr; *at;) {
        size_t len = strcspn(at, ",");
        object_ref(category->json, "category",
                   imh_print(category->call, "%.*s", (int)len, at));
        at += len + (at[len] == ',');
    }
    imh_json_close(category->json, ']');
}

static void write_products(struct object *category)
{
    object_list(category->json, "products", "category", object_field(category, "id"));
}

static void write_active(struct object *category)
{
    object_flag(category->json, object_field(category, "is_active"));
}

static void category_write(imh_json *json, imh_str item, const struct shop_view *view)
{
    static const struct special specials[] = {
        {"url", write_url},
        {"image", write_image},
        {"parent", write_parent},
        {"children", write_children},
        {"products", write_products},
        {"active", write_active},
        {"created_at", object_created},
        {"updated_at", object_updated},
    };
    object_write(json, item, OBJECT_SPECIALS(specials), view, NULL);
}

const struct collection category_kind = {
    .path = "categories/list", .id = "entity_id", .id_at = "/id", .write = category_write};
