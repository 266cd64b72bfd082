import Checkpointing
import Foundation
import Recipes
import Training

/// `README.md` of an export: what it is, where it comes from, and under which terms its parts stand.
struct ModelCard {
    let parts: TrainedParts
    let checkpoint: Checkpoint
    let assets: Assets
    let format: ExportFormat
    let type: String

    var text: String {
        [
            front, heading, uses, trained, "## Recipe\n\n```yaml\n\(checkpoint.recipe)```",
        ].joined(separator: "\n\n") + "\n"
    }

    private var front: String {
        let library = format == .adapter ? "peft" : format == .merged ? "transformers" : "gguf"
        return
            "---\nbase_model: \(base)\nlibrary_name: \(library)\ntags:\n- audio-visual\n- lora\n---"
    }

    private var base: String { Self.short(parts.recipe.model.language) }

    /// A path's last part; other machines have other folders.
    private static func short(_ name: String) -> String {
        name.split(separator: "/").last.map(String.init) ?? name
    }

    private var heading: String {
        "# \(parts.recipe.name)\n\nTrained with Duet \(DuetVersion.current) on "
            + "\(base). This folder holds "
            + "\(Self.content[format] ?? format.rawValue), in \(type)."
    }

    private static let content: [ExportFormat: String] = [
        .adapter: "a LoRA adapter for PEFT and the projectors of pictures and sound",
        .merged: "the language model with the adapter merged in, and the projectors",
        .gguf: "the language model with the adapter merged in for llama.cpp, and the projectors",
        .ggufAdapter: "the LoRA adapter for llama.cpp, and the projectors",
        .hdf5: "everything that was trained, in one HDF5 file",
    ]

    private var uses: String {
        """
        `duet.json` says how text, pictures and sound become what the language model takes: encoders \
        with their SHA-256, sampling, token builders, prompt. `proof.json` says how far this export \
        was found to be from the checkpoint, and `probes.safetensors` holds the inputs and scores that \
        this was measured with.
        """
    }

    private var trained: String {
        let recipe = parts.recipe
        var lines = ["## Data and result", ""]
        for file in recipe.data.train { lines.append("- trained on `\(file.path)`") }
        for file in recipe.data.validationFiles { lines.append("- validated on `\(file)`") }
        if let digest = checkpoint.digests[RunFolder.dataDigest] {
            lines.append("- SHA-256 of the annotations: `\(digest)`")
        }
        lines.append("- steps: \(checkpoint.progress.step)")
        for (name, value) in checkpoint.metrics.sorted(by: { $0.key < $1.key })
        where value.isFinite {
            lines.append("- \(name): \(String(format: "%.4g", value))")
        }
        lines += ["", "## Parts and their licences", ""]
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
        lines.append("- adapter and projectors: derived from the above and from the data's terms")
        return lines.joined(separator: "\n")
    }
}
