extension VisionTransformerConfiguration {
    /// Operations to encode one picture.
    ///
    /// Formula: with t rows of width h and f inside: 2·patches·3·p²·h + layers·(2t·(4h² + 2hf) + 4t²h)
    /// Units: floating-point operations; a fused multiply-add is two
    public var operationCount: Double {
        let (t, h, f) = (Double(tokenCount), Double(hiddenSize), Double(feedForwardSize))
        let pixels = Double(3 * patchSide * patchSide)
        let layer = 2 * t * (4 * h * h + 2 * h * f) + 4 * t * t * h
        return 2 * Double(patchCount) * pixels * h + Double(layerCount) * layer
    }

    /// Numbers in the weights of its linear maps, nearly all that it has.
    public var weightCount: Double {
        let (h, f) = (Double(hiddenSize), Double(feedForwardSize))
        return Double(3 * patchSide * patchSide) * h + Double(layerCount) * (4 * h * h + 2 * h * f)
    }
}
