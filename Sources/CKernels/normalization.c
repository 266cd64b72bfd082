#include "template.h"

#define T float
#define N(name) name##_f32
#include "normalization.inc"
#undef T
#undef N
#define T double
#define N(name) name##_f64
#include "normalization.inc"

void duet_rms_norm(duet_scalar scalar, size_t rows, size_t width, double epsilon, const void *x,
                   const void *weight, void *y, void *inverse_rms) {
    DUET_DISPATCH(rms_norm, rows, width, epsilon, x, weight, y, inverse_rms);
}
void duet_rms_norm_pullback(duet_scalar scalar, size_t rows, size_t width, const void *x,
                            const void *weight, const void *inverse_rms, const void *dy, void *dx,
                            void *dweight) {
    DUET_DISPATCH(rms_norm_pullback, rows, width, x, weight, inverse_rms, dy, dx, dweight);
}
void duet_layer_norm(duet_scalar scalar, size_t rows, size_t width, double epsilon, const void *x,
                     const void *weight, const void *bias, void *y, void *mean, void *inverse_std) {
    DUET_DISPATCH(layer_norm, rows, width, epsilon, x, weight, bias, y, mean, inverse_std);
}
void duet_layer_norm_pullback(duet_scalar scalar, size_t rows, size_t width, const void *x,
                              const void *weight, const void *mean, const void *inverse_std,
                              const void *dy, void *dx, void *dweight, void *dbias) {
    DUET_DISPATCH(layer_norm_pullback, rows, width, x, weight, mean, inverse_std, dy, dx, dweight, dbias);
}
