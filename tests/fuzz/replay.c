/* replay FOLDER... - every file once through the function that fuzzing calls. */
#include <dirent.h>

#include "base/text.h"
#include "fuzz.h"

enum { INPUT_BYTES = 8 << 20 };

static bool read_file(const char *path, struct text *text)
{
    char buffer[4096];
    FILE *file = fopen(path, "rb");
    if (!file) {
        return false;
    }
    for (size_t count; (count = fread(buffer, 1, sizeof buffer, file)) > 0;) {
        text_add_bytes(text, buffer, count);
    }
    bool good = !ferror(file) && !text->failed;
    (void)fclose(file);
    return good;
}

/* The copy ends where the input does, so that sanitizers see who reads on. */
static bool replay_file(const char *path)
{
    struct text text;
    text_init(&text, INPUT_BYTES);
    bool good = read_file(path, &text);
    uint8_t *copy = malloc(text.len ? text.len : 1);
    if (good && copy) {
        (void)fprintf(stderr, "%s\n", path); /* the last one when it crashes */
        if (text.len > 0) {
            memcpy(copy, text.ptr, text.len);
        }
        (void)LLVMFuzzerTestOneInput(copy, text.len);
    }
    free(copy);
    text_done(&text);
    return good;
}

/* Number of files, or -1. */
static int replay_folder(const char *folder)
{
    struct dirent **entries;
    int sum = 0;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        bool fits = length > 0 && (size_t)length < sizeof path;
        if (entries[i]->d_name[0] != '.') {
            sum = fits && replay_file(path) && sum >= 0 ? sum + 1 : -1;
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
    return count < 0 ? -1 : sum;
}

int main(int argc, char **argv)
{
    int sum = 0;
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        if (count <= 0) {
            (void)fprintf(stderr, "%s: no files, or not readable\n", argv[i]);
            return 1;
        }
        sum += count;
    }
    (void)printf("%d inputs\n", sum);
    return sum > 0 ? 0 : 1;
}
