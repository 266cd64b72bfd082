public import Checkpointing
internal import Datasets
internal import Files
internal import Foundation
internal import Kernels
internal import Layers
internal import Media
internal import Models
internal import Optimization
internal import Recipes
internal import Tensors

/// Trains what a recipe asks for: the one loop, from the first step or from a checkpoint.
///
/// Data order, augmentation and dropout are functions of (seed, step, sample) alone, and every
/// checkpoint stands between two optimizer steps, so a resumed run makes the same bits as a straight
/// one.
public final class Trainer {
    private let bench: Workbench
    private let data: TrainingData
    private let folder: RunFolder
    private let optimizer: AdamW
    private let schedule: Schedule
    private let stepCount: Int
    private let saver: CheckpointSaver
    private var step = 0
    private var ledger: Ledger
    private let isResumed: Bool
    private var bestValidationLoss: Double?
    /// The last step whose validation loss was taken, and that loss.
    private var validated: (step: Int, loss: Double)?
    private var reliance: RelianceReport?
    private var latestCheckpoint: String?
    private var earlierSeconds = 0.0
    /// Sounds that were told to be longer than what is heard of them.
    private var toldCutCount = 0

    /// Puts a run together; with `resuming`, from the latest checkpoint of its folder.
    ///
    /// Where the recipe says to skip bad samples, all media are encoded and all prompts written first,
    /// to know which samples are bad; nil when `interruption` was requested meanwhile.
    /// Throws: when recipe, data, pretrained parts or checkpoint do not fit together
    public static func prepared(
        bench: Workbench, resuming: Checkpoint? = nil,
        interruption: Interruption = Interruption(),
        observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
    ) async throws -> Trainer? {
        var samples = try TrainingSamples(bench.recipe, tags: bench.tags)
        try samples.noteChanges(bench.features)
        if bench.recipe.data.onBadSample == .skip {
            try await samples.screen(bench, interruption) {
                observe(.encoding(done: $0, total: $1))
            }
            if interruption.isRequested { return nil }
        }
        return try Trainer(bench: bench, samples: samples, resuming: resuming)
    }

    private init(bench: Workbench, samples: TrainingSamples, resuming: Checkpoint?) throws {
        self.bench = bench
        let recipe = bench.recipe
        folder = RunFolder(path: recipe.outputFolder)
        data = try TrainingData(bench: bench, samples: samples)
        stepCount = data.order.stepCount
        optimizer = try AdamW(recipe.optimizer, parameters: bench.parameters)
        schedule = try Schedule(recipe.schedule, stepCount: stepCount)
        ledger = Ledger(sampleCounts: data.sampleCounts)
        saver = CheckpointSaver(bench: bench, data: data, folder: folder)
        isResumed = resuming != nil
        if let resuming { try restore(resuming) }
    }

    /// Runs to the end, or until `interruption` is requested; either way the last step is saved.
    public func run(
        interruption: Interruption = Interruption(), overwriting: Bool = false,
        observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
    ) async throws -> RunSummary {
        let lock = try folder.lock()
        defer {
            lock.release()
            folder.removeIfEmpty()
        }
        if isResumed {
            try folder.requireLatest(step: step)
        } else if !overwriting {
            try folder.requireNoRun()
        }
        observe(.started(description))
        if let note = bench.report.unusedNote { observe(.notice(note)) }
        for remark in data.remarks { observe(.notice(remark)) }
        for text in SkippedSample.notices(data.skipped) { observe(.notice(text)) }
        let start = Date()
        try await prepareFeatures(interruption, observe)
        if !isResumed { try folder.begin(recipe: bench.recipe.resolvedYAML) }
        let log = try MetricsLog(path: folder.metricsPath, keepingStepsUpTo: step)
        if step == 0, !data.skipped.isEmpty { try log.write(data.skipped) }
        let features = data.featuresAhead(steps: step..<stepCount, interruption)
        let loss: Double
        do {
            loss = try await makeSteps(features, interruption, log, since: start, observe)
        } catch {
            await features.end()
            throw error
        }
        await features.end()
        tellCutSounds(observe)
        if validated?.step != step && step == stepCount { try await validate(log, observe) }
        if step == stepCount, reliance?.step != step { try measureReliance(log, observe) }
        let path = try save(log, seconds: elapsed(since: start), observe)
        let summary = RunSummary(
            step: step, stepCount: stepCount, wasInterrupted: step < stepCount,
            checkpointPath: path, loss: loss, bestValidationLoss: bestValidationLoss,
            reliance: reliance, packing: log.packing, encodedCount: bench.features.encodedCount,
            encodingSeconds: bench.features.encodingSeconds, skipped: data.skipped,
            seconds: elapsed(since: start),
            peakMemoryBytes: Machine.peakMemory,
            prediction: step < stepCount ? nil : folder.prediction(of: bench.recipe))
        try saver.write(summary)
        observe(.ended(summary))
        return summary
    }

    /// Makes the steps until the last one or an interruption; returns the last one's loss.
    private func makeSteps(
        _ features: FeaturesAhead, _ interruption: Interruption, _ log: MetricsLog,
        since start: Date, _ observe: (TrainingEvent) -> Void
    ) async throws -> Double {
        var loss = Double.nan
        let batches = data.batches(steps: step..<stepCount, features)
        let iterator = batches.makeAsyncIterator()
        while step < stepCount && !interruption.isRequested {
            let began = Date()
            let next: TrainingWindow?
            do {
                next = try await iterator.next() ?? nil
            } catch {
                try save(log, seconds: elapsed(since: start), observe)
                throw afterSaving(error)
            }
            guard let window = next else { break }
            let waited = Date().timeIntervalSince(began)
            let report = try trainStep(window, began: began, waitingSeconds: waited)
            loss = report.loss
            try log.write(report)
            observe(.stepped(report))
            if isDue(bench.recipe.validation.everySteps) { try await validate(log, observe) }
            if isDue(bench.recipe.reliance?.everySteps ?? 0) { try measureReliance(log, observe) }
            if isDue(bench.recipe.checkpoint.everySteps) || validated?.step == step {
                try save(log, seconds: elapsed(since: start), observe)
            }
        }
        return loss
    }

    /// What kept the next step from being prepared, with what can be done now that the run is saved.
    private func afterSaving(_ error: any Error) -> any Error {
        guard let error = error as? MediaError else { return error }
        return MediaError(
            error.kind, error.subject, error.detail,
            hint: (error.hint.isEmpty ? "" : "\(error.hint); ")
                + "step \(step + 1) needs it, and the run is saved after step \(step): put the file "
                + "right and continue with --resume, or begin anew with --overwrite and "
                + "data.on_bad_sample: skip")
    }

    /// Encodes what is needed before the first step, and gives new projectors the statistics of what they
    /// will see.
    private func prepareFeatures(
        _ interruption: Interruption, _ observe: (TrainingEvent) -> Void
    ) async throws {
        let projectors = step == 0 ? try unmeasuredProjectors() : []
        try await data.prepareFeatures(measuring: projectors.map(\.kind), interruption) {
            observe(.encoding(done: $0, total: $1))
        }
        if let counts = data.augmentedCounts {
            observe(
                .notice(
                    "modality augmentation: of \(counts.all) audio-visual samples, \(counts.muted) "
                        + "can be muted and \(counts.blanked) blanked, as their requires say"))
        }
        tellCutSounds(observe)
        if interruption.isRequested { return }
        for (projector, kind) in projectors {
            guard let statistics = try data.featureStatistics(kind) else { continue }
            try projector.measure(
                mean: statistics.mean, variance: statistics.variance,
                outputRMS: bench.model.language.embeddingRMS)
        }
    }

    /// Projectors that take their statistics from this run's media.
    private func unmeasuredProjectors() throws -> [(projector: Projector, kind: MediaKind)] {
        let kinds = try bench.recipe.newProjectorKinds()
        return [
            (bench.model.visualProjector, MediaKind.visual), (bench.model.audioProjector, .audio),
        ]
        .compactMap { projector, kind in
            kinds.contains(kind) ? projector.map { ($0, kind) } : nil
        }
    }

    /// Tells how many of the sounds that were encoded are cut, when there are more than told before.
    private func tellCutSounds(_ observe: (TrainingEvent) -> Void) {
        let count = bench.features.cutCount
        guard count > toldCutCount, let seconds = bench.recipe.model.audio?.durationSeconds else {
            return
        }
        toldCutCount = count
        observe(
            .notice(
                "sounds longer than model.audio.seconds: \(count); only their first "
                    + "\(seconds) s are heard"))
    }

    private func elapsed(since start: Date) -> Double {
        earlierSeconds + Date().timeIntervalSince(start)
    }

    private func isDue(_ interval: Int) -> Bool {
        interval > 0 && step % interval == 0 && step < stepCount
    }

    /// One optimizer step over the micro-batches of its window.
    private func trainStep(
        _ window: TrainingWindow, began: Date, waitingSeconds: Double
    ) throws -> StepReport {
        var gradients = GradientWindow()
        var modalities: [Modality: ModalityReport] = [:]
        let trained = optimizer.parameters
        for batch in window.batches {
            let result = try losses(of: batch) { gradients.add($0, of: trained, weight: $1) }
            batch.packed.addReport(losses: result.losses, to: &modalities)
        }
        let interval = bench.recipe.modalityNormInterval
        if interval > 0, (step + 1) % interval == 0 {
            let norms = ModalityNorms.measure(window.batches, bench.model, trained)
            for (modality, norm) in norms { modalities[modality]?.gradientNorm = norm }
        }
        let factor = schedule.factor(at: step)
        let update: AdamW.StepReport
        do {
            update = try optimizer.step(gradients, learningRateFactor: factor)
        } catch let error as OptimizationError where error.kind == .gradient {
            throw notFinite("gradient of \(error.subject)", window.batches)
        }
        step += 1
        for scheduled in window.scheduled { ledger.record(scheduled) }
        let lossSum = modalities.values.reduce(0) { $0 + $1.lossSum }
        let supervised = modalities.values.reduce(0) { $0 + $1.supervisedCount }
        return StepReport(
            step: step, stepCount: stepCount, epoch: window.epoch,
            loss: lossSum / Double(supervised), modalities: modalities,
            gradientNorm: update.gradientNorm, gradientNorms: update.gradientNorms,
            learningRate: factor * (optimizer.groups.first?.learningRate ?? 0),
            seconds: Date().timeIntervalSince(began), waitingSeconds: waitingSeconds,
            packing: window.batches.reduce(PackingCounts()) { $0 + PackingCounts($1.packed) })
    }

    /// The loss of a micro-batch, and its gradients with their weight to `add`.
    ///
    /// With `debug.anomalies` every operation on the way is looked at.
    private func losses(
        of batch: PreparedBatch, add: (Gradients, Double) -> Void
    ) throws -> CrossEntropyResult {
        func compute() throws -> CrossEntropyResult {
            let result = bench.model.loss(of: batch.input, dropoutSeed: batch.dropoutSeed)
            guard result.loss.item.isFinite else { throw notFinite("loss", [batch]) }
            add(gradients(of: result.loss), batch.input.lossWeight)
            return result
        }
        guard bench.recipe.findsAnomalies else { return try compute() }
        let (result, anomaly) = try watchingForAnomalies(compute)
        if let anomaly { throw notFinite("result of \(anomaly.place)", [batch]) }
        return result
    }

    /// What is not finite, and where it arose, which is found by computing these batches again.
    private func notFinite(
        _ what: String, _ batches: [PreparedBatch], withGradients: Bool = true
    ) -> TrainingError {
        let kept = latestCheckpoint.map { "\($0) is kept" } ?? "no checkpoint was written yet"
        let search = AnomalySearch(model: bench.model, data: data, withGradients: withGradients)
        let place: String
        do {
            place = try search.place(in: batches) ?? Self.list(batches)
        } catch {
            place = "\(Self.list(batches)); where it arose was not found (\(error))"
        }
        return TrainingError(
            .notFinite, subject: "step \(step + 1)", detail: "the \(what) is not finite; \(place)",
            hint: "\(kept); lower the learning rate or look at these samples")
    }

    private static func list(_ batches: [PreparedBatch]) -> String {
        "samples " + batches.flatMap(\.packed.sampleIDs).joined(separator: ", ")
    }

    /// The loss on held-out samples, without dropout or augmentation.
    private func validate(
        _ log: MetricsLog, _ observe: (TrainingEvent) -> Void
    ) async throws {
        var modalities: [Modality: ModalityReport] = [:]
        for batch in try data.validationBatches() {
            let result = withoutGradients { bench.model.loss(of: batch.input, dropoutSeed: nil) }
            guard result.loss.item.isFinite else {
                throw notFinite("validation loss", [batch], withGradients: false)
            }
            batch.packed.addReport(losses: result.losses, to: &modalities)
        }
        let supervised = modalities.values.reduce(0) { $0 + $1.supervisedCount }
        guard supervised > 0 else { return }
        let loss = modalities.values.reduce(0) { $0 + $1.lossSum } / Double(supervised)
        let isBest = loss < bestValidationLoss ?? .infinity
        if isBest { bestValidationLoss = loss }
        validated = (step, loss)
        let report = ValidationReport(
            step: step, loss: loss, modalities: modalities, isBest: isBest)
        try log.write(report)
        observe(.validated(report))
    }

    /// The loss on held-out audio-visual samples with parts of their media held back.
    private func measureReliance(
        _ log: MetricsLog, _ observe: (TrainingEvent) -> Void
    ) throws {
        guard bench.recipe.reliance != nil else { return }
        let report = try Reliance.measure(data, bench.model, step: step)
        reliance = report
        try log.write(report)
        observe(.measuredReliance(report))
    }

    @discardableResult
    private func save(
        _ log: MetricsLog, seconds: Double, _ observe: (TrainingEvent) -> Void
    ) throws -> String {
        try log.synchronize()
        let path: String
        do {
            path = try saver.save(
                step: step, optimizer: optimizer, ledger: ledger,
                validationLoss: validated?.step == step ? validated?.loss : nil,
                bestValidationLoss: bestValidationLoss, reliance: reliance, seconds: seconds)
            latestCheckpoint = path
            try bench.features.reader.cache.flush()
        } catch let error as CheckpointError where error.kind == .unwritable {
            throw notWritten(error)
        }
        observe(.saved(path: path, step: step))
        return path
    }

    private func notWritten(_ error: CheckpointError) -> TrainingError {
        let kept = latestCheckpoint.map { "\($0) is kept; continue with --resume" }
        return TrainingError(
            .storage, subject: error.subject,
            detail: error.detail + (error.cause.map { " (\($0))" } ?? ""),
            hint: "\(error.hint); \(kept ?? "no checkpoint was written yet")")
    }

    private func restore(_ checkpoint: Checkpoint) throws {
        try saver.check(checkpoint)
        step = checkpoint.progress.step
        try optimizer.restore(saver.moments(of: checkpoint))
        ledger = try saver.ledger(of: checkpoint, sampleCounts: data.sampleCounts)
        bestValidationLoss = checkpoint.metrics["best_\(RunFolder.bestMetric)"]
        validated = checkpoint.metrics[RunFolder.bestMetric].map { (step, $0) }
        reliance = RelianceReport(metrics: checkpoint.metrics)
        latestCheckpoint = folder.checkpoints.path(forStep: step)
        earlierSeconds = checkpoint.wallTimeSeconds
    }

    private var description: RunDescription {
        RunDescription(
            name: bench.recipe.name, folder: folder.path, stepCount: stepCount, firstStep: step,
            stepsPerEpoch: data.order.stepsPerEpoch, sampleCounts: data.modalityCounts,
            trainedCounts: ParameterGroups.counts(bench.parameters),
            frozenCount: bench.frozenCount)
    }
}

extension PackedBatch {
    /// Adds each sample's tokens and losses to its modality.
    func addReport(losses: [Double], to reports: inout [Modality: ModalityReport]) {
        for (modality, share) in shares {
            reports[modality, default: ModalityReport()].sampleCount += share.sampleCount
            reports[modality, default: ModalityReport()].tokenCount += share.tokenCount
            reports[modality, default: ModalityReport()].supervisedCount += share.supervisedCount
        }
        for (modality, range) in zip(modalities, supervisedRanges) {
            reports[modality, default: ModalityReport()].lossSum += losses[range].reduce(0, +)
        }
    }
}
