internal import CKernels

/// How many heads a packed row of queries, keys and values holds.
public struct AttentionHeads: Sendable, Hashable {
    /// Query heads, hq.
    public let query: Int
    /// Key and value heads, hk; a divisor of `query`.
    public let keyValue: Int
    /// Scalars of one head, d.
    public let size: Int

    /// Traps when `keyValue` does not divide `query`.
    public init(query: Int, keyValue: Int, size: Int) {
        precondition(
            keyValue > 0 && size > 0 && query % keyValue == 0,
            "heads: \(keyValue) key/value heads do not divide \(query) query heads")
        self.query = query
        self.keyValue = keyValue
        self.size = size
    }

    /// Width of a packed row: (hq + 2 hk) d.
    public var packedWidth: Int { (query + 2 * keyValue) * size }
    /// Width of the output: hq d.
    public var outputWidth: Int { query * size }
    var keyColumn: Int { query * size }
    var valueColumn: Int { (query + keyValue) * size }
    var groupSize: Int { query / keyValue }
}

/// A run of rows that attend to one another, and to all rows of its ancestors.
public struct AttentionSegment: Sendable, Hashable {
    /// First row.
    public let start: Int
    /// Number of rows.
    public let count: Int
    /// An earlier segment whose rows (and whose ancestors') come before this one's.
    public let parent: Int?

    /// A run of `count` rows from `start` on, continuing `parent`.
    public init(start: Int, count: Int, parent: Int? = nil) {
        self.start = start
        self.count = count
        self.parent = parent
    }
}

/// Scaled dot-product attention over a packed batch: no padding, no [t, t] matrix is kept, keys and
/// values are never repeated for grouped queries.
public enum Attention {
    /// Queries handled at a time.
    private static let blockRows = 64

    /// o = softmax(q kᵀ / √d) v in every segment.
    ///
    /// Shapes: packed [t, (hq + 2 hk) d] → [t, hq d].
    public static func forward(
        _ packed: Scalars, heads: AttentionHeads, segments: [AttentionSegment], isCausal: Bool
    ) -> Scalars {
        let rows = packed.count / heads.packedWidth
        let plan = Plan(segments, rows: rows)
        let output = Scalars(uninitialized: rows * heads.outputWidth, packed.type)
        let work = plan.blocks(of: blockRows)
        Parallel.items(work.count * heads.keyValue) { index in
            let (segment, queries) = work[index / heads.keyValue]
            let keyRanges = plan.keys(of: segment, upTo: isCausal ? queries.upperBound : nil)
            let block = Block(
                packed: packed, heads: heads, keyValueHead: index % heads.keyValue,
                queries: queries, start: segments[segment].start, keyRanges: keyRanges,
                ancestorCount: plan.ancestorCount[segment], isCausal: isCausal)
            let scores = Scalars(uninitialized: block.rows * block.width, packed.type)
            for head in block.queryHeads {
                block.scores(head, into: scores)
                block.softmax(scores)
                block.weightedValues(scores, head: head, into: output)
            }
        }
        return output
    }

    /// The gradient of the packed rows; scores and their softmax are computed again, which is more
    /// exact than from a kept logarithm of their sum.
    public static func pullback(
        _ packed: Scalars, output: Scalars, dy: Scalars,
        heads: AttentionHeads, segments: [AttentionSegment], isCausal: Bool
    ) -> Scalars {
        let rows = packed.count / heads.packedWidth
        let plan = Plan(segments, rows: rows)
        let gradient = Scalars(repeating: 0, count: packed.count, type: packed.type)
        let delta = rowDots(output, dy, width: heads.size)
        let trees = plan.trees
        Parallel.items(trees.count * heads.keyValue) { index in
            let keyValueHead = index % heads.keyValue
            for segment in trees[index / heads.keyValue] {
                for queries in plan.blocks(of: blockRows, in: segment) {
                    let block = Block(
                        packed: packed, heads: heads, keyValueHead: keyValueHead,
                        queries: queries, start: segments[segment].start,
                        keyRanges: plan.keys(
                            of: segment, upTo: isCausal ? queries.upperBound : nil),
                        ancestorCount: plan.ancestorCount[segment], isCausal: isCausal)
                    let p = Scalars(uninitialized: block.rows * block.width, packed.type)
                    let ds = Scalars(uninitialized: block.rows * block.width, packed.type)
                    for head in block.queryHeads {
                        block.pullback(
                            head, dy: dy, delta: delta, gradient: gradient, p: p, ds: ds)
                    }
                }
            }
        }
        return gradient
    }

    /// Σ over the last `width` elements of a ⊙ b.
    private static func rowDots(_ a: Scalars, _ b: Scalars, width: Int) -> Scalars {
        let product = Elementwise.combine(
            .multiply, a, strides: [1], b, strides: [1], shape: [a.count])
        return Reductions.sum(product, outer: a.count / width, width, inner: 1)
    }
}

/// Which rows see which.
private struct Plan {
    let segments: [AttentionSegment]
    /// Rows of all ancestors, oldest first.
    private let ancestors: [[Range<Int>]]
    let ancestorCount: [Int]

    init(_ segments: [AttentionSegment], rows: Int) {
        self.segments = segments
        var ancestors: [[Range<Int>]] = []
        for (index, segment) in segments.enumerated() {
            precondition(
                segment.start >= 0 && segment.count >= 0
                    && segment.start + segment.count <= rows,
                "attention: segment \(segment.start)+\(segment.count) leaves \(rows) rows")
            guard let parent = segment.parent else {
                ancestors.append([])
                continue
            }
            precondition(parent >= 0 && parent < index, "attention: a parent must come before")
            let range =
                segments[parent].start..<segments[parent].start + segments[parent].count
            ancestors.append(ancestors[parent] + [range])
        }
        precondition(
            segments.reduce(0) { $0 + $1.count } == rows,
            "attention: the segments do not cover \(rows) rows exactly once")
        self.ancestors = ancestors
        ancestorCount = ancestors.map { $0.reduce(0) { $0 + $1.count } }
    }

    /// Key rows of a segment; `upTo` ends its own rows early.
    func keys(of segment: Int, upTo: Int?) -> [Range<Int>] {
        let start = segments[segment].start
        return ancestors[segment] + [start..<start + (upTo ?? segments[segment].count)]
    }

    /// Ranges of at most `size` queries, counted inside their segment.
    func blocks(of size: Int, in segment: Int) -> [Range<Int>] {
        stride(from: 0, to: segments[segment].count, by: size).map {
            $0..<min($0 + size, segments[segment].count)
        }
    }

    /// All blocks, the costliest segments first so that threads end together.
    func blocks(of size: Int) -> [(segment: Int, queries: Range<Int>)] {
        segments.indices.flatMap { segment in
            blocks(of: size, in: segment).reversed().map { (segment, $0) }
        }
    }

    /// Segments that share a root, in order: they add to the same keys.
    var trees: [[Int]] {
        var root = [Int](repeating: 0, count: segments.count)
        var result: [[Int]] = []
        for (index, segment) in segments.enumerated() {
            if let parent = segment.parent {
                root[index] = root[parent]
                result[root[index]].append(index)
            } else {
                root[index] = result.count
                result.append([index])
            }
        }
        return result.sorted {
            $0.reduce(0) { $0 + segments[$1].count } > $1.reduce(0) { $0 + segments[$1].count }
        }
    }
}

/// A block of queries of one key/value head against all keys they see.
private struct Block {
    let packed: Scalars
    let heads: AttentionHeads
    let keyValueHead: Int
    let queries: Range<Int>
    let start: Int
    let keyRanges: [Range<Int>]
    let ancestorCount: Int
    let isCausal: Bool

    var rows: Int { queries.count }
    var width: Int { keyRanges.reduce(0) { $0 + $1.count } }
    var scale: Double { 1 / Double(heads.size).squareRoot() }
    var visible: Int { isCausal ? ancestorCount + queries.lowerBound + 1 : width }
    var step: Int { isCausal ? 1 : 0 }
    var firstRow: Int { start + queries.lowerBound }
    var queryHeads: Range<Int> {
        keyValueHead * heads.groupSize..<(keyValueHead + 1) * heads.groupSize
    }

    func query(_ head: Int, in memory: Scalars) -> UnsafeMutableRawPointer {
        memory.address(at: firstRow * heads.packedWidth + head * heads.size)
    }

    func key(_ range: Range<Int>, in memory: Scalars) -> UnsafeMutableRawPointer {
        memory.address(
            at: range.lowerBound * heads.packedWidth + heads.keyColumn
                + keyValueHead * heads.size)
    }

    func value(_ range: Range<Int>, in memory: Scalars) -> UnsafeMutableRawPointer {
        memory.address(
            at: range.lowerBound * heads.packedWidth + heads.valueColumn
                + keyValueHead * heads.size)
    }

    func outputRow(_ head: Int, in memory: Scalars) -> UnsafeMutableRawPointer {
        memory.address(at: firstRow * heads.outputWidth + head * heads.size)
    }

    /// Runs `body` for every range of keys with its first column in the block.
    func forEachRange(_ body: (Range<Int>, Int) -> Void) {
        var column = 0
        for range in keyRanges {
            if !range.isEmpty { body(range, column) }
            column += range.count
        }
    }

    func scores(_ head: Int, into scores: Scalars) {
        forEachRange { range, column in
            MatrixProduct.product(
                m: rows, n: range.count, k: heads.size, type: packed.type,
                a: query(head, in: packed), false, heads.packedWidth,
                b: key(range, in: packed), true, heads.packedWidth,
                c: scores.address(at: column), width, 1, 0)
        }
    }

    func softmax(_ scores: Scalars) {
        duet_attention_softmax(
            packed.type.code, rows, width, scale, visible, step, scores.address)
    }

    func weightedValues(_ p: Scalars, head: Int, into output: Scalars) {
        forEachRange { range, column in
            MatrixProduct.product(
                m: rows, n: heads.size, k: range.count, type: packed.type,
                a: p.address(at: column), false, width,
                b: value(range, in: packed), false, heads.packedWidth,
                c: outputRow(head, in: output), heads.outputWidth, 1, column == 0 ? 0 : 1)
        }
    }

    /// dq, dk and dv of one query head, with p = softmax computed again:
    /// dv += pᵀ dy; ds = p ⊙ (dy vᵀ − delta) / √d; dq = ds k; dk += dsᵀ q.
    func pullback(
        _ head: Int, dy: Scalars, delta: Scalars, gradient: Scalars, p: Scalars, ds: Scalars
    ) {
        scores(head, into: p)
        softmax(p)
        forEachRange { range, column in
            MatrixProduct.product(
                m: rows, n: range.count, k: heads.size, type: packed.type,
                a: outputRow(head, in: dy), false, heads.outputWidth,
                b: value(range, in: packed), true, heads.packedWidth,
                c: ds.address(at: column), width, 1, 0)
            MatrixProduct.product(
                m: range.count, n: heads.size, k: rows, type: packed.type,
                a: p.address(at: column), true, width,
                b: outputRow(head, in: dy), false, heads.outputWidth,
                c: value(range, in: gradient), heads.packedWidth, 1, 1)
        }
        duet_attention_score_pullback(
            packed.type.code, rows, width, scale, p.address, ds.address,
            delta.address(at: firstRow * heads.query + head), heads.query)
        forEachRange { range, column in
            MatrixProduct.product(
                m: rows, n: heads.size, k: range.count, type: packed.type,
                a: ds.address(at: column), false, width,
                b: key(range, in: packed), false, heads.packedWidth,
                c: query(head, in: gradient), heads.packedWidth, 1, 1)
            MatrixProduct.product(
                m: range.count, n: heads.size, k: rows, type: packed.type,
                a: ds.address(at: column), true, width,
                b: query(head, in: packed), false, heads.packedWidth,
                c: key(range, in: gradient), heads.packedWidth, 1, 1)
        }
    }
}
