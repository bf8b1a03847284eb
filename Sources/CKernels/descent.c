// Online gradient descent of a tied denoiser on the sphere, in all coordinates and in the overlaps alone.
#include "CKernels.h"
#include "variants.h"

typedef float f32x16 __attribute__((vector_size(64)));
typedef float f32x8 __attribute__((vector_size(32)));
typedef float f32x4 __attribute__((vector_size(16)));

// MARK: Scalars of one step

/// e^-t for t in 0...40: t = k ln 2 - r with |r| <= ln 2 / 2, Taylor series of degree 12 in r in a shallow order.
INLINE double exponentialOfMinus(double t) {
    // Adding 1.5 * 2^52 rounds to an integer and leaves it in the lowest bits.
    double shifted = t * 1.4426950408889634 + 0x1.8p52, whole = shifted - 0x1.8p52;
    uint64_t k;
    memcpy(&k, &shifted, sizeof k);
    double r = (whole * 0x1.62e42fefa38p-1 - t) + whole * 0x1.ef35793c7673p-45;
    double r2 = r * r, r4 = r2 * r2;
    double low = (1.0 + r) + (1.0 / 2 + r * (1.0 / 6)) * r2;
    double middle = (1.0 / 24 + r * (1.0 / 120)) + (1.0 / 720 + r * (1.0 / 5040)) * r2;
    double high = (1.0 / 40320 + r * (1.0 / 362880)) + (1.0 / 3628800 + r * (1.0 / 39916800)) * r2;
    double value = low + (middle + (high + r4 * (1.0 / 479001600)) * r4) * r4;
    uint64_t bits = (1023 - k) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return value * power;
}

INLINE double hyperbolicTangent(double x) {
    double magnitude = __builtin_fabs(x);
    double e = exponentialOfMinus(2 * (magnitude < 20 ? magnitude : 20));
    return __builtin_copysign((1 - e) / (1 + e), x);
}

double kernels_tanh(double x) { return hyperbolicTangent(x); }

/// The gradient of a step is `clean x0 + noise e`, its component along w is `radial`.
typedef struct {
    double clean, noise, radial;
} gradient;

/// From the projections of x0 and e on w. With r = x0 - c x, y = w.x, omega = w.r, phi = eta tanh y, the gradient of
/// |r - w phi|^2 is, up to a multiple of w that the projection removes, A r + B x with A = -2 phi, B = 2 phi' (phi - omega).
INLINE gradient gradientAlong(kernels_descent d, double cleanProjection, double noiseProjection) {
    double y = d.signal * cleanProjection + d.noise * noiseProjection;
    double omega = cleanProjection - d.skip * y;
    double t = hyperbolicTangent(y);
    double phi = d.amplitude * t, slope = d.amplitude * (1 - t * t);
    double a = -2 * phi, b = 2 * slope * (phi - omega);
    double onNoised = b - d.skip * a;
    gradient g = {a + d.signal * onNoised, d.noise * onNoised, a * omega + b * y};
    return g;
}

// MARK: Samples

INLINE double cumulantSign(kernels_spikes s, double lambda, double g) {
    return s.correlation * lambda + s.remainder * g < 0 ? -s.cumulant : s.cumulant;
}

void kernels_add_spikes(
    kernels_spikes spikes, float *rows, size_t width, const float *latents, size_t stride, size_t steps) {
    for (size_t step = 0; step < steps; step++) {
        float *row = rows + step * width;
        double lambda = latents[step], g = latents[stride + step];
        row[0] = (float)(row[0] + spikes.covariance * lambda);
        row[1] = (float)((row[1] + cumulantSign(spikes, lambda, g)) * spikes.whitening);
    }
}

// MARK: All coordinates

/// The sum of the lanes by halves: one order of additions for every register width.
INLINE double total(const f32x16 *v) {
    f32x8 eight = __builtin_shufflevector(*v, *v, 0, 1, 2, 3, 4, 5, 6, 7)
        + __builtin_shufflevector(*v, *v, 8, 9, 10, 11, 12, 13, 14, 15);
    f32x4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
    return (double)(four[0] + four[2]) + (double)(four[1] + four[3]);
}

INLINE size_t sphereSteps(
    kernels_descent descent, kernels_watch watch, float *weights, size_t width, const float *clean, const float *noise,
    size_t steps) {
    size_t reached = 0;
    // w is `scale` times the stored weights: the division by the norm waits for the next pass over them.
    double scale = 1;
    for (size_t step = 0; step < steps; step++) {
        const float *x = clean + step * width, *e = noise + step * width;
        f32x16 alongClean = {0}, alongNoise = {0}, w, cleanPart, noisePart;
        for (size_t i = 0; i < width; i += 16) {
            memcpy(&w, weights + i, sizeof w);
            memcpy(&cleanPart, x + i, sizeof w);
            memcpy(&noisePart, e + i, sizeof w);
            alongClean += w * cleanPart;
            alongNoise += w * noisePart;
        }
        gradient g = gradientAlong(descent, scale * total(&alongClean), scale * total(&alongNoise));
        float keep = (float)(scale * (1 + descent.rate * g.radial));
        float cleanRate = (float)(descent.rate * g.clean), noiseRate = (float)(descent.rate * g.noise);
        f32x16 squares = {0};
        for (size_t i = 0; i < width; i += 16) {
            memcpy(&w, weights + i, sizeof w);
            memcpy(&cleanPart, x + i, sizeof w);
            memcpy(&noisePart, e + i, sizeof w);
            w = (keep * w - cleanRate * cleanPart) - noiseRate * noisePart;
            squares += w * w;
            memcpy(weights + i, &w, sizeof w);
        }
        scale = 1 / __builtin_sqrt(total(&squares));
        if (reached == 0 && __builtin_fabs(scale * weights[watch.coordinate]) > watch.threshold) reached = step + 1;
    }
    for (size_t i = 0; i < width; i++) weights[i] = (float)(scale * weights[i]);
    return reached;
}

// MARK: Overlaps

/// 1 / sqrt(1 + x): by its series, which is shorter than a root and a division, where five terms are exact.
INLINE double reciprocalRootOfOnePlus(double x) {
    if (__builtin_fabs(x) > 1e-4) return 1 / __builtin_sqrt(1 + x);
    double square = x * x;
    return (1 - 0.5 * x) + square * ((0.375 - 0.3125 * x) + 0.2734375 * square);
}

size_t kernels_overlap_steps(
    kernels_descent descent, kernels_spikes spikes, kernels_watch watch, double overlaps[3], const float *normals,
    size_t stride, const double *chiSquares, size_t steps) {
    double u = overlaps[0], v = overlaps[1], rest = overlaps[2];
    double rate = descent.rate;
    size_t reached = 0;
    for (size_t step = 0; step < steps; step++) {
        const float *n = normals + step;
        double lambda = n[6 * stride];
        double xu = n[0] + spikes.covariance * lambda;
        double xv = (n[stride] + cumulantSign(spikes, lambda, n[7 * stride])) * spikes.whitening;
        double xr = n[2 * stride], eu = n[3 * stride], ev = n[4 * stride], er = n[5 * stride];

        gradient g = gradientAlong(descent, (u * xu + v * xv) + rest * xr, (u * eu + v * ev) + rest * er);
        double keep = 1 + rate * g.radial, p = rate * g.clean, q = rate * g.noise;
        u = keep * u - (p * xu + q * eu);
        v = keep * v - (p * xv + q * ev);
        rest = keep * rest - (p * xr + q * er);
        // The dimensions left: p x0 + q e is there an isotropic Gaussian vector, of which only the length matters.
        double restSquare = rest * rest + (p * p + q * q) * chiSquares[step];
        double scale = reciprocalRootOfOnePlus(((u * u - 1) + v * v) + restSquare);
        u *= scale;
        v *= scale;
        rest = __builtin_sqrt(restSquare) * scale;
        if (reached == 0 && __builtin_fabs(watch.coordinate == 0 ? u : v) > watch.threshold) reached = step + 1;
    }
    overlaps[0] = u;
    overlaps[1] = v;
    overlaps[2] = rest;
    return reached;
}

// MARK: Chi-square variates

/// ln x for positive normal x, by the series of the inverse hyperbolic tangent; relative error about 1e-15.
INLINE double logarithm(double x) {
    const int64_t rootHalf = 0x3fe6a09e667f3bcd;
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits -= rootHalf;
    double exponent = (double)(bits >> 52), mantissa;
    bits = (bits & 0x000fffffffffffff) + rootHalf;
    memcpy(&mantissa, &bits, sizeof mantissa);
    double s = (mantissa - 1) / (mantissa + 1), y = s * s, sum = 1.0 / 21;
    for (int odd = 19; odd >= 1; odd -= 2) sum = sum * y + 1.0 / odd;
    return exponent * 0.6931471805599453 + 2 * s * sum;
}

/// Whether the pair is accepted; then `cube` (1 + x / sqrt(9 d))^3 times d is a gamma variate.
///
/// The density's ratio f is at least 1 - 1.7 x^4 / (108 d) for a root above 1/2: ln f = -x^4 / (108 d) (1 - 0.8 s + ...) in
/// s = root - 1, and the bracket is below 1.7 from s = -1/2 on. So hardly any pair needs the logarithms.
INLINE int isAccepted(double d, double x, uint32_t word, double root) {
    if (root <= 0) return 0;
    double uniform = ((double)word + 0.5) * 0x1p-32, square = x * x;
    if (root > 0.5 && (1 - uniform) * d > (1.7 / 108) * (square * square)) return 1;
    double cube = root * root * root;
    return logarithm(uniform) < 0.5 * square + d * (1 - cube + logarithm(cube));
}

void kernels_chi_squares(
    const kernels_philox streams[4], uint64_t first, double degrees, double *out, size_t count) {
    enum { part = 256, attempts = 64 };
    const double d = 0.5 * degrees - 1.0 / 3, slope = 1 / __builtin_sqrt(9 * d);
    float normals[part];
    uint32_t words[part];
    for (size_t done = 0; done < count; done += part) {
        size_t length = count - done < part ? count - done : part;
        kernels_normals_float(streams[0], first + done, normals, length);
        kernels_words(streams[1], first + done, words, length);
        for (size_t i = 0; i < length; i++) {
            double root = 1 + slope * (double)normals[i];
            // Every element has a place of its own for further attempts; at most one in twenty needs them.
            for (uint64_t place = attempts * (first + done + i); !isAccepted(d, normals[i], words[i], root); place++) {
                kernels_normals_float(streams[2], place, &normals[i], 1);
                kernels_words(streams[3], place, &words[i], 1);
                root = 1 + slope * (double)normals[i];
            }
            out[done + i] = 2 * d * (root * root * root);
        }
    }
}

// MARK: Variants

#define SPHERE_STEPS(attributes, name)                                                                     \
    attributes size_t name(                                                                                \
        kernels_descent d, kernels_watch watch, float *weights, size_t width, const float *clean,          \
        const float *noise, size_t steps) {                                                                \
        return sphereSteps(d, watch, weights, width, clean, noise, steps);                                 \
    }

SPHERE_STEPS(static, sphereStepsBaseline)
SPHERE_STEPS(V3 static, sphereStepsV3)
SPHERE_STEPS(V4 static, sphereStepsV4)
SPHERE_STEPS(CLONES, kernels_sphere_steps)

size_t kernels_sphere_steps_variant(
    kernels_variant variant, kernels_descent descent, kernels_watch watch, float *weights, size_t width,
    const float *clean, const float *noise, size_t steps) {
    switch (variant) {
    case kernels_x86_64_v4: return sphereStepsV4(descent, watch, weights, width, clean, noise, steps);
    case kernels_x86_64_v3: return sphereStepsV3(descent, watch, weights, width, clean, noise, steps);
    default: return sphereStepsBaseline(descent, watch, weights, width, clean, noise, steps);
    }
}
