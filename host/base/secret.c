#include "base/secret.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* Stands at the start of its pages; the value ends with the last byte of them, so that one
 * byte further is a page nobody may touch. */
struct secret {
    size_t pages_bytes; /* of the pages between the untouchable ones */
    size_t most, len;
    char *value;
};

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Pages for `bytes`, zeroed, with an untouchable one on either side; NULL when memory is
 * out. */
static char *map_pages(size_t bytes)
{
    size_t page = page_bytes();
    char *whole =
        mmap(NULL, bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED) {
        return NULL;
    }
    char *pages = whole + page;
    if (mprotect(pages, bytes, PROT_READ | PROT_WRITE) != 0) {
        (void)munmap(whole, bytes + 2 * page);
        return NULL;
    }
    /* Beyond the limit of locked memory a secret may be swapped out: better than none. */
    (void)mlock(pages, bytes);
    (void)madvise(pages, bytes, MADV_DONTDUMP);
    (void)madvise(pages, bytes, MADV_WIPEONFORK);
    return pages;
}

struct secret *secret_make(size_t most, struct error *error)
{
    size_t page = page_bytes();
    size_t bytes = sizeof(struct secret) + most + 1;
    size_t pages_bytes = (bytes + page - 1) / page * page;
    char *pages = most < SIZE_MAX / 2 ? map_pages(pages_bytes) : NULL;
    if (!pages) {
        (void)error_set(error, IMH_RETRY, "no memory for a secret");
        return NULL;
    }
    struct secret *secret = (struct secret *)(void *)pages;
    *secret = (struct secret){
        .pages_bytes = pages_bytes, .most = most, .value = pages + pages_bytes - most - 1};
    return secret;
}

void secret_free(struct secret *secret)
{
    if (!secret) {
        return;
    }
    size_t page = page_bytes();
    size_t pages_bytes = secret->pages_bytes;
    char *pages = (char *)secret;
    explicit_bzero(pages, pages_bytes);
    (void)munmap(pages - page, pages_bytes + 2 * page);
}

char *secret_extend(struct secret *secret, size_t count)
{
    if (count > secret->most - secret->len) {
        return NULL;
    }
    secret->len += count;
    return secret->value + secret->len - count;
}

bool secret_add(struct secret *secret, struct str bytes)
{
    char *room = secret_extend(secret, bytes.len);
    if (room && bytes.len > 0) {
        memcpy(room, bytes.ptr, bytes.len);
    }
    return room != NULL;
}

struct secret *secret_copy(struct str value, struct error *error)
{
    struct secret *secret = secret_make(value.len, error);
    if (secret) {
        (void)secret_add(secret, value);
    }
    return secret;
}

struct secret *secret_read(int fd, const char *name, size_t most, struct error *error)
{
    OWN(secret) secret = secret_make(most + 1, error); /* one more shows that it is more */
    ssize_t got = 1;
    while (secret && secret->len <= most && got != 0) {
        got = read(fd, secret->value + secret->len, secret->most - secret->len);
        if (got < 0 && errno != EINTR) {
            (void)error_set(error, IMH_REJECTED, "%s: %s", name, strerror(errno));
            return NULL;
        }
        secret->len += got > 0 ? (size_t)got : 0;
    }
    if (secret && secret->len > most) {
        (void)error_set(error, IMH_REJECTED, "%s: larger than %zu bytes", name, most);
        return NULL;
    }
    return secret ? secret_copy(secret_reveal(secret), error) : NULL; /* of its own size */
}

void secret_cut(struct secret *secret, size_t count)
{
    if (count < secret->len) {
        explicit_bzero(secret->value + count, secret->len - count);
        secret->len = count;
    }
}

void secret_cut_newline(struct secret *secret)
{
    struct str value = secret_reveal(secret);
    size_t cut = str_ends(value, STR_OF("\r\n")) ? 2
                 : str_ends(value, STR_OF("\n")) ? 1
                                                 : 0;
    secret_cut(secret, value.len - cut);
}

size_t secret_length(const struct secret *secret)
{
    return secret->len;
}

struct str secret_reveal(const struct secret *secret)
{
    return (struct str){secret->value, secret->len};
}
