#!/usr/bin/env python3
"""Writes qwen2_tiny, this folder, and gguf_qwen2_tiny beside it: tiny random Qwen2 models and their outputs.

    python3 make.py

The first has its own output projection, is saved by transformers with its own spelling of the
configuration, and comes with hidden states, loss, gradients and greedy tokens; the second is tied and
written as llama.cpp's GGUF, whose rows of q and k are as transformers has them. Needs transformers
5.24.0, torch 2.13.0, gguf and safetensors.
"""

import pathlib

import gguf
import numpy
import torch
from safetensors.torch import save_file
from transformers import Qwen2Config, Qwen2ForCausalLM

HERE = pathlib.Path(__file__).parent.parent
SIZES = dict(
    vocab_size=96, hidden_size=64, intermediate_size=80, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512,
    rms_norm_eps=1e-6, rope_theta=1_000_000.0, bos_token_id=1, eos_token_id=2)
LENGTHS = (20, 13, 7)


def model(tied, seed):
    torch.manual_seed(seed)
    made = Qwen2ForCausalLM(Qwen2Config(tie_word_embeddings=tied, **SIZES)).eval()
    with torch.no_grad():
        for name, tensor in made.named_parameters():
            scale = 0.3 if name.endswith("bias") else 0.08
            offset = 1.0 if "norm" in name else 0.0
            tensor.copy_(offset + scale * torch.randn_like(tensor))
    return made


def batch(seed):
    stream = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, SIZES["vocab_size"], (3, 20), generator=stream)
    mask = torch.zeros(3, 20, dtype=torch.long)
    labels = torch.full((3, 20), -100)
    for row, length in enumerate(LENGTHS):
        mask[row, :length] = 1
        labels[row, length // 2:length] = ids[row, length // 2:length]
    return ids * mask, mask, labels


def number(tensor):
    kept = tensor.detach()
    return kept.to(torch.int32) if kept.dtype == torch.int64 else kept.float().contiguous()


def whole(made, ids, mask, labels):
    """Outputs of one batch, with gradients that begin at the embeddings."""
    inputs = made.get_input_embeddings()(ids).detach().requires_grad_()
    out = made(inputs_embeds=inputs, attention_mask=mask, labels=labels, output_hidden_states=True)
    out.loss.backward()
    result = {"expected.logits": out.logits, "expected.loss": out.loss.reshape(1),
              "expected.grad_inputs_embeds": inputs.grad}
    for index, state in enumerate(out.hidden_states):
        result[f"expected.hidden_states.{index}"] = state
    for name, tensor in made.named_parameters():
        if tensor.grad is not None:
            result[f"expected.grad.{name}"] = tensor.grad
    return result


def greedy(made, prompt, count=24):
    ids = prompt
    for _ in range(count):
        ids = torch.cat([ids, made(ids).logits[:, -1:].argmax(-1)], dim=1)
    return ids[0, prompt.shape[1]:]


def write_tiny():
    made = model(tied=False, seed=5)
    ids, mask, labels = batch(6)
    result = whole(made, ids, mask, labels)
    with torch.no_grad():
        long_ids = torch.randint(
            3, SIZES["vocab_size"], (1, 150), generator=torch.Generator().manual_seed(7))
        result["expected.long_logits_last8"] = made(long_ids).logits[:, -8:]
        prompt = long_ids[:, :9]
        result["expected.greedy_tokens"] = greedy(made, prompt)
    result |= {"input.input_ids": ids, "input.attention_mask": mask, "input.labels": labels,
               "input.long_ids": long_ids, "input.greedy_prompt": prompt}
    folder = HERE / "qwen2_tiny"
    made.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file({name: number(tensor) for name, tensor in result.items()}, folder / "io.safetensors")


def write_gguf():
    made = model(tied=True, seed=8)
    folder = HERE / "gguf_qwen2_tiny"
    folder.mkdir(exist_ok=True)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, SIZES["num_hidden_layers"])
    types = {"mlp.gate_proj": gguf.GGMLQuantizationType.F16,
             "self_attn.q_proj": gguf.GGMLQuantizationType.Q8_0,
             "self_attn.k_proj": gguf.GGMLQuantizationType.Q8_0}
    writer = gguf.GGUFWriter(folder / "model.gguf", "qwen2")
    writer.add_context_length(SIZES["max_position_embeddings"])
    writer.add_embedding_length(SIZES["hidden_size"])
    writer.add_block_count(SIZES["num_hidden_layers"])
    writer.add_feed_forward_length(SIZES["intermediate_size"])
    writer.add_head_count(SIZES["num_attention_heads"])
    writer.add_head_count_kv(SIZES["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(SIZES["rms_norm_eps"])
    writer.add_rope_freq_base(SIZES["rope_theta"])
    result = {}
    for name, tensor in made.named_parameters():
        module, kind = name.rsplit(".", 1)
        stored = names.get_name(name, try_suffixes=(".weight", ".bias"))
        values = tensor.detach().numpy().astype(numpy.float32)
        chosen = next((t for part, t in types.items() if kind == "weight" and module.endswith(part)),
                      gguf.GGMLQuantizationType.F32)
        data = gguf.quants.quantize(values, chosen)
        kept = gguf.quants.dequantize(data, chosen).reshape(values.shape).astype(numpy.float32)
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(kept))
        if "self_attn" in name and name.startswith("model.layers.1"):
            result[f"expected.weight.{name}"] = torch.from_numpy(kept.copy())
        writer.add_tensor(stored, data, raw_dtype=chosen)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    ids, mask, labels = batch(9)
    with torch.no_grad():
        out = made(input_ids=ids, attention_mask=mask, labels=labels)
    result |= {"expected.logits": out.logits, "expected.loss": out.loss.reshape(1),
               "input.input_ids": ids, "input.attention_mask": mask, "input.labels": labels}
    save_file({name: number(tensor) for name, tensor in result.items()}, folder / "io.safetensors")


write_tiny()
write_gguf()
