#!/usr/bin/env python3
"""Writes CLIP ViT-L/14 and CLAP with random weights, as Hugging Face folders of the released sizes.

    Benchmarks/peers/random_towers.py random-towers    # random-towers/clip-l14 and random-towers/clap
"""
import os
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
from transformers import (ClapAudioConfig, ClapAudioModelWithProjection, ClapFeatureExtractor,
                          CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection)

if len(sys.argv) != 2:
    sys.exit(__doc__)
torch.manual_seed(0)
clip = CLIPVisionConfig(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24,
                        num_attention_heads=16, image_size=224, patch_size=14, projection_dim=768)
for name, model, processor in (
        ("clip-l14", CLIPVisionModelWithProjection(clip), CLIPImageProcessor()),
        ("clap", ClapAudioModelWithProjection(ClapAudioConfig()),
         ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad"))):
    folder = os.path.join(sys.argv[1], name)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    print(f"{folder}: {sum(p.numel() for p in model.parameters()) / 1e6:.0f} M numbers",
          file=sys.stderr)
