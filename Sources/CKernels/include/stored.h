/// Products with weights in the form in which a file stores them.
#pragma once
#include "dequantise.h"
#include <stdint.h>

/// A row-major matrix of whole blocks. Where `half` is not 0, every 2 * half rows are a head whose
/// two halves the file interleaves: row j of the head is stored at 2 * j, row half + j at 2 * j + 1.
typedef struct {
    duet_stored type;
    const void *bytes;
    size_t row_bytes, columns, half;
} duet_stored_matrix;

/// Where a row begins.
static inline const uint8_t *duet_stored_row(const duet_stored_matrix *w, size_t row) {
    if (w->half) {
        const size_t head = row / (2 * w->half), j = row % (2 * w->half);
        row = head * 2 * w->half + (j < w->half ? 2 * j : 2 * (j - w->half) + 1);
    }
    return (const uint8_t *)w->bytes + row * w->row_bytes;
}

/// Rows [first, first + rows), of each `blocks` blocks from `first_block` on, as floats; rows of y
/// are y_stride floats apart.
void duet_stored_expand(const duet_stored_matrix *w, size_t first, size_t rows, size_t first_block,
                        size_t blocks, float *y, size_t y_stride);
/// Sums of 32 values each of x [count, columns]; columns is a multiple of 32.
void duet_stored_sums(size_t count, size_t columns, const float *x, size_t x_stride, float *sums);
/// y[i, r] = x[i] · w[first + r] (added to y when `adds`), where rows of x and y are x_stride and
/// y_stride floats apart. The weights are read once for every four rows of x and not written
/// anywhere. `sums` are those of duet_stored_sums; they are read for Q4_0 and Q4_1 only.
void duet_stored_product(const duet_stored_matrix *w, size_t first, size_t rows, size_t count,
                         const float *x, size_t x_stride, const float *sums, float *y,
                         size_t y_stride, int adds);
