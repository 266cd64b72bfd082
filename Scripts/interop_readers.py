"""What other programs make of Duet's exports, for Scripts/interop."""

import json
import os

import h5py
import numpy
import torch
from peft import PeftModel
from safetensors.numpy import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

# In units of the scores' standard deviation, as Duet's own proof counts.
ALLOWED = {"F32": 2e-2, "F16": 5e-2, "BF16": 0.25, "Q8_0": 0.5}
QUESTION = "What is the capital of France?"


def compare(case, exports, answers, count):
    """Rows of the table, in the order in which the formats are documented."""
    yield from adapter(case, exports, answers, count)
    for dtype in ("float32", "bfloat16"):
        yield from merged(exports, dtype, answers, count)
    yield from llama_cpp(case, exports, answers, count)
    yield hdf5(case, exports)
    yield stand_alone(case, exports)


def own(folder):
    """The largest difference that Duet itself found when it read the export back."""
    with open(os.path.join(folder, "proof.json"), encoding="utf-8") as file:
        return json.load(file)["maximum_logit_difference"]


def row(format, reader, difference, allowed, texts, folder=None):
    """A line of the table; `texts` are pairs of ours and theirs, or None where none is written."""
    same = None if texts is None else all(ours == theirs for ours, theirs in texts)
    failed = not difference <= allowed or same is False
    text = "-" if same is None else "yes" if same else "no: " + "; ".join(
        f"{ours!r} / {theirs!r}" for ours, theirs in texts if ours != theirs)
    found = {"own": f"{own(folder):.2g}"} if folder else {}
    return {"format": format, "reader": reader, "difference": f"{difference:.2g}", "text": text,
            "failed": failed, **found}


def probes(folder):
    tensors = load_file(os.path.join(folder, "probes.safetensors"))
    names = sorted({name.rsplit(".", 1)[0] for name in tensors})
    return {name: {part: tensors[f"{name}.{part}"] for part in ("tokens", "embeddings", "logits")}
            for name in names}


def distance(scores, expected):
    """The largest difference of a score; what all scores have in common changes no probability."""
    difference = scores.astype("float64") - expected
    return float(numpy.abs(difference - difference.mean()).max())


def worst(model, folder):
    """The largest difference after the last token of any probe, and what is allowed of it."""
    difference, spread = 0.0, 0.0
    for probe in probes(folder).values():
        with torch.no_grad():
            scores = model(inputs_embeds=torch.from_numpy(probe["embeddings"])[None].to(
                model.dtype)).logits[0, -1].float().numpy()
        difference = max(difference, distance(scores, probe["logits"]))
        spread = max(spread, float(probe["logits"].std()))
    return difference, spread


def ends(folder):
    with open(os.path.join(folder, "duet.json"), encoding="utf-8") as file:
        return json.load(file)["prompt"]["end_of_turn_ids"]


def written(model, tokenizer, embeddings, stop, count):
    """The likeliest tokens after embeddings, as text."""
    embeddings = torch.from_numpy(embeddings)[None].to(model.dtype)
    tokens = []
    table = model.get_input_embeddings()
    seen = None
    with torch.no_grad():
        for _ in range(count):
            output = model(inputs_embeds=embeddings, past_key_values=seen, use_cache=True)
            token = int(output.logits[0, -1].argmax())
            if token in stop:
                break
            tokens.append(token)
            embeddings, seen = table(torch.tensor([[token]])), output.past_key_values
    return tokenizer.decode(tokens, skip_special_tokens=True)


def texts(model, tokenizer, folder, answers, count):
    known = probes(folder)
    return [(answers[name], written(model, tokenizer, known[probe]["embeddings"], ends(folder), count))
            for name, probe in (("text", "text"), ("clip", "question"))]


def merged(exports, dtype, answers, count):
    folder = exports[f"merged-{dtype}"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    difference, spread = worst(model, folder)
    allowed = ALLOWED["F32" if dtype == "float32" else "BF16"] * spread
    exact = dtype == "float32"
    yield row(f"merged {dtype}", "transformers", difference, allowed,
              texts(model, tokenizer, folder, answers, count) if exact else None, folder)
    if not exact:
        return
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": QUESTION}], add_generation_prompt=True, tokenize=False)
    own = probes(folder)["text"]["tokens"].astype(int).tolist()
    theirs = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    output = model.generate(torch.tensor([theirs]), max_new_tokens=count, do_sample=False)
    text = tokenizer.decode(output[0, len(theirs):], skip_special_tokens=True)
    yield row("merged float32", "transformers generate()", 0.0 if own == theirs else float("inf"),
              0.0, [(answers["text"], text)])


def base_model(case):
    """The base as transformers reads it, from a GGUF file too."""
    if os.path.isdir(case["base"]):
        return AutoModelForCausalLM.from_pretrained(case["base"], dtype=torch.float32)
    return AutoModelForCausalLM.from_pretrained(
        os.path.dirname(case["base"]), gguf_file=os.path.basename(case["base"]),
        dtype=torch.float32)


def adapter(case, exports, answers, count):
    folder = exports["adapter"]
    model = PeftModel.from_pretrained(base_model(case), folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(exports["merged-float32"])
    difference, spread = worst(model, folder)
    yield row("adapter", "PEFT on the base", difference, ALLOWED["F32"] * spread,
              texts(model, tokenizer, folder, answers, count), folder)


def llama_cpp(case, exports, answers, count):
    if "refusal" in case:
        refused = case["expected_refusal"] in case["refusal"]
        yield {"format": "gguf-adapter", "reader": "-", "difference": "-", "failed": not refused,
               "text": "refused" if refused else f"not refused: {case['refusal']}"}
    try:
        from llama_cpp import Llama
    except ImportError:
        yield {"format": "gguf", "reader": "llama.cpp", "difference": "-",
               "text": "llama-cpp-python is not installed", "failed": False}
        return
    jobs = [(f"gguf {type}", type, os.path.join(exports[f"gguf-{type}"], "model.gguf"), None)
            for type in case["types"] if f"gguf-{type}" in exports]
    for type in case["types"]:
        if f"gguf-{type}" not in exports:
            yield {"format": f"gguf {type}", "reader": "-", "difference": "-", "failed": False,
                   "text": "not kept by Duet's own proof"}
    if "gguf-adapter" in exports:
        jobs.append(("gguf-adapter", "F32", os.path.join(exports["base-gguf"], "model.gguf"),
                     os.path.join(exports["gguf-adapter"], "adapter.gguf")))
    for name, type, path, lora in jobs:
        # Keys and values in float32: rounded to float16, they would be all that differs.
        model = Llama(model_path=path, lora_path=lora, n_ctx=512, logits_all=True, verbose=False,
                      n_threads=2, type_k=0, type_v=0)
        folder = os.path.dirname(lora or path)
        probe = probes(folder)["text"]
        tokens = probe["tokens"].astype(int).tolist()
        model.eval(tokens)
        scores = numpy.array(model.scores[len(tokens) - 1])
        difference = distance(scores, probe["logits"])
        answer = []
        for _ in range(count):
            token = int(numpy.array(model.scores[model.n_tokens - 1]).argmax())
            if token in ends(folder):
                break
            answer.append(token)
            model.eval([token])
        text = model.detokenize(answer).decode(errors="replace")
        parsed = model.tokenize(prompt(folder).encode(), add_bos=False, special=True)
        if parsed != tokens:
            difference = float("inf")
        spread = float(probe["logits"].std())
        # What a coarse type loses is in Duet's own reading, too; llama.cpp also rounds activations.
        allowed = ALLOWED[type] * spread if type in ALLOWED else 2 * own(folder)
        yield row(name, "llama.cpp", difference, allowed,
                  [(answers["text"], text)] if type in ("F32", "F16") else None, folder)
        model.close()


def prompt(folder):
    with open(os.path.join(folder, "duet.json"), encoding="utf-8") as file:
        return json.load(file)["prompt"]["example"].replace("<question>", QUESTION)


def hdf5(case, exports):
    """A checkpoint, as Checkpoints/README.md describes it."""
    names = sorted(name for name in os.listdir(case["checkpoint"]) if name.endswith(".h5"))
    tensors = load_file(os.path.join(exports["adapter"], "adapter_model.safetensors"))
    with h5py.File(os.path.join(case["checkpoint"], names[-1])) as file:
        promised = ["tensors", "optimizer/steps", "optimizer/m", "optimizer/v", "progress", "random",
                    "recipe", "digests", "metrics", "modality_tokens", "ledger/modalities",
                    "ledger/samples", "ledger/counts"]
        missing = [name for name in promised if name not in file]
        difference = max(
            float(numpy.abs(file["tensors"][name.removeprefix("base_model.model.")][...]
                            - values).max()) for name, values in tensors.items())
        json.loads(bytes(file["ledger/samples"][...]))
    result = row("checkpoint", "h5py", difference, 0.0, None)
    if missing:
        result.update(failed=True, text=f"lacks {', '.join(missing)}")
    return result


def stand_alone(case, exports):
    """The HDF5 export, tensor by tensor against the adapter."""
    tensors = load_file(os.path.join(exports["adapter"], "adapter_model.safetensors"))
    with h5py.File(os.path.join(exports["hdf5"], "trained.h5")) as file:
        difference = max(
            float(numpy.abs(file["tensors"][name.removeprefix("base_model.model.")][...]
                            - values).max()) for name, values in tensors.items())
        json.loads(bytes(file["description"][...]))
    return row("hdf5", "h5py", difference, 0.0, None)
