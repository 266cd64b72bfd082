internal import CKernels

/// The keys and values of one sequence in every layer, with room for more positions.
///
/// A copy shares its memory until one of the two is written, as with arrays.
/// Shapes: per layer and key/value head, keys in panels [capacity / lanes, d, lanes], values [capacity, d]
public struct SequenceMemory: Sendable {
    /// Written through a `SequenceMemory` that holds the only reference; read otherwise.
    private final class Storage: Sendable {
        let keys: Scalars
        let values: Scalars

        init(count: Int, type: ScalarType) {
            keys = Scalars(repeating: 0, count: count, type: type)
            values = Scalars(repeating: 0, count: count, type: type)
        }
    }

    /// Positions in use.
    public private(set) var count = 0
    /// Positions there is room for: whole panels.
    public private(set) var capacity: Int
    private let layerCount: Int
    private let heads: AttentionHeads
    private var storage: Storage

    /// Memory without positions, with room for some.
    public init(layerCount: Int, heads: AttentionHeads, capacity: Int, type: ScalarType) {
        let capacity = Self.wholePanels(capacity)
        self.layerCount = layerCount
        self.heads = heads
        self.capacity = capacity
        storage = Storage(
            count: layerCount * heads.keyValue * capacity * heads.size, type: type)
    }

    private static func wholePanels(_ count: Int) -> Int {
        let lanes = Int(DUET_KEY_LANES)
        return max(1, (count + lanes - 1) / lanes) * lanes
    }

    /// Makes sure that `more` positions can be written: memory of its own, doubled when it is full.
    mutating func prepare(forMore more: Int) {
        if count + more > capacity {
            move(toCapacity: Self.wholePanels(max(2 * capacity, count + more)))
        } else if !isKnownUniquelyReferenced(&storage) {
            move(toCapacity: capacity)
        }
    }

    private mutating func move(toCapacity capacity: Int) {
        let (old, oldCapacity) = (storage, self.capacity)
        let blocks = layerCount * heads.keyValue
        storage = Storage(count: blocks * capacity * heads.size, type: old.keys.type)
        let used = min(oldCapacity, Self.wholePanels(count)) * heads.size
        for block in 0..<blocks {
            for (from, to) in [(old.keys, storage.keys), (old.values, storage.values)] {
                to.address(at: block * capacity * heads.size).copyMemory(
                    from: from.address(at: block * oldCapacity * heads.size),
                    byteCount: used * from.type.byteCount)
            }
        }
        self.capacity = capacity
    }

    fileprivate func keys(layer: Int, head: Int) -> UnsafeMutableRawPointer {
        storage.keys.address(at: (layer * heads.keyValue + head) * capacity * heads.size)
    }

    fileprivate func values(layer: Int, head: Int) -> UnsafeMutableRawPointer {
        storage.values.address(at: (layer * heads.keyValue + head) * capacity * heads.size)
    }

    /// Puts the keys and values of a layer's packed rows, keys rotated already, behind the positions
    /// in use; `advance` counts them when all layers are done.
    ///
    /// Shapes: packed [t, (hq + 2 hk) d], of which the rows from `start` on are taken
    mutating func store(_ packed: Scalars, start: Int, count more: Int, layer: Int) {
        precondition(
            layer < layerCount && (start + more) * heads.packedWidth <= packed.count
                && packed.type == storage.keys.type,
            "sequence memory: rows \(start)+\(more) of \(packed.count) scalars, layer \(layer)")
        prepare(forMore: more)
        duet_cache_store(
            packed.type.code, more, heads.packedWidth, heads.keyValue, heads.size,
            packed.address(at: start * heads.packedWidth + heads.keyColumn),
            packed.address(at: start * heads.packedWidth + heads.valueColumn), count, capacity,
            keys(layer: layer, head: 0), values(layer: layer, head: 0))
    }

    mutating func advance(by more: Int) {
        precondition(count + more <= capacity, "sequence memory: \(count)+\(more) of \(capacity)")
        count += more
    }
}

/// Attention of new rows, one a sequence, over what was kept of their sequences.
public enum DecodingAttention {
    /// Multiply-adds from which a second thread pays.
    private static let parallelThreshold = 1 << 15

    /// Keeps the keys and values of whole segments of rotated packed rows.
    public static func store(
        _ packed: Scalars, segments: [AttentionSegment], layer: Int,
        in memories: inout [SequenceMemory]
    ) {
        for (index, segment) in segments.enumerated() {
            memories[index].store(
                packed, start: segment.start, count: segment.count, layer: layer)
        }
    }

    /// Makes room for one more position of every sequence.
    public static func prepare(_ memories: inout [SequenceMemory]) {
        for index in memories.indices { memories[index].prepare(forMore: 1) }
    }

    /// Counts positions that every layer has written.
    public static func advance(_ memories: inout [SequenceMemory], by counts: [Int]) {
        for (index, count) in counts.enumerated() { memories[index].advance(by: count) }
    }

    /// One layer's attention for one new row a sequence: rotates its queries and keys, keeps its keys
    /// and values, and attends to everything up to itself. `prepare` comes before the first layer,
    /// `advance` after the last.
    ///
    /// Formula: o = softmax(q kᵀ / √d) v, online over panels of keys
    /// Shapes:  packed [b, (hq + 2 hk) d], cosines and sines [positions, d / 2] → [b, hq d]
    /// Source:  Milakov & Gimelshein 2018 (arXiv:1805.02867) for the online softmax
    public static func step(
        _ packed: Scalars, heads: AttentionHeads, layer: Int, memories: [SequenceMemory],
        cosines: Scalars, sines: Scalars
    ) -> Scalars {
        let (group, size) = (heads.groupSize, heads.size)
        let half = size / 2
        precondition(
            packed.count == memories.count * heads.packedWidth
                && memories.allSatisfy { ($0.count + 1) * half <= cosines.count },
            "decoding: \(packed.count) scalars for \(memories.count) sequences, "
                + "\(cosines.count) cosines")
        let output = Scalars(uninitialized: memories.count * heads.outputWidth, packed.type)
        let scratchWidth = group * (size + 2) + size
        let items = memories.count * heads.keyValue
        let scratch = Scalars(uninitialized: items * scratchWidth, packed.type)
        let attend: @Sendable (Int) -> Void = { item in
            let (sequence, head) = (item / heads.keyValue, item % heads.keyValue)
            let (memory, row) = (memories[sequence], sequence * heads.packedWidth)
            duet_decode_head(
                packed.type.code, group, size, memory.count, 1 / Double(size).squareRoot(),
                cosines.address(at: memory.count * half), sines.address(at: memory.count * half),
                packed.address(at: row + head * group * size),
                packed.address(at: row + heads.keyColumn + head * size),
                packed.address(at: row + heads.valueColumn + head * size),
                memory.keys(layer: layer, head: head), memory.values(layer: layer, head: head),
                scratch.address(at: item * scratchWidth),
                output.address(at: sequence * heads.outputWidth + head * group * size))
        }
        let work = memories.reduce(0) { $0 + $1.count + 1 } * heads.outputWidth * 2
        if work < parallelThreshold {
            for item in 0..<items { attend(item) }
        } else {
            Parallel.items(items, attend)
        }
        return output
    }
}
