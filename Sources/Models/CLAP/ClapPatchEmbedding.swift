import Layers
import Tensors

/// The first layer of CLAP's tower: patches of folded spectrograms, with crops fused in.
///
/// Shapes: pictures [n, side, side, 1] → [n · patches, channels]
struct ClapPatchEmbedding {
    /// PyTorch's default of layer normalisation.
    private static let normEpsilon = 1e-5

    private let configuration: ClapConfiguration
    private let weight: Parameter
    private let bias: Parameter
    private let norm: LayerNorm?
    private let fusion: ClapFusion?

    init(_ configuration: ClapConfiguration, at scope: Scope) throws {
        self.configuration = configuration
        let (c, side) = (configuration.channels, configuration.patchSide)
        let fill = Fill.fanIn(side * side)
        weight = try (scope / "proj").parameter("weight", shape: [c, 1, side, side], fill: fill)
        bias = try (scope / "proj").parameter("bias", shape: [c], fill: fill)
        norm =
            try configuration.normalizesPatches
            ? LayerNorm(size: c, epsilon: Self.normEpsilon, at: scope / "norm") : nil
        fusion = try configuration.fuses ? ClapFusion(configuration, at: scope) : nil
    }

    /// Patches of pictures; `crops` are those of the pictures at `cropped`, in order, three each.
    func callAsFunction(_ pictures: Tensor, crops: Tensor?, cropped: [Int]) -> Tensor {
        let padding = configuration.patchPadding
        var x = pictures.convolution2D(
            weight.tensor.transposed([0, 2, 3, 1]), bias: bias.tensor,
            stride: configuration.patchStride,
            padding: Padding(top: padding, bottom: padding, left: padding, right: padding))
        let patches = x.shape[1] * x.shape[2]
        if let fusion, let crops {
            let size = patches * configuration.channels
            let rows = cropped.map(Int32.init)
            let flat = x.reshaped([x.shape[0], size])
            let shape = [rows.count] + x.shape[1...]
            let fused = fusion(flat.gatheringRows(rows).reshaped(shape), crops)
            x = flat.replacingRows(rows, with: fused.reshaped([rows.count, size]))
        }
        x = x.reshaped([pictures.shape[0] * patches, configuration.channels])
        return norm?(x) ?? x
    }
}

/// Attentional fusion of a sound's whole and three crops of it.
///
/// Formula: s = σ(local(g + l) + global(g + l)); y = 2 g ⊙ s + 2 l ⊙ (1 − s)
/// Shapes:  g [n, rows, columns, c], crops [3 n, side, side, 1] → [n, rows, columns, c]
/// Source:  Dai et al. 2020 (arXiv:2009.14082); transformers' ClapAudioAFFBlock
struct ClapFusion {
    /// PyTorch's default of batch normalisation.
    private static let normEpsilon = 1e-5

    private let configuration: ClapConfiguration
    private let weight: Parameter
    private let bias: Parameter
    private let local: [NormalizedConvolution2D]
    private let global: [NormalizedConvolution2D]

    init(_ configuration: ClapConfiguration, at scope: Scope) throws {
        self.configuration = configuration
        let (c, side) = (configuration.channels, configuration.patchSide)
        let fill = Fill.fanIn(3 * side * side)
        let convolution = scope / "mel_conv2d"
        weight = try convolution.parameter("weight", shape: [c, 1, side, 3 * side], fill: fill)
        bias = try convolution.parameter("bias", shape: [c], fill: fill)
        let inner = c / configuration.fusionReduction
        func attention(_ name: String, from first: Int) throws -> [NormalizedConvolution2D] {
            let place = scope / "fusion_model" / name
            return try [(first, c, inner), (first + 3, inner, c)].map { index, inputs, outputs in
                try NormalizedConvolution2D(
                    inputs: inputs, outputs: outputs, side: 1, hasBias: true,
                    normEpsilon: Self.normEpsilon, convolution: place / index,
                    norm: place / (index + 1))
            }
        }
        local = try attention("local_att", from: 0)
        global = try attention("global_att", from: 1)
    }

    func callAsFunction(_ whole: Tensor, _ crops: Tensor) -> Tensor {
        let parts = sideBySide(crops, columns: whole.shape[2])
        let both = whole + parts
        let mean = both.mean(axes: [1, 2]).reshaped([both.shape[0], 1, 1, both.shape[3]])
        let share = (attend(local, both) + attend(global, mean)).sigmoid()
        return (whole * share + parts * share.scaled(by: -1).adding(1)).scaled(by: 2)
    }

    private func attend(_ layers: [NormalizedConvolution2D], _ x: Tensor) -> Tensor {
        layers[1](layers[0](x).relu())
    }

    /// Patches three times as wide, of the three crops one after the other in time; columns that they
    /// don't fill are zero.
    private func sideBySide(_ crops: Tensor, columns: Int) -> Tensor {
        let (stride, padding) = (configuration.patchStride, configuration.patchPadding)
        let x = crops.convolution2D(
            weight.tensor.transposed([0, 2, 3, 1]), bias: bias.tensor,
            strides: (rows: stride, columns: 3 * stride),
            padding: Padding(top: padding, bottom: padding, left: padding, right: padding))
        let (count, rows, width, c) = (x.shape[0] / 3, x.shape[1], x.shape[2], x.shape[3])
        let joined = x.reshaped([count, 3, rows, width, c]).transposed([0, 2, 1, 3, 4])
            .reshaped([count, rows, 3 * width, c])
        if 3 * width == columns { return joined }
        let rest = Tensor.zeros([count, rows, columns - 3 * width, c], type: x.scalarType)
        return Tensor.concatenated([joined, rest], axis: 2)
    }
}
