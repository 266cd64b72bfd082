#!/usr/bin/env python3
"""Writes groups.json: which rate and decay PEFT's LoRA+ gives each trained parameter.

Needs torch, transformers and peft (0.21.2).
"""

import json

import torch
from peft import LoraConfig, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from transformers import LlamaConfig, LlamaForCausalLM

RATE, RATIO, DECAY = 1e-3, 16, 0.1

model = get_peft_model(
    LlamaForCausalLM(
        LlamaConfig(
            vocab_size=32, hidden_size=16, intermediate_size=24, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=1)),
    LoraConfig(
        r=2, target_modules=["q_proj", "down_proj"], use_dora=True,
        modules_to_save=["input_layernorm", "lm_head"]))
optimizer = create_loraplus_optimizer(
    model, torch.optim.AdamW, lr=RATE, loraplus_lr_ratio=RATIO, loraplus_weight_decay=DECAY)
names = {id(parameter): name for name, parameter in model.named_parameters()}
groups = {}
for group in optimizer.param_groups:
    for parameter in group["params"]:
        name = names[id(parameter)].removeprefix("base_model.model.")
        name = name.replace(".modules_to_save", "").replace(".default", "")
        name = name.replace("lora_magnitude_vector.weight", "lora_magnitude_vector")
        groups[name] = [list(parameter.shape), group["lr"], group["weight_decay"]]
with open("groups.json", "w", encoding="utf-8") as file:
    json.dump({"rate": RATE, "ratio": RATIO, "decay": DECAY, "groups": groups}, file, indent=1,
              sort_keys=True)
    file.write("\n")
