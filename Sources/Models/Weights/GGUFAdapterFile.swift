public import WeightFiles

/// A LoRA adapter in a GGUF file, as llama.cpp takes it.
///
/// llama.cpp scales by `adapter.lora.alpha` / rank and knows no other rule: what a rank-stabilised adapter
/// scales by is put into alpha, and what differs between linear maps into B.
/// Source: llama.cpp's convert_lora_to_gguf.py and llama-adapter.cpp
public enum GGUFAdapterFile {
    private static let alphaKey = "adapter.lora.alpha"

    /// Writes an adapter in float32; rows of B belonging to q and k are interleaved as the weights' are.
    ///
    /// Throws: `ModelError` for a linear map that GGUF has no name for; `WeightFileError` when the file
    /// cannot be written
    /// Traps:  when an update has lengths of rows (DoRA), which such adapters cannot express
    public static func write(
        _ updates: [LowRankUpdate], of configuration: LanguageModelConfiguration, name: String,
        to path: String
    ) throws {
        guard let first = updates.first else {
            throw ModelError(
                .weights, subject: path, detail: "there is no adapter to write",
                hint: "export another format")
        }
        precondition(
            updates.allSatisfy { $0.magnitude == nil },
            "gguf adapter: \(first.module) has lengths of rows, which it cannot express")
        let alpha = Float(first.scale * Double(first.rank))
        let names = LanguageModelGGUFNames(configuration)
        let tensors = try updates.flatMap { update -> [PlannedTensor] in
            guard let place = names.location(of: "\(update.module).weight") else {
                throw ModelError(
                    .weights, subject: update.module, detail: "has no name in GGUF files",
                    hint: "export adapter or merged")
            }
            let factor = update.scale * Double(update.rank) / Double(alpha)
            return [
                try PlannedTensor(
                    name: "\(place.name).lora_a", shape: [update.rank, update.inputs],
                    type: .float32
                ) { update.a },
                try PlannedTensor(
                    name: "\(place.name).lora_b", shape: [update.outputs, update.rank],
                    type: .float32
                ) {
                    let b =
                        Float(factor) == 1 ? update.b : update.b.map { Float(Double($0) * factor) }
                    guard let heads = place.interleavedHeadCount else { return b }
                    return RowInterleaving.interleaved(
                        b, headCount: heads, rowCount: update.outputs)
                },
            ]
        }
        try GGUFWriter.write(
            metadata: [
                ("general.architecture", .string(configuration.family.rawValue)),
                ("general.type", .string("adapter")),
                ("general.name", .string(name)), ("adapter.type", .string("lora")),
                (alphaKey, .float(Double(alpha))),
            ], tensors: tensors, to: path)
    }

    /// Reads what `write` wrote, or llama.cpp's converter.
    ///
    /// Throws: `ModelError` for anything but a LoRA adapter of a LLaMA-family model
    public static func read(
        _ file: GGUF, of configuration: LanguageModelConfiguration
    ) throws -> [LowRankUpdate] {
        func problem(_ detail: String) -> ModelError {
            ModelError(
                .weights, subject: file.path, detail: detail,
                hint: "use a LoRA adapter of a LLaMA-family model")
        }
        guard try file.string("general.type") == "adapter",
            try file.string("adapter.type") == "lora"
        else { throw problem("is no LoRA adapter") }
        let alpha = try file.number(alphaKey)
        let names = LanguageModelGGUFNames(configuration)
        let ending = ".lora_a"
        let bases = file.tensorNames.filter { $0.hasSuffix(ending) }
            .map { String($0.dropLast(ending.count)) }
        guard bases.count * 2 == file.tensorNames.count else {
            throw problem("holds tensors besides pairs of lora_a and lora_b")
        }
        return try bases.map { base in
            guard let path = names.paths(of: base)?.first, path.hasSuffix(".weight") else {
                throw problem("holds '\(base)', which no linear map is called")
            }
            let (a, b) = (
                try file.tensor("\(base).lora_a"), try file.tensor("\(base).lora_b")
            )
            guard a.shape.count == 2, b.shape.count == 2, a.shape[0] == b.shape[1], a.shape[0] > 0
            else { throw problem("'\(base)' has factors \(a.shape) and \(b.shape)") }
            var rows = try b.floats()
            if let heads = names.location(of: path)?.interleavedHeadCount,
                b.shape[0].isMultiple(of: 2 * heads)
            {
                rows = RowInterleaving.separated(rows, headCount: heads, rowCount: b.shape[0])
            }
            return LowRankUpdate(
                module: String(path.dropLast(".weight".count)), a: try a.floats(), b: rows,
                rank: a.shape[0], scale: alpha / Double(a.shape[0]))
        }
    }
}
