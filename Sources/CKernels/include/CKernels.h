#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Random words and standard normal variates from one Philox4x32-10 stream (Salmon et al., SC 2011).
///
/// Word `p` of a stream is word `p % 4` of the block whose 128-bit counter is `p / 4` below and `highCounter` above. Every
/// element is a function of key, high counter and its own position, so that any part of a stream can be filled alone, and
/// holds the same bits on every processor: no operation depends on fused multiply-add or on the width of a register.
typedef struct {
    uint64_t key;
    uint64_t highCounter;
} kernels_philox;

/// Fills `out` with the words at positions `position ..< position + count`.
void kernels_words(kernels_philox stream, uint64_t position, uint32_t *out, size_t count);

/// Fills `out` with normal variates; each consumes one word, and element `i` stands at word `position + i`.
void kernels_normals_float(kernels_philox stream, uint64_t position, float *out, size_t count);

/// Fills `out` with normal variates; each consumes two words, and element `i` stands at words `2 (index + i)` and the next.
void kernels_normals_double(kernels_philox stream, uint64_t index, double *out, size_t count);

/// The instruction sets that the kernels above are compiled for; at run time the widest one of the processor is taken.
typedef enum {
    kernels_baseline = 0,
    kernels_x86_64_v3 = 1,
    kernels_x86_64_v4 = 2,
} kernels_variant;

/// Whether this processor can run a variant.
int kernels_supports(kernels_variant variant);

/// The three functions above, compiled for one instruction set, so that a test can compare the variants bit by bit.
/// The caller must have asked `kernels_supports`.
void kernels_words_variant(
    kernels_variant variant, kernels_philox stream, uint64_t position, uint32_t *out, size_t count);
void kernels_normals_float_variant(
    kernels_variant variant, kernels_philox stream, uint64_t position, float *out, size_t count);
void kernels_normals_double_variant(
    kernels_variant variant, kernels_philox stream, uint64_t index, double *out, size_t count);

#include "OnlineDescent.h"

#endif
