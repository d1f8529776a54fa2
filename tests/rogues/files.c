/* Files: reading, writing, changing, looking into others by /proc. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "rogue.h"

/* Opens and closes. */
static int opening(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd < 0 ? errno : close(fd);
}

static int of_host(const char *name, int flags)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)rogue_target.host, name);
    return opening(path, flags);
}

static const char *new_file(char path[200])
{
    (void)snprintf(path, 200, "%s/rogue-was-here", rogue_target.folder);
    return path;
}

static int read_passwd(void)
{
    return opening("/etc/passwd", O_RDONLY);
}

static int read_shadow(void)
{
    return opening("/etc/shadow", O_RDONLY);
}

static int read_file(void)
{
    return opening(rogue_target.file, O_RDONLY);
}

static int point_at_file(void)
{
    return opening(rogue_target.file, O_PATH);
}

static int look_at_file(void)
{
    struct stat status;
    return rogue_errno(stat(rogue_target.file, &status));
}

static int write_file(void)
{
    int fd = open(rogue_target.file, O_WRONLY | O_CLOEXEC);
    int failed = fd < 0 ? errno : rogue_errno(write(fd, "rogue", 5));
    return fd < 0 ? failed : failed | close(fd);
}

static int truncate_file(void)
{
    return rogue_errno(truncate(rogue_target.file, 0));
}

static int remove_file(void)
{
    return rogue_errno(unlink(rogue_target.file));
}

static int open_up_file(void)
{
    return rogue_errno(chmod(rogue_target.file, 0777));
}

static int give_away_file(void)
{
    return rogue_errno(chown(rogue_target.file, 65534, 65534));
}

static int rename_file(void)
{
    char path[200];
    return rogue_errno(rename(rogue_target.file, new_file(path)));
}

static int link_file(void)
{
    char path[200];
    return rogue_errno(link(rogue_target.file, new_file(path)));
}

static int point_by_link(void)
{
    char path[200];
    return rogue_errno(symlink("/etc/passwd", new_file(path)));
}

static int label_file(void)
{
    return rogue_errno(setxattr(rogue_target.file, "user.rogue", "x", 1, 0));
}

static int make_file(void)
{
    char path[200];
    return opening(new_file(path), O_WRONLY | O_CREAT);
}

static int make_nameless_file(void)
{
    return opening(rogue_target.folder, O_TMPFILE | O_RDWR);
}

static int make_folder(void)
{
    char path[200];
    return rogue_errno(mkdir(new_file(path), 0700));
}

static int make_device(void)
{
    char path[200];
    return rogue_errno(mknod(new_file(path), S_IFIFO | 0600, 0));
}

static int make_memory_file(void)
{
    int fd = memfd_create("rogue", 0);
    return fd < 0 ? errno : close(fd);
}

static int list_folder(void)
{
    DIR *folder = opendir(rogue_target.folder);
    return folder ? closedir(folder) : errno;
}

static int list_processes(void)
{
    DIR *folder = opendir("/proc");
    return folder ? closedir(folder) : errno;
}

static int write_own_program(void)
{
    return opening("/proc/self/exe", O_RDWR);
}

static int write_own_memory(void)
{
    return opening("/proc/self/mem", O_RDWR);
}

static int read_own_maps(void)
{
    return opening("/proc/self/maps", O_RDONLY);
}

static int read_environ_of_host(void)
{
    return of_host("environ", O_RDONLY);
}

static int read_arguments_of_host(void)
{
    return of_host("cmdline", O_RDONLY);
}

static int read_memory_of_host(void)
{
    return of_host("mem", O_RDWR);
}

static int read_maps_of_host(void)
{
    return of_host("maps", O_RDONLY);
}

static int read_file_of_host(void)
{
    return of_host("fd/0", O_RDONLY);
}

static int read_environ_of_init(void)
{
    return opening("/proc/1/environ", O_RDONLY);
}

static int write_core_pattern(void)
{
    return opening("/proc/sys/kernel/core_pattern", O_WRONLY);
}

static int open_terminal(void)
{
    return opening("/dev/tty", O_RDWR);
}

static int mount_something(void)
{
    return rogue_errno(mount("none", "/mnt", "tmpfs", 0, NULL));
}

static int change_root(void)
{
    return rogue_errno(chroot(rogue_target.folder));
}

static int change_folder(void)
{
    return rogue_errno(chdir("/"));
}

static int open_by_handle(void)
{
    return rogue_errno(syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, O_RDONLY));
}

static int watch_folder(void)
{
    return rogue_errno(syscall(SYS_inotify_init1, 0));
}

static const struct rogue_act acts[] = {
    {"read-passwd", read_passwd, false},
    {"read-shadow", read_shadow, false},
    {"read-file", read_file, false},
    {"point-at-file", point_at_file, false},
    {"look-at-file", look_at_file, true},
    {"write-file", write_file, false},
    {"truncate-file", truncate_file, false},
    {"remove-file", remove_file, false},
    {"open-up-file", open_up_file, false},
    {"give-away-file", give_away_file, false},
    {"rename-file", rename_file, false},
    {"link-file", link_file, false},
    {"point-by-link", point_by_link, false},
    {"label-file", label_file, false},
    {"make-file", make_file, false},
    {"make-nameless-file", make_nameless_file, false},
    {"make-folder", make_folder, false},
    {"make-device", make_device, false},
    {"make-memory-file", make_memory_file, false},
    {"list-folder", list_folder, false},
    {"list-processes", list_processes, false},
    {"write-own-program", write_own_program, false},
    {"write-own-memory", write_own_memory, false},
    {"read-own-maps", read_own_maps, false},
    {"read-environ-of-host", read_environ_of_host, false},
    {"read-arguments-of-host", read_arguments_of_host, false},
    {"read-memory-of-host", read_memory_of_host, false},
    {"read-maps-of-host", read_maps_of_host, false},
    {"read-file-of-host", read_file_of_host, false},
    {"read-environ-of-init", read_environ_of_init, false},
    {"write-core-pattern", write_core_pattern, false},
    {"open-terminal", open_terminal, false},
    {"mount", mount_something, false},
    {"change-root", change_root, false},
    {"change-folder", change_folder, false},
    {"open-by-handle", open_by_handle, false},
    {"watch-folder", watch_folder, false},
};

const struct rogue_table rogue_files = {acts, sizeof acts / sizeof *acts};
