import Dispatch
import Kernels
import Synchronization
import Testing

@Suite struct ParallelTests {
    /// Several tasks use the kernels at once, as training and preparing batches do.
    @Test func concurrentCallersGetTheirOwnResults() {
        let failures = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 6) { caller in
            for round in 0..<40 {
                let value = Double(caller * 100 + round)
                let x = Scalars(repeating: value, count: 70_000, type: .float32)
                let y = Elementwise.affine(x, scale: 2, offset: 1).floats
                if !y.allSatisfy({ $0 == Float(2 * value + 1) }) { failures.withLock { $0 += 1 } }
            }
        }
        #expect(failures.withLock { $0 } == 0)
    }

    @Test func equalThreadCountsGiveEqualBits() {
        let x = Scalars((0..<300_000).map { Float($0 % 977) * 0.013 })
        let first = Reductions.sum(x, outer: 300, 1000, inner: 1).floats
        #expect(first == Reductions.sum(x, outer: 300, 1000, inner: 1).floats)
    }
}
