#include "template.h"
#include <string.h>

#define T float
#define N(name) name##_f32
#include "decoding.inc"
#undef T
#undef N
#define T double
#define N(name) name##_f64
#include "decoding.inc"

void duet_cache_store(duet_scalar scalar, size_t rows, size_t stride, size_t heads, size_t size,
                      const void *keys_in, const void *values_in, size_t first, size_t capacity,
                      void *keys, void *values) {
    DUET_DISPATCH(cache_store, rows, stride, heads, size, keys_in, values_in, first, capacity, keys,
                  values);
}
void duet_decode_head(duet_scalar scalar, size_t group, size_t size, size_t position, double scale,
                      const void *cosines, const void *sines, const void *queries, const void *key,
                      const void *value, void *keys, void *values, void *scratch, void *output) {
    DUET_DISPATCH(decode_head, group, size, position, scale, cosines, sines, queries, key, value,
                  keys, values, scratch, output);
}
