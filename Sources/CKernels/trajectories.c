// Steps of a diffusion's trajectories whose noise has been drawn before.
#include "CKernels.h"
#include "vectors.h"

INLINE void tiltedStep(float *x, const float *noise, size_t count, kernels_tilted_step step) {
    for (size_t i = 0; i < count; i += lanes) {
        f32x16 position, chance;
        load(&position, x + i, count - i);
        load(&chance, noise + i, count - i);
        // tanh(y) = sign(y) (1 - e) / (1 + e), e = exp(-2 |y|): the same absolute error everywhere, no overflow.
        f32x16 argument = position * step.slope;
        i32x16 sign = (i32x16)argument & (int32_t)0x80000000;
        f32x16 e = (f32x16)((i32x16)argument & 0x7fffffff) * -2.0f;
        exponential(&e);
        f32x16 tangent = (f32x16)((i32x16)((1.0f - e) / (1.0f + e)) | sign);
        position = position * step.factor + tangent * step.pull + chance * step.diffusion;
        store(x + i, &position, count - i);
    }
}

INLINE double shiftedStep(float *x, const float *noise, size_t count, kernels_shifted_step step) {
    f32x16 sum = {0};
    for (size_t i = 0; i < count; i += lanes) {
        f32x16 position, chance;
        load(&position, x + i, count - i);
        load(&chance, noise + i, count - i);
        position = position * step.factor + step.shift + chance * step.diffusion;
        store(x + i, &position, count - i);
        if (count - i < lanes)
            for (size_t lane = count - i; lane < lanes; lane++) position[lane] = 0;
        sum += position;
    }
    return sumOfLanes(&sum);
}

static void tiltedStepV2(float *x, const float *z, size_t n, kernels_tilted_step s) { tiltedStep(x, z, n, s); }
V3 static void tiltedStepV3(float *x, const float *z, size_t n, kernels_tilted_step s) { tiltedStep(x, z, n, s); }
V4 static void tiltedStepV4(float *x, const float *z, size_t n, kernels_tilted_step s) { tiltedStep(x, z, n, s); }

CLONES void kernels_step_tilted(float *x, const float *noise, size_t count, kernels_tilted_step step) {
    tiltedStep(x, noise, count, step);
}

void kernels_step_tilted_variant(
    kernels_variant variant, float *x, const float *noise, size_t count, kernels_tilted_step step) {
    switch (variant) {
    case kernels_baseline: tiltedStepV2(x, noise, count, step); break;
    case kernels_x86_64_v3: tiltedStepV3(x, noise, count, step); break;
    case kernels_x86_64_v4: tiltedStepV4(x, noise, count, step); break;
    }
}

static double shiftedStepV2(float *x, const float *z, size_t n, kernels_shifted_step s) { return shiftedStep(x, z, n, s); }
V3 static double shiftedStepV3(float *x, const float *z, size_t n, kernels_shifted_step s) {
    return shiftedStep(x, z, n, s);
}
V4 static double shiftedStepV4(float *x, const float *z, size_t n, kernels_shifted_step s) {
    return shiftedStep(x, z, n, s);
}

CLONES double kernels_step_shifted(float *x, const float *noise, size_t count, kernels_shifted_step step) {
    return shiftedStep(x, noise, count, step);
}

double kernels_step_shifted_variant(
    kernels_variant variant, float *x, const float *noise, size_t count, kernels_shifted_step step) {
    switch (variant) {
    case kernels_x86_64_v3: return shiftedStepV3(x, noise, count, step);
    case kernels_x86_64_v4: return shiftedStepV4(x, noise, count, step);
    default: return shiftedStepV2(x, noise, count, step);
    }
}
