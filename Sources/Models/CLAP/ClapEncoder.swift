import Kernels
public import Layers
package import Tensors

/// The audio tower of CLAP: features on a grid of frequency and time, or one vector a sound.
///
/// Source: Wu et al. 2023 (arXiv:2211.06687); Chen et al. 2022 (arXiv:2202.00874); transformers'
/// ClapAudioModel
public struct ClapEncoder: MediaEncoder {
    /// Which of the tower's outputs are the features.
    public enum Output: String, Sendable, CaseIterable {
        /// Cells of frequency and time.
        case grid
        /// One vector a sound, the mean of the cells.
        case pooled
        /// One vector a sound of length 1, in the space shared with text.
        case embedding
    }

    /// The sizes.
    public let configuration: ClapConfiguration
    /// Which output the features are.
    public let output: Output
    private let folding: FoldedSpectrogram
    private let patches: ClapPatchEmbedding
    private let stages: [ClapStage]
    private let norm: LayerNorm
    private let projection: [Linear]

    /// How many sounds are computed at a time; more would only need more memory.
    private static let soundsAtATime = 8
    /// PyTorch's default of layer normalisation.
    private static let normEpsilon = 1e-5

    /// Claims the hub's names below `audio_model.audio_encoder`, and `audio_projection`.
    ///
    /// Throws: `ModelError` when embeddings are asked for and the weights can't give them
    public init(
        _ configuration: ClapConfiguration, output: Output = .grid, hasProjection: Bool,
        at scope: Scope
    ) throws {
        guard hasProjection || output != .embedding else {
            throw ModelError(
                .configuration, subject: "CLAP audio tower", detail: "has no audio_projection",
                hint: "take grid or pooled, or weights that hold it")
        }
        self.configuration = configuration
        self.output = output
        let tower = scope / "audio_model" / "audio_encoder"
        folding = try FoldedSpectrogram(configuration, at: tower / "batch_norm")
        patches = try ClapPatchEmbedding(configuration, at: tower / "patch_embed")
        stages = try (0..<configuration.stageCount).map {
            try ClapStage(configuration, stage: $0, at: tower / "layers" / $0)
        }
        norm = try LayerNorm(
            size: configuration.hiddenSize, epsilon: Self.normEpsilon, at: tower / "norm")
        let size = configuration.projectionSize
        projection =
            try hasProjection
            ? [("linear1", configuration.hiddenSize), ("linear2", size)].map { name, inputs in
                try Linear(
                    inputs: inputs, outputs: size, hasBias: true,
                    at: scope / "audio_projection" / name)
            } : []
    }

    /// The channels of the last stage, or the projection size for embeddings.
    public var featureSize: Int {
        output == .embedding ? configuration.projectionSize : configuration.hiddenSize
    }

    /// A grid of time and frequency (columns of one), or one cell.
    ///
    /// Throws: `ModelError` when a spectrogram has other bands or more frames than the tower takes
    public func encode(_ inputs: [SpectrogramViews]) throws -> [FeatureGrid] {
        var grids: [FeatureGrid] = []
        for first in stride(from: 0, to: inputs.count, by: Self.soundsAtATime) {
            let part = Array(inputs[first..<min(first + Self.soundsAtATime, inputs.count)])
            let cells = cells(ofLast: try lastState(part), count: part.count)
            let values =
                switch output {
                case .grid: cells
                case .pooled: pooled(cells, count: part.count)
                case .embedding: Self.unit(embeddings(pooled(cells, count: part.count)))
                }
            let (times, bands) = output == .grid ? configuration.gridSize : (1, 1)
            let counts = [Int](repeating: times * bands, count: part.count)
            grids += values.split(axis: 0, counts: counts).map {
                FeatureGrid(timeCount: times, rowCount: bands, values: $0)
            }
        }
        return grids
    }

    /// The patches and the output of each stage, after its patches were merged.
    ///
    /// Shapes: each [n · side · side, channels]
    package func hiddenStates(_ inputs: [SpectrogramViews]) throws -> [Tensor] {
        var states: [Tensor] = []
        _ = try lastState(inputs) { states.append($0) }
        return states
    }

    /// The pictures that patches are taken of.
    ///
    /// Shapes: [n, side, side, 1]
    package func folded(_ spectrograms: [Spectrogram]) throws -> Tensor {
        try folding(spectrograms)
    }

    private func lastState(
        _ inputs: [SpectrogramViews], observe: (Tensor) -> Void = { _ in }
    ) throws -> Tensor {
        let cropped = configuration.fuses ? inputs.indices.filter { !inputs[$0].crops.isEmpty } : []
        let crops = cropped.flatMap { inputs[$0].crops }
        guard crops.count == 3 * cropped.count else {
            throw ModelError(
                .input, subject: "spectrogram",
                detail: "\(crops.count) crops of \(cropped.count) sounds; expected three each",
                hint: "crop the front, the middle and the back")
        }
        var x = patches(
            try folding(inputs.map(\.whole)), crops: crops.isEmpty ? nil : try folding(crops),
            cropped: cropped)
        observe(x)
        for stage in stages {
            x = stage(x, pictureCount: inputs.count)
            observe(x)
        }
        return x
    }

    /// The normalised cells, time outermost: runs of time that were stacked stand side by side again.
    ///
    /// Shapes: [n · side · side, hidden] → [n · times · bands, hidden]
    package func cells(ofLast state: Tensor, count: Int) -> Tensor {
        let side = configuration.side(stage: configuration.stageCount - 1)
        let (times, bands) = configuration.gridSize
        let rows = (0..<count * times * bands).map { cell -> Int32 in
            let (sound, time, band) = (
                cell / (times * bands), cell / bands % times, cell % bands
            )
            let row = time / side * bands + band
            return Int32(sound * side * side + row * side + time % side)
        }
        return norm(state).gatheringRows(rows)
    }

    /// The mean of each sound's cells.
    ///
    /// Shapes: [n · cells, hidden] → [n, hidden]
    package func pooled(_ cells: Tensor, count: Int) -> Tensor {
        cells.reshaped([count, cells.shape[0] / count, configuration.hiddenSize]).mean(axes: [1])
    }

    /// Pooled vectors in the space shared with text, not normalised.
    ///
    /// Formula: W₂·max(0, W₁·x + b₁) + b₂
    package func embeddings(_ pooled: Tensor) -> Tensor {
        precondition(projection.count == 2, "CLAP: the tower has no projection")
        return projection[1](projection[0](pooled).relu())
    }

    /// Rows at length 1; a row of zeros stays.
    private static func unit(_ x: Tensor) -> Tensor {
        let lengths = (x * x).sum(axes: [1]).reshaped([x.shape[0], 1])
        return x / lengths.adding(1e-24).squareRoot()
    }
}

/// Blocks at one resolution, and the merging of patches behind them.
struct ClapStage {
    private let blocks: [SwinBlock]
    private let merging: PatchMerging?
    private let side: Int
    private let windowSide: Int

    init(_ configuration: ClapConfiguration, stage: Int, at scope: Scope) throws {
        side = configuration.side(stage: stage)
        windowSide = configuration.windowSide
        blocks = try (0..<configuration.blockCounts[stage]).map {
            try SwinBlock(configuration, stage: stage, at: scope / "blocks" / $0)
        }
        merging =
            try stage + 1 < configuration.stageCount
            ? PatchMerging(
                channels: configuration.channels(stage: stage), at: scope / "downsample") : nil
    }

    func callAsFunction(_ x: Tensor, pictureCount: Int) -> Tensor {
        // One window that covers the picture is not shifted.
        let shift = side > windowSide ? windowSide / 2 : 0
        let windows = [0, shift].map {
            AttentionWindows(
                pictureCount: pictureCount, side: side, windowSide: windowSide, shift: $0)
        }
        let y = blocks.enumerated().reduce(x) { x, block in
            block.element(x, windows: windows[block.offset % 2])
        }
        return merging?(y, side: side) ?? y
    }
}
