/* A date in words, and a format: read, and printed in both ways. */
#include "fuzz.h"
#include "smarty/moment.h"

enum { NOW_S = 1767225600, OUTPUT_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    size_t line = str_find_char(input, '\n');
    struct str date = str_before(input, line);
    struct str format = str_before(str_after(input, line + 1), MOMENT_TEXT_BYTES);
    struct text out;
    int64_t seconds = NOW_S;
    text_init(&out, OUTPUT_BYTES);
    (void)moment_parse(date, NOW_S, NULL, &seconds);
    moment_date(&out, format, seconds, NULL);
    moment_strftime(&out, format, seconds, NULL);
    fuzz_check(!out.failed);
    text_done(&out);
    return 0;
}
