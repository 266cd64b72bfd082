/// Products of stored weights with one row of x, by integers: x is rounded to 16 bits.
#pragma once
#include "stored.h"

/// Whether the processor has what these need.
int duet_rounded_available(void);
/// Whether there is a loop for a stored type.
int duet_rounded_takes(duet_stored type);
/// Floats that a rounded row takes.
size_t duet_rounded_size(size_t columns);
/// Rounds a row of x, of whole blocks of 32: q = round(x / s), s = max |x| / 32639 over a block, so that
/// |s q - x| <= s / 2; zeros when all |x| < 1e-30. With an element that is not finite the block's result is NaN.
void duet_rounded_row(size_t columns, const float *x, float *row);
/// y[r] = s q · w[first + r] (added to y when `adds`). Sums within a block are exact.
void duet_rounded_product(const duet_stored_matrix *w, size_t first, size_t rows,
                          const float *row_of_x, float *y, int adds);
