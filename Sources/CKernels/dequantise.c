#include "dequantise.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define EVERY_WIDTH __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVERY_WIDTH
#endif
#define INLINE static inline __attribute__((always_inline))

#pragma clang fp contract(off)

INLINE float float_of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/// The exponent is rebiased by a multiplication, which also makes subnormal halves right.
INLINE float float_of_half(uint16_t half) {
    float magnitude = float_of_bits((uint32_t)(half & 0x7fff) << 13) * 0x1p112f;
    uint32_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    bits |= magnitude >= 65536.0f ? 0x7f800000u : 0;
    return float_of_bits(bits | (uint32_t)(half & 0x8000) << 16);
}

INLINE float half_at(const uint8_t *x) {
    uint16_t half;
    memcpy(&half, x, sizeof half);
    return float_of_half(half);
}

#define PLAIN(NAME, TYPE, VALUE)                                                                   \
    INLINE void NAME(size_t blocks, const uint8_t *x, float *restrict y) {                         \
        for (size_t i = 0; i < blocks; i++) {                                                      \
            TYPE stored;                                                                           \
            memcpy(&stored, x + i * sizeof stored, sizeof stored);                                 \
            y[i] = VALUE;                                                                          \
        }                                                                                          \
    }
PLAIN(plain_float64, double, (float)stored)
PLAIN(plain_float16, uint16_t, float_of_half(stored))
PLAIN(plain_bfloat16, uint16_t, float_of_bits((uint32_t)stored << 16))
PLAIN(plain_int64, int64_t, (float)stored)
PLAIN(plain_int32, int32_t, (float)stored)
PLAIN(plain_int16, int16_t, (float)stored)
PLAIN(plain_int8, int8_t, (float)stored)
PLAIN(plain_uint8, uint8_t, (float)stored)

/// {half d; (half m); (u8 high[4]); u8 low[16]}: element j has low nibble j, element 16 + j the high
/// one, and bit j or 16 + j of `high` as fifth bit; x = d * (q - zero) + m.
INLINE void small_blocks(size_t blocks, const uint8_t *x, float *restrict y, int has_minimum,
                         int has_fifth_bit) {
    const size_t size = 18 + (has_minimum ? 2 : 0) + (has_fifth_bit ? 4 : 0);
    const int32_t zero = has_minimum ? 0 : has_fifth_bit ? 16 : 8;
    for (size_t i = 0; i < blocks; i++, x += size, y += 32) {
        const float d = half_at(x), m = has_minimum ? half_at(x + 2) : 0;
        uint32_t high = 0;
        if (has_fifth_bit) memcpy(&high, x + (has_minimum ? 4 : 2), sizeof high);
        const uint8_t *low = x + size - 16;
        for (uint32_t j = 0; j < 16; j++) {
            int32_t first = low[j] & 15, second = low[j] >> 4;
            if (has_fifth_bit) {
                first |= (int32_t)((high >> j) & 1) << 4;
                second |= (int32_t)((high >> (j + 16)) & 1) << 4;
            }
            y[j] = (float)(first - zero) * d;
            y[j + 16] = (float)(second - zero) * d;
        }
        if (has_minimum)
            for (int j = 0; j < 32; j++) y[j] += m;
    }
}

/// {half d; i8 q[32]}: x = d * q.
INLINE void q8_0(size_t blocks, const uint8_t *x, float *restrict y) {
    for (size_t i = 0; i < blocks; i++, x += 34, y += 32) {
        const float d = half_at(x);
        for (int j = 0; j < 32; j++) y[j] = (float)(int8_t)x[2 + j] * d;
    }
}

/// The 6-bit scale and minimum of sub-block j of eight, packed in 12 bytes.
INLINE void scale_and_minimum(const uint8_t *s, int j, float *scale, float *minimum) {
    if (j < 4) {
        *scale = (float)(s[j] & 63);
        *minimum = (float)(s[j + 4] & 63);
    } else {
        *scale = (float)((s[j + 4] & 15) | (s[j - 4] >> 6) << 4);
        *minimum = (float)(s[j + 4] >> 4 | (s[j] >> 6) << 4);
    }
}

/// {half d; half dmin; u8 scales[12]; (u8 high[32]); u8 low[128]}: x = d * scale * q - dmin * minimum.
INLINE void super_blocks(size_t blocks, const uint8_t *x, float *restrict y, int has_fifth_bit) {
    const size_t size = has_fifth_bit ? 176 : 144;
    for (size_t i = 0; i < blocks; i++, x += size, y += 256) {
        const float d = half_at(x), dmin = half_at(x + 2);
        const uint8_t *high = x + 16, *low = x + size - 128;
        for (int j = 0; j < 8; j++) {
            float scale, minimum;
            scale_and_minimum(x + 4, j, &scale, &minimum);
            scale *= d;
            minimum *= dmin;
            const uint8_t *nibbles = low + 32 * (j / 2);
            const int shift = 4 * (j % 2);
            for (int l = 0; l < 32; l++) {
                int32_t q = (nibbles[l] >> shift) & 15;
                if (has_fifth_bit) q |= ((high[l] >> j) & 1) << 4;
                y[32 * j + l] = scale * (float)q - minimum;
            }
        }
    }
}

/// {u8 scales[16]; u8 q[64]; half d; half dmin}: x = d * scale * q - dmin * minimum, with a scale (low
/// nibble) and a minimum (high nibble) for 16 values.
INLINE void q2_k(size_t blocks, const uint8_t *x, float *restrict y) {
    for (size_t i = 0; i < blocks; i++, x += 84, y += 256) {
        const float d = half_at(x + 80), dmin = half_at(x + 82);
        for (int run = 0; run < 16; run++) {
            const float scale = d * (float)(x[run] & 15), minimum = dmin * (float)(x[run] >> 4);
            const uint8_t *packed = x + 16 + 32 * (run / 8) + 16 * (run % 2);
            const int shift = 2 * (run / 2 % 4);
            for (int l = 0; l < 16; l++)
                y[16 * run + l] = scale * (float)((packed[l] >> shift) & 3) - minimum;
        }
    }
}

/// {u8 high[32]; u8 low[64]; u8 scales[12]; half d}: x = d * (scale - 32) * q, a scale of 6 bits for 16
/// values; q is 2 low bits, less 4 where the high bit is 0.
INLINE void q3_k(size_t blocks, const uint8_t *x, float *restrict y) {
    for (size_t i = 0; i < blocks; i++, x += 110, y += 256) {
        const float d = half_at(x + 108);
        const uint8_t *scales = x + 96;
        for (int run = 0; run < 16; run++) {
            const int32_t low = (scales[run % 8] >> (4 * (run / 8))) & 15;
            const int32_t high = (scales[8 + run % 4] >> (2 * (run / 4))) & 3;
            const float scale = d * (float)((low | high << 4) - 32);
            const int pair = run / 2, from = 16 * (run % 2);
            const uint8_t *packed = x + 32 + 32 * (run / 8) + from;
            for (int l = 0; l < 16; l++) {
                const int32_t q = (packed[l] >> (2 * (pair % 4))) & 3;
                const int32_t is_kept = (x[from + l] >> pair) & 1;
                y[16 * run + l] = scale * (float)(q - 4 * (1 - is_kept));
            }
        }
    }
}

/// {u8 low[128]; u8 high[64]; i8 scales[16]; half d}: x = d * scale * (q - 32), a scale for 16 values.
INLINE void q6_k(size_t blocks, const uint8_t *x, float *restrict y) {
    for (size_t i = 0; i < blocks; i++, x += 210, y += 256) {
        const float d = half_at(x + 208);
        for (int run = 0; run < 8; run++) {
            const int half = run / 4, quarter = run % 4;
            const uint8_t *low = x + 64 * half + 32 * (quarter % 2);
            const uint8_t *high = x + 128 + 32 * half;
            const int low_shift = 4 * (quarter / 2), high_shift = 2 * quarter;
            for (int part = 0; part < 2; part++) {
                const float scale = d * (float)(int8_t)x[192 + 2 * run + part];
                for (int l = 16 * part; l < 16 * part + 16; l++) {
                    int32_t q = ((low[l] >> low_shift) & 15) | ((high[l] >> high_shift) & 3) << 4;
                    y[32 * run + l] = scale * (float)(q - 32);
                }
            }
        }
    }
}

EVERY_WIDTH
void duet_dequantise(duet_stored type, size_t blocks, const void *bytes, float *y) {
    const uint8_t *x = bytes;
    switch (type) {
    case DUET_STORED_FLOAT32: memcpy(y, x, blocks * sizeof *y); break;
    case DUET_STORED_FLOAT64: plain_float64(blocks, x, y); break;
    case DUET_STORED_FLOAT16: plain_float16(blocks, x, y); break;
    case DUET_STORED_BFLOAT16: plain_bfloat16(blocks, x, y); break;
    case DUET_STORED_INT64: plain_int64(blocks, x, y); break;
    case DUET_STORED_INT32: plain_int32(blocks, x, y); break;
    case DUET_STORED_INT16: plain_int16(blocks, x, y); break;
    case DUET_STORED_INT8: plain_int8(blocks, x, y); break;
    case DUET_STORED_UINT8: plain_uint8(blocks, x, y); break;
    case DUET_STORED_Q4_0: small_blocks(blocks, x, y, 0, 0); break;
    case DUET_STORED_Q4_1: small_blocks(blocks, x, y, 1, 0); break;
    case DUET_STORED_Q5_0: small_blocks(blocks, x, y, 0, 1); break;
    case DUET_STORED_Q5_1: small_blocks(blocks, x, y, 1, 1); break;
    case DUET_STORED_Q8_0: q8_0(blocks, x, y); break;
    case DUET_STORED_Q2_K: q2_k(blocks, x, y); break;
    case DUET_STORED_Q3_K: q3_k(blocks, x, y); break;
    case DUET_STORED_Q4_K: super_blocks(blocks, x, y, 0); break;
    case DUET_STORED_Q5_K: super_blocks(blocks, x, y, 1); break;
    case DUET_STORED_Q6_K: q6_k(blocks, x, y); break;
    }
}
