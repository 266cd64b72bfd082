internal import Foundation
internal import Layers
internal import Models
internal import Tensors
internal import WeightFiles

/// The batch of a training step, recorded or made up, with its settings.
struct BenchmarkFile {
    struct Optimizer: Decodable {
        let lr: Double
        let betas: [Double]
        let eps: Double
        let weight_decay: Double
    }

    private struct Adapter: Decodable {
        let r: Int
        let alpha: Double
        let targets: [String]
    }

    let stage: TrainStepBenchmark.Stage
    let batch: AudioVisualBatch
    /// Tokens of the batch, also those that nothing depends on.
    let tokenCount: Int
    let optimizer: Optimizer
    let clipNorm: Double
    let visualFeatureSize: Int?
    let audioFeatureSize: Int?
    let initialWeights: DictionaryWeights
    let expectedLosses: [Double]
    private let adapter: Adapter

    init(path: String, stage: TrainStepBenchmark.Stage?) throws {
        let file = try Safetensors(path: path)
        func setting<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value {
            guard let text = file.metadata[key] else {
                throw TrainingError(
                    .data, subject: path, detail: "has no setting '\(key)' in its metadata",
                    hint: "use a file that the reference program wrote")
            }
            do {
                return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
            } catch {
                throw TrainingError(
                    .data, subject: path, detail: "its setting '\(key)' is '\(text)'",
                    hint: "use a file that the reference program wrote")
            }
        }
        let recorded = TrainStepBenchmark.Stage(rawValue: file.metadata["stage"] ?? "")
        guard let recorded, stage == nil || stage == recorded else {
            throw TrainingError(
                .request, subject: path,
                detail: "holds the stage '\(file.metadata["stage"] ?? "none")'",
                hint: "expected \(stage?.rawValue ?? "pretrain or finetune")")
        }
        self.stage = recorded
        optimizer = try setting("adamw", as: Optimizer.self)
        clipNorm = try setting("grad_clip", as: Double.self)
        adapter = try setting("lora", as: Adapter.self)
        visualFeatureSize = try file.tensor("input.visual_features").shape.last ?? 0
        audioFeatureSize = try file.tensor("input.audio_features").shape.last ?? 0
        expectedLosses = try file.tensor("expected.loss").floats().map(Double.init)
        initialWeights = try Self.initialWeights(file)
        batch = try Self.batch(file)
        tokenCount = try file.tensor("input.attention_mask").floats().count { $0 == 1 }
    }

    /// One sequence of made-up tokens, the last quarter supervised, for fine-tuning of adapters with
    /// rank 16 on every linear map of a language model.
    init(madeUpTokens count: Int, vocabularyCount: Int) {
        var stream = RandomStream(seed: 0, name: "bench/tokens")
        let tokens = (0..<count).map { _ in
            Int32(stream.next() % UInt64(vocabularyCount))
        }
        let supervised = (count - max(1, count / 4) - 1)..<(count - 1)
        batch = AudioVisualBatch(
            tokens: tokens, layout: SequenceLayout(lengths: [count]),
            supervisedRows: supervised.map { Int32($0) },
            targets: supervised.map { tokens[$0 + 1] })
        tokenCount = count
        stage = .finetune
        optimizer = Optimizer(lr: 1e-4, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0)
        clipNorm = 1
        visualFeatureSize = nil
        audioFeatureSize = nil
        let nothing: [String: (shape: [Int], values: [Float])] = [:]
        initialWeights = DictionaryWeights(nothing)
        expectedLosses = []
        adapter = Adapter(
            r: 16, alpha: 32,
            targets: [
                "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
            ])
    }

    var plan: TrainingPlan {
        get throws {
            TrainingPlan(
                trained: visualFeatureSize == nil && audioFeatureSize == nil
                    ? [] : ["model.mm_projector*.weight", "model.mm_projector*.bias"],
                adaptation: stage == .pretrain
                    ? nil
                    : try LowRankAdaptation(
                        targets: .suffixes(adapter.targets), rank: adapter.r,
                        alpha: adapter.alpha))
        }
    }

    /// `init.*` under the model's own paths.
    private static func initialWeights(_ file: Safetensors) throws -> DictionaryWeights {
        let prefixes = [
            ("init.base_model.model.", ""), ("init.projector.visual.", "model.mm_projector."),
            ("init.projector.audio.", "model.mm_projector_a."),
        ]
        var tensors: [String: (shape: [Int], values: [Float])] = [:]
        for name in file.tensorNames {
            for (stored, path) in prefixes where name.hasPrefix(stored) {
                let tensor = try file.tensor(name)
                tensors[path + name.dropFirst(stored.count)] = (
                    tensor.shape, try tensor.floats()
                )
            }
        }
        return DictionaryWeights(tensors)
    }

    /// The padded batch without its padding and without what follows a sample's last prediction,
    /// samples one after the other.
    private static func batch(_ file: Safetensors) throws -> AudioVisualBatch {
        func integers(_ name: String) throws -> [Int32] {
            try file.tensor("input.\(name)").floats().map { Int32($0) }
        }
        let shape = try file.tensor("input.input_ids").shape
        let (ids, labels) = (try integers("input_ids"), try integers("labels"))
        let (mask, kinds) = (try integers("attention_mask"), try integers("media_kind"))
        var tokens: [Int32] = []
        var lengths: [Int] = []
        var media: [Int32: [Int32]] = [:]
        var supervised: [(row: Int32, target: Int32)] = []
        for sample in 0..<shape[0] {
            let first = tokens.count
            let places = sample * shape[1]..<(sample + 1) * shape[1]
            let last = places.last { labels[$0] != -100 } ?? places.upperBound
            for index in places where mask[index] == 1 {
                if labels[index] != -100 {
                    supervised.append((Int32(tokens.count - 1), labels[index]))
                }
                if index >= last { break }
                if kinds[index] > 0 { media[kinds[index], default: []].append(Int32(tokens.count)) }
                tokens.append(ids[index])
            }
            lengths.append(tokens.count - first)
        }
        func rows(_ kind: Int32, _ name: String) throws -> MediaRows? {
            guard let rows = media[kind] else { return nil }
            let tensor = try file.tensor("input.\(name)")
            return MediaRows(
                rows: rows,
                features: Tensor(
                    try tensor.floats(), shape: [rows.count, tensor.shape.last ?? 0]))
        }
        return AudioVisualBatch(
            tokens: tokens, layout: SequenceLayout(lengths: lengths),
            visual: try rows(1, "visual_features"), audio: try rows(2, "audio_features"),
            supervisedRows: supervised.map(\.row), targets: supervised.map(\.target))
    }
}
