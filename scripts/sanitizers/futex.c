// Tells the thread sanitizer of the locks of Swift's Synchronization.Mutex.
//
// On Linux a mutex that nobody else wants is locked and unlocked by atomics, which the sanitizer sees. One that others wait
// for is handed over by the kernel (FUTEX_LOCK_PI, FUTEX_UNLOCK_PI), which it does not see, so that it would report what
// the mutex protects. Loaded before everything else by scripts/sanitize; other programs do not notice it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>

void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

long syscall(long number, ...) {
    static long (*next)(long, ...);
    if (!next) next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    int command = number == SYS_futex ? (int)a[1] & FUTEX_CMD_MASK : -1;
    if (command == FUTEX_UNLOCK_PI && __tsan_release) __tsan_release((void *)a[0]);
    long result = next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    int locks = command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2 || command == FUTEX_TRYLOCK_PI;
    if (locks && result == 0 && __tsan_acquire) __tsan_acquire((void *)a[0]);
    return result;
}
