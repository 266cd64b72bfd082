/// SHA-256 with the instructions that some processors have for it.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Works `count` blocks of 64 bytes into the eight words of the state; `constants` are the algorithm's 64.
/// Returns 0, with nothing done, where the processor has no instructions for it.
int duet_sha256(size_t count, const uint8_t *blocks, const uint32_t *constants, uint32_t *state);
