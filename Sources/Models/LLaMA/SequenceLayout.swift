public import Kernels

/// How the rows of a packed batch form sequences: no padding, one row a token.
public struct SequenceLayout: Sendable {
    /// The position of each row in its sequence, from 0.
    public let positions: [Int32]
    /// The sequences, and branches that continue them.
    public let segments: [AttentionSegment]

    /// One more than the largest position.
    var positionCount: Int { 1 + Int(positions.max() ?? -1) }

    /// Any tree of segments, which together cover the rows once.
    public init(positions: [Int32], segments: [AttentionSegment]) {
        self.positions = positions
        self.segments = segments
    }

    /// Sequences one after the other.
    public init(lengths: [Int]) {
        var start = 0
        var segments: [AttentionSegment] = []
        for length in lengths {
            segments.append(AttentionSegment(start: start, count: length, parent: nil))
            start += length
        }
        self.segments = segments
        positions = lengths.flatMap { length in (0..<length).map(Int32.init) }
    }

    /// One sequence and several continuations of it, each of which sees the sequence but no other one.
    ///
    /// It scores many answers to one question while the question is computed once.
    public init(prefix: Int, branches: [Int]) {
        var segments = [AttentionSegment(start: 0, count: prefix, parent: nil)]
        var positions = (0..<prefix).map(Int32.init)
        for length in branches {
            segments.append(AttentionSegment(start: positions.count, count: length, parent: 0))
            positions += (prefix..<(prefix + length)).map(Int32.init)
        }
        self.segments = segments
        self.positions = positions
    }
}
