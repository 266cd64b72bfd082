extension ClapConfiguration {
    /// Operations to encode one spectrogram.
    ///
    /// Formula: over stages with t patches of c channels: blocks·(2t·(4c² + 2c·f) + 4t·w²·c), and between
    /// stages 2·(t/4)·4c·2c
    /// Units: floating-point operations; a fused multiply-add is two
    public var operationCount: Double {
        (0..<stageCount).reduce(0.0) { sum, stage in
            let t = Double(side(stage: stage) * side(stage: stage))
            let (c, f) = (Double(channels(stage: stage)), Double(feedForwardSize(stage: stage)))
            let window = Double(windowSide * windowSide)
            let block = 2 * t * (4 * c * c + 2 * c * f) + 4 * t * window * c
            let merging = stage + 1 < stageCount ? 2 * (t / 4) * 4 * c * 2 * c : 0
            return sum + Double(blockCounts[stage]) * block + merging
        }
    }

    /// Numbers in the weights of its linear maps, nearly all that it has.
    public var weightCount: Double {
        (0..<stageCount).reduce(0.0) { sum, stage in
            let (c, f) = (Double(channels(stage: stage)), Double(feedForwardSize(stage: stage)))
            let merging = stage + 1 < stageCount ? 4 * c * 2 * c : 0
            return sum + Double(blockCounts[stage]) * (4 * c * c + 2 * c * f) + merging
        }
    }
}
