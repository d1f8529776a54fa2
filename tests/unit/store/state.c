#include "state.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int state_make(void **state)
{
    struct state *at = calloc(1, sizeof *at);
    if (!at) {
        return -1;
    }
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(at->outer, sizeof at->outer, "%.30s/imh-store-XXXXXX",
                   temporary ? temporary : "/tmp");
    if (!mkdtemp(at->outer)) {
        free(at);
        return -1;
    }
    (void)snprintf(at->folder, sizeof at->folder, "%s/state", at->outer);
    *state = at;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

int state_remove(void **state)
{
    struct state *at = *state;
    int failed = nftw(at->outer, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(at);
    return failed;
}

const char *state_path(struct state *state, const char *name)
{
    (void)snprintf(state->path, sizeof state->path, "%s/%s", state->folder, name);
    return state->path;
}
