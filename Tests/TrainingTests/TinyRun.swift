import Checkpointing
import Foundation
import Recipes
import Synchronization
import TestKit
import Testing
import Training

/// A run small enough for a test, with every part of a real one, in a temporary folder.
final class TinyRun: Sendable {
    let folder: String

    /// Models, media, annotations and a recipe.
    init(brokenToken: Character? = nil) throws {
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("duet-training-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try TinyModels.writeLanguage(to: "\(folder)/language", brokenToken: brokenToken)
        try TinyModels.writeHearing(to: "\(folder)/hearing")
        try TinyModels.writeSight(to: "\(folder)/sight")
        for index in 0..<Self.countPerModality {
            try FileManager.default.copyItem(
                at: Fixtures.url("media/\(Self.pictures[index])"), to: url("\(index).picture"))
            try Self.sound(index, seconds: 0.4).write(to: url("\(index).wav"))
        }
        try write(Self.rows(0..<Self.countPerModality), to: "train.json")
        try write(Self.rows(0..<1), to: "validation.json")
        try write(Self.recipe(folder), to: "recipe.yaml")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Has all media encoded, and not only those that are used: samples are screened first.
    static let screening = "data.on_bad_sample=skip"

    /// Five of each modality: with accumulation 2, steps end inside of epochs.
    static let countPerModality = 5
    private static let pictures = ["rgb.png", "rgba.png", "grey.png", "palette.png", "photo.jpg"]

    func url(_ name: String) -> URL { URL(fileURLWithPath: "\(folder)/\(name)") }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: url(name))
    }

    /// The recipe with some settings changed; `output` is a folder in this one.
    func recipe(_ output: String, _ settings: [String] = []) throws -> Recipe {
        try Recipe(
            contentsOf: "\(folder)/recipe.yaml",
            settings: ["output=\(folder)/\(output)"] + settings)
    }

    /// Trains; stopped after the step `stoppingAfter`.
    @discardableResult
    func train(
        _ output: String, _ settings: [String] = [], resuming: Bool = false,
        overwriting: Bool = false, stoppingAfter last: Int? = nil,
        observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
    ) async throws -> RunSummary {
        let recipe = try recipe(output, settings)
        let checkpoint = resuming ? try checkpoint(output) : nil
        let trainer = try #require(
            try await Trainer.prepared(
                bench: try Workbench(recipe: recipe, checkpoint: checkpoint),
                resuming: checkpoint, observe: observe))
        let interruption = Interruption()
        if last == 0 { interruption.request() }
        return try await trainer.run(interruption: interruption, overwriting: overwriting) {
            if case .stepped(let report) = $0, report.step == last { interruption.request() }
            observe($0)
        }
    }

    /// The latest checkpoint of a run.
    func checkpoint(_ output: String) throws -> Checkpoint {
        let latest = try CheckpointFolder(path: "\(folder)/\(output)").latest()
        guard let latest else { throw Missing(output: output) }
        return try Checkpoint.read(from: latest.path)
    }

    struct Missing: Error { let output: String }

    /// The rows of `metrics.jsonl` without what takes its time from the clock.
    func metrics(_ output: String) throws -> [String] {
        let text = try String(contentsOf: url("\(output)/metrics.jsonl"), encoding: .utf8)
        return try text.split(separator: "\n").map { line in
            let row = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let facts = (row as? [String: Any] ?? [:]).filter {
                !["seconds", "waiting_seconds", "tokens_per_second"].contains($0.key)
            }
            return String(
                decoding: try JSONSerialization.data(
                    withJSONObject: facts, options: [.sortedKeys]), as: UTF8.self)
        }
    }

    private static func recipe(_ folder: String) -> String {
        """
        seed: 7
        model:
          language: \(folder)/language
          visual: {encoder: \(folder)/sight, frames: 2, tokens: [frame]}
          audio: {encoder: \(folder)/hearing, seconds: 1, segment_seconds: 0.5, layers: [1]}
          system_prompt: ""
        data:
          train: [{file: \(folder)/train.json}]
          validation: [{file: \(folder)/validation.json}]
          batch: {visual: 1, audio: 1, audio_visual: 1}
          feature_cache: \(folder)/features
          audio_variants: 1
          augmentation: {speed: [0.9, 1.1], gain_decibels: [-3, 3]}
        train:
          steps: 7
          accumulation: 2
          lora:
            rank: 2
            dropout: 0.2
            targets: [q_proj, v_proj, down_proj]
            patterns: [{match: 'layers\\.1', rank: 1, dropout: 0.5}]
        optimizer: {learning_rate: 0.01}
        schedule: {warmup_ratio: 0.3}
        validation: {every_steps: 3}
        checkpoint: {every_steps: 2, keep: 2}

        """
    }

    /// Annotations of some pictures, sounds, and both.
    static func rows(_ indices: Range<Int>) -> String {
        let rows = indices.flatMap { index in
            [
                ("v\(index)", #""image": "\#(index).picture""#, #"<image>\n"#),
                ("a\(index)", #""audio": "\#(index).wav""#, #"<audio>\n"#),
                (
                    "av\(index)", #""image": "\#(index).picture", "audio": "\#(index).wav""#,
                    #"<image>\n<audio>\n"#
                ),
            ].map { id, media, tags in
                #"{"id": "\#(id)", \#(media), "conversations": [{"from": "human", "value": "#
                    + #""\#(tags)What?"}, {"from": "gpt", "value": "It is \#(index)."}]}"#
            }
        }
        return "[" + rows.joined(separator: ",\n") + "]"
    }

    /// A tone, as WAV of 16 bits and 16 kHz.
    static func sound(_ index: Int, seconds: Double) -> Data {
        wave(
            (0..<Int(seconds * 16_000)).map { position in
                Int16(8_000 * sin(Double(position * (index + 2)) * 0.05))
            })
    }

    /// Digital silence, as WAV of 16 bits and 16 kHz.
    static func silence(seconds: Double) -> Data {
        wave([Int16](repeating: 0, count: Int(seconds * 16_000)))
    }

    private static func wave(_ samples: [Int16]) -> Data {
        let count = samples.count
        func bytes(_ value: some FixedWidthInteger) -> Data {
            withUnsafeBytes(of: value.littleEndian) { Data($0) }
        }
        return Data("RIFF".utf8) + bytes(UInt32(36 + 2 * count)) + Data("WAVEfmt ".utf8)
            + bytes(UInt32(16)) + bytes(UInt16(1)) + bytes(UInt16(1)) + bytes(UInt32(16_000))
            + bytes(UInt32(32_000)) + bytes(UInt16(2)) + bytes(UInt16(16)) + Data("data".utf8)
            + bytes(UInt32(2 * count)) + samples.reduce(into: Data()) { $0 += bytes($1) }
    }
}

/// What a run told, in order.
final class Events: Sendable {
    private let list = Mutex<[TrainingEvent]>([])

    @Sendable func add(_ event: TrainingEvent) { list.withLock { $0.append(event) } }

    var all: [TrainingEvent] { list.withLock { $0 } }

    /// Media that were encoded.
    var encodedCount: Int {
        all.reduce(0) {
            if case .ended(let summary) = $1 { $0 + summary.encodedCount } else { $0 }
        }
    }

    var steps: [StepReport] {
        all.compactMap { if case .stepped(let report) = $0 { report } else { nil } }
    }

    var notices: [String] {
        all.compactMap { if case .notice(let text) = $0 { text } else { nil } }
    }
}
