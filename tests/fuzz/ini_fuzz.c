/* A configuration file of a stranger, and the problems that are told of it. */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/ini.h"
#include "fuzz.h"

static void read_file(const char *path)
{
    struct arena arena;
    struct problems problems;
    struct ini ini;
    arena_init(&arena, 4096, 0);
    problems_init(&problems);
    if (ini_read(path, &arena, &ini, &problems)) {
        for (struct ini_section *section = ini.sections; section; section = section->next) {
            fuzz_check(section->name.len <= INI_SECTION_BYTES && section->line > 0);
            (void)ini_take(section, "url");
        }
    }
    struct text out;
    text_init(&out, PROBLEMS_BYTES);
    problems_write(&problems, &out);
    text_clear(&out);
    problems_write_json(&problems, &out);
    fuzz_check(!out.failed);
    text_done(&out);
    problems_done(&problems);
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int file = memfd_create("imh.ini", MFD_CLOEXEC);
    fuzz_check(file >= 0 && fchmod(file, 0600) == 0);
    fuzz_check(write(file, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    read_file(path);
    (void)close(file);
    return 0;
}
