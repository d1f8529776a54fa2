/* elf - is a file a whole shared object for this machine?
 *
 * Asked before the loader is: that says "no such file" of a plugin for another machine, and
 * dies of one that was copied in part. Pure, but for reading the file.
 */
#ifndef HOST_PLUGIN_ELF_H
#define HOST_PLUGIN_ELF_H

#include "base/error.h"

/* Errors: IMH_REJECTED and a clause that fits behind the file's name. */
bool elf_check(int fd, struct error *error);

#endif
