// Tells the thread sanitizer of the locks of Swift's Synchronization.Mutex.
//
// A mutex that nobody else wants is locked and unlocked by atomics in the program's own code, which the sanitizer sees. One
// that others wait for is passed on inside Swift's library, built without the sanitizer, which would then report whatever
// the mutex protects. scripts/sanitize loads these functions in front of that library's.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lockSlow(uint32_t thread, SELF self) __asm__(LOCK_SLOW);
SWIFT void unlockSlow(SELF self) __asm__(UNLOCK_SLOW);

static SWIFT void (*nextLockSlow)(uint32_t, SELF);
static SWIFT void (*nextUnlockSlow)(SELF);

__attribute__((constructor)) static void find(void) {
    nextLockSlow = dlsym(RTLD_NEXT, LOCK_SLOW);
    nextUnlockSlow = dlsym(RTLD_NEXT, UNLOCK_SLOW);
}

SWIFT void lockSlow(uint32_t thread, SELF self) {
    nextLockSlow(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void unlockSlow(SELF self) {
    if (__tsan_release) __tsan_release(self);
    nextUnlockSlow(self);
}
