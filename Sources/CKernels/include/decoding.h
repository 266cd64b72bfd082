/// Attention of one new row over the keys and values of what came before it.
#pragma once
#include "CKernels.h"

/// Keys of a head lie in panels of this many positions, [size, lanes] each, so that scores of
/// neighbouring positions are computed side by side. Values lie [position, size].
#define DUET_KEY_LANES 32

/// Rows of keys and values, `heads` heads of `size` side by side in rows `stride` scalars apart, put
/// in the places of positions from `first` on; each head has `capacity` (whole panels) positions.
void duet_cache_store(duet_scalar scalar, size_t rows, size_t stride, size_t heads, size_t size,
                      const void *keys_in, const void *values_in, size_t first, size_t capacity,
                      void *keys, void *values);
/// One key/value head at one position: rotates its `group` queries [group, size] and its new key by
/// the position's cosines and sines, puts key and value in their place, and attends to all
/// positions up to this one, a panel of keys at a time. `scratch` holds group * (size + 2) + size
/// scalars; the output is [group, size].
void duet_decode_head(duet_scalar scalar, size_t group, size_t size, size_t position, double scale,
                      const void *cosines, const void *sines, const void *queries, const void *key,
                      const void *value, void *keys, void *values, void *scratch, void *output);
