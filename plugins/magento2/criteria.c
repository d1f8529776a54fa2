#include "criteria.h"

struct criteria criteria_begin(imh_call *call, const char *path)
{
    return (struct criteria){.call = call, .url = imh_print(call, "%s?", path)};
}

void criteria_filter(struct criteria *criteria, int joins, const char *field,
                     const char *condition, imh_str value)
{
    imh_call *call = criteria->call;
    if (joins == CRITERIA_AND || criteria->groups == 0) {
        criteria->groups++;
        criteria->filters = 0;
    }
    imh_str place = imh_print(
        call, "searchCriteria%%5Bfilter_groups%%5D%%5B%u%%5D%%5Bfilters%%5D%%5B%u%%5D",
        criteria->groups - 1, criteria->filters++);
    criteria->url = imh_print(
        call, "%s%s%%5Bfield%%5D=%s&%s%%5Bvalue%%5D=%s&%s%%5Bcondition_type%%5D=%s&",
        criteria->url.ptr, place.ptr, field, place.ptr,
        call->host->urlencode(call, value).ptr, place.ptr, condition);
}

int criteria_is_full(const struct criteria *criteria)
{
    enum { GROUPS_MOST = 10, GROUPS_OF_A_FILTER = 3 };
    return criteria->groups + GROUPS_OF_A_FILTER > GROUPS_MOST ||
           criteria->url.len > CRITERIA_URL_BYTES / 4 * 3;
}

void criteria_sort(struct criteria *criteria, const char *field, int descending)
{
    imh_str place = imh_print(criteria->call, "searchCriteria%%5BsortOrders%%5D%%5B%u%%5D",
                              criteria->sorts++);
    criteria->url = imh_print(
        criteria->call, "%s%s%%5Bfield%%5D=%s&%s%%5Bdirection%%5D=%s&", criteria->url.ptr,
        place.ptr, field, place.ptr, descending ? "DESC" : "ASC");
}

const imh_request *criteria_request(struct criteria *criteria, const char *id,
                                    unsigned size, unsigned page)
{
    if (id) {
        criteria_sort(criteria, id, 0);
    }
    return shop_request(criteria->call, imh_print(criteria->call,
                                                  "%ssearchCriteria%%5BpageSize%%5D=%u&"
                                                  "searchCriteria%%5BcurrentPage%%5D=%u",
                                                  criteria->url.ptr, size, page));
}

int criteria_is_plain(imh_str key)
{
    return !memchr(key.ptr, ',', key.len) && !memchr(key.ptr, ' ', key.len);
}

static int has_item(imh_str list, imh_str item)
{
    for (const char *at = list.ptr; *at;) {
        size_t len = strcspn(at, ",");
        if (len == item.len && memcmp(at, item.ptr, len) == 0) {
            return 1;
        }
        at += len + (at[len] == ',');
    }
    return 0;
}

imh_str criteria_append(imh_call *call, imh_str list, imh_str item)
{
    if (has_item(list, item)) {
        return list;
    }
    return imh_is_empty(list) ? item : imh_print(call, "%s,%s", list.ptr, item.ptr);
}

int criteria_is_number(imh_str key)
{
    enum { DIGITS_MOST = 9 };
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] < '0' || key.ptr[i] > '9') {
            return 0;
        }
    }
    return key.len > 0 && key.len <= DIGITS_MOST && (key.ptr[0] != '0' || key.len == 1);
}
