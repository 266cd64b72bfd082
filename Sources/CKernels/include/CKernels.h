/// The vector loops of Duet. Every function exists for float and double and picks one by `scalar`;
/// on x86-64 each loop is compiled for several instruction sets and the widest one that the
/// processor offers is taken at run time. Counts are in scalars, rows are contiguous.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum { DUET_FLOAT32 = 0, DUET_FLOAT64 = 1 } duet_scalar;

typedef enum {
    DUET_EXP, DUET_LOG, DUET_SQRT, DUET_SIGMOID, DUET_TANH, DUET_SILU, DUET_GELU_ERF,
    DUET_GELU_TANH, DUET_GELU_QUICK, DUET_RELU, DUET_RELU6, DUET_NEGATE
} duet_unary_operation;

typedef enum { DUET_ADD, DUET_SUBTRACT, DUET_MULTIPLY, DUET_DIVIDE } duet_binary_operation;

// elementwise.c
void duet_unary(duet_scalar scalar, duet_unary_operation operation, size_t n, const void *x, void *y);
/// dx = dy * f'(x), where y = f(x) may be used instead of x.
void duet_unary_pullback(duet_scalar scalar, duet_unary_operation operation, size_t n,
                         const void *x, const void *y, const void *dy, void *dx);
/// y = a (op) b over `rank` axes; a stride of 0 repeats an operand along its axis.
void duet_binary(duet_scalar scalar, duet_binary_operation operation, int rank, const size_t *shape,
                 const size_t *a_strides, const size_t *b_strides, const void *a, const void *b,
                 void *y);
/// y = scale * x + offset
void duet_affine(duet_scalar scalar, size_t n, double scale, double offset, const void *x, void *y);
/// y += scale * x
void duet_add_scaled(duet_scalar scalar, size_t n, double scale, const void *x, void *y);
/// y[i] = x[i] * keep, where keep is 0 with probability `rate` and 1 / (1 - rate) otherwise, decided
/// by (seed, first + i) alone.
void duet_dropout(duet_scalar scalar, size_t n, double rate, uint64_t seed, uint64_t first,
                  const void *x, void *y);
void duet_convert(duet_scalar from, size_t n, const void *x, duet_scalar to, void *y);
void duet_fill(duet_scalar scalar, size_t n, double value, void *y);
/// gate | up halves of each row: y = silu(gate) * up, x is [rows, 2 * width].
void duet_swiglu(duet_scalar scalar, size_t rows, size_t width, const void *x, void *y);
void duet_swiglu_pullback(duet_scalar scalar, size_t rows, size_t width, const void *x,
                          const void *dy, void *dx);

// reductions.c
/// x [outer, n, inner] -> y [outer, inner]
void duet_sum(duet_scalar scalar, size_t outer, size_t n, size_t inner, const void *x, void *y);
void duet_max(duet_scalar scalar, size_t outer, size_t n, size_t inner, const void *x, void *y,
              int32_t *argmax);
double duet_sum_of_squares(duet_scalar scalar, size_t n, const void *x);
void duet_softmax(duet_scalar scalar, size_t rows, size_t width, const void *x, void *y);
void duet_softmax_pullback(duet_scalar scalar, size_t rows, size_t width, const void *y,
                           const void *dy, void *dx);
/// One block of attention scores [rows, width]: row r sees the first min(width, visible + r * step)
/// keys; s becomes the softmax of scale * s over them, and 0 where it cannot see.
void duet_attention_softmax(duet_scalar scalar, size_t rows, size_t width, double scale,
                            size_t visible, size_t step, void *s);
/// ds = scale * p * (dp - delta[row]), written over dp.
void duet_attention_score_pullback(duet_scalar scalar, size_t rows, size_t width, double scale,
                                   const void *p, void *dp, const void *delta,
                                   size_t delta_stride);
/// Rows of logits [rows, width] and their targets: losses[r] = weights[r] * (logsumexp - logit of
/// the target); the logits become weights[r] * (softmax - one-hot).
void duet_cross_entropy(duet_scalar scalar, size_t rows, size_t width, const int32_t *targets,
                        const void *weights, void *logits, double *losses);

// normalization.c
void duet_rms_norm(duet_scalar scalar, size_t rows, size_t width, double epsilon, const void *x,
                   const void *weight, void *y, void *inverse_rms);
/// dx (may be null) and the row's contribution to dweight (added; may be null).
void duet_rms_norm_pullback(duet_scalar scalar, size_t rows, size_t width, const void *x,
                            const void *weight, const void *inverse_rms, const void *dy, void *dx,
                            void *dweight);
void duet_layer_norm(duet_scalar scalar, size_t rows, size_t width, double epsilon, const void *x,
                     const void *weight, const void *bias, void *y, void *mean, void *inverse_std);
void duet_layer_norm_pullback(duet_scalar scalar, size_t rows, size_t width, const void *x,
                              const void *weight, const void *mean, const void *inverse_std,
                              const void *dy, void *dx, void *dweight, void *dbias);

// movement.c
/// y (row-major, `shape`) gathers x by strides.
void duet_copy_strided(duet_scalar scalar, int rank, const size_t *shape, const size_t *x_strides,
                       const void *x, void *y);
void duet_gather_rows(duet_scalar scalar, size_t count, size_t width, const int32_t *rows,
                      const void *x, void *y);
/// y[rows[i]] += x[i], in order.
void duet_scatter_add_rows(duet_scalar scalar, size_t count, size_t width, const int32_t *rows,
                           const void *x, void *y);
/// Half-split rotary embedding of heads of size `size` in rows of `stride` scalars: the first
/// `heads` heads are rotated, the rest is copied; `tables` holds cos | sin [positions, size / 2] and
/// sign is 1 or -1 (the pullback).
void duet_rotate(duet_scalar scalar, size_t rows, size_t stride, size_t heads, size_t size,
                 const int32_t *positions, const void *cosines, const void *sines, double sign,
                 const void *x, void *y);
/// Patches of NHWC pictures: x [height, width, channels] -> y [out_height * out_width,
/// kernel_height * kernel_width * channels]; positions outside are 0.
typedef struct {
    size_t height, width, channels, kernel_height, kernel_width, stride_height, stride_width;
    size_t pad_top, pad_left, out_height, out_width;
} duet_patches;
void duet_patches_gather(duet_scalar scalar, const duet_patches *p, const void *x, void *y);
void duet_patches_scatter_add(duet_scalar scalar, const duet_patches *p, const void *y, void *x);
/// Depthwise: weight [kernel_height, kernel_width, channels].
void duet_depthwise(duet_scalar scalar, const duet_patches *p, const void *x, const void *weight,
                    const void *bias, void *y);
void duet_depthwise_pullback(duet_scalar scalar, const duet_patches *p, const void *x,
                             const void *weight, const void *dy, void *dx, void *dweight);

// optimizer.c
typedef struct {
    double learning_rate, beta1, beta2, epsilon, weight_decay, correction1, correction2, gradient_scale;
} duet_adamw;
void duet_adamw_step(duet_scalar scalar, const duet_adamw *settings, size_t n, const void *gradient,
                     void *value, void *m, void *v);

// encoding.c
/// In place, on rows `stride` apart: y = f(y + bias) for the three forms of GELU, y + bias for any
/// other operation.
void duet_bias_activation(duet_scalar scalar, duet_unary_operation operation, size_t rows,
                          size_t width, size_t stride, const void *bias, void *y);
/// y = x + bias, on rows `stride` apart in both.
void duet_add_bias(duet_scalar scalar, size_t rows, size_t width, size_t stride, const void *x,
                   const void *bias, void *y);
/// Scores [count, count] of a window become softmax(scale * s + bias), where positions of different
/// regions (may be null) see each other 100 less.
void duet_window_softmax(duet_scalar scalar, size_t count, double scale, const void *bias,
                         const int32_t *regions, void *s);

#include "decoding.h"
#include "dequantise.h"
#include "machine.h"
#include "product.h"
#include "rounded.h"
#include "sha256.h"
#include "spectrum.h"
#include "stored.h"
