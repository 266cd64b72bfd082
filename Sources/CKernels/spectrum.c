#include "template.h"

#include <string.h>

typedef double lanes __attribute__((vector_size(8 * DUET_MEL_LANES)));
typedef int64_t integers __attribute__((vector_size(8 * DUET_MEL_LANES)));
typedef float floats __attribute__((vector_size(4 * DUET_MEL_LANES)));

size_t duet_mel_work(const duet_mel_plan *plan) {
    return sizeof(lanes) * (5 * (plan->window / 2) + 1) + sizeof(floats) * plan->bands;
}

/// Multiplies x + iy by a twiddle and stores it in place o.
#define TURN(x, y, w, o)                                                                           \
    do {                                                                                           \
        const lanes a_ = x, b_ = y;                                                                \
        to_re[o] = a_ * (w)[0] - b_ * (w)[1];                                                      \
        to_im[o] = a_ * (w)[1] + b_ * (w)[0];                                                      \
    } while (0)

DUET_INLINE void pass_2(const duet_fourier_pass *f, const double *w, const lanes *re,
                        const lanes *im, lanes *to_re, lanes *to_im) {
    const size_t s = f->stride, step = s * f->parts;
    for (size_t p = 0; p < f->parts; p++, w += 2)
        for (size_t q = 0; q < s; q++) {
            const size_t i = q + s * p, o = q + s * 2 * p;
            to_re[o] = re[i] + re[i + step];
            to_im[o] = im[i] + im[i + step];
            TURN(re[i] - re[i + step], im[i] - im[i + step], w, o + s);
        }
}

DUET_INLINE void pass_4(const duet_fourier_pass *f, const double *w, const lanes *re,
                        const lanes *im, lanes *to_re, lanes *to_im) {
    const size_t s = f->stride, step = s * f->parts;
    for (size_t p = 0; p < f->parts; p++, w += 6)
        for (size_t q = 0; q < s; q++) {
            const size_t i = q + s * p, o = q + s * 4 * p;
            const lanes ax = re[i] + re[i + 2 * step], ay = im[i] + im[i + 2 * step];
            const lanes bx = re[i] - re[i + 2 * step], by = im[i] - im[i + 2 * step];
            const lanes cx = re[i + step] + re[i + 3 * step], cy = im[i + step] + im[i + 3 * step];
            const lanes dx = re[i + step] - re[i + 3 * step], dy = im[i + step] - im[i + 3 * step];
            to_re[o] = ax + cx;
            to_im[o] = ay + cy;
            TURN(bx + dy, by - dx, w, o + s);
            TURN(ax - cx, ay - cy, w + 2, o + 2 * s);
            TURN(bx - dy, by + dx, w + 4, o + 3 * s);
        }
}

DUET_INLINE void pass_5(const duet_fourier_pass *f, const double *w, const lanes *re,
                        const lanes *im, lanes *to_re, lanes *to_im) {
    // Cosines and sines of 2 pi / 5 and 4 pi / 5.
    const double c1 = 0.30901699437494742410, c2 = -0.80901699437494742410;
    const double s1 = 0.95105651629515357212, s2 = 0.58778525229247312917;
    const size_t s = f->stride, step = s * f->parts;
    for (size_t p = 0; p < f->parts; p++, w += 8)
        for (size_t q = 0; q < s; q++) {
            const size_t i = q + s * p, o = q + s * 5 * p;
            const lanes x = re[i], y = im[i];
            const lanes ax = re[i + step] + re[i + 4 * step], ay = im[i + step] + im[i + 4 * step];
            const lanes bx = re[i + 2 * step] + re[i + 3 * step];
            const lanes by = im[i + 2 * step] + im[i + 3 * step];
            const lanes dx = re[i + step] - re[i + 4 * step], dy = im[i + step] - im[i + 4 * step];
            const lanes ex = re[i + 2 * step] - re[i + 3 * step];
            const lanes ey = im[i + 2 * step] - im[i + 3 * step];
            const lanes t1x = x + ax * c1 + bx * c2, t1y = y + ay * c1 + by * c2;
            const lanes t2x = x + ax * c2 + bx * c1, t2y = y + ay * c2 + by * c1;
            const lanes u1x = dx * s1 + ex * s2, u1y = dy * s1 + ey * s2;
            const lanes u2x = dx * s2 - ex * s1, u2y = dy * s2 - ey * s1;
            to_re[o] = x + ax + bx;
            to_im[o] = y + ay + by;
            TURN(t1x + u1y, t1y - u1x, w, o + s);
            TURN(t2x + u2y, t2y - u2x, w + 2, o + 2 * s);
            TURN(t2x - u2y, t2y + u2x, w + 4, o + 3 * s);
            TURN(t1x - u1y, t1y + u1x, w + 6, o + 4 * s);
        }
}

/// Windows frames from `first` on; lanes beyond the last frame repeat it. Even samples become real
/// parts, odd ones imaginary parts.
DUET_INLINE void pack_frames(const duet_mel_plan *plan, const float *samples, size_t first,
                             size_t frames, lanes *re, lanes *im) {
    const float *x[DUET_MEL_LANES];
    for (size_t l = 0; l < DUET_MEL_LANES; l++)
        x[l] = samples + (first + l < frames ? first + l : frames - 1) * plan->hop;
    for (size_t i = 0; i < plan->window; i += 2) {
        floats even, odd;
        for (size_t l = 0; l < DUET_MEL_LANES; l++) even[l] = x[l][i], odd[l] = x[l][i + 1];
        re[i / 2] = __builtin_convertvector(even, lanes) * plan->shape[i];
        im[i / 2] = __builtin_convertvector(odd, lanes) * plan->shape[i + 1];
    }
}

/// |X_k|^2 of the real frames whose packed transform is given.
DUET_INLINE void power_of(size_t half, const double *separators, const lanes *re, const lanes *im,
                          lanes *power) {
    for (size_t k = 0; k <= half; k++) {
        const size_t a = k == half ? 0 : k, b = k == 0 ? 0 : half - k;
        const lanes even_re = (re[a] + re[b]) * 0.5, even_im = (im[a] - im[b]) * 0.5;
        const lanes odd_re = (im[a] + im[b]) * 0.5, odd_im = (re[b] - re[a]) * 0.5;
        const double c = separators[2 * k], s = separators[2 * k + 1];
        const lanes x = even_re + (odd_re * c - odd_im * s), y = even_im + (odd_re * s + odd_im * c);
        power[k] = x * x + y * y;
    }
}

/// ln x of positive normal numbers: x = m 2^e with m about 1, and ln m = 2 artanh((m - 1) / (m + 1)) as
/// a series, whose first term left out is below 1e-16 of the first.
DUET_INLINE void logarithm(lanes *x) {
    integers bits;
    memcpy(&bits, x, sizeof bits);
    const integers e = (bits - 0x3fe6a09e667f3bcd) >> 52;
    bits -= e << 52;
    lanes m;
    memcpy(&m, &bits, sizeof m);
    const lanes f = (m - 1) / (m + 1), s = f * f;
    lanes sum = s * (1.0 / 21) + 1.0 / 19;
    sum = sum * s + 1.0 / 17;
    sum = sum * s + 1.0 / 15;
    sum = sum * s + 1.0 / 13;
    sum = sum * s + 1.0 / 11;
    sum = sum * s + 1.0 / 9;
    sum = sum * s + 1.0 / 7;
    sum = sum * s + 1.0 / 5;
    sum = sum * s + 1.0 / 3;
    *x = __builtin_convertvector(e, lanes) * 0.69314718055994530942 + 2 * (f + f * s * sum);
}

DUET_CLONES void duet_log_mel(const duet_mel_plan *plan, const float *samples, size_t frames,
                              double scale, void *work, float *y) {
    const size_t half = plan->window / 2;
    lanes *const buffers = work, *const power = buffers + 4 * half;
    floats *const results = (floats *)(power + half + 1);
    const lanes least = (lanes){} + 1e-10;
    for (size_t first = 0; first < frames; first += DUET_MEL_LANES) {
        lanes *re = buffers, *im = re + half, *to_re = im + half, *to_im = to_re + half;
        pack_frames(plan, samples, first, frames, re, im);
        for (size_t i = 0; i < plan->pass_count; i++) {
            const duet_fourier_pass *const f = plan->passes + i;
            const double *const w = plan->twiddles + f->first;
            switch (f->radix) {
            case 5: pass_5(f, w, re, im, to_re, to_im); break;
            case 4: pass_4(f, w, re, im, to_re, to_im); break;
            default: pass_2(f, w, re, im, to_re, to_im);
            }
            lanes *const old_re = re, *const old_im = im;
            re = to_re, im = to_im, to_re = old_re, to_im = old_im;
        }
        power_of(half, plan->separators, re, im, power);
        const size_t count = frames - first < DUET_MEL_LANES ? frames - first : DUET_MEL_LANES;
        const double *weights = plan->weights;
        for (size_t band = 0; band < plan->bands; band++) {
            lanes sum = (lanes){};
            for (size_t k = 0; k < plan->counts[band]; k++)
                sum += power[plan->starts[band] + k] * weights[k];
            weights += plan->counts[band];
            sum = __builtin_elementwise_max(sum, least);
            logarithm(&sum);
            results[band] = __builtin_convertvector(sum * scale, floats);
        }
        for (size_t l = 0; l < count; l++)
            for (size_t band = 0; band < plan->bands; band++)
                y[(first + l) * plan->bands + band] = results[band][l];
    }
}

DUET_CLONES void duet_whisper_compress(size_t n, float *y) {
    if (n == 0) return;
    enum { SIDE = 32 };
    float side[SIDE], largest = y[0];
    for (size_t j = 0; j < SIDE; j++) side[j] = y[0];
    size_t i = 0;
    for (; i + SIDE <= n; i += SIDE)
        for (size_t j = 0; j < SIDE; j++) side[j] = y[i + j] > side[j] ? y[i + j] : side[j];
    for (; i < n; i++) largest = y[i] > largest ? y[i] : largest;
    for (size_t j = 0; j < SIDE; j++) largest = side[j] > largest ? side[j] : largest;
    const float least = largest - 8;
    for (i = 0; i < n; i++) y[i] = ((y[i] > least ? y[i] : least) + 4) / 4;
}

DUET_CLONES int duet_all_finite(size_t n, const float *x) {
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bad |= (bits & 0x7f800000) == 0x7f800000;
    }
    return !bad;
}
