/// What a file of loops needs to be compiled for float and for double, and for several processors.
#pragma once
#include "CKernels.h"
#include <math.h>

#if defined(__x86_64__)
#define DUET_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DUET_CLONES
#endif
#define DUET_INLINE static inline __attribute__((always_inline))

#define DUET_DISPATCH(name, ...)                                                                   \
    do {                                                                                           \
        if (scalar == DUET_FLOAT32) name##_f32(__VA_ARGS__);                                       \
        else name##_f64(__VA_ARGS__);                                                              \
    } while (0)

#pragma clang fp contract(fast)

/// exp by reduction to [-ln2/2, ln2/2] and a polynomial (Cephes expf; about 1 ulp), so that it
/// vectorises. Below -87.3 the result is 0.
DUET_INLINE float exp_f32(float x) {
    float clamped = x < -87.3f ? -87.3f : (x > 88.7f ? 88.7f : x);
    float n = __builtin_rintf(clamped * 1.44269504088896341f);
    float r = clamped - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    // 2^n in two factors, so that n = 128 (x close to 88.7) does not overflow on the way.
    int32_t i = (int32_t)n;
    int32_t half = i >> 1;
    union { int32_t i; float f; } first = {(half + 127) << 23}, second = {(i - half + 127) << 23};
    float y = p * first.f * second.f;
    y = x < -87.3f ? 0.0f : y;
    y = x > 88.72283f ? __builtin_inff() : y;
    return x != x ? x : y;
}
DUET_INLINE double exp_f64(double x) { return exp(x); }

/// erf as x * P(x^2) / Q(x^2) on [-4, 4] (the rational approximation of Eigen; below 4e-7 absolute).
DUET_INLINE float erf_f32(float x) {
    float c = x < -4.0f ? -4.0f : (x > 4.0f ? 4.0f : x);
    float z = c * c;
    float p = -2.72614225801306e-10f;
    p = p * z + 2.77068142495902e-08f;
    p = p * z + -2.10102402082508e-06f;
    p = p * z + -5.69250639462346e-05f;
    p = p * z + -7.34990630326855e-04f;
    p = p * z + -2.95459980854025e-03f;
    p = p * z + -1.60960333262415e-02f;
    float q = -1.45660718464996e-05f;
    q = q * z + -2.13374055278905e-04f;
    q = q * z + -1.68282697438203e-03f;
    q = q * z + -7.37332916720468e-03f;
    q = q * z + -1.42647390514189e-02f;
    float y = c * p / q;
    return x != x ? x : y;
}
DUET_INLINE double erf_f64(double x) { return erf(x); }
DUET_INLINE float tanh_f32(float x) { float e = exp_f32(-2.0f * __builtin_fabsf(x)); return __builtin_copysignf((1.0f - e) / (1.0f + e), x); }
DUET_INLINE double tanh_f64(double x) { return tanh(x); }
DUET_INLINE float sigmoid_f32(float x) { return 1.0f / (1.0f + exp_f32(-x)); }
DUET_INLINE double sigmoid_f64(double x) { return 1.0 / (1.0 + exp(-x)); }
DUET_INLINE float log_f32(float x) { return logf(x); }
DUET_INLINE double log_f64(double x) { return log(x); }
DUET_INLINE float sqrt_f32(float x) { return __builtin_sqrtf(x); }
DUET_INLINE double sqrt_f64(double x) { return __builtin_sqrt(x); }
