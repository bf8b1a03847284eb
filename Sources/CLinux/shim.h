// What Swift's module of the C library leaves out: mallopt(3), statfs(2), and renameat2(2), which it can call only by its
// number.
#include <malloc.h>
#include <sys/vfs.h>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Makes two names change places in one step: 0, or -1 with errno.
static inline int phasemap_exchange(const char *one, const char *other) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, 2u /* RENAME_EXCHANGE */);
}
