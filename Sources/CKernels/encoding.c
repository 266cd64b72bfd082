#include "template.h"

#define T float
#define N(name) name##_f32
#include "encoding.inc"
#undef T
#undef N
#define T double
#define N(name) name##_f64
#include "encoding.inc"

void duet_bias_activation(duet_scalar scalar, duet_unary_operation operation, size_t rows,
                          size_t width, size_t stride, const void *bias, void *y) {
    DUET_DISPATCH(bias_activation, operation, rows, width, stride, bias, y);
}
void duet_add_bias(duet_scalar scalar, size_t rows, size_t width, size_t stride, const void *x,
                   const void *bias, void *y) {
    DUET_DISPATCH(add_bias, rows, width, stride, x, bias, y);
}
void duet_window_softmax(duet_scalar scalar, size_t count, double scale, const void *bias,
                         const int32_t *regions, void *s) {
    DUET_DISPATCH(window_softmax, count, scale, bias, regions, s);
}
