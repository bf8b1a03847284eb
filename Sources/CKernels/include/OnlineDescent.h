#ifndef ONLINE_DESCENT_H
#define ONLINE_DESCENT_H

#include "CKernels.h"

/// Online projected gradient descent on the sphere for the tied denoiser f(x) = c x + w eta tanh(w . x), |w| = 1.
///
/// One step takes one clean sample x0 and one noise vector e, forms x = alpha x0 + sigma e, and moves w against the gradient
/// of |x0 - f(x)|^2 on the sphere. The direction u is coordinate 0, the direction v coordinate 1.
typedef struct {
    double signal;     // alpha
    double noise;      // sigma
    double skip;       // c
    double amplitude;  // eta
    double rate;       // learning rate
} kernels_descent;

/// The spikes of a sample: x0 = covariance lambda u + S (cumulant nu v + z), S shrinking coordinate v by `whitening`,
/// nu = sign(correlation lambda + remainder g); lambda and g are standard normal.
typedef struct {
    double covariance;
    double cumulant;
    double whitening;
    double correlation;
    double remainder;
} kernels_spikes;

/// The overlap to watch: the first step after which coordinate `coordinate` exceeds `threshold` in magnitude.
typedef struct {
    size_t coordinate;
    double threshold;
} kernels_watch;

/// tanh with an absolute error below 4e-16, from sums, products and one division: the same bits everywhere.
double kernels_tanh(double x);

/// Adds the spikes to `steps` rows of `width` standard normal variates; `latents` holds `stride` values lambda, then as many g.
void kernels_add_spikes(
    kernels_spikes spikes, float *rows, size_t width, const float *latents, size_t stride, size_t steps);

/// Moves `weights` by `steps` steps on rows of `width` (a multiple of 16; entries beyond the dimension are 0 in every row).
///
/// Returns the number of steps until the watched overlap exceeded its threshold, 0 if it never did.
size_t kernels_sphere_steps(
    kernels_descent descent, kernels_watch watch, float *weights, size_t width, const float *clean, const float *noise,
    size_t steps);

/// The same compiled for one instruction set, to compare bits; the caller must have asked `kernels_supports`.
size_t kernels_sphere_steps_variant(
    kernels_variant variant, kernels_descent descent, kernels_watch watch, float *weights, size_t width,
    const float *clean, const float *noise, size_t steps);

/// Moves the overlaps (u, v, rest) by `steps` steps of the same law: rest is the length of w outside of u and v.
///
/// `normals` holds eight columns of `stride` variates: z along u, v and the rest, e along the three, lambda, g. `chiSquares`
/// holds the squared length of a standard normal vector in the dimensions that are left. Returns as above.
size_t kernels_overlap_steps(
    kernels_descent descent, kernels_spikes spikes, kernels_watch watch, double overlaps[3], const float *normals,
    size_t stride, const double *chiSquares, size_t steps);

/// Fills `out` with chi-square variates of at least 2 degrees of freedom; element i depends on the keys and `first + i` alone.
///
/// Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000): exact up to the resolution of
/// the variates it starts from. Streams: normals and words of the first attempts, normals and words of further ones.
void kernels_chi_squares(
    const kernels_philox streams[4], uint64_t first, double degrees, double *out, size_t count);

#endif
