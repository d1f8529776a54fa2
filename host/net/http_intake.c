#include "net/http_intake.h"

void http_intake_init(struct http_intake *intake, bool has_no_body)
{
    *intake = (struct http_intake){.has_no_body = has_no_body};
    text_init(&intake->headers, HTTP_HEADERS_BYTES);
    text_init(&intake->body, HTTP_BODY_BYTES);
}

void http_intake_done(struct http_intake *intake)
{
    text_done(&intake->headers);
    text_done(&intake->body);
}

static bool refuse(struct http_intake *intake, imh_status status, const char *problem)
{
    intake->status = status;
    intake->problem = problem;
    return false;
}

/* What breaks a limit will do so again. */
static bool too_large(struct http_intake *intake, const char *problem)
{
    return refuse(intake, IMH_REJECTED, problem);
}

/* Something between us and the remote, or the remote, is out of order; that may heal. */
static bool malformed(struct http_intake *intake, const char *problem)
{
    return refuse(intake, IMH_RETRY, problem);
}

/* ---- what a header says about the body ---- */

static bool take_length(struct http_intake *intake, struct str value)
{
    int64_t length;
    bool digits = value.len > 0 && value.ptr[0] >= '0' && value.ptr[0] <= '9';
    if (!digits || !str_to_int64(value, 0, INT64_MAX, &length)) {
        return malformed(intake, "the answer has a length that is none");
    }
    if ((intake->has_length && length != intake->length) || intake->has_transfer) {
        return malformed(intake, "the answer says in two ways how long it is");
    }
    intake->has_length = true;
    intake->length = length;
    return length <= HTTP_BODY_BYTES || intake->has_no_body ||
           too_large(intake, "the answer is larger than 8 MiB");
}

static bool take_transfer(struct http_intake *intake, struct str value)
{
    if (intake->has_length || intake->has_transfer) {
        return malformed(intake, "the answer says in two ways how long it is");
    }
    intake->has_transfer = true;
    return str_eq_nocase(value, STR_OF("chunked")) ||
           malformed(intake, "the answer is sent in a way that was not asked for");
}

static bool take_coding(struct http_intake *intake, struct str value)
{
    static const struct str known[] = {STR("gzip"), STR("x-gzip"), STR("deflate")};
    if (value.len == 0 || str_eq_nocase(value, STR_OF("identity"))) {
        return true;
    }
    bool is_known = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        is_known = is_known || str_eq_nocase(value, known[i]);
    }
    if (!is_known || intake->has_coding) {
        return malformed(intake,
                         "the answer is compressed in a way that was not asked for");
    }
    intake->has_coding = true;
    return true;
}

static bool take_header(struct http_intake *intake, struct str line)
{
    static const struct {
        struct str name;
        bool (*take)(struct http_intake *intake, struct str value);
    } takers[] = {{STR("content-length"), take_length},
                  {STR("transfer-encoding"), take_transfer},
                  {STR("content-encoding"), take_coding}};
    size_t colon = str_find_char(line, ':');
    struct str name = str_before(line, colon);
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        if (str_eq_nocase(name, takers[i].name)) {
            return takers[i].take(intake, str_trim(str_after(line, colon + 1)));
        }
    }
    return true;
}

/* ---- lines ---- */

/* A status line begins the answer, or the next one when this one is 100 to 199. */
static bool begins_answer(const struct http_intake *intake, struct str line)
{
    return (!intake->begun || (intake->interim && intake->headers_whole)) &&
           str_starts(line, STR_OF("HTTP/"));
}

static void begin_answer(struct http_intake *intake, struct str line)
{
    struct str code = str_after(line, str_find_char(line, ' '));
    text_clear(&intake->headers);
    intake->begun = true;
    intake->interim = str_starts(code, STR_OF(" 1"));
    intake->headers_whole = false;
    intake->has_length = intake->has_coding = intake->has_transfer = false;
}

bool http_intake_line(struct http_intake *intake, struct str line)
{
    intake->head_bytes += line.len;
    if (intake->head_bytes > HTTP_HEADERS_BYTES) {
        return too_large(intake, "the answer has more than 64 KiB of headers");
    }
    if (str_find_char(line, '\0') < line.len) {
        return malformed(intake, "the answer has a zero in its headers");
    }
    if (begins_answer(intake, line)) {
        begin_answer(intake, line);
        return true;
    }
    if (intake->headers_whole) {
        return true; /* a trailer: it comes too late to be believed */
    }
    intake->headers_whole = str_trim(line).len == 0;
    text_add(&intake->headers, line);
    return take_header(intake, line);
}

bool http_intake_body(struct http_intake *intake, struct str bytes)
{
    text_add(&intake->body, bytes);
    if (intake->body.no_memory) {
        return refuse(intake, IMH_RETRY, "out of memory for the answer");
    }
    return !intake->body.failed || too_large(intake, "the answer is larger than 8 MiB");
}
