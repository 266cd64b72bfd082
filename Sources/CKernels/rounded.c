#include "rounded.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define INTEGERS __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c")))
#define INLINE static inline __attribute__((always_inline)) INTEGERS

/// Values of a block.
#define BLOCK 32
#define LANES 16
/// Rows of weights whose sums are taken at the same time.
#define SIDE 4
/// How far ahead memory is asked for, in bytes.
#define AHEAD 4096
/// Two signed bytes hold 256 * high + low up to here.
#define GREATEST 32639.0f
/// Below this a block counts as zero: the inverse of its step would not be a float.
#define LEAST 1e-30f

int duet_rounded_available(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("f16c");
}

int duet_rounded_takes(duet_stored type) {
    return type == DUET_STORED_Q4_0 || type == DUET_STORED_Q4_1 || type == DUET_STORED_Q8_0;
}

/// 32 numbers as integers of a common step, taken apart into digits.
typedef struct {
    int8_t upper[BLOCK], lower[BLOCK];
    /// Sums of four neighbouring integers each.
    int32_t quarters[BLOCK / 4];
    /// The step, and the step times the sum of all integers.
    float step, sum, unused[6];
} rounded_block;

size_t duet_rounded_size(size_t columns) {
    return columns / BLOCK * sizeof(rounded_block) / sizeof(float);
}

INLINE void round_block(const float *x, rounded_block *y) {
    const __m512i size = _mm512_set1_epi32(0x7fffffff), half = _mm512_set1_epi32(128);
    const __m512 first = _mm512_loadu_ps(x), second = _mm512_loadu_ps(x + LANES);
    // Sizes of floats are ordered like their bits, with what is no number above all.
    const int bits = _mm512_reduce_max_epi32(
        _mm512_max_epi32(_mm512_and_si512(_mm512_castps_si512(first), size),
                         _mm512_and_si512(_mm512_castps_si512(second), size)));
    float greatest;
    memcpy(&greatest, &bits, sizeof greatest);
    const int finite = bits < 0x7f800000, nonzero = finite && greatest >= LEAST;
    const __m512 inverse = _mm512_set1_ps(nonzero ? GREATEST / greatest : 0);
    const __m512i low = _mm512_cvtps_epi32(_mm512_mul_ps(first, inverse));
    const __m512i high = _mm512_cvtps_epi32(_mm512_mul_ps(second, inverse));
#define BYTES(q) _mm512_cvtepi32_epi8(q)
#define UPPER(q) BYTES(_mm512_srai_epi32(_mm512_add_epi32(q, half), 8))
    const __m256i upper = _mm256_set_m128i(UPPER(high), UPPER(low));
    const __m256i lower = _mm256_set_m128i(BYTES(high), BYTES(low));
#undef UPPER
#undef BYTES
    _mm256_storeu_si256((__m256i *)y->upper, upper);
    _mm256_storeu_si256((__m256i *)y->lower, lower);
    const __m256i ones = _mm256_set1_epi8(1);
    const __m256i sum = _mm256_dpbusd_epi32(_mm256_setzero_si256(), ones, upper);
    _mm256_storeu_si256((__m256i *)y->quarters,
                        _mm256_dpbusd_epi32(_mm256_slli_epi32(sum, 8), ones, lower));
    const int total = _mm512_reduce_add_epi32(_mm512_add_epi32(low, high));
    y->step = nonzero ? greatest / GREATEST : finite ? 0 : __builtin_nanf("");
    y->sum = y->step * (float)total;
}

INTEGERS void duet_rounded_row(size_t columns, const float *x, float *row) {
    for (size_t b = 0; b < columns / BLOCK; b++)
        round_block(x + b * BLOCK, (rounded_block *)row + b);
}

/// One block's integers, made positive.
INLINE __m256i unpack(duet_stored type, const uint8_t *w) {
    if (type == DUET_STORED_Q8_0)
        return _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)w), _mm256_set1_epi8(-128));
    const __m256i twice = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)w));
    return _mm256_and_si256(_mm256_srlv_epi64(twice, _mm256_set_epi64x(4, 4, 0, 0)),
                            _mm256_set1_epi8(15));
}

/// The scale in the first place and, where there is one, the minimum in the second.
INLINE __m128 scales(duet_stored type, const uint8_t *w) {
    if (type == DUET_STORED_Q4_1) {
        int pair;
        memcpy(&pair, w, sizeof pair);
        return _mm_cvtph_ps(_mm_cvtsi32_si128(pair));
    }
    short one;
    memcpy(&one, w, sizeof one);
    return _mm_cvtph_ps(_mm_set1_epi16(one));
}

/// y[r] = rows of weights · x; type and count are constants where this is inlined.
INLINE void some_rows(duet_stored type, const size_t rows, size_t blocks,
                      const uint8_t *const *weights, const rounded_block *x, float *y) {
    const size_t head = type == DUET_STORED_Q4_1 ? 4 : 2;
    const size_t size = type == DUET_STORED_Q8_0 ? 34 : 16 + head;
    __m256 part[SIDE];
    __m128 offset[SIDE];
    for (size_t r = 0; r < rows; r++) part[r] = _mm256_setzero_ps(), offset[r] = _mm_setzero_ps();
    for (size_t b = 0; b < blocks; b++) {
        const __m256i upper = _mm256_loadu_si256((const __m256i *)x[b].upper);
        const __m256i lower = _mm256_loadu_si256((const __m256i *)x[b].lower);
        const __m128 factors = _mm_loadu_ps(&x[b].step);
        for (size_t r = 0; r < rows; r++) {
            const uint8_t *block = weights[r] + b * size;
            __builtin_prefetch(block + AHEAD);
            const __m128 scaled = _mm_mul_ps(scales(type, block), factors);
            const __m256i w = unpack(type, block + head);
            __m256i sum = _mm256_dpbusd_epi32(_mm256_setzero_si256(), w, upper);
            sum = _mm256_slli_epi32(sum, 8);
            if (type == DUET_STORED_Q8_0) {
                const __m256i four = _mm256_loadu_si256((const __m256i *)x[b].quarters);
                sum = _mm256_sub_epi32(sum, _mm256_slli_epi32(four, 7));
            }
            sum = _mm256_dpbusd_epi32(sum, w, lower);
            part[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), _mm256_broadcastss_ps(scaled),
                                      part[r]);
            if (type != DUET_STORED_Q8_0) offset[r] = _mm_add_ps(offset[r], scaled);
        }
    }
    for (size_t r = 0; r < rows; r++) {
        y[r] = _mm512_reduce_add_ps(_mm512_zextps256_ps512(part[r]));
        const float second = offset[r][1];
        y[r] += type == DUET_STORED_Q4_1 ? second : type == DUET_STORED_Q4_0 ? -8 * second : 0;
    }
}

INLINE void rows_of(duet_stored type, size_t blocks, size_t rows, const uint8_t *const *w,
                    const rounded_block *x, float *y) {
    if (rows == SIDE) { some_rows(type, SIDE, blocks, w, x, y); return; }
    for (size_t r = 0; r < rows; r++) some_rows(type, 1, blocks, w + r, x, y + r);
}

INTEGERS void duet_rounded_product(const duet_stored_matrix *m, size_t first, size_t rows,
                                   const float *row_of_x, float *y, int adds) {
    const size_t blocks = m->columns / BLOCK;
    const rounded_block *x = (const rounded_block *)row_of_x;
    for (size_t r = 0; r < rows; r += SIDE) {
        const size_t side = rows - r < SIDE ? rows - r : SIDE;
        const uint8_t *w[SIDE];
        float results[SIDE];
        for (size_t k = 0; k < side; k++) w[k] = duet_stored_row(m, first + r + k);
        switch (m->type) {
        case DUET_STORED_Q4_0: rows_of(DUET_STORED_Q4_0, blocks, side, w, x, results); break;
        case DUET_STORED_Q4_1: rows_of(DUET_STORED_Q4_1, blocks, side, w, x, results); break;
        default: rows_of(DUET_STORED_Q8_0, blocks, side, w, x, results);
        }
        for (size_t k = 0; k < side; k++) y[r + k] = results[k] + (adds ? y[r + k] : 0);
    }
}

#else

int duet_rounded_available(void) { return 0; }
int duet_rounded_takes(duet_stored type) { return 0 * type; }
size_t duet_rounded_size(size_t columns) { return 0 * columns; }
void duet_rounded_row(size_t columns, const float *x, float *row) { __builtin_trap(); }
void duet_rounded_product(const duet_stored_matrix *w, size_t first, size_t rows,
                          const float *row_of_x, float *y, int adds) {
    __builtin_trap();
}

#endif
