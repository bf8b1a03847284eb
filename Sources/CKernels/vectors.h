#ifndef CKERNELS_VECTORS_H
#define CKERNELS_VECTORS_H

#include "variants.h"

// Vector types and functions of elementwise kernels. Plain products and sums only: the same bits on every instruction set.

typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef float f32x16 __attribute__((vector_size(64)));

enum { lanes = 16 };

/// Loads up to 16 elements; the lanes beyond them hold 0. Vectors go by address: their registers differ by target.
INLINE void load(f32x16 *value, const float *from, size_t count) {
    if (count >= lanes) {
        memcpy(value, from, sizeof *value);
    } else {
        *value = (f32x16){0};
        memcpy(value, from, count * sizeof(float));
    }
}

INLINE void store(float *to, const f32x16 *value, size_t count) {
    memcpy(to, value, (count >= lanes ? lanes : count) * sizeof(float));
}

/// e^x for x <= 0, relative error 1e-7; arguments below -87, where single precision ends, count as -87.
INLINE void exponential(f32x16 *value) {
    f32x16 x = __builtin_elementwise_max(*value, (f32x16){0} - 87.0f);
    // x = k ln 2 + r with |r| <= ln(2) / 2: adding 1.5 * 2^23 rounds to an integer; ln 2 is split so that k times the first
    // part is exact.
    f32x16 shifted = x * 1.44269504f + 12582912.0f;
    f32x16 k = shifted - 12582912.0f;
    f32x16 r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    // Taylor: the first term left out is below 6e-9.
    f32x16 p = r * (1.0f / 5040) + (1.0f / 720);
    p = p * r + (1.0f / 120);
    p = p * r + (1.0f / 24);
    p = p * r + (1.0f / 6);
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    i32x16 power = ((i32x16)shifted - 0x4b400000 + 127) << 23;
    *value = p * (f32x16)power;
}

/// The sum of the lanes in double precision, in a fixed order.
INLINE double sumOfLanes(const f32x16 *value) {
    double sum = 0;
    for (int lane = 0; lane < lanes; lane++) sum += (double)(*value)[lane];
    return sum;
}

#endif
