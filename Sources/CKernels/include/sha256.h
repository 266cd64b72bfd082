/// SHA-256 with the instructions that some processors have for it.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Whether the processor has them; asking takes long in a virtual machine.
int duet_sha256_available(void);
/// Works `count` blocks of 64 bytes into the eight words of the state; `constants` are the algorithm's 64.
/// Only where it is available.
void duet_sha256(size_t count, const uint8_t *blocks, const uint32_t *constants, uint32_t *state);
