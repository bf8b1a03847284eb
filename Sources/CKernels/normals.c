// Philox4x32-10 words and Box-Muller normal variates, written with vector types so that they fill the registers at any
// optimisation level, and with plain products and sums so that they give the same bits on any of them.
#include "CKernels.h"
#include "variants.h"

typedef uint64_t u64x8 __attribute__((vector_size(64)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef float f32x16 __attribute__((vector_size(64)));
typedef int64_t i64x8 __attribute__((vector_size(64)));
typedef double f64x8 __attribute__((vector_size(64)));

/// A group is 16 consecutive blocks: 64 words, the unit in which the kernels work.
enum { groupBlocks = 16, groupWords = 64 };

// MARK: Philox

/// Ten rounds on eight counters at once, one 32-bit word per 64-bit lane; only the low halves of the lanes mean anything.
///
/// Wide lanes need no shuffles: the product of the low halves holds the high word above and the low word below.
INLINE void rounds(u64x8 w[4], uint64_t key) {
    const u64x8 low = {
        0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
    };
    uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
#pragma clang loop unroll(full)
    for (int round = 0; round < 10; round++) {
        u64x8 product0 = (w[0] & low) * (uint64_t)0xD2511F53u;
        u64x8 product1 = (w[2] & low) * (uint64_t)0xCD9E8D57u;
        w[0] = (product1 >> 32) ^ w[1] ^ (uint64_t)key0;
        w[1] = product1;
        w[2] = (product0 >> 32) ^ w[3] ^ (uint64_t)key1;
        w[3] = product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

/// The words of blocks `block ..< block + 16`: word j of block b in lane b of `words[j]`.
INLINE void philox(kernels_philox stream, uint64_t block, u32x16 words[4]) {
    const u64x8 evenBlocks = {0, 2, 4, 6, 8, 10, 12, 14};
    const u64x8 zero = {0};
    const u64x8 low = zero + (uint64_t)0xffffffff;
    u64x8 even[4], odd[4];
    u64x8 counter = block + evenBlocks;
    even[0] = counter;
    even[1] = counter >> 32;
    odd[0] = counter + 1;
    odd[1] = (counter + 1) >> 32;
    even[2] = odd[2] = zero + stream.highCounter;
    even[3] = odd[3] = zero + (stream.highCounter >> 32);
    rounds(even, stream.key);
    rounds(odd, stream.key);
    for (int j = 0; j < 4; j++) words[j] = (u32x16)((even[j] & low) | (odd[j] << 32));
}

/// One group of words in the order of their positions.
INLINE void wordGroup(kernels_philox stream, uint64_t group, uint32_t *out) {
    u32x16 words[4];
    philox(stream, group * groupBlocks, words);
    for (int block = 0; block < groupBlocks; block++)
        for (int j = 0; j < 4; j++) out[4 * block + j] = words[j][block];
}

// MARK: Box-Muller in single precision

/// -2 ln((w + 1/2) / 2^32), at least 0. Relative error 2e-7.
INLINE void minusTwoLog(const u32x16 *words, f32x16 *result) {
    f32x16 value = __builtin_convertvector(*words, f32x16) + 0.5f;
    // value / 2^32 = 2^exponent (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); 0x3f3504f3 are the bits of sqrt(1/2).
    i32x16 bits = (i32x16)value - (0x3f3504f3 + (32 << 23));
    f32x16 exponent = __builtin_convertvector(bits >> 23, f32x16);
    f32x16 f = (f32x16)((bits & 0x007fffff) + 0x3f3504f3) - 1.0f;
    // Minimax polynomial of -2 ln(1 + f) / f; relative error 1.7e-7.
    f32x16 p = f * 0.20213528f - 0.3244505f;
    p = p * f + 0.34501696f;
    p = p * f - 0.39800346f;
    p = p * f + 0.49939817f;
    p = p * f - 0.6667012f;
    p = p * f + 1.0000073f;
    p = p * f - 1.9999999f;
    *result = exponent * -1.3862944f + f * p;
}

/// A point of the unit circle at a uniform angle: 31 bits give an angle in [-pi/2, pi/2), the lowest bit the half.
INLINE void circle(const u32x16 *words, f32x16 *cosine, f32x16 *sine) {
    f32x16 turn = __builtin_convertvector((i32x16)*words, f32x16) * 0x1p-32f;
    f32x16 y = turn * turn;
    // Minimax polynomials of sin(pi t) / t and cos(pi t) in y = t^2 up to 1/4; absolute errors 1.4e-8 and 4.7e-8.
    f32x16 s = y * 0.077659406f - 0.5982922f;
    s = s * y + 2.5500777f;
    s = s * y - 5.1677103f;
    s = s * y + 3.1415927f;
    f32x16 c = y * 0.21969679f - 1.3318802f;
    c = c * y + 4.058412f;
    c = c * y - 4.934793f;
    c = c * y + 0.99999994f;
    *sine = s * turn;
    *cosine = (f32x16)((u32x16)c ^ (*words << 31));
}

/// The variates of one group. Word j of block b sits beside word j + 1; variate 16 j + b of the group is theirs.
INLINE void floatGroup(kernels_philox stream, uint64_t group, float *out) {
    u32x16 words[4];
    philox(stream, group * groupBlocks, words);
    for (int pair = 0; pair < 4; pair += 2) {
        f32x16 square, cosine, sine;
        minusTwoLog(&words[pair], &square);
        circle(&words[pair + 1], &cosine, &sine);
        f32x16 radius = __builtin_elementwise_sqrt(square);
        f32x16 first = radius * cosine, second = radius * sine;
        memcpy(out + 16 * pair, &first, sizeof first);
        memcpy(out + 16 * pair + 16, &second, sizeof second);
    }
}

// MARK: Box-Muller in double precision

/// -2 ln((w + 1/2) / 2^53) of 53-bit words, by the series of the inverse hyperbolic tangent.
INLINE void minusTwoLogDouble(const u64x8 *words, f64x8 *result) {
    f64x8 value = (__builtin_convertvector(*words, f64x8) + 0.5) * 0x1p-53;
    const int64_t rootHalf = 0x3fe6a09e667f3bcd;
    i64x8 bits = (i64x8)value - rootHalf;
    f64x8 exponent = __builtin_convertvector(bits >> 52, f64x8);
    f64x8 mantissa = (f64x8)((bits & 0x000fffffffffffff) + rootHalf);
    // ln m = 2 artanh s = 2 (s + s^3/3 + ...), s = (m - 1) / (m + 1), |s| < 0.172: eleven terms reach 1e-17.
    f64x8 s = (mantissa - 1.0) / (mantissa + 1.0), y = s * s, sum = y * 0.0 + 1.0 / 21.0;
#pragma clang loop unroll(full)
    for (int odd = 19; odd >= 1; odd -= 2) sum = sum * y + 1.0 / odd;
    *result = exponent * -1.3862943611198906 + s * sum * -4.0;
}

/// A point of the unit circle: the upper 53 bits of a word give an angle in [-pi/2, pi/2), the lowest bit the half.
INLINE void circleDouble(const u64x8 *words, f64x8 *cosine, f64x8 *sine) {
    f64x8 x = __builtin_convertvector((i64x8)*words >> 11, f64x8) * (0x1p-53 * 3.141592653589793);
    f64x8 y = x * x, s = y * 0.0 + 1.0, c = s;
    // Horner form of the Taylor series: 1 - y/(2*3) (1 - y/(4*5) (...)); twelve terms reach 1e-17 at pi/2.
#pragma clang loop unroll(full)
    for (int k = 12; k >= 1; k--) {
        s = 1.0 - y * (1.0 / (2 * k * (2 * k + 1))) * s;
        c = 1.0 - y * (1.0 / ((2 * k - 1) * 2 * k)) * c;
    }
    *sine = s * x;
    *cosine = (f64x8)((u64x8)c ^ (*words << 63));
}

/// The variates of one group: block b gives variates 2 b and 2 b + 1.
INLINE void doubleGroup(kernels_philox stream, uint64_t group, double *out) {
    uint32_t words[groupWords];
    wordGroup(stream, group, words);
    for (int half = 0; half < 2; half++) {
        u64x8 radiusWords, angleWords;
        for (int lane = 0; lane < 8; lane++) {
            const uint32_t *block = words + 32 * half + 4 * lane;
            radiusWords[lane] = ((uint64_t)block[1] << 32 | block[0]) >> 11;
            angleWords[lane] = (uint64_t)block[3] << 32 | block[2];
        }
        f64x8 square, cosine, sine;
        minusTwoLogDouble(&radiusWords, &square);
        circleDouble(&angleWords, &cosine, &sine);
        f64x8 radius = __builtin_elementwise_sqrt(square);
        f64x8 first = radius * cosine, second = radius * sine;
        for (int lane = 0; lane < 8; lane++) {
            out[16 * half + 2 * lane] = first[lane];
            out[16 * half + 2 * lane + 1] = second[lane];
        }
    }
}

// MARK: Any range

/// Fills a range by whole groups, of which the first and the last may be needed only in part.
#define FILL(type, perGroup, fillGroup)                                                                   \
    uint64_t group = first / (perGroup);                                                                  \
    size_t offset = first % (perGroup);                                                                   \
    for (size_t done = 0; done < count; group++) {                                                        \
        if (offset == 0 && count - done >= (perGroup)) {                                                  \
            fillGroup(stream, group, out + done);                                                         \
            done += (perGroup);                                                                           \
        } else {                                                                                          \
            type part[perGroup];                                                                          \
            fillGroup(stream, group, part);                                                               \
            size_t length = (perGroup) - offset < count - done ? (perGroup) - offset : count - done;      \
            memcpy(out + done, part + offset, length * sizeof(type));                                     \
            done += length;                                                                               \
            offset = 0;                                                                                   \
        }                                                                                                 \
    }

INLINE void fillWords(kernels_philox stream, uint64_t first, uint32_t *out, size_t count) {
    FILL(uint32_t, 64, wordGroup)
}

INLINE void fillFloats(kernels_philox stream, uint64_t first, float *out, size_t count) {
    FILL(float, 64, floatGroup)
}

INLINE void fillDoubles(kernels_philox stream, uint64_t first, double *out, size_t count) {
    FILL(double, 32, doubleGroup)
}

// MARK: Variants

/// Defines the function `name` with run-time dispatch and `name_variant` with the choice left to the caller.
#define DEFINE(name, fill, type)                                                                           \
    static void name##_v2(kernels_philox s, uint64_t p, type *out, size_t n) { fill(s, p, out, n); }       \
    V3 static void name##_v3(kernels_philox s, uint64_t p, type *out, size_t n) { fill(s, p, out, n); }    \
    V4 static void name##_v4(kernels_philox s, uint64_t p, type *out, size_t n) { fill(s, p, out, n); }    \
    CLONES void name(kernels_philox s, uint64_t p, type *out, size_t n) { fill(s, p, out, n); }            \
    void name##_variant(kernels_variant variant, kernels_philox s, uint64_t p, type *out, size_t n) {      \
        switch (variant) {                                                                                 \
        case kernels_baseline: name##_v2(s, p, out, n); break;                                             \
        case kernels_x86_64_v3: name##_v3(s, p, out, n); break;                                            \
        case kernels_x86_64_v4: name##_v4(s, p, out, n); break;                                            \
        }                                                                                                  \
    }

DEFINE(kernels_words, fillWords, uint32_t)
DEFINE(kernels_normals_float, fillFloats, float)
DEFINE(kernels_normals_double, fillDoubles, double)

int kernels_supports(kernels_variant variant) {
    switch (variant) {
    case kernels_baseline: return 1;
#if defined(__x86_64__)
    case kernels_x86_64_v3: return __builtin_cpu_supports("x86-64-v3") != 0;
    case kernels_x86_64_v4: return __builtin_cpu_supports("x86-64-v4") != 0;
#endif
    default: return 0;
    }
}
