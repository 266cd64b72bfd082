import Checkpointing
import Foundation
import Models
import Recipes
import Training

/// `README.md` of an export: what it is, how it is used, where it comes from, and under which terms its
/// parts stand.
///
/// Source: the fields of Hugging Face's model cards
struct ModelCard {
    let parts: TrainedParts
    let checkpoint: Checkpoint
    let assets: Assets
    let format: ExportFormat
    let type: String
    let proof: Proof
    /// The file or folder that the base was read from.
    let basePath: String

    var text: String {
        [
            front, heading, "## Use", usage, uses, trained, result, licences,
            "## Recipe\n\n```yaml\n\(checkpoint.recipe)```",
        ].joined(separator: "\n\n") + "\n"
    }

    private var front: String {
        let library: String? =
            switch format {
            case .adapter: "peft"
            case .merged: "transformers"
            case .gguf, .ggufAdapter: "gguf"
            case .hdf5: nil
            }
        let tags = ["audio-visual"] + (parts.updates.isEmpty ? [] : ["lora"])
        return "---\nbase_model: \(base)\n" + (library.map { "library_name: \($0)\n" } ?? "")
            + "tags:\n" + tags.map { "- \($0)\n" }.joined() + "---"
    }

    private var base: String { Self.short(parts.recipe.model.language) }

    /// A path's last part; other machines have other folders.
    private static func short(_ name: String) -> String {
        name.split(separator: "/").last.map(String.init) ?? name
    }

    private var heading: String {
        "# \(parts.recipe.name)\n\n"
            + (parts.recipe.purpose.map { "\($0)\n\n" } ?? "")
            + "Trained with Duet \(DuetVersion.current) on \(base). This folder holds "
            + "\(Self.content[format] ?? format.rawValue), in \(type)."
    }

    private static let content: [ExportFormat: String] = [
        .adapter: "a LoRA adapter for PEFT and the projectors of pictures and sound",
        .merged: "the language model, all that was trained in it, and the projectors",
        .gguf: "the language model, all that was trained in it, for llama.cpp, and the projectors",
        .ggufAdapter: "the LoRA adapter for llama.cpp, and the projectors",
        .hdf5: "everything that was trained, in one HDF5 file",
    ]

    private var usage: String {
        switch format {
        case .adapter where parts.updates.isEmpty:
            "There is no adapter: the base is used as it is, with `\(ExportFiles.projectors)` before "
                + "it."
        case .adapter:
            "```python\nbase = transformers.AutoModelForCausalLM.from_pretrained(\n"
                + "    \(baseArguments), dtype=torch.float32)\n"
                + "model = peft.PeftModel.from_pretrained(base, \"this folder\")\n```"
        case .merged:
            "```python\nmodel = transformers.AutoModelForCausalLM.from_pretrained(\"this folder\")\n```"
        case .gguf:
            "```sh\nllama-cli --model \(ExportFiles.model)\n```"
        case .ggufAdapter:
            "```sh\nllama-cli --model BASE.gguf --lora \(ExportFiles.adapterGGUF)\n```"
        case .hdf5:
            "```python\nfile = h5py.File(\"\(ExportFiles.hdf5)\")\nprint(list(file[\"tensors\"]))\n```"
        }
    }

    /// A base in a GGUF file is named by its folder and the file.
    private var baseArguments: String {
        let file = Self.short(basePath)
        return file.hasSuffix(".gguf")
            ? "\"folder of the base\", gguf_file=\"\(file)\"" : "\"\(file)\""
    }

    private var uses: String {
        """
        `duet.json` says how text, pictures and sound become what the language model takes: encoders \
        with their SHA-256, sampling, token builders, prompt. Pictures and sound go in as rows of \
        `inputs_embeds`. `proof.json` says how far this export was found to be from the checkpoint: up to \
        \(String(format: "%.2g", proof.maximumLogitDifference)) in a score, whose standard deviation is \
        \(String(format: "%.2g", proof.logitDeviation)). `probes.safetensors` holds the inputs and scores \
        that this was measured with.
        """
    }

    private var trained: String {
        let recipe = parts.recipe
        var lines = ["## Training", ""]
        for file in recipe.data.train { lines.append("- trained on `\(file.path)`") }
        for file in recipe.data.validationFiles { lines.append("- validated on `\(file)`") }
        if let digest = checkpoint.digests[RunFolder.dataDigest] {
            lines.append("- SHA-256 of the annotations: `\(digest)`")
        }
        lines.append("- steps: \(checkpoint.progress.step)")
        for (name, count) in [
            ("adapters", parts.updates.flatMap(\.tensors).reduce(0) { $0 + $1.values.count }),
            ("projectors", parts.foldedProjectors.reduce(0) { $0 + $1.value.scalars.count }),
            (
                "the language model itself",
                parts.parameters.reduce(0) { $0 + $1.value.scalars.count }
            ),
        ] where count > 0 {
            lines.append("- numbers trained in \(name): \(count)")
        }
        return lines.joined(separator: "\n")
    }

    private var result: String {
        let metrics = checkpoint.metrics.filter(\.value.isFinite).sorted { $0.key < $1.key }
            .map { "- \($0.key): \(String(format: "%.4g", $0.value))" }
        return "## Result\n\n"
            + (metrics.isEmpty ? "Nothing was measured." : metrics.joined(separator: "\n"))
            + "\n\nOnly what stands here was measured; answers can be wrong, and nothing was done "
            + "about bias or harmful content beyond what the base and the data are."
    }

    private var licences: String {
        let recipe = parts.recipe
        var lines = ["## Parts and their licences", ""]
        var roles = [("language model", recipe.model.language, "language")]
        if let visual = recipe.model.visual { roles.append(("pictures", visual.encoder, "visual")) }
        if let audio = recipe.model.audio { roles.append(("sound", audio.encoder, "audio")) }
        for (role, name, digest) in roles {
            let facts = assets.facts(of: name)
            lines.append(
                "- \(role): \(facts?.description ?? Self.short(name)), "
                    + "\(facts?.licence ?? "licence as where it comes from"); SHA-256 "
                    + "`\(checkpoint.digests[digest] ?? "unknown")`")
        }
        lines.append("- what was trained: derived from the above and from the data's terms")
        return lines.joined(separator: "\n")
    }
}
