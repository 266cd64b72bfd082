#include "template.h"

#define T float
#define N(name) name##_f32
#include "optimizer.inc"
#undef T
#undef N
#define T double
#define N(name) name##_f64
#include "optimizer.inc"

void duet_adamw_step(duet_scalar scalar, const duet_adamw *settings, size_t n, const void *gradient,
                     void *value, void *m, void *v) {
    DUET_DISPATCH(adamw_step, settings, n, gradient, value, m, v);
}
