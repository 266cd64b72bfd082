#define _DEFAULT_SOURCE
#include "machine.h"
#include "template.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

duet_cpu duet_cpu_features(void) {
    duet_cpu cpu = {0, 0, 0, 0};
#if defined(__x86_64__)
    __builtin_cpu_init();
    cpu.avx2_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    cpu.avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512cd");
    cpu.avx512_bf16 = __builtin_cpu_supports("avx512bf16") != 0;
    cpu.amx = __builtin_cpu_supports("amx-tile") != 0;
#endif
    return cpu;
}

int duet_keep_freed_memory(void) {
#if defined(__GLIBC__)
    return mallopt(M_MMAP_MAX, 0) && mallopt(M_TRIM_THRESHOLD, 0x7fffffff)
        && mallopt(M_TOP_PAD, 64 << 20) && mallopt(M_ARENA_MAX, 1);
#else
    return 0;
#endif
}

void *duet_map(size_t bytes) {
    void *address = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) return 0;
#if defined(MADV_HUGEPAGE)
    madvise(address, bytes, MADV_HUGEPAGE);
#endif
    return address;
}

void duet_unmap(void *address, size_t bytes) { munmap(address, bytes); }

#define CHAINS 12
#define LANES 16
DUET_CLONES static float fma_chains(float seed, int rounds) {
    typedef float lanes __attribute__((vector_size(LANES * 4)));
    lanes chain[CHAINS], a = {0}, b = {0};
    a += 0.999f + seed;
    b += 1e-6f;
    for (int c = 0; c < CHAINS; c++) chain[c] = b + (float)c;
    for (int r = 0; r < rounds; r++)
        for (int c = 0; c < CHAINS; c++) chain[c] = chain[c] * a + b;
    float total = 0;
    for (int c = 0; c < CHAINS; c++) total += chain[c][0];
    return total;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double duet_measure_fma_peak(double seconds) {
    const int rounds = 200000;
    volatile float sink = 0;
    double best = 0, start = now();
    do {
        double t = now();
        sink = fma_chains(sink * 1e-30f, rounds);
        double rate = 2.0 * LANES * CHAINS * rounds / (now() - t);
        if (rate > best) best = rate;
    } while (now() - start < seconds);
    return best * 1e-9;
}

long long duet_peak_memory(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (long long)usage.ru_maxrss * 1024;
}
