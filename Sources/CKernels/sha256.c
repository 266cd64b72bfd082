#include "sha256.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1")))

/// Source: Intel's Instruction Set Reference, CPUID leaf 7
int duet_sha256_available(void) {
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & 1u << 29 && __get_cpuid(1, &a, &b, &c, &d)
        && c & 1u << 19;
}

/// Letters are the words of FIPS 180-4, the highest lane first: the instructions want the state as ABEF and
/// CDGH, and do two rounds each. The schedule is a ring of four times four words.
SHA static void work(size_t count, const uint8_t *blocks, const uint32_t *constants, uint32_t *state) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
    __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
    __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
    for (; count > 0; count--, blocks += 64) {
        __m128i before_first = abef, before_second = cdgh, words[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            __m128i next;
            if (i < 4) {
                next = _mm_loadu_si128((const __m128i *)(blocks + 16 * i));
                next = _mm_shuffle_epi8(next, big_endian);
            } else {
                __m128i last = words[(i + 3) & 3];
                next = _mm_sha256msg1_epu32(words[i & 3], words[(i + 1) & 3]);
                next = _mm_add_epi32(next, _mm_alignr_epi8(last, words[(i + 2) & 3], 4));
                next = _mm_sha256msg2_epu32(next, last);
            }
            words[i & 3] = next;
            __m128i sum = _mm_add_epi32(next, _mm_loadu_si128((const __m128i *)(constants + 4 * i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
        }
        abef = _mm_add_epi32(abef, before_first);
        cdgh = _mm_add_epi32(cdgh, before_second);
    }
    __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

void duet_sha256(size_t count, const uint8_t *blocks, const uint32_t *constants, uint32_t *state) {
    work(count, blocks, constants, state);
}
#else
int duet_sha256_available(void) { return 0; }
void duet_sha256(size_t count, const uint8_t *blocks, const uint32_t *constants, uint32_t *state) {
    (void)count, (void)blocks, (void)constants, (void)state;
}
#endif
