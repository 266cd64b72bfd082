/// Values of stored weights as 32-bit floats. Products and sums are rounded separately, so that every
/// processor gives the same bits. Block layouts are those of ggml (ggml-common.h), little-endian.
#pragma once
#include <stddef.h>

typedef enum {
    DUET_STORED_FLOAT64, DUET_STORED_FLOAT32, DUET_STORED_FLOAT16, DUET_STORED_BFLOAT16,
    DUET_STORED_INT64, DUET_STORED_INT32, DUET_STORED_INT16, DUET_STORED_INT8, DUET_STORED_UINT8,
    DUET_STORED_Q4_0, DUET_STORED_Q4_1, DUET_STORED_Q5_0, DUET_STORED_Q5_1, DUET_STORED_Q8_0,
    DUET_STORED_Q2_K, DUET_STORED_Q3_K, DUET_STORED_Q4_K, DUET_STORED_Q5_K, DUET_STORED_Q6_K
} duet_stored;

/// Writes the values of `blocks` whole blocks at x, which need not be aligned: 1 value a block of a
/// plain type, 32 of a Q*_0 or Q*_1, 256 of a Q*_K.
void duet_dequantise(duet_stored type, size_t blocks, const void *x, float *y);
