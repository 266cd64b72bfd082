/// Merges the bytes of a word, or the characters of a text, into tokens, lowest merge rank first.
///
/// A linked list of symbols and a heap of candidate pairs: O(n log n) in the length of the word.
/// Source: Sennrich et al. 2016 (arXiv:1508.07909), algorithm 1.
struct BytePairMerger: Sendable {
    /// The rank (high half) and the resulting token (low half) of each pair of tokens.
    private let merges: [UInt64: UInt64]
    /// The token of each byte, -1 for a byte that has none.
    private let tokenOfByte: [Int32]

    init(merges: [UInt64: UInt64], tokenOfByte: [Int32]) {
        self.merges = merges
        self.tokenOfByte = tokenOfByte
    }

    /// The key under which a pair of tokens is kept.
    static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The tokens of a word; a byte without a token is left out before anything is merged.
    func tokens(_ word: some Sequence<UInt8>) -> [Int32] {
        let bytes = word.map { tokenOfByte[Int($0)] }.filter { $0 >= 0 }
        return bytes.count < 2 ? bytes : merged(bytes).map(\.token)
    }

    /// What symbols become, and the place of the first symbol in each; a negative symbol stays as it is.
    func merged(_ start: [Int32]) -> [(place: Int, token: Int32)] {
        if start.isEmpty { return [] }
        var symbols = SymbolList(start)
        var queue = CandidateHeap()
        for index in 0..<(start.count - 1) { propose(index, in: &symbols, to: &queue) }
        while let (rank, index) = queue.popLowest() {
            guard symbols.rank[index] == rank else { continue }
            symbols.mergeWithNext(index)
            if symbols.previous[index] >= 0 {
                propose(Int(symbols.previous[index]), in: &symbols, to: &queue)
            }
            propose(index, in: &symbols, to: &queue)
        }
        return symbols.remaining
    }

    /// Looks up the pair that starts at a symbol and queues it when it can be merged.
    private func propose(
        _ index: Int, in symbols: inout SymbolList, to queue: inout CandidateHeap
    ) {
        symbols.rank[index] = .max
        let next = Int(symbols.next[index])
        guard next < symbols.token.count else { return }
        let key = Self.key(symbols.token[index], symbols.token[next])
        guard let merge = merges[key] else { return }
        let rank = UInt32(merge >> 32)
        symbols.rank[index] = rank
        symbols.merged[index] = Int32(truncatingIfNeeded: merge)
        queue.push(rank: rank, index: index)
    }
}

/// The symbols of a word as a doubly linked list in arrays.
private struct SymbolList {
    var token: [Int32]
    var next: [Int32]
    var previous: [Int32]
    /// The rank of the pair that starts here, `max` when there is none.
    var rank: [UInt32]
    /// What that pair becomes.
    var merged: [Int32]

    init(_ tokens: [Int32]) {
        token = tokens
        next = (0..<tokens.count).map { Int32($0 + 1) }
        previous = (0..<tokens.count).map { Int32($0 - 1) }
        rank = [UInt32](repeating: .max, count: tokens.count)
        merged = [Int32](repeating: -1, count: tokens.count)
    }

    mutating func mergeWithNext(_ index: Int) {
        let gone = Int(next[index])
        token[index] = merged[index]
        next[index] = next[gone]
        rank[gone] = .max
        if Int(next[index]) < token.count { previous[Int(next[index])] = Int32(index) }
    }

    var remaining: [(place: Int, token: Int32)] {
        var result: [(place: Int, token: Int32)] = []
        var index = 0
        while index < token.count {
            result.append((index, token[index]))
            index = Int(next[index])
        }
        return result
    }
}

/// A binary heap of pairs, lowest rank first, then leftmost.
private struct CandidateHeap {
    private var entries: [UInt64] = []

    mutating func push(rank: UInt32, index: Int) {
        entries.append(UInt64(rank) << 32 | UInt64(index))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if entries[parent] <= entries[child] { return }
            entries.swapAt(parent, child)
            child = parent
        }
    }

    mutating func popLowest() -> (rank: UInt32, index: Int)? {
        guard let lowest = entries.first else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return (UInt32(lowest >> 32), Int(lowest & 0xFFFF_FFFF))
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= entries.count { return }
            if child + 1 < entries.count && entries[child + 1] < entries[child] { child += 1 }
            if entries[parent] <= entries[child] { return }
            entries.swapAt(parent, child)
            parent = child
        }
    }
}
