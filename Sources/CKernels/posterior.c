// The softmax over a set of points that a noisy point may have come from, and the sums that describe it.
#include "CKernels.h"
#include "vectors.h"

/// ln z for z >= 1 by ln m = 2 artanh((m - 1) / (m + 1)); no function of a C library, whose bits may differ.
INLINE double logarithm(double z) {
    const int64_t rootHalf = 0x3fe6a09e667f3bcd;
    int64_t bits;
    memcpy(&bits, &z, sizeof bits);
    bits -= rootHalf;
    double exponent = (double)(bits >> 52);
    bits = (bits & 0x000fffffffffffff) + rootHalf;
    double mantissa;
    memcpy(&mantissa, &bits, sizeof mantissa);
    double s = (mantissa - 1.0) / (mantissa + 1.0), y = s * s, sum = 1.0 / 21.0;
    for (int odd = 19; odd >= 1; odd -= 2) sum = sum * y + 1.0 / odd;
    return exponent * 0.6931471805599453 + s * sum * 2.0;
}

/// How far the logarithm of a point's weight lies below 0, from its products with the query's two parts.
INLINE void logWeight(
    f32x16 *result, const kernels_query *query, kernels_query_scale scale, size_t i, size_t count) {
    f32x16 clean, noise, penalty;
    load(&clean, query->clean + i, count - i);
    load(&noise, query->noise + i, count - i);
    load(&penalty, query->halfNorms + i, count - i);
    *result = clean * scale.clean + noise * scale.noise - penalty * scale.norms;
    // Lanes beyond the end weigh nothing.
    for (size_t lane = count - i; lane < lanes; lane++) (*result)[lane] = -3e38f;
}

INLINE kernels_posterior posterior(
    const kernels_query *query, kernels_query_scale scale, size_t own, size_t count) {
    f32x16 highest = (f32x16){0} - 3e38f;
    for (size_t i = 0; i < count; i += lanes) {
        f32x16 value;
        logWeight(&value, query, scale, i, count);
        highest = __builtin_elementwise_max(highest, value);
    }
    float largest = highest[0];
    for (int lane = 1; lane < lanes; lane++) largest = highest[lane] > largest ? highest[lane] : largest;

    f32x16 sum = {0}, moment = {0}, squares = {0};
    for (size_t i = 0; i < count; i += lanes) {
        f32x16 value, weight;
        logWeight(&value, query, scale, i, count);
        // The exponential's own floor: a product of its smallest value with an endless logarithm would not vanish.
        value = __builtin_elementwise_max(value - largest, (f32x16){0} - 87.0f);
        weight = value;
        exponential(&weight);
        sum += weight;
        moment += weight * value;
        squares += weight * weight;
    }
    f32x16 ownWeight = (f32x16){0} + query->clean[own] * scale.clean + query->noise[own] * scale.noise
        - query->halfNorms[own] * scale.norms - largest;
    exponential(&ownWeight);
    double partition = sumOfLanes(&sum);
    kernels_posterior result = {
        .entropy = logarithm(partition) - sumOfLanes(&moment) / partition,
        .ownWeight = (double)ownWeight[0] / partition,
        .participation = sumOfLanes(&squares) / (partition * partition),
    };
    return result;
}

static kernels_posterior posteriorV2(const kernels_query *q, kernels_query_scale s, size_t own, size_t n) {
    return posterior(q, s, own, n);
}
V3 static kernels_posterior posteriorV3(const kernels_query *q, kernels_query_scale s, size_t own, size_t n) {
    return posterior(q, s, own, n);
}
V4 static kernels_posterior posteriorV4(const kernels_query *q, kernels_query_scale s, size_t own, size_t n) {
    return posterior(q, s, own, n);
}

CLONES kernels_posterior kernels_posterior_of(
    const kernels_query *query, kernels_query_scale scale, size_t own, size_t count) {
    return posterior(query, scale, own, count);
}

kernels_posterior kernels_posterior_of_variant(
    kernels_variant variant, const kernels_query *query, kernels_query_scale scale, size_t own, size_t count) {
    switch (variant) {
    case kernels_x86_64_v3: return posteriorV3(query, scale, own, count);
    case kernels_x86_64_v4: return posteriorV4(query, scale, own, count);
    default: return posteriorV2(query, scale, own, count);
    }
}

// MARK: Weights in place

INLINE kernels_weights weigh(float *scores, const float *halfNorms, float scale, float norms, size_t count) {
    f32x16 highest = (f32x16){0} - 3e38f;
    i32x16 index, nearest = {0};
    for (int lane = 0; lane < lanes; lane++) index[lane] = lane;
    for (size_t i = 0; i < count; i += lanes) {
        f32x16 score, penalty;
        load(&score, scores + i, count - i);
        load(&penalty, halfNorms + i, count - i);
        f32x16 value = score * scale - penalty * norms;
        store(scores + i, &value, count - i);
        for (size_t lane = count - i; lane < lanes; lane++) value[lane] = -3e38f;
        i32x16 isHigher = value > highest;
        nearest = (nearest & ~isHigher) | (index & isHigher);
        highest = __builtin_elementwise_max(highest, value);
        index += lanes;
    }
    // Of equal ones the first.
    int best = 0;
    for (int lane = 1; lane < lanes; lane++)
        if (highest[lane] > highest[best] || (highest[lane] == highest[best] && nearest[lane] < nearest[best])) best = lane;
    float largest = highest[best];

    f32x16 sum = {0}, moment = {0}, squares = {0};
    for (size_t i = 0; i < count; i += lanes) {
        f32x16 value, weight;
        load(&value, scores + i, count - i);
        for (size_t lane = count - i; lane < lanes; lane++) value[lane] = -3e38f;
        value = __builtin_elementwise_max(value - largest, (f32x16){0} - 87.0f);
        weight = value;
        exponential(&weight);
        store(scores + i, &weight, count - i);
        sum += weight;
        moment += weight * value;
        squares += weight * weight;
    }
    double partition = sumOfLanes(&sum);
    return (kernels_weights){
        .entropy = logarithm(partition) - sumOfLanes(&moment) / partition,
        .participation = sumOfLanes(&squares) / (partition * partition),
        .partition = partition,
        .nearest = (size_t)nearest[best],
    };
}

static kernels_weights weighV2(float *s, const float *h, float scale, float norms, size_t n) {
    return weigh(s, h, scale, norms, n);
}
V3 static kernels_weights weighV3(float *s, const float *h, float scale, float norms, size_t n) {
    return weigh(s, h, scale, norms, n);
}
V4 static kernels_weights weighV4(float *s, const float *h, float scale, float norms, size_t n) {
    return weigh(s, h, scale, norms, n);
}

CLONES kernels_weights kernels_weigh(float *scores, const float *halfNorms, float scale, float norms, size_t count) {
    return weigh(scores, halfNorms, scale, norms, count);
}

kernels_weights kernels_weigh_variant(
    kernels_variant variant, float *scores, const float *halfNorms, float scale, float norms, size_t count) {
    switch (variant) {
    case kernels_x86_64_v3: return weighV3(scores, halfNorms, scale, norms, count);
    case kernels_x86_64_v4: return weighV4(scores, halfNorms, scale, norms, count);
    default: return weighV2(scores, halfNorms, scale, norms, count);
    }
}
