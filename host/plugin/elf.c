#include "plugin/elf.h"

#include <linux/elf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { OUR_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OUR_MACHINE = EM_AARCH64 };
#else
/* cppcheck-suppress preprocessorErrorDirective ; nobody builds these */
#error "name the machine of <linux/elf-em.h> that this is"
#endif

enum {
    OUR_ORDER = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB,
    PARTS_MOST = 1000 /* entries of a program header; real files have about ten */
};

static bool read_at(int fd, void *room, size_t bytes, uint64_t offset)
{
    return pread(fd, room, bytes, (off_t)offset) == (ssize_t)bytes;
}

static bool check_machine(const Elf64_Ehdr *head, struct error *error)
{
    if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != OUR_ORDER ||
        head->e_machine != OUR_MACHINE) {
        return error_set(error, IMH_REJECTED,
                         "built for another kind of machine: build it for this one");
    }
    return true;
}

/* Everything that will be mapped lies inside the file. */
static bool is_whole(int fd, const Elf64_Ehdr *head, uint64_t size)
{
    if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_phnum > PARTS_MOST) {
        return false;
    }
    for (uint64_t i = 0; i < head->e_phnum; i++) {
        Elf64_Phdr part;
        if (head->e_phoff > size ||
            !read_at(fd, &part, sizeof part, head->e_phoff + i * sizeof part) ||
            part.p_filesz > size || part.p_offset > size - part.p_filesz) {
            return false;
        }
    }
    return true;
}

bool elf_check(int fd, struct error *error)
{
    Elf64_Ehdr head;
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return error_set(error, IMH_REJECTED, "not a regular file");
    }
    if (!read_at(fd, &head, sizeof head, 0) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) {
        return error_set(error, IMH_REJECTED, "not a plugin: not a shared object (.so)");
    }
    if (!check_machine(&head, error)) {
        return false;
    }
    if (head.e_type != ET_DYN) {
        return error_set(error, IMH_REJECTED, "not a plugin: not a shared object (.so)");
    }
    if (!is_whole(fd, &head, (uint64_t)status.st_size)) {
        return error_set(error, IMH_REJECTED, "the file breaks off: copy it again");
    }
    return true;
}
