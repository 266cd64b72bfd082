/// Sequences laid out so that what several of them begin with is there once.
///
/// A run is a stretch of one or more sequences; the runs of a sequence, from the first to the last, are
/// the sequence.
struct PrefixTree {
    /// Symbols that follow one another in all sequences that have them.
    struct Run: Equatable {
        /// The run that comes before, or nil at the beginning.
        let parent: Int?
        /// The first of the sequences that have it.
        let owner: Int
        /// Its places in a sequence.
        let range: Range<Int>
    }

    /// The runs, each after its parent.
    private(set) var runs: [Run] = []
    /// The runs of each sequence.
    private(set) var paths: [[Int]] = []
    private let sequences: [[Int]]
    private let leastShared: Int

    /// Sequences of these lengths, each of them one run.
    init(apart counts: [Int]) {
        sequences = []
        leastShared = 1
        for (owner, count) in counts.enumerated() {
            paths.append(count > 0 ? [runs.count] : [])
            if count > 0 { runs.append(Run(parent: nil, owner: owner, range: 0..<count)) }
        }
    }

    /// Lays sequences of symbols out; what fewer than `leastShared` symbols would share stays apart.
    ///
    /// Traps: when `leastShared` is below 1
    init(_ sequences: [[Int]], leastShared: Int) {
        precondition(leastShared > 0, "prefix tree: least \(leastShared) shared, expected above 0")
        self.sequences = sequences
        self.leastShared = leastShared
        paths = Array(repeating: [], count: sequences.count)
        lay(Array(sequences.indices), from: 0, after: nil)
    }

    private mutating func lay(_ members: [Int], from start: Int, after parent: Int?) {
        guard members.count > 1 else {
            for member in members {
                append(start..<sequences[member].count, of: [member], after: parent)
            }
            return
        }
        let end = commonEnd(members, from: start)
        var (start, parent) = (start, parent)
        if end - start >= leastShared {
            parent = append(start..<end, of: members, after: parent)
            start = end
        }
        var groups: [[Int]] = []
        var places: [Int: Int] = [:]
        for member in members {
            guard sequences[member].count > end else {
                append(start..<end, of: [member], after: parent)
                continue
            }
            let symbol = sequences[member][end]
            if let place = places[symbol] {
                groups[place].append(member)
            } else {
                places[symbol] = groups.count
                groups.append([member])
            }
        }
        for group in groups { lay(group, from: start, after: parent) }
    }

    /// Where sequences that agree up to `start` begin to differ, or one of them ends.
    private func commonEnd(_ members: [Int], from start: Int) -> Int {
        var end = members.reduce(Int.max) { min($0, sequences[$1].count) }
        let first = sequences[members[0]]
        for member in members.dropFirst() {
            let other = sequences[member]
            end = (start..<max(start, end)).first { first[$0] != other[$0] } ?? end
        }
        return end
    }

    @discardableResult
    private mutating func append(
        _ range: Range<Int>, of members: [Int], after parent: Int?
    ) -> Int? {
        guard !range.isEmpty else { return parent }
        runs.append(Run(parent: parent, owner: members[0], range: range))
        for member in members { paths[member].append(runs.count - 1) }
        return runs.count - 1
    }
}
