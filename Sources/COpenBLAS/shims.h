#pragma once
#include <cblas.h>
#include <stdlib.h>

// Exported by builds with DYNAMIC_ARCH only.
extern void gotoblas_dynamic_quit(void) __attribute__((weak));
extern void gotoblas_dynamic_init(void) __attribute__((weak));

/// Makes the library choose its kernels again; 0 when this build cannot.
static inline int duet_blas_choose_core(const char *core) {
    if (!gotoblas_dynamic_quit || !gotoblas_dynamic_init) return 0;
    setenv("OPENBLAS_CORETYPE", core, 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv("OPENBLAS_CORETYPE");
    return 1;
}
