internal import CKernels

/// Normalisation of rows.
public enum Normalization {
    /// What the pullbacks need again.
    public struct RMSResult: Sendable {
        /// The normalised rows.
        public let y: Scalars
        /// 1 / √(mean(x²) + ε), one a row.
        public let inverseRMS: Scalars
    }

    private static func grain(_ width: Int) -> Int { Elementwise.grain / max(width, 1) + 1 }

    /// y = x / √(mean(x²) + ε) ⊙ weight
    public static func rms(
        _ x: Scalars, weight: Scalars, width: Int, epsilon: Double
    ) -> RMSResult {
        let rows = x.count / max(width, 1)
        let y = Scalars(uninitialized: x.count, x.type)
        let inverse = Scalars(uninitialized: rows, x.type)
        Parallel.ranges(rows, grain: grain(width)) { range in
            let start = range.lowerBound * width
            duet_rms_norm(
                x.type.code, range.count, width, epsilon, x.address(at: start), weight.address,
                y.address(at: start), inverse.address(at: range.lowerBound))
        }
        return RMSResult(y: y, inverseRMS: inverse)
    }

    /// dx and, where asked for, dweight.
    public static func rmsPullback(
        _ x: Scalars, weight: Scalars, inverseRMS: Scalars, dy: Scalars, width: Int,
        wantsInput: Bool, wantsWeight: Bool
    ) -> (dx: Scalars?, dweight: Scalars?) {
        let rows = x.count / max(width, 1)
        let dx = wantsInput ? Scalars(uninitialized: x.count, x.type) : nil
        let dweight = wantsWeight ? Scalars(repeating: 0, count: width, type: x.type) : nil
        // One thread when rows add up into dweight: the order of additions stays fixed.
        Parallel.ranges(rows, grain: wantsWeight ? rows : grain(width)) { range in
            let start = range.lowerBound * width
            duet_rms_norm_pullback(
                x.type.code, range.count, width, x.address(at: start), weight.address,
                inverseRMS.address(at: range.lowerBound), dy.address(at: start),
                dx?.address(at: start), dweight?.address)
        }
        return (dx, dweight)
    }

    /// What the pullbacks need again.
    public struct LayerResult: Sendable {
        /// The normalised rows.
        public let y: Scalars
        /// Mean of each row.
        public let mean: Scalars
        /// 1 / √(variance + ε), one a row.
        public let inverseDeviation: Scalars
    }

    /// y = (x − mean) / √(variance + ε) ⊙ weight + bias
    public static func layer(
        _ x: Scalars, weight: Scalars, bias: Scalars, width: Int, epsilon: Double
    ) -> LayerResult {
        let rows = x.count / max(width, 1)
        let y = Scalars(uninitialized: x.count, x.type)
        let mean = Scalars(uninitialized: rows, x.type)
        let inverse = Scalars(uninitialized: rows, x.type)
        Parallel.ranges(rows, grain: grain(width)) { range in
            let start = range.lowerBound * width
            duet_layer_norm(
                x.type.code, range.count, width, epsilon, x.address(at: start), weight.address,
                bias.address, y.address(at: start), mean.address(at: range.lowerBound),
                inverse.address(at: range.lowerBound))
        }
        return LayerResult(y: y, mean: mean, inverseDeviation: inverse)
    }

    /// dx and, where asked for, dweight and dbias.
    public static func layerPullback(
        _ x: Scalars, weight: Scalars, _ result: LayerResult, dy: Scalars, width: Int,
        wantsInput: Bool, wantsWeights: Bool
    ) -> (dx: Scalars?, dweight: Scalars?, dbias: Scalars?) {
        let rows = x.count / max(width, 1)
        let dx = wantsInput ? Scalars(uninitialized: x.count, x.type) : nil
        let dweight = wantsWeights ? Scalars(repeating: 0, count: width, type: x.type) : nil
        let dbias = wantsWeights ? Scalars(repeating: 0, count: width, type: x.type) : nil
        Parallel.ranges(rows, grain: wantsWeights ? rows : grain(width)) { range in
            let start = range.lowerBound * width
            duet_layer_norm_pullback(
                x.type.code, range.count, width, x.address(at: start), weight.address,
                result.mean.address(at: range.lowerBound),
                result.inverseDeviation.address(at: range.lowerBound), dy.address(at: start),
                dx?.address(at: start), dweight?.address, dbias?.address)
        }
        return (dx, dweight, dbias)
    }
}
