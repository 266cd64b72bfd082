#include "product.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define WIDE_REGISTERS __attribute__((target("avx512f")))
#define INLINE static inline __attribute__((always_inline)) WIDE_REGISTERS

/// Values of a register.
#define LANES 16
/// A tile of the result is held in TALL × 2 registers; with two of b they leave six of 32.
#define TALL 12
#define WIDE (2 * LANES)
/// A panel of b, DEEP × WIDE, is read from the second-level cache once a tile, while TALL rows of a
/// stay in the first; DEEP × BROAD values of b together take two thirds of the second level. Every pass
/// over k reads and writes c, and every pass over n reads a, which lie further away: the fewer, the
/// better.
#define DEEP 576
#define BROAD 288
/// Rows of a that lie a multiple of this many floats apart push each other out of the first-level cache.
#define ALIASED 1024

int duet_product_available(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") != 0;
}

/// The depth of each pass over k: equal parts, of whole registers.
static size_t pass_depth(size_t k) {
    const size_t passes = (k + DEEP - 1) / DEEP, depth = (k + passes - 1) / passes;
    return (depth + LANES - 1) / LANES * LANES;
}

size_t duet_product_work(size_t n, size_t k, size_t added) {
    const size_t broad = n < BROAD ? (n + LANES - 1) / LANES * LANES : BROAD;
    return (pass_depth(k) + added) * broad + TALL * (pass_depth(k) + LANES);
}

static __mmask16 first(size_t count) {
    return count >= LANES ? 0xffff : (__mmask16)((1u << count) - 1);
}

/// sum [rows][registers * LANES] += a [rows, k] * b [k, registers * LANES]
INLINE void accumulate(const int rows, const int registers, size_t k, duet_operand a,
                       const float *b, __m512 sum[TALL][2]) {
    for (size_t p = 0; p < k; p++, b += registers * LANES) {
        const __m512 left = _mm512_loadu_ps(b);
        const __m512 right = registers > 1 ? _mm512_loadu_ps(b + LANES) : left;
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            const __m512 x = _mm512_set1_ps(a.values[(size_t)i * a.row + p * a.column]);
            sum[i][0] = _mm512_fmadd_ps(x, left, sum[i][0]);
            if (registers > 1) sum[i][1] = _mm512_fmadd_ps(x, right, sum[i][1]);
        }
    }
}

/// What a tile of the result is the sum of: rows of a and of the addition's left factor, and how deep
/// each is. The panel of b has the right factor's rows below its own.
typedef struct {
    duet_operand a, left;
    size_t deep, added;
} factors;

/// c [rows, columns] (+)= alpha * factors * panel, columns ≤ registers * LANES.
INLINE void tile(const int rows, const int registers, factors f, const float *panel, float *c,
                 size_t c_row, size_t columns, float alpha, int adds) {
    __m512 sum[TALL][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int v = 0; v < registers; v++) {
            sum[i][v] = _mm512_setzero_ps();
            // It is far away, and is written when the sums are done.
            __builtin_prefetch(c + (size_t)i * c_row + v * LANES, 1);
        }
    accumulate(rows, registers, f.deep, f.a, panel, sum);
    if (f.added)
        accumulate(rows, registers, f.added, f.left, panel + f.deep * registers * LANES, sum);
    const __m512 factor = _mm512_set1_ps(alpha);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int v = 0; v < registers; v++) {
            const __mmask16 mask = first(columns - (size_t)v * LANES);
            float *target = c + (size_t)i * c_row + v * LANES;
            __m512 y = _mm512_mul_ps(sum[i][v], factor);
            if (adds) y = _mm512_add_ps(y, _mm512_maskz_loadu_ps(mask, target));
            _mm512_mask_storeu_ps(target, mask, y);
        }
}

/// The same for any number of rows up to TALL; each number is compiled by itself.
INLINE void tile_of(size_t rows, const int registers, factors f, const float *panel, float *c,
                    size_t c_row, size_t columns, float alpha, int adds) {
#define CASE(n) case n: return tile(n, registers, f, panel, c, c_row, columns, alpha, adds);
    switch (rows) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11)
        CASE(12)
    }
#undef CASE
}

#define PAIRS(function, a, b)                                                                      \
    _mm512_castpd_ps(function(_mm512_castps_pd(a), _mm512_castps_pd(b)))

/// Sixteen rows of sixteen values become columns.
INLINE void transpose(const float *x, size_t x_row, float *y, size_t y_row) {
    __m512 a[LANES], b[LANES];
    for (size_t i = 0; i < LANES; i++) a[i] = _mm512_loadu_ps(x + i * x_row);
    for (size_t i = 0; i < LANES; i += 2) {
        b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
    for (size_t i = 0; i < LANES; i += 4) {
        a[i] = PAIRS(_mm512_unpacklo_pd, b[i], b[i + 2]);
        a[i + 1] = PAIRS(_mm512_unpackhi_pd, b[i], b[i + 2]);
        a[i + 2] = PAIRS(_mm512_unpacklo_pd, b[i + 1], b[i + 3]);
        a[i + 3] = PAIRS(_mm512_unpackhi_pd, b[i + 1], b[i + 3]);
    }
    for (size_t i = 0; i < 4; i++) {
        b[i] = _mm512_shuffle_f32x4(a[i], a[4 + i], 0x88);
        b[4 + i] = _mm512_shuffle_f32x4(a[i], a[4 + i], 0xdd);
        b[8 + i] = _mm512_shuffle_f32x4(a[8 + i], a[12 + i], 0x88);
        b[12 + i] = _mm512_shuffle_f32x4(a[8 + i], a[12 + i], 0xdd);
    }
    for (size_t i = 0; i < 4; i++) {
        _mm512_storeu_ps(y + i * y_row, _mm512_shuffle_f32x4(b[i], b[8 + i], 0x88));
        _mm512_storeu_ps(y + (4 + i) * y_row, _mm512_shuffle_f32x4(b[4 + i], b[12 + i], 0x88));
        _mm512_storeu_ps(y + (8 + i) * y_row, _mm512_shuffle_f32x4(b[i], b[8 + i], 0xdd));
        _mm512_storeu_ps(y + (12 + i) * y_row, _mm512_shuffle_f32x4(b[4 + i], b[12 + i], 0xdd));
    }
}

/// Columns of a panel: two registers, or one where no more are left.
static size_t panel_width(size_t left) { return left > LANES ? WIDE : LANES; }

/// b [k, n] as rows of panels that are `depth` deep, each [depth, width]; columns that b does not have
/// are 0.
static WIDE_REGISTERS void pack(size_t k, size_t n, duet_operand b, float *panel, size_t depth) {
    for (size_t j = 0, width; j < n; j += width, panel += depth * width) {
        width = panel_width(n - j);
        for (size_t h = 0; h < width; h += LANES) {
            const size_t left = n - j > h ? n - j - h : 0;
            const float *x = b.values + (j + h) * b.column;
            float *y = panel + h;
            size_t p = 0;
            if (b.column == 1) {
                for (; p < k; p++)
                    _mm512_storeu_ps(y + p * width,
                                     _mm512_maskz_loadu_ps(first(left), x + p * b.row));
            } else if (b.row == 1 && left >= LANES) {
                for (; p + LANES <= k; p += LANES)
                    transpose(x + p, b.column, y + p * width, width);
            }
            for (; p < k; p++)
                for (size_t i = 0; i < LANES; i++)
                    y[p * width + i] = i < left ? x[i * b.column + p * b.row] : 0;
        }
    }
}

/// Packs the addition's right factor, times its number, below `deep` rows of each panel.
static WIDE_REGISTERS void pack_addition(const duet_addition *addition, size_t first_column,
                                         size_t n, float *panels, size_t deep) {
    const size_t depth = deep + addition->depth;
    duet_operand right = addition->right;
    right.values += first_column * right.column;
    for (size_t j = 0, width; j < n; j += width, panels += depth * width) {
        width = panel_width(n - j);
        float *rows = panels + deep * width;
        const size_t have = n - j < width ? n - j : width;
        pack(addition->depth, have,
             (duet_operand){right.values + j * right.column, right.row, right.column}, rows,
             addition->depth);
        for (size_t i = 0; i < addition->depth * width; i++) rows[i] *= addition->factor;
    }
}

/// TALL rows of a where they can be read one value of each after the other: in place, or in `copy`.
static duet_operand tall_rows(size_t rows, size_t k, duet_operand a, float *copy) {
    if (a.column == 1 && a.row % ALIASED != 0) return a;
    if (a.column == 1) {
        const size_t row = k + LANES;
        for (size_t i = 0; i < rows; i++)
            memcpy(copy + i * row, a.values + i * a.row, k * sizeof(float));
        return (duet_operand){copy, row, 1};
    }
    for (size_t p = 0; p < k; p++)
        if (a.row == 1 && rows == TALL)
            memcpy(copy + p * TALL, a.values + p * a.column, TALL * sizeof(float));
        else
            for (size_t i = 0; i < rows; i++)
                copy[p * TALL + i] = a.values[i * a.row + p * a.column];
    return (duet_operand){copy, 1, TALL};
}

WIDE_REGISTERS void duet_product(size_t m, size_t n, size_t k, duet_operand a, duet_operand b,
                                 const duet_addition *addition, float *c, size_t c_row,
                                 float alpha, int adds, float *work) {
    const size_t depth = pass_depth(k);
    float *const copy = work, *const panels = work + TALL * (depth + LANES);
    for (size_t j0 = 0; j0 < n; j0 += BROAD)
        for (size_t p0 = 0; p0 < k; p0 += depth) {
            const size_t broad = n - j0 < BROAD ? n - j0 : BROAD;
            const size_t deep = k - p0 < depth ? k - p0 : depth;
            const size_t added = addition && p0 + depth >= k ? addition->depth : 0;
            const int sums = adds || p0 > 0;
            const float *corner = b.values + p0 * b.row + j0 * b.column;
            pack(deep, broad, (duet_operand){corner, b.row, b.column}, panels, deep + added);
            if (added) pack_addition(addition, j0, broad, panels, deep);
            for (size_t i = 0; i < m; i += TALL) {
                const size_t rows = m - i < TALL ? m - i : TALL;
                const float *start = a.values + i * a.row + p0 * a.column;
                factors f = {.deep = deep, .added = added};
                f.a = tall_rows(rows, deep, (duet_operand){start, a.row, a.column}, copy);
                if (added) {
                    f.left = addition->left;
                    f.left.values += i * f.left.row;
                }
                const float *panel = panels;
                for (size_t j = 0, width; j < broad; j += width, panel += (deep + added) * width) {
                    width = panel_width(broad - j);
                    float *target = c + i * c_row + j0 + j;
                    if (width == WIDE)
                        tile_of(rows, 2, f, panel, target, c_row, broad - j, alpha, sums);
                    else
                        tile_of(rows, 1, f, panel, target, c_row, broad - j, alpha, sums);
                }
            }
        }
}

#else

int duet_product_available(void) { return 0; }
size_t duet_product_work(size_t n, size_t k, size_t added) { return 0 * n * k * added; }
void duet_product(size_t m, size_t n, size_t k, duet_operand a, duet_operand b,
                  const duet_addition *addition, float *c, size_t c_row, float alpha, int adds,
                  float *work) {
    __builtin_trap();
}

#endif
