/// The tokens of a clip's pictures and of its sound in one order of time.
///
/// Both are taken to be spread evenly over the clip: frame i of n stands at (i + ½) / n, segments
/// likewise, and a frame before a segment of the same time.
/// Source: Tang et al. 2024 (arXiv:2403.16276), section 3.1
public struct MediaInterleaving: Sendable, Hashable {
    private let frameCount: Int
    private let tokensPerFrame: Int
    private let segmentCount: Int
    private let tokensPerSegment: Int

    /// Takes how many frames and segments a clip has, and the tokens of each.
    ///
    /// Traps: when one of them is below 1
    public init(
        frameCount: Int, tokensPerFrame: Int, segmentCount: Int, tokensPerSegment: Int
    ) {
        let counts = [frameCount, tokensPerFrame, segmentCount, tokensPerSegment]
        precondition(
            counts.allSatisfy { $0 > 0 }, "media interleaving: counts \(counts), expected above 0")
        self.frameCount = frameCount
        self.tokensPerFrame = tokensPerFrame
        self.segmentCount = segmentCount
        self.tokensPerSegment = tokensPerSegment
    }

    /// The slots that take the place of both media from a token on.
    func slots(from start: Int) -> [MediaSlot] {
        var slots: [MediaSlot] = []
        var (place, frame, segment) = (start, 0, 0)
        func append(_ kind: MediaKind, _ count: Int, first: Int) {
            let range = place..<place + count
            place += count
            if let last = slots.last, last.kind == kind {
                slots[slots.count - 1] = MediaSlot(
                    kind: kind, range: last.range.lowerBound..<range.upperBound,
                    firstToken: last.firstToken)
            } else {
                slots.append(MediaSlot(kind: kind, range: range, firstToken: first))
            }
        }
        while frame < frameCount || segment < segmentCount {
            let isFrame =
                segment == segmentCount
                || frame < frameCount
                    && (2 * frame + 1) * segmentCount <= (2 * segment + 1) * frameCount
            if isFrame {
                append(.visual, tokensPerFrame, first: frame * tokensPerFrame)
                frame += 1
            } else {
                append(.audio, tokensPerSegment, first: segment * tokensPerSegment)
                segment += 1
            }
        }
        return slots
    }
}
