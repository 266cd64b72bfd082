/// The sizes of CLAP's audio tower, a Swin transformer over a folded spectrogram (HTS-AT).
///
/// Source: Wu et al. 2023 (arXiv:2211.06687); Chen et al. 2022 (arXiv:2202.00874); Liu et al. 2021
/// (arXiv:2103.14030); transformers' ClapAudioConfig
public struct ClapConfiguration: Sendable, Equatable {
    /// Side of the square picture that a spectrogram is folded into.
    public var pictureSide: Int
    /// Mel bands of the input.
    public var bandCount: Int
    /// Side of a patch.
    public var patchSide: Int
    /// From one patch to the next.
    public var patchStride: Int
    /// Side of an attention window, in patches.
    public var windowSide: Int
    /// Channels of the first stage; each further one has twice as many.
    public var channels: Int
    /// Blocks of each stage.
    public var blockCounts: [Int]
    /// Attention heads of each stage.
    public var headCounts: [Int]
    /// Width of the feed-forward part in units of the stage's channels.
    public var feedForwardRatio: Double
    /// Whether queries, keys and values have biases.
    public var hasAttentionBias: Bool
    /// Whether patches are normalised.
    public var normalizesPatches: Bool
    /// Whether crops of longer sounds are fused in.
    public var fuses: Bool
    /// What the fusion's channels are divided by inside it.
    public var fusionReduction: Int
    /// Width of the space shared with text.
    public var projectionSize: Int
    /// ε of the blocks' normalisations.
    public var normEpsilon: Double

    /// HTS-AT tiny, as in laion/clap-htsat-unfused.
    ///
    /// Source: transformers' defaults of ClapAudioConfig
    public static let tiny = ClapConfiguration(
        pictureSide: 256, bandCount: 64, patchSide: 4, patchStride: 4, windowSide: 8,
        channels: 96, blockCounts: [2, 2, 6, 2], headCounts: [4, 8, 16, 32],
        feedForwardRatio: 4, hasAttentionBias: true, normalizesPatches: true, fuses: false,
        fusionReduction: 4, projectionSize: 512, normEpsilon: 1e-5)

    /// Spectrograms are cut into this many runs of time, which are stacked.
    public var foldCount: Int { pictureSide / bandCount }
    /// Frames of a folded spectrogram.
    public var frameCount: Int { pictureSide * foldCount }
    /// Stages.
    public var stageCount: Int { blockCounts.count }
    /// Channels of the last stage.
    public var hiddenSize: Int { channels(stage: stageCount - 1) }
    /// Zeros around the picture before patches are taken.
    var patchPadding: Int { (patchSide - patchStride) / 2 }
    /// Cells along time and along frequency of the result.
    var gridSize: (times: Int, bands: Int) {
        let side = side(stage: stageCount - 1)
        return (side * foldCount, side / foldCount)
    }

    /// Channels of a stage.
    func channels(stage: Int) -> Int { channels << stage }
    /// Patches along a side in a stage.
    func side(stage: Int) -> Int { (pictureSide / patchStride) >> stage }
    /// Width inside the feed-forward part of a stage.
    func feedForwardSize(stage: Int) -> Int {
        Int(feedForwardRatio * Double(channels(stage: stage)))
    }

    /// Checks that the sizes are possible and belong together.
    ///
    /// Throws: `ModelError` listing what doesn't fit
    public func validate() throws {
        var problems = sizeProblems
        if problems.isEmpty { problems = shapeProblems }
        guard problems.isEmpty else {
            throw ModelError(
                .configuration, subject: "CLAP audio tower",
                detail: problems.joined(separator: ", "), hint: "check the tower's configuration")
        }
    }

    private var sizeProblems: [String] {
        let sizes =
            [
                ("picture side", pictureSide, 1 << 12), ("mel bands", bandCount, 1 << 10),
                ("patch side", patchSide, 1 << 8), ("patch stride", patchStride, 1 << 8),
                ("window side", windowSide, 1 << 6), ("channels", channels, 1 << 12),
                ("stages", stageCount, 8), ("fusion reduction", fusionReduction, 1 << 8),
                ("projection size", projectionSize, 1 << 14),
            ] + blockCounts.map { ("blocks", $0, 1 << 8) }
            + headCounts.map { ("attention heads", $0, 1 << 10) }
        var problems = sizes.filter { $0.1 < 1 || $0.1 > $0.2 }.map {
            "\($0.0) \($0.1) is outside of 1...\($0.2)"
        }
        if !(feedForwardRatio > 0 && feedForwardRatio <= 64) {
            problems.append("feed-forward ratio \(feedForwardRatio) is outside of 0...64")
        }
        if !(normEpsilon > 0 && normEpsilon < 1) {
            problems.append("normalisation ε \(normEpsilon) is outside of 0...1")
        }
        return problems
    }

    private var shapeProblems: [String] {
        var problems: [String] = []
        if headCounts.count != stageCount {
            problems.append("\(headCounts.count) head counts for \(stageCount) stages")
        }
        if pictureSide % bandCount != 0 || pictureSide % patchStride != 0 {
            problems.append(
                "\(bandCount) bands and strides of \(patchStride) don't divide \(pictureSide)")
        }
        if patchSide < patchStride || (patchSide - patchStride) % 2 != 0 {
            problems.append("patches of \(patchSide) every \(patchStride)")
        }
        if (pictureSide / patchStride) % (windowSide << (stageCount - 1)) != 0 {
            problems.append(
                "windows of \(windowSide) don't divide all \(stageCount) stages of "
                    + "\(pictureSide / patchStride) patches a side")
        } else if side(stage: stageCount - 1) % foldCount != 0 {
            problems.append(
                "\(side(stage: stageCount - 1)) rows at the end for \(foldCount) runs of time")
        }
        for (stage, heads) in headCounts.enumerated() where channels(stage: stage) % heads != 0 {
            problems.append("\(heads) heads don't divide \(channels(stage: stage)) channels")
        }
        return problems
    }
}
