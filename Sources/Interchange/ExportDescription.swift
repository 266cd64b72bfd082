import Checkpointing
import Datasets
import Files
import Foundation
import Models
import Recipes
import Tokenization
import Training

/// `duet.json`: how text, pictures and sound become what the language model takes, and where the weights
/// come from. Another program can do the same from it.
struct ExportDescription {
    let parts: TrainedParts
    let checkpoint: Checkpoint
    let inputs: InputParts
    let format: ExportFormat
    let type: String

    var fields: [String: Any] {
        let recipe = parts.recipe
        var result: [String: Any] = [
            "format": "duet-export", "format_version": 3, "duet": DuetVersion.current,
            "export": format.rawValue, "weights": type, "checkpoint": parts.source,
            "step": checkpoint.progress.step,
            "metrics": checkpoint.metrics.filter(\.value.isFinite),
            "modality_tokens": checkpoint.modalityTokens,
            "frozen_sha256": checkpoint.digests.filter { $0.key != RunFolder.dataDigest },
            "recipe": checkpoint.recipe, "prompt": prompt,
            "language": [
                "model": recipe.model.language,
                "sha256": checkpoint.digests["language"] ?? "",
                "hidden_size": inputs.language.configuration.hiddenSize,
            ] as [String: Any],
        ]
        result["data_sha256"] = checkpoint.digests[RunFolder.dataDigest]
        for kind in MediaKind.allCases {
            guard var medium = inputs.features.description(of: kind) else { continue }
            let name = kind == .visual ? "mm_projector" : "mm_projector_a"
            medium["mark"] = kind == .visual ? recipe.model.visualToken : recipe.model.audioToken
            medium["projector"] = projector("model.\(name)")
            if parts.projectors["model.\(name).begin_token"] != nil {
                medium["boundary_tokens"] = [
                    "file": ExportFiles.projectors, "begin": "model.\(name).begin_token",
                    "end": "model.\(name).end_token",
                    "rule": "the embeddings of a clip stand between these two",
                ]
            }
            result[kind.rawValue] = medium
        }
        return result
    }

    private func projector(_ name: String) -> [String: Any] {
        let kind = ProjectorKind(parts.recipe.model.projector)
        var fields: [String: Any] = ["file": ExportFiles.projectors, "type": kind.rawValue]
        switch kind {
        case .linear:
            fields["weight"] = "\(name).weight"
            fields["bias"] = "\(name).bias"
            fields["formula"] = "embedding = W feature + b"
        case .mlp2xGELU:
            fields["weights"] = ["\(name).0.weight", "\(name).2.weight"]
            fields["biases"] = ["\(name).0.bias", "\(name).2.bias"]
            fields["formula"] = "embedding = W2 gelu(W0 feature + b0) + b2, gelu with erf"
        }
        return fields
    }

    private var prompt: [String: Any] {
        let template = inputs.effectiveTemplate(parts.recipe.model.systemPrompt)
        let ends =
            template.leadingToken.map { "\($0) comes first; nothing is added at the end" }
            ?? "nothing is added at either end"
        return [
            "chat_template": template.jinja,
            "rule": "the template is written out; each mark is replaced, where it stands, by the "
                + "projected tokens of its medium; the text between marks is tokenised piece by "
                + "piece; "
                + ends,
            "example": template.segments(
                [Message(.user, "<question>")], addingGenerationPrompt: true
            ).map(\.text).joined(),
            "end_of_turn_ids": inputs.vocabulary.endIDs,
        ]
    }
}
