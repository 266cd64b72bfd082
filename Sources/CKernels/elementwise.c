#include "template.h"

#define T float
#define N(name) name##_f32
#include "elementwise.inc"
#undef T
#undef N
#define T double
#define N(name) name##_f64
#include "elementwise.inc"

void duet_unary(duet_scalar scalar, duet_unary_operation operation, size_t n, const void *x, void *y) {
    DUET_DISPATCH(unary, operation, n, x, y);
}
void duet_unary_pullback(duet_scalar scalar, duet_unary_operation operation, size_t n,
                         const void *x, const void *y, const void *dy, void *dx) {
    DUET_DISPATCH(unary_pullback, operation, n, x, y, dy, dx);
}
void duet_binary(duet_scalar scalar, duet_binary_operation operation, int rank, const size_t *shape,
                 const size_t *a_strides, const size_t *b_strides, const void *a, const void *b,
                 void *y) {
    DUET_DISPATCH(binary, operation, rank, shape, a_strides, b_strides, a, b, y);
}
void duet_affine(duet_scalar scalar, size_t n, double scale, double offset, const void *x, void *y) {
    DUET_DISPATCH(affine, n, scale, offset, x, y);
}
void duet_add_scaled(duet_scalar scalar, size_t n, double scale, const void *x, void *y) {
    DUET_DISPATCH(add_scaled, n, scale, x, y);
}
void duet_dropout(duet_scalar scalar, size_t n, double rate, uint64_t seed, uint64_t first,
                  const void *x, void *y) {
    DUET_DISPATCH(dropout, n, rate, seed, first, x, y);
}
void duet_fill(duet_scalar scalar, size_t n, double value, void *y) {
    DUET_DISPATCH(fill, n, value, y);
}
void duet_swiglu(duet_scalar scalar, size_t rows, size_t width, const void *x, void *y) {
    DUET_DISPATCH(swiglu, rows, width, x, y);
}
void duet_swiglu_pullback(duet_scalar scalar, size_t rows, size_t width, const void *x,
                          const void *dy, void *dx) {
    DUET_DISPATCH(swiglu_pullback, rows, width, x, dy, dx);
}
void duet_convert(duet_scalar from, size_t n, const void *x, duet_scalar to, void *y) {
    if (from == DUET_FLOAT32 && to == DUET_FLOAT64) {
        for (size_t i = 0; i < n; i++) ((double *)y)[i] = ((const float *)x)[i];
    } else if (from == DUET_FLOAT64 && to == DUET_FLOAT32) {
        for (size_t i = 0; i < n; i++) ((float *)y)[i] = (float)((const double *)x)[i];
    } else {
        __builtin_memcpy(y, x, n * (from == DUET_FLOAT32 ? 4 : 8));
    }
}
