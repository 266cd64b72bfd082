/// Log-mel spectrograms, eight frames side by side.
#pragma once
#include <stddef.h>

/// Frames that are computed together.
#define DUET_MEL_LANES 8

/// One pass of a self-sorting transform: butterflies of radix 2, 4 or 5 over `parts` parts that lie
/// `stride` apart; its twiddles begin at `first`.
typedef struct {
    size_t radix, parts, stride, first;
} duet_fourier_pass;

/// What is the same for all frames.
typedef struct {
    /// Samples of a frame, an even number, and from one frame to the next.
    size_t window, hop;
    /// What samples are multiplied by, [window].
    const double *shape;
    /// The passes of a transform of window / 2 complex numbers.
    size_t pass_count;
    const duet_fourier_pass *passes;
    /// For each pass and each p below parts: e^(-2 pi i p j / (radix parts)), j = 1 ..< radix.
    const double *twiddles;
    /// e^(-2 pi i k / window), k = 0 ... window / 2.
    const double *separators;
    /// Each band's first bin and number of bins, and the weights of all bands in turn.
    size_t bands;
    const size_t *starts, *counts;
    const double *weights;
} duet_mel_plan;

/// Bytes that a computation needs to work in, from an address that is a multiple of 64.
size_t duet_mel_work(const duet_mel_plan *plan);
/// y[t, band] = scale * ln max(sum of the band's weights times |X_t|^2, 1e-10), [frames, bands]; frame t
/// begins at t * hop. Of `work` there are duet_mel_work(plan) bytes.
void duet_log_mel(const duet_mel_plan *plan, const float *samples, size_t frames, double scale,
                  void *work, float *y);
/// y = (max(y, max y - 8) + 4) / 4 in place.
void duet_whisper_compress(size_t n, float *y);
/// Whether no number is infinite or NaN.
int duet_all_finite(size_t n, const float *x);
