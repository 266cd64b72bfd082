#include "template.h"
#include <stdlib.h>

#define T float
#define N(name) name##_f32
#include "reductions.inc"
#undef T
#undef N
#define T double
#define N(name) name##_f64
#include "reductions.inc"

void duet_sum(duet_scalar scalar, size_t outer, size_t n, size_t inner, const void *x, void *y) {
    DUET_DISPATCH(sum, outer, n, inner, x, y);
}
void duet_max(duet_scalar scalar, size_t outer, size_t n, size_t inner, const void *x, void *y,
              int32_t *argmax) {
    DUET_DISPATCH(max, outer, n, inner, x, y, argmax);
}
double duet_sum_of_squares(duet_scalar scalar, size_t n, const void *x) {
    return scalar == DUET_FLOAT32 ? sum_of_squares_f32(n, x) : sum_of_squares_f64(n, x);
}
void duet_softmax(duet_scalar scalar, size_t rows, size_t width, const void *x, void *y) {
    DUET_DISPATCH(softmax, rows, width, x, y);
}
void duet_softmax_pullback(duet_scalar scalar, size_t rows, size_t width, const void *y,
                           const void *dy, void *dx) {
    DUET_DISPATCH(softmax_pullback, rows, width, y, dy, dx);
}
void duet_attention_softmax(duet_scalar scalar, size_t rows, size_t width, double scale,
                            size_t visible, size_t step, void *s) {
    DUET_DISPATCH(attention_softmax, rows, width, scale, visible, step, s);
}
void duet_attention_score_pullback(duet_scalar scalar, size_t rows, size_t width, double scale,
                                   const void *p, void *dp, const void *delta,
                                   size_t delta_stride) {
    DUET_DISPATCH(attention_score_pullback, rows, width, scale, p, dp, delta, delta_stride);
}
void duet_cross_entropy(duet_scalar scalar, size_t rows, size_t width, const int32_t *targets,
                        const void *weights, void *logits, double *losses) {
    DUET_DISPATCH(cross_entropy, rows, width, targets, weights, logits, losses);
}
