"""Pictures and sounds as tokens by duet.json alone, for Scripts/interop.

Tiny random towers of CLIP, SigLIP and CLAP are the encoders of a run. Its export is asked about a picture
and a sound, and what stands in their places is computed again with transformers.
"""

import itertools
import json
import os

import interop_models
import numpy
import torch
from safetensors.numpy import load_file
from transformers import (
    ClapAudioConfig, ClapAudioModelWithProjection, ClapFeatureExtractor,
    CLIPVisionConfig, CLIPVisionModel, CLIPVisionModelWithProjection, SiglipVisionConfig,
    SiglipVisionModel)

# Features are kept as float16, and two programs' float32 sums differ: relative to the largest embedding.
ALLOWED = 2e-3
PROJECTORS = ["linear", "mlp2x_gelu"]
PICTURES = {"clip": ["model.visual.layer=-2"], "siglip": ["model.visual.grid=[2, 2]"]}
SOUNDS = {"clap": "rand_trunc", "clap-fused": "fusion"}


def write_encoders(folder):
    """Folders of random towers with their preprocessors."""
    torch.manual_seed(5)
    sizes = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2,
             "num_attention_heads": 3, "image_size": 64, "patch_size": 16}
    clip = CLIPVisionModelWithProjection(CLIPVisionConfig(**sizes, projection_dim=32))
    siglip = SiglipVisionModel(SiglipVisionConfig(**sizes))
    side = {"height": 64, "width": 64}
    towers = {
        "clip": (clip, {"image_processor_type": "CLIPImageProcessor",
                        "size": {"shortest_edge": 64}, "crop_size": side}),
        "siglip": (siglip, {"image_processor_type": "SiglipImageProcessor", "size": side})}
    for name, truncation in SOUNDS.items():
        config = ClapAudioConfig(
            patch_embeds_hidden_size=8, depths=[2, 2, 2, 2], num_attention_heads=[2, 2, 4, 4],
            hidden_size=64, projection_dim=24, enable_fusion=truncation == "fusion")
        towers[name] = (
            ClapAudioModelWithProjection(config),
            ClapFeatureExtractor(truncation=truncation, padding="repeatpad").to_dict())
    for name, (tower, preprocessor) in towers.items():
        with torch.no_grad():
            for parameter in tower.parameters():
                if parameter.ndim >= 2:
                    parameter.normal_(std=0.1)
        tower.save_pretrained(os.path.join(folder, name))
        interop_models.write_json(
            os.path.join(folder, name, "preprocessor_config.json"),
            {key: value for key, value in preprocessor.items()
             if not isinstance(value, numpy.ndarray)})


def rows(duet, case, folder, media):
    """Rows of the table: a run for each pair of encoders and each kind of projectors."""
    write_encoders(folder)
    pairs = list(zip(PICTURES.items(), SOUNDS))
    for projector, ((eye, more), ear) in itertools.product(PROJECTORS, pairs):
        place = os.path.join(folder, f"{eye}-{ear}-{projector}")
        settings = [
            f"model.visual.encoder={folder}/{eye}", f"model.audio.encoder={folder}/{ear}",
            f"model.projector={projector}", "model.visual.boundary_tokens=true", *more]
        checkpoint = duet.train(case, place, "run", settings)
        for encoder, kind, file in ((eye, "visual", media[0]), (ear, "audio", media[1])):
            export = duet.export(
                checkpoint, os.path.join(place, kind),
                ["--probe-media", file, "--probe-question", "What is it?"])
            difference = compare(export, kind, os.path.join(folder, encoder), file)
            yield {"format": "duet.json", "reader": f"transformers, {encoder}, {projector}",
                   "difference": f"{difference:.2g}", "text": "-", "failed": not difference <= ALLOWED}


def compare(export, kind, encoder, file):
    """The largest difference of an embedding, relative to the largest embedding."""
    with open(os.path.join(export, "duet.json"), encoding="utf-8") as stream:
        description = json.load(stream)[kind]
    with torch.no_grad():
        features = picture(description, encoder, file) if kind == "visual" else sound(
            description, encoder, file)
    features = features.half().float().numpy()
    weights = load_file(os.path.join(export, description["projector"]["file"]))
    expected = projected(features, description["projector"], weights)
    if "boundary_tokens" in description:
        ends = [weights[description["boundary_tokens"][name]][None] for name in ("begin", "end")]
        expected = numpy.concatenate([ends[0], expected, ends[1]])
    assert len(expected) == description["tokens_per_clip"]
    found = load_file(os.path.join(export, "probes.safetensors"))["question.embeddings"]
    places = range(len(found) - len(expected) + 1)
    return min(float(numpy.abs(found[place:place + len(expected)] - expected).max())
               for place in places) / float(numpy.abs(expected).max())


def projected(features, projector, weights):
    """Features as embeddings, by the projector's own formula."""
    if projector["type"] == "linear":
        return features @ weights[projector["weight"]].T + weights[projector["bias"]]
    assert projector["type"] == "mlp2x_gelu"
    first, second = ((weights[weight], weights[bias]) for weight, bias in
                     zip(projector["weights"], projector["biases"]))
    inner = torch.nn.functional.gelu(torch.from_numpy(features @ first[0].T + first[1]))
    return inner.numpy() @ second[0].T + second[1]


def picture(description, folder, file):
    """A still picture of the encoder's own size, which is taken for every frame."""
    is_clip = "clip" == os.path.basename(folder)
    index = int(os.path.splitext(os.path.basename(file))[0])
    levels = torch.tensor(interop_models.pixels(index), dtype=torch.float64).permute(2, 0, 1)[None]
    rule = description["encoder_input"]
    mean, deviation = (torch.tensor(rule[name], dtype=torch.float64).view(3, 1, 1)
                       for name in ("mean", "deviation"))
    values = (levels * rule["scale"] - mean) / deviation
    tower = (CLIPVisionModel if is_clip else SiglipVisionModel).from_pretrained(folder).eval()
    output = tower(values.float(), output_hidden_states=True)
    layer = description["layer"]
    states = output.last_hidden_state if layer == "final" else output.hidden_states[int(layer)]
    cells = states[0, 1:] if is_clip else states[0]
    side = int(len(cells) ** 0.5)
    grid = torch.nn.functional.adaptive_avg_pool2d(
        cells.T.reshape(1, -1, side, side), tuple(description["grid"]))
    frame = grid.flatten(2)[0].T
    assert description["builders"] == ["frame"]
    return frame.repeat(description["frames"], 1)


def sound(description, folder, file):
    """A sound of the encoder's own rate, so that nothing is resampled."""
    import wave

    with wave.open(file) as stream:
        rate = stream.getframerate()
        samples = numpy.frombuffer(stream.readframes(stream.getnframes()), "<i2") / 32768
    mel = description["spectrogram"]
    assert rate == mel["sample_rate"]
    samples = samples[:round(description["seconds"] * rate)]
    extractor = ClapFeatureExtractor.from_pretrained(folder)
    inputs = extractor(samples.astype("float32"), sampling_rate=rate, return_tensors="pt")
    # A short sound is never fused: see encoder_input.longer_than_window.
    inputs["is_longer"] = torch.zeros_like(inputs["is_longer"])
    tower = ClapAudioModelWithProjection.from_pretrained(folder).eval().audio_model
    state = tower(**inputs).last_hidden_state
    cells = state.mean(dim=2)[0].T
    window = mel["samples"] / mel["sample_rate"]
    filled = cells[:int(numpy.ceil(len(cells) * description["seconds"] / window))]
    assert description["builders"] == ["segment"]
    return torch.nn.functional.adaptive_avg_pool1d(
        filled.T[None], description["segments"])[0].T
