#include "template.h"
#include <string.h>

#define T float
#define N(name) name##_f32
#include "movement.inc"
#undef T
#undef N
#define T double
#define N(name) name##_f64
#include "movement.inc"

void duet_copy_strided(duet_scalar scalar, int rank, const size_t *shape, const size_t *x_strides,
                       const void *x, void *y) {
    DUET_DISPATCH(copy_strided, rank, shape, x_strides, x, y);
}
void duet_gather_rows(duet_scalar scalar, size_t count, size_t width, const int32_t *rows,
                      const void *x, void *y) {
    DUET_DISPATCH(gather_rows, count, width, rows, x, y);
}
void duet_scatter_add_rows(duet_scalar scalar, size_t count, size_t width, const int32_t *rows,
                           const void *x, void *y) {
    DUET_DISPATCH(scatter_add_rows, count, width, rows, x, y);
}
void duet_rotate(duet_scalar scalar, size_t rows, size_t stride, size_t heads, size_t size,
                 const int32_t *positions, const void *cosines, const void *sines, double sign,
                 const void *x, void *y) {
    DUET_DISPATCH(rotate, rows, stride, heads, size, positions, cosines, sines, sign, x, y);
}
void duet_patches_gather(duet_scalar scalar, const duet_patches *p, const void *x, void *y) {
    DUET_DISPATCH(patches_gather, p, x, y);
}
void duet_patches_scatter_add(duet_scalar scalar, const duet_patches *p, const void *y, void *x) {
    DUET_DISPATCH(patches_scatter_add, p, y, x);
}
void duet_depthwise(duet_scalar scalar, const duet_patches *p, const void *x, const void *weight,
                    const void *bias, void *y) {
    DUET_DISPATCH(depthwise, p, x, weight, bias, y);
}
void duet_depthwise_pullback(duet_scalar scalar, const duet_patches *p, const void *x,
                             const void *weight, const void *dy, void *dx, void *dweight) {
    DUET_DISPATCH(depthwise_pullback, p, x, weight, dy, dx, dweight);
}
