/* cage_landlock - which files can be opened at all. Private to the cage.
 *
 * By the system calls themselves: the C library of Debian 12 has no functions for them, and
 * its headers know less than newer kernels can.
 */
#ifndef HOST_BASE_CAGE_LANDLOCK_H
#define HOST_BASE_CAGE_LANDLOCK_H

#include "base/error.h"

/* Of the kernel's Landlock; 0 when it has none, or it is switched off. */
int cage_landlock_version(void);

/* Files of the list, and those below its folders, can be read; nothing else can be opened.
 * What is not there is passed over. TCP ports, abstract sockets and signals to others are
 * closed too, as far as the kernel's version can; `internet` leaves the ports open. Without
 * Landlock nothing happens, and that is no error. */
bool cage_landlock_enter(const char *const *readable, bool internet, struct error *error);

#endif
