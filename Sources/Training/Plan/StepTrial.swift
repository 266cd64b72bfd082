internal import Foundation
internal import Kernels
internal import Layers
internal import Models
internal import Optimization
internal import Tensors

/// Makes training steps on made-up batches and takes their time.
///
/// The model is changed by it, as by any step.
struct StepTrial {
    /// Seconds of one batch.
    struct Times: Sendable {
        /// To the loss.
        let forward: Double
        /// Of the sweep back.
        let backward: Double
        /// Of the update.
        let update: Double
    }

    private let model: AudioVisualModel
    private let optimizer: AdamW
    private let usesDropout: Bool

    init(model: AudioVisualModel, optimizer: AdamW, usesDropout: Bool) {
        self.model = model
        self.optimizer = optimizer
        self.usesDropout = usesDropout
    }

    /// One step.
    func run(_ shape: BatchShape) throws -> Times {
        let batch = shape.batch(
            visualFeatureSize: model.visualProjector?.featureSize,
            audioFeatureSize: model.audioProjector?.featureSize)
        let start = Date()
        let loss = model.loss(of: batch, dropoutSeed: usesDropout ? 1 : nil).loss
        let middle = Date()
        var window = GradientWindow()
        window.add(
            Tensors.gradients(of: loss), of: optimizer.parameters,
            weight: Double(max(1, batch.targets.count)))
        let late = Date()
        _ = try optimizer.step(window, learningRateFactor: 1)
        let end = Date()
        return Times(
            forward: middle.timeIntervalSince(start), backward: late.timeIntervalSince(middle),
            update: end.timeIntervalSince(late))
    }
}

/// Weights that are all zero, for models of which only time and memory are asked.
struct BlankWeights: WeightSource {
    let name = "blank weights"
    let paths: [String]
    private let shapes: [String: [Int]]

    init(_ configuration: LanguageModelConfiguration) {
        let list = configuration.parameterShapes
        shapes = Dictionary(uniqueKeysWithValues: list.map { ($0.path, $0.shape) })
        paths = list.map(\.path)
    }

    func shape(of path: String) -> [Int]? { shapes[path] }

    func read(_ path: String, into buffer: UnsafeMutableBufferPointer<Float>) {
        buffer.update(repeating: 0)
    }
}
