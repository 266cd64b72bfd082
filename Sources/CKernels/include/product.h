/// Products of float matrices on processors with AVX-512.
#pragma once
#include <stddef.h>

/// A matrix of floats: element (i, j) is at i * row + j * column.
typedef struct {
    const float *values;
    size_t row, column;
} duet_operand;

/// A second product whose result joins the first's: factor * left [m, depth] * right [depth, n].
typedef struct {
    duet_operand left, right;
    size_t depth;
    float factor;
} duet_addition;

/// Whether `duet_product` runs on this processor.
int duet_product_available(void);
/// Floats that a product needs to work in; `added` is the depth of the second product, or 0.
size_t duet_product_work(size_t n, size_t k, size_t added);
/// c [m, n] (+)= alpha * (a [m, k] * b [k, n] + addition); rows of c are `c_row` apart; k > 0, and the
/// addition may be null. Every element is the sum over k in order, in parts of at most 576, so its bits
/// do not depend on m, n or its place.
void duet_product(size_t m, size_t n, size_t k, duet_operand a, duet_operand b,
                  const duet_addition *addition, float *c, size_t c_row, float alpha, int adds,
                  float *work);
