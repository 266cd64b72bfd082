/// Brings questions about one clip together in an epoch's order, so that a step has them side by side and
/// computes the clip's tokens once.
///
/// Samples with the same media form groups in the order in which they were drawn, and the groups are
/// shuffled. A step takes the next group that has room in it, of as many as the step has places; where none
/// has, or with a token budget, the next one is divided between it and the step after. Which samples come
/// and how often stay as they are without it, and so does how many a step has unless a budget decides that.
public struct ClipGrouping: Sendable {
    /// The most samples of a group.
    public let count: Int
    /// Which medium, or pair of media, each sample is about, by data set.
    private let clips: [[Int]]

    /// Groups of at most `count` samples that have the same number in `clips`.
    ///
    /// Traps: when `count` is below 2
    public init(clips: [[Int]], count: Int) {
        precondition(count > 1, "clip grouping: groups of \(count), expected at least 2")
        self.clips = clips
        self.count = count
    }

    /// Groups of at most `count` samples that have the same media, by their paths.
    ///
    /// Traps: when `count` is below 2
    public init(_ sources: [[Sample]], count: Int) {
        var numbers: [[String?]: Int] = [:]
        let clips = sources.map { samples in
            samples.map { sample in
                let media = [sample.visualPath, sample.audioPath]
                let number = numbers[media] ?? numbers.count
                numbers[media] = number
                return number
            }
        }
        self.init(clips: clips, count: count)
    }

    /// Samples drawn in passes of `passCount` each, rearranged inside of each pass for steps that take these
    /// places in turn.
    func arranged(
        _ drawn: [SampleReference], passCount: Int, steps: some Sequence<Range<Int>>,
        with generator: inout SplitMix64
    ) -> [SampleReference] {
        var arranged: [SampleReference] = []
        arranged.reserveCapacity(drawn.count)
        var rooms: [Int] = []
        for step in steps {
            var start = step.lowerBound
            while start < step.upperBound {
                let passEnd = min(arranged.count + passCount, drawn.count)
                let end = min(step.upperBound, passEnd)
                rooms.append(end - start)
                start = end
                guard end == passEnd else { continue }
                let groups = groups(of: drawn[arranged.count..<end])
                var order = Array(0..<Int32(groups.count))
                generator.shuffle(&order)
                arranged += Self.laid(order.lazy.map { groups[Int($0)] }, into: rooms)
                rooms = []
            }
        }
        return arranged
    }

    /// Samples of the same clip together, none of them twice in a group.
    private func groups(of drawn: ArraySlice<SampleReference>) -> [[SampleReference]] {
        var groups: [[SampleReference]] = []
        var open: [Int: [Int]] = [:]
        for reference in drawn {
            let clip = clips[reference.dataset][reference.sample]
            let candidates = open[clip, default: []]
            if let group = candidates.first(where: { !groups[$0].contains(reference) }) {
                groups[group].append(reference)
                if groups[group].count == count { open[clip] = candidates.filter { $0 != group } }
            } else {
                open[clip, default: []].append(groups.count)
                groups.append([reference])
            }
        }
        return groups
    }

    /// The most groups that are looked at for one with room.
    private static let lookahead = 64

    /// Groups one after another, divided where none of the next ones has room.
    private static func laid(
        _ groups: some Sequence<[SampleReference]>, into rooms: [Int]
    ) -> [SampleReference] {
        var coming = groups.makeIterator()
        var waiting: [ArraySlice<SampleReference>] = []
        var laid: [SampleReference] = []
        for room in rooms {
            let end = laid.count + room
            while laid.count < end {
                while waiting.count < min(room, lookahead), let group = coming.next() {
                    waiting.append(group[...])
                }
                let left = end - laid.count
                if let fitting = waiting.firstIndex(where: { $0.count <= left }) {
                    laid += waiting.remove(at: fitting)
                } else {
                    laid += waiting[0].prefix(left)
                    waiting[0] = waiting[0].dropFirst(left)
                }
            }
        }
        return laid
    }
}
