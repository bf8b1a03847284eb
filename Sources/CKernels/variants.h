#ifndef CKERNELS_VARIANTS_H
#define CKERNELS_VARIANTS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

// How a kernel is compiled for several instruction sets.

#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define V3 __attribute__((target("arch=x86-64-v3")))
#define V4 __attribute__((target("arch=x86-64-v4")))
#else
#define V3
#define V4
#endif

// The resolver that picks a clone runs before a thread sanitizer is ready, so its builds take the baseline.
#if defined(__x86_64__) && !__has_feature(thread_sanitizer)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

#endif
