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
// MARK: Trajectories

/// One step of scalar trajectories towards two opposite points: `x <- factor x + pull tanh(slope x) + diffusion noise`.
typedef struct {
    float factor, pull, slope, diffusion;
} kernels_tilted_step;

/// Moves `count` trajectories by one step each.
void kernels_step_tilted(float *x, const float *noise, size_t count, kernels_tilted_step step);

/// One step of one trajectory in many coordinates: `x <- factor x + shift + diffusion noise` in each of them.
typedef struct {
    float factor, shift, diffusion;
} kernels_shifted_step;

/// Moves `count` coordinates by one step and returns their new sum; sums are taken by 16 lanes, so keep `count` below 10^5.
double kernels_step_shifted(float *x, const float *noise, size_t count, kernels_shifted_step step);

void kernels_step_tilted_variant(
    kernels_variant variant, float *x, const float *noise, size_t count, kernels_tilted_step step);
double kernels_step_shifted_variant(
    kernels_variant variant, float *x, const float *noise, size_t count, kernels_shifted_step step);

// MARK: Posteriors over points

/// The products of a query with every point: of its clean part, of its noise, and half the points' squared norms.
typedef struct {
    const float *clean;
    const float *noise;
    const float *halfNorms;
} kernels_query;

/// The logarithm of a point's weight is `clean * query.clean + noise * query.noise - norms * query.halfNorms`.
typedef struct {
    float clean, noise, norms;
} kernels_query_scale;

/// What a softmax says: its entropy in nats, the weight of one point, the sum of the squared weights.
typedef struct {
    double entropy, ownWeight, participation;
} kernels_posterior;

/// The softmax over `count` >= 1 points, stable for weights of any size; `own` is the point whose weight is wanted.
kernels_posterior kernels_posterior_of(
    const kernels_query *query, kernels_query_scale scale, size_t own, size_t count);

kernels_posterior kernels_posterior_of_variant(
    kernels_variant variant, const kernels_query *query, kernels_query_scale scale, size_t own, size_t count);

/// What the weights of the points say: entropy in nats, sum of squares, the sum they are to be divided by, the largest one's place.
typedef struct {
    double entropy, participation, partition;
    size_t nearest;
} kernels_weights;

/// Replaces the products of `count` >= 1 points with a position by their weights relative to the largest one,
/// `exp(scale * score - norms * halfNorm - largest)`; `nearest` is the first point of the largest weight.
kernels_weights kernels_weigh(float *scores, const float *halfNorms, float scale, float norms, size_t count);

kernels_weights kernels_weigh_variant(
    kernels_variant variant, float *scores, const float *halfNorms, float scale, float norms, size_t count);

#endif
