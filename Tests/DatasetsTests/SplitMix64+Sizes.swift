import Datasets

extension SplitMix64 {
    /// A number from 0 to one below `bound`.
    mutating func integer(below bound: Int) -> Int { Int(number(below: UInt64(bound))) }

    /// How many samples there are of something: 0 to 1,000, one time in three near an end.
    mutating func sampleCount() -> Int {
        let edges = [0, 1, 2, 999, 1_000]
        return integer(below: 3) == 0 ? edges[integer(below: 5)] : integer(below: 1_001)
    }
}
