#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "open_files.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Every test runs in an empty folder of its own and leaves no descriptor open. */
struct place {
    char folder[32];
    int before; /* the folder we came from */
    size_t files;
};

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    if (!place) {
        return -1;
    }
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/imh-path-XXXXXX");
    place->before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    place->files = open_files();
    *state = place;
    return place->before >= 0 && mkdtemp(place->folder) && chdir(place->folder) == 0 ? 0
                                                                                     : -1;
}

static int teardown(void **state)
{
    static const char *const names[] = {"file", "link", "fifo", "socket", "folder/file"};
    struct place *place = *state;
    bool leak = open_files() != place->files;
    for (size_t i = 0; i < COUNT(names); i++) {
        (void)unlink(names[i]);
    }
    (void)rmdir("folder");
    bool clean = fchdir(place->before) == 0 && rmdir(place->folder) == 0;
    (void)close(place->before);
    free(place);
    return clean && !leak ? 0 : -1;
}

static void write_file(const char *name, const char *bytes, size_t count)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, count), count);
    assert_int_equal(close(fd), 0);
}

/* Refused: the status, a sentence that begins with the path, and nothing added. */
static void refuses(const char *path, imh_status status, const char *reason)
{
    struct text out;
    struct error error = {0};
    text_init(&out, 100000);
    text_add_cstr(&out, "before");
    assert_false(path_read(path, 100, &out, &error));
    assert_int_equal(error.status, status);
    assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
    assert_non_null(strstr(error.text, reason));
    assert_string_equal(text_cstr(&out), "before");
    assert_false(out.failed);
    text_done(&out);
}

static void a_file_is_added_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 255, 16383, 16384, 16385, 100000};
    char *bytes = malloc(100000);
    assert_non_null(bytes);
    for (size_t i = 0; i < 100000; i++) {
        bytes[i] = (char)(i * 7 + i / 256);
    }
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct text out;
        struct error error = {.status = IMH_OK};
        write_file("file", bytes, sizes[i]);
        text_init(&out, 200000);
        text_add_cstr(&out, "before");
        assert_true(path_read("file", 100000, &out, &error));
        assert_int_equal(out.len, 6 + sizes[i]);
        assert_true(str_eq(str_after(text_str(&out), 6), (struct str){bytes, sizes[i]}));
        assert_int_equal(error.status, IMH_OK);
        text_done(&out);
    }
    free(bytes);
}

static void reads_exactly_most_and_not_one_byte_more(void **state)
{
    (void)state;
    static const size_t limits[] = {0, 1, 100, 16384, 20000, 40000};
    static const char bytes[40001];
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct text out;
        struct error error = {0};
        char text[64];
        text_init(&out, 100000);
        text_add_cstr(&out, "before");
        write_file("file", bytes, limits[i] + 1);
        assert_false(path_read("file", limits[i], &out, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        (void)snprintf(text, sizeof text, "file: larger than %zu bytes", limits[i]);
        assert_string_equal(error.text, text);
        assert_string_equal(text_cstr(&out), "before");
        write_file("file", bytes, limits[i]);
        assert_true(path_read("file", limits[i], &out, &error));
        assert_int_equal(out.len, 6 + limits[i]);
        text_done(&out);
    }
}

static void a_text_too_small_for_the_file_stays_as_it_was(void **state)
{
    (void)state;
    char bytes[400];
    struct text out;
    struct error error = {0};
    memset(bytes, 'x', sizeof bytes);
    write_file("file", bytes, sizeof bytes);
    text_init(&out, 300);
    text_add_cstr(&out, "before");
    assert_false(path_read("file", 1000, &out, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_string_equal(text_cstr(&out), "before");
    assert_false(out.failed);
    text_done(&out);
}

static void what_is_no_regular_file_is_rejected(void **state)
{
    (void)state;
    assert_int_equal(mkdir("folder", 0700), 0);
    refuses("folder", IMH_REJECTED, "not a regular file");
    refuses(".", IMH_REJECTED, "not a regular file");
    refuses("/dev/null", IMH_REJECTED, "not a regular file");
    refuses("/dev/zero", IMH_REJECTED, "not a regular file");
}

static void a_fifo_without_a_writer_does_not_block(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    (void)alarm(60);
    refuses("fifo", IMH_REJECTED, "not a regular file");
    (void)alarm(0);
}

static void a_fifo_with_bytes_is_not_read(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    int both = open("fifo", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(both >= 0);
    assert_int_equal(write(both, "x", 1), 1);
    refuses("fifo", IMH_REJECTED, "not a regular file");
    char byte;
    assert_int_equal(read(both, &byte, 1), 1);
    assert_int_equal(close(both), 0);
}

static void a_socket_is_rejected(void **state)
{
    (void)state;
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    refuses("socket", IMH_REJECTED, strerror(ENXIO));
    assert_int_equal(close(fd), 0);
}

static void a_file_that_is_not_there_is_missing(void **state)
{
    (void)state;
    refuses("file", IMH_MISSING, strerror(ENOENT));
    refuses("folder/file", IMH_MISSING, strerror(ENOENT));
    refuses("", IMH_MISSING, strerror(ENOENT));
    assert_int_equal(symlink("nowhere", "link"), 0);
    refuses("link", IMH_MISSING, strerror(ENOENT));
}

static void what_cannot_be_opened_is_rejected(void **state)
{
    (void)state;
    char longest[5000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct text out;
    struct error error = {0};
    text_init(&out, 100);
    assert_false(path_read(longest, 100, &out, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    text_done(&out);
    write_file("file", "x", 1);
    refuses("file/below", IMH_REJECTED, strerror(ENOTDIR));
    assert_int_equal(symlink("link", "link"), 0);
    refuses("link", IMH_REJECTED, strerror(ELOOP));
}

static void what_cannot_be_read_is_rejected(void **state)
{
    (void)state;
    /* A regular file as far as the kernel says; nothing is at address 0. */
    refuses("/proc/self/mem", IMH_REJECTED, strerror(EIO));
}

static void a_program_without_stdin_can_read(void **state)
{
    (void)state;
    struct text out;
    struct error error = {0};
    write_file("file", "bytes", 5);
    int kept = dup(STDIN_FILENO);
    (void)close(STDIN_FILENO);
    text_init(&out, 300);
    bool read = path_read("file", 100, &out, &error);
    if (kept >= 0) {
        assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
        assert_int_equal(close(kept), 0);
    }
    assert_true(read);
    assert_string_equal(text_cstr(&out), "bytes");
    text_done(&out);
}

static void links_are_followed(void **state)
{
    (void)state;
    struct text out;
    struct error error = {0};
    assert_int_equal(mkdir("folder", 0700), 0);
    write_file("folder/file", "linked", 6);
    assert_int_equal(symlink("folder/file", "link"), 0);
    text_init(&out, 100);
    assert_true(path_read("link", 100, &out, &error));
    assert_string_equal(text_cstr(&out), "linked");
    text_done(&out);
}

static void a_relative_path_stands_beside_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *beside;
        struct str path;
        const char *whole;
    } cases[] = {
        {"/etc/imh/imh.ini", STR("shop.ini"), "/etc/imh/shop.ini"},
        {"/etc/imh/imh.ini", STR("conf.d/shop.ini"), "/etc/imh/conf.d/shop.ini"},
        {"/etc/imh/imh.ini", STR("../x"), "/etc/imh/../x"},
        {"/etc/imh/imh.ini", STR("/srv/x"), "/srv/x"},
        {"/etc/imh/", STR("x"), "/etc/imh/x"},
        {"/imh.ini", STR("x"), "/x"},
        {"imh.ini", STR("x"), "x"},
        {"imh.ini", STR("/x"), "/x"},
        {"a/b", STR("x"), "a/x"},
        {"a/b", STR(""), "a/"},
        {"", STR("x"), "x"},
        {"", STR(""), ""},
        {"a/b", {NULL, 0}, "a/"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text out;
        text_init(&out, 300);
        text_add_char(&out, '>');
        path_beside(&out, cases[i].beside, cases[i].path);
        assert_string_equal(text_cstr(&out) + 1, cases[i].whole);
        text_done(&out);
    }
}

static void the_name_is_the_last_part(void **state)
{
    (void)state;
    static const struct {
        struct str path;
        const char *name;
    } cases[] = {
        {STR("a/b.ini"), "b.ini"}, {STR("/a/b/c"), "c"},  {STR("c"), "c"},
        {STR("/c"), "c"},          {STR("a/"), ""},       {STR("/"), ""},
        {STR("//"), ""},           {STR(""), ""},         {{NULL, 0}, ""},
        {STR("a/.."), ".."},       {STR("a\\b"), "a\\b"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(str_is(path_name(cases[i].path), cases[i].name));
    }
}

static void only_its_owner_may_write_a_private_file(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        const char *who; /* NULL: nobody else */
    } cases[] = {
        {0644, NULL},     {0600, NULL},     {0444, NULL},     {0755, NULL},
        {0000, NULL},     {0555, NULL},     {04755, NULL},    {0664, "group"},
        {0620, "group"},  {0775, "group"},  {0666, "others"}, {0646, "others"},
        {0602, "others"}, {0777, "others"}, {02664, "group"},
    };
    write_file("file", "", 0);
    int fd = open("file", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {.status = IMH_OK};
        char text[100];
        assert_int_equal(fchmod(fd, cases[i].mode), 0);
        assert_int_equal(path_is_private(fd, "the/file", &error), cases[i].who == NULL);
        if (cases[i].who) {
            (void)snprintf(text, sizeof text,
                           "the/file: writable by %s, not loaded: chmod go-w the/file",
                           cases[i].who);
            assert_int_equal(error.status, IMH_REJECTED);
            assert_string_equal(error.text, text);
        }
    }
    assert_int_equal(close(fd), 0);
}

/* In a child, because the user is changed: whether a file of `owner` is private to `user`.
 */
static bool is_private_to(int fd, uid_t owner, uid_t user)
{
    assert_int_equal(fchown(fd, owner, (gid_t)-1), 0);
    pid_t child = fork();
    if (child == 0) {
        struct error error = {0};
        if (seteuid(user) != 0) {
            _exit(2);
        }
        bool private = path_is_private(fd, "file", &error);
        bool told = private || (error.status == IMH_REJECTED &&
                                strstr(error.text, "owned by user 54321,"));
        _exit(!told ? 2 : private ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    return WEXITSTATUS(status) == 0;
}

static void a_private_file_belongs_to_root_or_us(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    write_file("file", "", 0);
    int fd = open("file", O_RDONLY | O_CLOEXEC);
    assert_true(is_private_to(fd, 0, 0));
    assert_true(is_private_to(fd, 0, 12345));
    assert_true(is_private_to(fd, 12345, 12345));
    assert_false(is_private_to(fd, 54321, 12345));
    assert_false(is_private_to(fd, 54321, 0));
    assert_int_equal(close(fd), 0);
}

static bool is_same(const struct path_mark *mark, const char *path)
{
    struct path_mark now = path_mark(path);
    return path_mark_is_same(mark, &now);
}

/* The clock of a file system ticks now and then only. */
static void a_mark_tells_a_file_from_another_and_from_itself_changed(void **state)
{
    (void)state;
    write_file("file", "content", 7);
    write_file("link", "content", 7);
    struct path_mark mark = path_mark("file");
    assert_true(mark.inode != 0);
    assert_true(is_same(&mark, "file"));
    assert_false(is_same(&mark, "link"));
    while (is_same(&mark, "file")) {
        assert_int_equal(chmod("file", 0640), 0);
    }
    mark = path_mark("file");
    assert_int_equal(rename("link", "file"), 0);
    assert_false(is_same(&mark, "file"));
    assert_int_equal(unlink("file"), 0);
    assert_int_equal(path_mark("file").inode, 0);
}

static void a_guarded_file_is_closed_to_everybody(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        bool not_writable, not_open; /* is read under that guard */
    } cases[] = {
        {0644, true, false},  {0664, true, false}, {0640, true, true},
        {0660, true, true},   {0400, true, true},  {0646, false, false},
        {0602, false, false}, {0601, true, false},
    };
    write_file("file", "content", 7);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text out;
        struct error error = {.status = IMH_OK};
        text_init(&out, 100);
        assert_int_equal(chmod("file", cases[i].mode), 0);
        assert_int_equal(path_read_guarded("file", PATH_NOT_WRITABLE, 7, &out, &error),
                         cases[i].not_writable);
        if (!cases[i].not_writable) {
            assert_string_equal(error.text,
                                "file: can be written by everybody: chmod o-w file");
        }
        text_clear(&out);
        assert_int_equal(path_read_guarded("file", PATH_NOT_OPEN, 7, &out, &error),
                         cases[i].not_open);
        if (!cases[i].not_open) {
            assert_int_equal(error.status, IMH_REJECTED);
            assert_string_equal(error.text,
                                "file: can be read by everybody: chmod o-rwx file");
            assert_int_equal(out.len, 0);
        }
        text_done(&out);
    }
}

static void a_closed_descriptor_is_not_private(void **state)
{
    (void)state;
    struct error error = {0};
    assert_false(path_is_private(-1, "the/file", &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_int_equal(strncmp(error.text, "the/file: ", 10), 0);
    assert_non_null(strstr(error.text, strerror(EBADF)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void errno_says_whether_to_try_again(void **state)
{
    static const struct {
        int number;
        imh_status status;
    } cases[] = {
        {EACCES, IMH_DENIED},   {EROFS, IMH_DENIED},     {ENOENT, IMH_REJECTED},
        {EISDIR, IMH_REJECTED}, {ENOTDIR, IMH_REJECTED}, {EMFILE, IMH_RETRY},
        {ENOSPC, IMH_RETRY},    {EIO, IMH_RETRY},        {ENOMEM, IMH_RETRY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        errno = cases[i].number;
        assert_false(path_fail("a/b", &error));
        assert_int_equal(error.status, cases[i].status);
        assert_int_equal(strncmp(error.text, "a/b: ", 5), 0);
        assert_string_equal(error.text + 5, strerror(cases[i].number));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_added_whole),
        TEST(reads_exactly_most_and_not_one_byte_more),
        TEST(a_text_too_small_for_the_file_stays_as_it_was),
        TEST(what_is_no_regular_file_is_rejected),
        TEST(a_fifo_without_a_writer_does_not_block),
        TEST(a_fifo_with_bytes_is_not_read),
        TEST(a_socket_is_rejected),
        TEST(a_file_that_is_not_there_is_missing),
        TEST(what_cannot_be_opened_is_rejected),
        TEST(what_cannot_be_read_is_rejected),
        TEST(a_program_without_stdin_can_read),
        TEST(links_are_followed),
        TEST(a_relative_path_stands_beside_the_file),
        TEST(the_name_is_the_last_part),
        TEST(only_its_owner_may_write_a_private_file),
        TEST(a_private_file_belongs_to_root_or_us),
        TEST(a_mark_tells_a_file_from_another_and_from_itself_changed),
        TEST(a_guarded_file_is_closed_to_everybody),
        TEST(a_closed_descriptor_is_not_private),
        cmocka_unit_test(errno_says_whether_to_try_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
