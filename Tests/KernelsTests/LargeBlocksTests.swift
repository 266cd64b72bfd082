import Dispatch
import Kernels
import Synchronization
import Testing

@Suite struct LargeBlocksTests {
    /// Blocks go from buffer to buffer while several threads take and free them; nobody writes into
    /// what another still holds.
    @Test func buffersNeverShareABlock() {
        let wrongCount = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            var held: [(value: Double, scalars: Scalars)] = []
            for round in 0..<150 {
                let value = Double(thread * 1_000 + round)
                let count = 65_536 + (round * 7_919 + thread * 104_729) % 400_000
                held.append((value, Scalars(repeating: value, count: count, type: .float32)))
                if held.count > 5 {
                    let (value, scalars) = held.remove(at: round % 5)
                    let isRight = scalars.withFloats { $0.allSatisfy { $0 == Float(value) } }
                    if !isRight { wrongCount.withLock { $0 += 1 } }
                }
            }
        }
        #expect(wrongCount.withLock { $0 } == 0)
    }
}
