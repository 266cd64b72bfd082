internal import Foundation
internal import Models
internal import Recipes
internal import WeightFiles

/// The sizes of a recipe's parts where their weights are not here: from the config.json in the folder
/// that is named, or of a released model by its name.
enum ModelSizes {
    /// The parts of a recipe whose weights cannot be opened, by name.
    ///
    /// Throws: `TrainingError` for a part of the project's own table that was not fetched
    static func missing(_ recipe: Recipe, _ assets: Assets) throws -> [String] {
        let names = [
            recipe.model.language, recipe.model.visual?.encoder, recipe.model.audio?.encoder,
        ].compactMap { $0 }
        return try names.filter { name in
            if assets.knows(name) {
                _ = try assets.path(of: name)
                return false
            }
            guard let path = try? assets.path(of: name) else { return true }
            return isFolder(path) && (try? WeightFiles.open(path)) == nil
        }
    }

    /// The language model's sizes.
    ///
    /// Throws: `ModelError` for a config.json that can't be read, `TrainingError` for an unknown name
    static func language(
        _ name: String, _ assets: Assets
    ) throws -> LanguageModelConfiguration {
        if let file = file(name, assets) { return file.configuration }
        if let (data, subject) = configuration(name) {
            return try LanguageModelConfiguration(huggingFaceJSON: data, subject: subject)
        }
        let known = releasedName(name)
        for (start, sizes) in llamas where known.hasPrefix(start) { return try sizes() }
        throw TrainingError(
            .asset, subject: name,
            detail: "is not here, and its sizes are not known",
            hint:
                "put its config.json there, e.g. by duet fetch hf OWNER/NAME --include config.json; "
                + "known by name: \(llamas.map(\.start).joined(separator: ", "))")
    }

    /// What an encoder is to time and memory.
    struct Encoder {
        /// Operations to encode one frame or one window of sound.
        let operationCount: Double
        /// Numbers in its weights.
        let weightCount: Double

        init(_ vision: VisionTransformerConfiguration) {
            operationCount = vision.operationCount
            weightCount = vision.weightCount
        }

        init(_ hearing: ClapConfiguration) {
            operationCount = hearing.operationCount
            weightCount = hearing.weightCount
        }
    }

    /// An encoder's sizes; nil when they are not known.
    static func encoder(_ name: String) throws -> Encoder? {
        if let (data, subject) = configuration(name) {
            switch try EncoderFamily.of(name) {
            case .visionTransformer:
                return Encoder(
                    try VisionTransformerConfiguration(huggingFaceJSON: data, subject: subject))
            case .clap:
                return Encoder(try ClapConfiguration(huggingFaceJSON: data, subject: subject))
            default: return nil
            }
        }
        let known = releasedName(name)
        switch known {
        case "clip-vit-large-patch14": return Encoder(try VisionTransformerConfiguration.clipL14())
        case "clip-vit-base-patch32": return Encoder(try VisionTransformerConfiguration.clipB32())
        default: return known.hasPrefix("clap-htsat") ? Encoder(ClapConfiguration.tiny) : nil
        }
    }

    /// Bits of a weight as the language model's file stores it; where the file is not here, as its name
    /// says, and 16 where that says nothing, as of most released folders.
    ///
    /// Source: llama.cpp's `quantize`, whose mixtures keep some matrices in larger types
    static func bitsPerWeight(_ name: String, _ assets: Assets) -> Double {
        if let file = file(name, assets)?.file {
            let tensors = file.tensorNames.compactMap { try? file.tensor($0) }
            let count = tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
            return Double(8 * tensors.reduce(0) { $0 + $1.byteCount }) / Double(count)
        }
        let types: [(String, Double)] = [
            ("q2_k", 3.35), ("q3_k", 3.9), ("q4_0", 4.55), ("q4_1", 5.05), ("q4_k", 4.85),
            ("q5_0", 5.55), ("q5_1", 6.05), ("q5_k", 5.7), ("q6_k", 6.56), ("q8_0", 8.5),
            ("f32", 32),
        ]
        let text = releasedName(name)
        return types.first { text.contains($0.0) }?.1 ?? 16
    }

    /// Source: the config.json of each model
    private static let llamas:
        [(start: String, sizes: @Sendable () throws -> LanguageModelConfiguration)] = [
            ("vicuna-7b", { try llama(32_000, 4_096, 11_008, 32, heads: 32, keyValueHeads: 32) }),
            ("vicuna-13b", { try llama(32_000, 5_120, 13_824, 40, heads: 40, keyValueHeads: 40) }),
            (
                "tinyllama-1.1b",
                { try llama(32_000, 2_048, 5_632, 22, heads: 32, keyValueHeads: 4) }
            ),
            (
                "smollm2-360m",
                { try llama(49_152, 960, 2_560, 32, heads: 15, keyValueHeads: 5, isTied: true) }
            ),
            (
                "smollm2-1.7b",
                { try llama(49_152, 2_048, 8_192, 24, heads: 32, keyValueHeads: 32, isTied: true) }
            ),
        ]

    private static func llama(
        _ vocabularyCount: Int, _ hiddenSize: Int, _ feedForwardSize: Int, _ layerCount: Int,
        heads: Int, keyValueHeads: Int, isTied: Bool = false
    ) throws -> LanguageModelConfiguration {
        try LanguageModelConfiguration(
            vocabularyCount: vocabularyCount, hiddenSize: hiddenSize,
            feedForwardSize: feedForwardSize, layerCount: layerCount, queryHeadCount: heads,
            keyValueHeadCount: keyValueHeads, headSize: hiddenSize / heads, normEpsilon: 1e-5,
            rotaryBase: 10_000, positionCount: 4_096, isTied: isTied)
    }

    /// The language model's file, where it is here.
    private static func file(_ name: String, _ assets: Assets) -> LanguageModelFile? {
        guard let path = try? assets.path(of: name) else { return nil }
        return try? LanguageModelFile(path: path)
    }

    private static func configuration(_ name: String) -> (data: Data, subject: String)? {
        let path = "\(name)/config.json"
        return FileManager.default.contents(atPath: path).map { ($0, path) }
    }

    private static func releasedName(_ name: String) -> String {
        URL(fileURLWithPath: name).lastPathComponent.lowercased()
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            && isFolder.boolValue
    }
}
