import Kernels
import Layers
import Tensors

/// One block of a Swin transformer: attention inside windows, which every other block shifts.
///
/// Formula: h = x + O·attend([Q; K; V]·norm(x)); y = h + W₂·gelu(W₁·norm(h))
/// Shapes:  x [n · side · side, channels] → the same
/// Source:  Liu et al. 2021 (arXiv:2103.14030)
struct SwinBlock {
    private let headCount: Int
    private let windowSide: Int
    private let normBefore: LayerNorm
    private let queryKeyValue: MergedLinear
    private let bias: Tensor
    private let output: Linear
    private let normAfter: LayerNorm
    private let expand: Linear
    private let contract: Linear

    init(_ configuration: ClapConfiguration, stage: Int, at scope: Scope) throws {
        let size = configuration.channels(stage: stage)
        let inner = configuration.feedForwardSize(stage: stage)
        headCount = configuration.headCounts[stage]
        windowSide = configuration.windowSide
        let attention = scope / "attention" / "self"
        normBefore = try LayerNorm(
            size: size, epsilon: configuration.normEpsilon, at: scope / "layernorm_before")
        queryKeyValue = try MergedLinear(
            ["query", "key", "value"].map {
                .init($0, outputs: size, hasBias: configuration.hasAttentionBias)
            }, inputs: size, at: attention)
        let table = try attention.parameter(
            "relative_position_bias_table",
            shape: [(2 * windowSide - 1) * (2 * windowSide - 1), headCount], fill: .zeros)
        bias = Self.bias(table, windowSide: windowSide)
        output = try Linear(
            inputs: size, outputs: size, hasBias: true,
            at: scope / "attention" / "output" / "dense")
        normAfter = try LayerNorm(
            size: size, epsilon: configuration.normEpsilon, at: scope / "layernorm_after")
        expand = try Linear(
            inputs: size, outputs: inner, hasBias: true, at: scope / "intermediate" / "dense")
        contract = try Linear(
            inputs: inner, outputs: size, hasBias: true, at: scope / "output" / "dense")
    }

    func callAsFunction(_ x: Tensor, windows: AttentionWindows) -> Tensor {
        let attended = queryKeyValue(normBefore(x)).windowAttention(
            headCount: headCount, windows: windows, bias: bias)
        let h = output.added(to: x, attended)
        return contract.added(to: h, expand.activated(normAfter(h), .erf))
    }

    /// The table's entries by pairs of positions: the row is (Δy + side − 1)(2 side − 1) + Δx + side − 1.
    ///
    /// Shapes: [(2 side − 1)², heads] → [heads, side², side²]
    private static func bias(_ table: Parameter, windowSide side: Int) -> Tensor {
        // A tensor that a file lacks has no values to rearrange; `assemble` reports it.
        guard table.value.shape == table.shape else { return table.value }
        let count = side * side
        let rows = (0..<count * count).map { pair -> Int32 in
            let (a, b) = (pair / count, pair % count)
            let dy = a / side - b / side + side - 1
            let dx = a % side - b % side + side - 1
            return Int32(dy * (2 * side - 1) + dx)
        }
        return table.tensor.gatheringRows(rows).transposed([1, 0])
            .reshaped([table.shape[1], count, count])
    }
}

extension AttentionWindows {
    /// The windows of square pictures laid out row by row, one picture after the other.
    ///
    /// Shifted windows wrap around the edges; what an edge separates are different regions.
    init(pictureCount: Int, side: Int, windowSide: Int, shift: Int) {
        let across = side / windowSide
        func region(_ position: Int) -> Int32 {
            (position >= side - windowSide ? 1 : 0) + (position >= side - shift ? 1 : 0)
        }
        var rows: [Int32] = []
        var regions: [Int32] = []
        rows.reserveCapacity(pictureCount * side * side)
        for window in 0..<pictureCount * across * across {
            let picture = window / (across * across)
            let (top, left) = (
                window / across % across * windowSide, window % across * windowSide
            )
            for place in 0..<windowSide * windowSide {
                let (y, x) = (top + place / windowSide, left + place % windowSide)
                let (row, column) = ((y + shift) % side, (x + shift) % side)
                rows.append(Int32(picture * side * side + row * side + column))
                regions.append(region(y) * 3 + region(x))
            }
        }
        self.init(
            rows: rows, size: windowSide * windowSide, regions: shift > 0 ? regions : nil)
    }
}

/// Four neighbouring patches become one of twice the channels.
///
/// Formula: y = R·norm([x₀₀; x₁₀; x₀₁; x₁₁])
/// Shapes:  [n · side · side, c] → [n · side/2 · side/2, 2 c]
/// Source:  Liu et al. 2021 (arXiv:2103.14030)
struct PatchMerging {
    /// PyTorch's default.
    private static let normEpsilon = 1e-5

    private let norm: LayerNorm
    private let reduction: Linear

    init(channels: Int, at scope: Scope) throws {
        norm = try LayerNorm(size: 4 * channels, epsilon: Self.normEpsilon, at: scope / "norm")
        reduction = try Linear(
            inputs: 4 * channels, outputs: 2 * channels, at: scope / "reduction")
    }

    func callAsFunction(_ x: Tensor, side: Int) -> Tensor {
        let (pictures, half) = (x.shape[0] / (side * side), side / 2)
        let rows = (0..<pictures * half * half).flatMap { cell -> [Int32] in
            let (picture, row, column) = (cell / (half * half), cell / half % half, cell % half)
            let first = picture * side * side + 2 * row * side + 2 * column
            return [first, first + side, first + 1, first + side + 1].map(Int32.init)
        }
        let merged = x.gatheringRows(rows).reshaped([rows.count / 4, 4 * x.shape[1]])
        return reduction(norm(merged))
    }
}
