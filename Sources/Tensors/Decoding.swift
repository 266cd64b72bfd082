public import Kernels

extension Tensor {
    /// Keeps the keys and values of whole sequences of rotated rows, for `decodingAttention`.
    ///
    /// Shapes: [t, (hq + 2 hk) d]
    public func keepKeysAndValues(
        of segments: [AttentionSegment], layer: Int, in memories: inout [SequenceMemory]
    ) {
        DecodingAttention.store(scalars, segments: segments, layer: layer, in: &memories)
    }

    /// Attention of one new, unrotated row a sequence over what was kept of it and itself. Nothing
    /// can be differentiated through it.
    ///
    /// Shapes: [b, (hq + 2 hk) d] → [b, hq d]
    public func decodingAttention(
        heads: AttentionHeads, layer: Int, memories: [SequenceMemory], table: RotaryTable
    ) -> Tensor {
        precondition(
            shape == [memories.count, heads.packedWidth] && table.headSize == heads.size,
            "decodingAttention: \(shape) for \(memories.count) sequences of \(heads.packedWidth)")
        return Tensor(
            DecodingAttention.step(
                scalars, heads: heads, layer: layer, memories: memories, cosines: table.cosines,
                sines: table.sines),
            shape: [memories.count, heads.outputWidth])
    }
}

extension Tensor {
    /// Where the greatest element of each row stands; the first of equal ones.
    ///
    /// Shapes: [t, n], n > 0 → t indices
    public var indicesOfGreatest: [Int32] {
        precondition(rank == 2 && shape[1] > 0, "indicesOfGreatest: \(shape)")
        return Reductions.maximum(scalars, outer: shape[0], shape[1], inner: 1).indices
    }
}
