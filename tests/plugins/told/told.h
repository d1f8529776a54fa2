/* told - what tests know about the plugin `told`, besides what it declares. */
#ifndef TESTS_PLUGINS_TOLD_TOLD_H
#define TESTS_PLUGINS_TOLD_TOLD_H

#include <stdatomic.h>

/* Its extension TOLD_LIVES: how many instances were made and destroyed in this process. One
 * that is left over ends the process with TOLD_LEFT_OVER. */
#define TOLD_LIVES "imh.told.lives/1"
enum { TOLD_LEFT_OVER = 99 };

struct told_lives {
    atomic_uint created, destroyed;
};

#endif
