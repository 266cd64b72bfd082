#include "template.h"

#include <string.h>

#pragma clang fp reassociate(on) contract(fast)

/// Rows of x that share one pass over the weights.
#define TOGETHER 4
/// Rows of weights whose sums are taken at the same time.
#define SIDE 4
/// Values of a block whose scale is read at the front.
#define BLOCK 32
/// Blocks whose scales are made floats at a time.
#define RUN 64
/// How far ahead memory is asked for, in bytes: four rows are too many streams for it to guess.
#define AHEAD 4096
/// Values that are written out at a time where a type has no loop of its own.
#define BUFFER 256

typedef float floats __attribute__((vector_size(64)));
typedef int32_t integers __attribute__((vector_size(64)));
typedef uint8_t bytes __attribute__((vector_size(16)));
typedef int8_t signed_bytes __attribute__((vector_size(16)));
typedef float loose_float __attribute__((aligned(1)));

static size_t block_values(duet_stored type) {
    switch (type) {
    case DUET_STORED_Q4_0: case DUET_STORED_Q4_1: case DUET_STORED_Q5_0: case DUET_STORED_Q5_1:
    case DUET_STORED_Q8_0: return 32;
    case DUET_STORED_Q2_K: case DUET_STORED_Q3_K: case DUET_STORED_Q4_K: case DUET_STORED_Q5_K:
    case DUET_STORED_Q6_K: return 256;
    default: return 1;
    }
}

void duet_stored_expand(const duet_stored_matrix *w, size_t first, size_t rows, size_t first_block,
                        size_t blocks, float *y, size_t y_stride) {
    const size_t size = w->row_bytes / (w->columns / block_values(w->type));
    for (size_t r = 0; r < rows; r++)
        duet_dequantise(w->type, blocks, duet_stored_row(w, first + r) + first_block * size,
                        y + r * y_stride);
}

DUET_CLONES void duet_stored_sums(size_t count, size_t columns, const float *x, size_t x_stride,
                                  float *sums) {
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < columns / BLOCK; b++) {
            const float *block = x + i * x_stride + b * BLOCK;
            float sum = 0;
            for (size_t j = 0; j < BLOCK; j++) sum += block[j];
            sums[i * (columns / BLOCK) + b] = sum;
        }
}

DUET_INLINE float float_of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/// Pairs of halves as floats; of an infinite one the rest is made of as of any other.
DUET_INLINE void floats_of_pairs(size_t count, const uint32_t *restrict pairs, int has_second,
                                 float *restrict first, float *restrict second) {
    for (size_t k = 0; k < count; k++) {
        const uint32_t a = pairs[k] & 0xffff, b = pairs[k] >> 16;
        first[k] = float_of_bits((a & 0x7fff) << 13) * 0x1p112f;
        first[k] = a & 0x8000 ? -first[k] : first[k];
        if (!has_second) continue;
        second[k] = float_of_bits((b & 0x7fff) << 13) * 0x1p112f;
        second[k] = b & 0x8000 ? -second[k] : second[k];
    }
}

DUET_INLINE float total(const floats *x) {
    float a[16];
    memcpy(a, x, sizeof a);
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++) a[i] += a[i + half];
    return a[0];
}

/// One block's values before scaling, in the halves that its 16 or 32 bytes make.
DUET_INLINE void unpack(duet_stored type, const uint8_t *w, floats *low, floats *high) {
    if (type == DUET_STORED_Q8_0) {
        signed_bytes first, second;
        memcpy(&first, w, sizeof first);
        memcpy(&second, w + sizeof first, sizeof second);
        *low = __builtin_convertvector(__builtin_convertvector(first, integers), floats);
        *high = __builtin_convertvector(__builtin_convertvector(second, integers), floats);
    } else {
        bytes packed;
        memcpy(&packed, w, sizeof packed);
        const integers wide = __builtin_convertvector(packed, integers);
        *low = __builtin_convertvector(wide & 15, floats);
        *high = __builtin_convertvector(wide >> 4, floats);
    }
}

/// Some rows of Q8_0, Q4_0 or Q4_1 against n rows of x: y[i, r] = Σ d Σ q x + Σ m Σ x over blocks,
/// where Q4_0 has m = -8 d. The counts are constants where this is inlined.
DUET_INLINE void scaled_rows(duet_stored type, size_t rows, size_t n, size_t blocks,
                             const uint8_t *const *weights, const float *x, size_t x_stride,
                             const float *sums, float *y) {
    const int has_minimum = type == DUET_STORED_Q4_1, has_offset = type != DUET_STORED_Q8_0;
    const size_t head = has_minimum ? 4 : 2, size = type == DUET_STORED_Q8_0 ? 34 : 16 + head;
    floats part[SIDE * TOGETHER];
    float offset[SIDE * TOGETHER];
    for (size_t k = 0; k < rows * n; k++) part[k] = (floats){0}, offset[k] = 0;
    for (size_t done = 0; done < blocks; done += RUN) {
        const size_t count = blocks - done < RUN ? blocks - done : RUN;
        const size_t padded = (rows * count + 15) / 16 * 16;
        uint32_t pairs[SIDE * RUN + 15];
        float d[SIDE * RUN + 15], m[SIDE * RUN + 15];
        const uint8_t *w[SIDE];
        memset(pairs + padded - 16, 0, 16 * sizeof *pairs);
        for (size_t r = 0; r < rows; r++) {
            w[r] = weights[r] + done * size;
            for (size_t b = 0; b < count; b++)
                memcpy(pairs + r * count + b, w[r] + b * size, sizeof *pairs);
        }
        floats_of_pairs(padded, pairs, has_minimum, d, m);
        for (size_t r = 0; r < rows && has_offset; r++)
            for (size_t i = 0; i < n; i++) {
                const float *sum = sums + i * blocks + done;
                const float *factor = (has_minimum ? m : d) + r * count;
                float o = 0;
                for (size_t b = 0; b < count; b++) o += factor[b] * sum[b];
                offset[r * n + i] += has_minimum ? o : -8 * o;
            }
        for (size_t b = 0; b < count; b++) {
            for (size_t r = 0; r < rows; r++) {
                floats low, high, first, second;
                __builtin_prefetch(w[r] + b * size + AHEAD);
                unpack(type, w[r] + b * size + head, &low, &high);
                const float scale = d[r * count + b];
                if (n > 1) low *= scale, high *= scale;
                for (size_t i = 0; i < n; i++) {
                    const float *block = x + i * x_stride + (done + b) * BLOCK;
                    memcpy(&first, block, sizeof first);
                    memcpy(&second, block + BLOCK / 2, sizeof second);
                    const floats product = low * first + high * second;
                    part[r * n + i] += n > 1 ? product : product * scale;
                }
            }
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++) y[i * SIDE + r] = total(part + r * n + i) + offset[r * n + i];
}

DUET_INLINE float dot(size_t n, const loose_float *w, const float *x) {
    float sum = 0;
    for (size_t j = 0; j < n; j++) sum += w[j] * x[j];
    return sum;
}

/// One row of any type against n rows of x, by way of a few values written out.
DUET_INLINE void other_row(const duet_stored_matrix *m, const uint8_t *w, size_t n, const float *x,
                           size_t x_stride, float *y) {
    if (m->type == DUET_STORED_FLOAT32) {
        for (size_t i = 0; i < n; i++)
            y[i * SIDE] = dot(m->columns, (const loose_float *)w, x + i * x_stride);
        return;
    }
    float buffer[BUFFER];
    const size_t per_block = block_values(m->type);
    const size_t size = m->row_bytes / (m->columns / per_block);
    for (size_t i = 0; i < n; i++) y[i * SIDE] = 0;
    for (size_t done = 0; done < m->columns; done += BUFFER) {
        const size_t count = m->columns - done < BUFFER ? m->columns - done : BUFFER;
        duet_dequantise(m->type, count / per_block, w + done / per_block * size, buffer);
        for (size_t i = 0; i < n; i++) y[i * SIDE] += dot(count, buffer, x + i * x_stride + done);
    }
}

/// As many rows side by side as there are registers for their sums; `type` is a constant.
DUET_INLINE void rows_of(duet_stored type, size_t blocks, size_t rows, size_t n,
                         const uint8_t *const *w, const float *x, size_t x_stride,
                         const float *sums, float *y) {
    if (n == 1 && rows == SIDE) {
        scaled_rows(type, SIDE, 1, blocks, w, x, x_stride, sums, y);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        switch (n) {
        case 1: scaled_rows(type, 1, 1, blocks, w + r, x, x_stride, sums, y + r); break;
        case 2: scaled_rows(type, 1, 2, blocks, w + r, x, x_stride, sums, y + r); break;
        case 3: scaled_rows(type, 1, 3, blocks, w + r, x, x_stride, sums, y + r); break;
        default: scaled_rows(type, 1, 4, blocks, w + r, x, x_stride, sums, y + r); break;
        }
}

DUET_CLONES void duet_stored_product(const duet_stored_matrix *m, size_t first, size_t rows,
                                     size_t count, const float *x, size_t x_stride,
                                     const float *sums, float *y, size_t y_stride, int adds) {
    const size_t blocks = m->columns / BLOCK;
    for (size_t r = 0; r < rows; r += SIDE) {
        const size_t side = rows - r < SIDE ? rows - r : SIDE;
        const uint8_t *w[SIDE];
        for (size_t k = 0; k < side; k++) w[k] = duet_stored_row(m, first + r + k);
        for (size_t i = 0; i < count; i += TOGETHER) {
            const size_t n = count - i < TOGETHER ? count - i : TOGETHER;
            const float *part = x + i * x_stride, *sum = sums + i * blocks;
            float results[TOGETHER * SIDE];
            switch (m->type) {
            case DUET_STORED_Q4_0:
                rows_of(DUET_STORED_Q4_0, blocks, side, n, w, part, x_stride, sum, results);
                break;
            case DUET_STORED_Q4_1:
                rows_of(DUET_STORED_Q4_1, blocks, side, n, w, part, x_stride, sum, results);
                break;
            case DUET_STORED_Q8_0:
                rows_of(DUET_STORED_Q8_0, blocks, side, n, w, part, x_stride, sum, results);
                break;
            default:
                for (size_t k = 0; k < side; k++)
                    other_row(m, w[k], n, part, x_stride, results + k);
            }
            for (size_t j = 0; j < n; j++)
                for (size_t k = 0; k < side; k++) {
                    float *result = y + (i + j) * y_stride + r + k;
                    *result = results[j * SIDE + k] + (adds ? *result : 0);
                }
        }
    }
}
