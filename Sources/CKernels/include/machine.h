/// What the processor offers, and process-wide memory behaviour.
#pragma once
#include <stddef.h>

typedef struct { int avx2_fma, avx512, avx512_bf16, amx; } duet_cpu;
duet_cpu duet_cpu_features(void);
/// Lets freed memory stay with the process, so that a steady training step takes no page faults.
/// Returns 0 where the C library has no such setting.
int duet_keep_freed_memory(void);
/// New pages, zero and aligned to 4,096 bytes, in large pages where the system has them; null when
/// there is no memory.
void *duet_map(size_t bytes);
void duet_unmap(void *address, size_t bytes);
/// Fused multiply-adds per second of one thread, measured for about `seconds`, in GFLOP/s.
double duet_measure_fma_peak(double seconds);
/// Peak resident memory of the process in bytes.
long long duet_peak_memory(void);

/// Tells the processor that a thread is waiting in a loop.
static inline void duet_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
