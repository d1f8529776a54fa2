/* A schema in the first line, a value in the rest: whoever is refused hears why. */
#include "fuzz.h"
#include "plugin/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {.text = ""};
    struct str input = {(const char *)data, size};
    size_t line = str_find_char(input, '\n');
    struct str schema = str_before(input, line);
    bool good = schema_check(schema, &error);
    fuzz_check(good == (error.text[0] == '\0'));
    if (good) {
        good = schema_accepts(schema, str_after(input, line + 1), &error);
        fuzz_check(good == (error.text[0] == '\0'));
    }
    return 0;
}
