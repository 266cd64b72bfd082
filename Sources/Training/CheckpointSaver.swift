internal import Checkpointing
internal import Datasets
internal import Files
internal import Foundation
internal import Layers
internal import Optimization
internal import Recipes
internal import Tensors

/// Between a run's state and its checkpoints.
final class CheckpointSaver {
    private let bench: Workbench
    private let data: TrainingData
    private let sampleIDs: [[String]]
    private let folder: RunFolder
    private var savedSteps: Set<Int> = []

    init(bench: Workbench, data: TrainingData, folder: RunFolder) {
        self.bench = bench
        self.data = data
        sampleIDs = data.sampleIDs
        self.folder = folder
    }

    /// Writes the checkpoint of a step, keeps the last few and the best, and returns its path.
    func save(
        step: Int, optimizer: AdamW, ledger: Ledger, validationLoss: Double?,
        bestValidationLoss: Double?, reliance: RelianceReport?, seconds: Double
    ) throws -> String {
        let path = folder.checkpoints.path(forStep: step)
        if savedSteps.contains(step) { return path }
        var metrics: [String: Double] = [:]
        metrics[RunFolder.bestMetric] = validationLoss
        metrics["best_\(RunFolder.bestMetric)"] = bestValidationLoss
        metrics.merge(reliance?.metrics ?? [:]) { $1 }
        let moments = optimizer.moments
        let place = data.order.place(afterStep: step)
        var digests = bench.digests
        digests[RunFolder.dataDigest] = data.digest
        let checkpoint = Checkpoint(
            tensors: bench.trainedTensors,
            optimizer: Checkpoint.Optimizer(
                steps: moments.mapValues(\.stepCount),
                firstMoments: moments.mapValues { StoredArray($0.mean) },
                secondMoments: moments.mapValues { StoredArray($0.variance) }),
            progress: Checkpoint.Progress(
                step: step, epoch: place.epoch, position: place.position),
            random: ["seed": bench.recipe.seed], recipe: bench.recipe.resolvedYAML,
            digests: digests, ledger: stored(ledger), metrics: metrics,
            modalityTokens: [
                "visual": bench.recipe.model.visualToken, "audio": bench.recipe.model.audioToken,
            ],
            createdBy: "duet \(DuetVersion.current)", wallTimeSeconds: seconds)
        try checkpoint.write(to: path)
        savedSteps.insert(step)
        _ = try folder.checkpoints.retain(
            last: bench.recipe.checkpoint.keptCount, bestBy: RunFolder.bestMetric)
        return path
    }

    /// Refuses a checkpoint that was not made by this recipe on this data.
    func check(_ checkpoint: Checkpoint) throws {
        try RecipeDifference.require(bench.recipe, of: checkpoint)
        if let digest = checkpoint.digests[RunFolder.dataDigest], digest != data.digest {
            throw TrainingError(
                .data, subject: folder.path,
                detail: "was made with other annotation files than those named now",
                hint: "put the data back as it was, or start anew with --overwrite")
        }
        savedSteps.insert(checkpoint.progress.step)
    }

    func moments(of checkpoint: Checkpoint) -> [String: AdamW.Moments] {
        let optimizer = checkpoint.optimizer
        var result: [String: AdamW.Moments] = [:]
        for (path, mean) in optimizer.firstMoments {
            guard let variance = optimizer.secondMoments[path], let steps = optimizer.steps[path]
            else { continue }
            result[path] = AdamW.Moments(
                mean: Tensor(mean), variance: Tensor(variance), stepCount: steps)
        }
        return result
    }

    private static let modalities = Modality.allCases

    /// Counts by sample; data sets are told apart by their number before the id.
    private func stored(_ ledger: Ledger) -> Checkpoint.Ledger {
        var counts: [String: [Int]] = [:]
        for (dataset, ids) in sampleIDs.enumerated() {
            for (index, id) in ids.enumerated() {
                let reference = SampleReference(dataset: dataset, sample: index)
                let row = Self.modalities.map { ledger.count(of: reference, as: $0) }
                if row.contains(where: { $0 > 0 }) { counts["\(dataset)/\(id)"] = row }
            }
        }
        return Checkpoint.Ledger(modalities: Self.modalities.map(\.rawValue), counts: counts)
    }

    func ledger(of checkpoint: Checkpoint, sampleCounts: [Int]) throws -> Ledger {
        var arrays: [String: [Int32]] = [:]
        let stored = checkpoint.ledger
        var known = 0
        for (dataset, ids) in sampleIDs.enumerated() {
            for (index, id) in ids.enumerated() {
                guard let row = stored.counts["\(dataset)/\(id)"] else { continue }
                known += 1
                for (name, count) in zip(stored.modalities, row) where count > 0 {
                    arrays[
                        "\(dataset)/\(name)",
                        default: Array(repeating: 0, count: sampleCounts[dataset])][index] =
                        Int32(count)
                }
            }
        }
        guard known == stored.counts.count else {
            throw TrainingError(
                .data, subject: folder.path,
                detail: "\(stored.counts.count - known) samples it was trained on are gone",
                hint: "put the data back as it was, or start anew with --overwrite")
        }
        return try Ledger(sampleCounts: sampleCounts, arrays: arrays)
    }

    /// Writes `summary.json`.
    func write(_ summary: RunSummary) throws {
        var row: [String: Any] = [
            "step": summary.step, "steps": summary.stepCount,
            "interrupted": summary.wasInterrupted, "checkpoint": summary.checkpointPath,
            "seconds": summary.seconds, "peak_memory_bytes": summary.peakMemoryBytes,
            "encoded_media": summary.encodedCount, "encoding_seconds": summary.encodingSeconds,
        ]
        row.merge(summary.packing.object) { $1 }
        if !summary.skipped.isEmpty {
            row["skipped"] = summary.skipped.count
            row["skipped_samples"] = summary.skipped.map(MetricsLog.object)
        }
        if summary.loss.isFinite { row["loss"] = summary.loss }
        if let best = summary.bestValidationLoss { row["best_validation_loss"] = best }
        if let reliance = summary.reliance { row["reliance"] = MetricsLog.object(reliance) }
        if let prediction = summary.prediction {
            row["planned_seconds"] = prediction.seconds
            row["planned_peak_memory_bytes"] = prediction.peakMemoryByteCount
        }
        let data = try JSONSerialization.data(
            withJSONObject: row, options: [.prettyPrinted, .sortedKeys])
        try DurableFile.write(data, to: folder.summaryPath)
    }
}

extension CheckpointSaver {
    /// Seconds to write a checkpoint of the run, by writing one and removing it again.
    static func trialSeconds(
        bench: Workbench, data: TrainingData, optimizer: AdamW
    ) throws -> Double {
        let folder = "\(bench.recipe.outputFolder)/.plan-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let saver = CheckpointSaver(bench: bench, data: data, folder: RunFolder(path: folder))
        let start = Date()
        _ = try saver.save(
            step: 0, optimizer: optimizer, ledger: Ledger(sampleCounts: data.sampleCounts),
            validationLoss: nil, bestValidationLoss: nil, reliance: nil, seconds: 0)
        return Date().timeIntervalSince(start)
    }
}

extension StoredArray where Scalar == Float {
    init(_ tensor: Tensor) { self.init(shape: tensor.shape, scalars: tensor.floats) }
}

extension Tensor {
    init(_ array: StoredArray<Float>) { self.init(array.scalars, shape: array.shape) }
}
