internal import Foundation
internal import Kernels
internal import Layers
internal import Models
internal import Optimization
internal import Tensors

/// One training step on a fixed batch, as a reference program recorded it in a file, timed.
///
/// The file holds the batch (`input.*`), the first adapters and projectors (`init.*`), the losses that
/// must come out (`expected.loss`), and the settings as metadata.
public struct TrainStepBenchmark {
    /// What is trained.
    public enum Stage: String, Sendable, CaseIterable, Codable {
        /// The projectors.
        case pretrain
        /// Projectors and adapters.
        case finetune
    }

    /// What was measured.
    public struct Report: Sendable, Codable {
        let bench: String
        let stage: Stage
        /// Threads in use.
        public let threads: Int
        let steps: Int
        let warmup: Int
        let batch: Int
        /// Tokens of the batch.
        public let realTokens: Int
        let supervisedTokens: Int
        let trainableParams: Int
        /// Median seconds of a step.
        public let sPerStepMedian: Double
        /// Least seconds of a step.
        public let sPerStepMin: Double
        /// Median seconds forward.
        public let sForwardMedian: Double
        /// Median seconds of the backward sweep.
        public let sBackwardMedian: Double
        /// Median seconds of the update.
        public let sOptimizerMedian: Double
        /// Tokens a second, by the median.
        public let realTokensPerS: Double
        /// Peak resident memory in MiB.
        public let peakRssMb: Double
        /// Operations that a step needs, in GFLOP.
        public let gflopPerStep: Double
        /// Operations a second, by the median.
        public let gflopPerS: Double
        let loss: [Double]
        let gradNorm: [Double]
        /// The largest difference of the first eight losses from the file's.
        public let maximumLossError: Double?
        let sSteps: [Double]
        /// The BLAS kernels in use.
        public let blasCore: String

        /// JSON with the reference program's field names.
        public func json() throws -> String {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// Losses that a number must reproduce to count.
    public static let lossTolerance = 1e-4
    static let comparedSteps = 8

    private let file: BenchmarkFile
    private let model: AudioVisualModel
    private let parameters: [Parameter]
    private let optimizer: AdamW

    /// What a step may cost less memory by.
    public struct Savings: Sendable {
        let keepsStoredWeights: Bool
        let recomputesLayers: Bool

        /// Frozen weights as their file stores them; one input a layer kept, layers run twice.
        public init(storedWeights: Bool = false, gradientCheckpointing: Bool = false) {
            keepsStoredWeights = storedWeights
            recomputesLayers = gradientCheckpointing
        }
    }

    /// Reads the batch, and the language model from a weight file.
    ///
    /// Throws: when a file lacks a tensor or a setting
    public init(
        inputs: String, model path: String, stage: Stage?, savings: Savings = Savings()
    ) throws {
        try self.init(
            try BenchmarkFile(path: inputs, stage: stage), try LanguageModelFile(path: path),
            savings)
    }

    /// Makes up one sequence of tokens, to fine-tune adapters on every linear map.
    ///
    /// Throws: when the file is no language model
    /// Traps:  when there are fewer than two tokens
    public init(
        madeUpTokens count: Int, model path: String, savings: Savings = Savings()
    ) throws {
        precondition(count > 1, "train step: \(count) tokens")
        let language = try LanguageModelFile(path: path)
        try self.init(
            BenchmarkFile(
                madeUpTokens: count, vocabularyCount: language.configuration.vocabularyCount),
            language, savings)
    }

    private init(
        _ file: BenchmarkFile, _ language: LanguageModelFile, _ savings: Savings
    ) throws {
        self.file = file
        let blueprint = Blueprint(
            source: CombinedWeights([file.initialWeights, language.weights]), plan: try file.plan,
            fresh: file.expectedLosses.isEmpty ? ["*lora_*"] : [],
            frozenWeights: savings.keepsStoredWeights ? .asStored : .float32)
        let assembly = try blueprint.assemble { scope in
            try AudioVisualModel(
                language.configuration, visualFeatureSize: file.visualFeatureSize,
                audioFeatureSize: file.audioFeatureSize,
                recomputingLayers: savings.recomputesLayers, at: scope)
        }
        model = assembly.model
        parameters = assembly.trainedParameters
        let settings = file.optimizer
        optimizer = try AdamW(
            [
                ParameterGroup(
                    parameters, learningRate: settings.lr, weightDecay: settings.weight_decay)
            ],
            settings: AdamW.Settings(
                beta1: settings.betas[0], beta2: settings.betas[1], epsilon: settings.eps,
                maximumNorm: file.clipNorm))
    }

    /// Makes `steps` steps on the batch; the first is not counted in the medians.
    public func run(
        steps: Int, warmup: Int = 1, progress: (Int) -> Void = { _ in }
    ) throws -> Report {
        var times: [[Double]] = []
        var losses: [Double] = []
        var norms: [Double] = []
        let count = Double(file.batch.targets.count)
        for _ in 0..<steps {
            let start = Date()
            let result = model.loss(of: file.batch)
            let middle = Date()
            var window = GradientWindow()
            window.add(Tensors.gradients(of: result.loss), of: parameters, weight: count)
            let late = Date()
            norms.append(try optimizer.step(window, learningRateFactor: 1).gradientNorm)
            let end = Date()
            losses.append(result.loss.item / count)
            times.append([
                end.timeIntervalSince(start), middle.timeIntervalSince(start),
                late.timeIntervalSince(middle), end.timeIntervalSince(late),
            ])
            progress(times.count)
        }
        let used = times.count > warmup ? Array(times.dropFirst(warmup)) : times
        func median(_ index: Int) -> Double {
            let sorted = used.map { $0[index] }.sorted()
            return sorted.isEmpty
                ? 0 : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }
        let gflop = operationCount * 1e-9
        let error = zip(losses, file.expectedLosses).prefix(Self.comparedSteps)
            .map { abs($0 - $1) }.max()
        return Report(
            bench: "duet", stage: file.stage, threads: Parallel.threadCount, steps: steps,
            warmup: warmup, batch: file.batch.layout.segments.count,
            realTokens: file.tokenCount, supervisedTokens: file.batch.targets.count,
            trainableParams: parameters.reduce(0) { $0 + $1.scalarCount },
            sPerStepMedian: median(0), sPerStepMin: used.map { $0[0] }.min() ?? 0,
            sForwardMedian: median(1), sBackwardMedian: median(2), sOptimizerMedian: median(3),
            realTokensPerS: Double(file.tokenCount) / median(0),
            peakRssMb: Double(Machine.peakMemory) / 1_048_576, gflopPerStep: gflop,
            gflopPerS: gflop / median(0), loss: losses, gradNorm: norms, maximumLossError: error,
            sSteps: times.map { $0[0] }, blasCore: Machine.current.core)
    }

    /// Operations that the step needs.
    var operationCount: Double {
        let adapters = parameters.filter { $0.path.contains(".lora_") }
        return TrainingOperations(
            model.language.configuration,
            adapterScalarCount: adapters.reduce(0) { $0 + $1.scalarCount }
        ).step(
            rowCount: file.batch.tokens.count, pairCount: file.batch.layout.segments.pairCount,
            supervisedCount: file.batch.targets.count)
    }
}
