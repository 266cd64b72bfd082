import Datasets
import Recipes
import Tensors
import Training

/// A question that a model and its export are both given.
public struct Probe {
    /// What it is about.
    public let name: String
    let sample: Sample
    /// What is seen, [tokens, features].
    let visual: Tensor?
    /// What is heard, [tokens, features].
    let audio: Tensor?

    private static let questions: [(name: String, kinds: [MediaKind], text: String)] = [
        ("text", [], "What is the capital of France?"),
        ("visual", [.visual], "What do you see?"),
        ("audio", [.audio], "What do you hear?"),
        ("audio-visual", [.visual, .audio], "Does the sound match the picture?"),
    ]

    /// A question of each modality that the model has, about made-up media.
    static func usual(_ parts: TrainedParts, _ inputs: InputParts) throws -> [Probe] {
        let reader = inputs.features.reader
        let kinds = MediaKind.allCases.filter { reader.description(of: $0) != nil }
        let media = try kinds.map { (kind: $0, tokens: try inputs.features.probeTokens($0)) }
        func tokens(_ kind: MediaKind, _ wanted: [MediaKind]) -> Tensor? {
            wanted.contains(kind) ? media.first { $0.kind == kind }?.tokens : nil
        }
        return questions.filter { $0.kinds.allSatisfy(kinds.contains) }.map { entry in
            let marks = entry.kinds.map {
                $0 == .visual ? parts.recipe.model.visualToken : parts.recipe.model.audioToken
            }
            // The paths are never opened: features are at hand.
            return Probe(
                name: entry.name,
                sample: Sample(
                    id: "probe \(entry.name)",
                    visualPath: entry.kinds.contains(.visual) ? "made up" : nil,
                    audioPath: entry.kinds.contains(.audio) ? "made up" : nil,
                    turns: [
                        Turn(question: (marks + [entry.text]).joined(separator: "\n"), answer: "")
                    ]),
                visual: tokens(.visual, entry.kinds), audio: tokens(.audio, entry.kinds))
        }
    }

    /// A question about files.
    ///
    /// Throws: the file that cannot be read
    static func about(_ sample: Sample, _ inputs: InputParts) async throws -> Probe {
        try await inputs.features.prepare([sample], variants: false)
        let reader = inputs.features.reader
        func tokens(_ path: String?, _ kind: MediaKind) throws -> Tensor? {
            try path.map { try reader.tokens(.file(path: $0, variant: 0), kind) }
        }
        return Probe(
            name: sample.id, sample: sample, visual: try tokens(sample.visualPath, .visual),
            audio: try tokens(sample.audioPath, .audio))
    }
}
