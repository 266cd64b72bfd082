internal import Foundation
internal import Synchronization

/// How many threads the kernels use. This is the only place that decides it: BLAS itself always runs
/// single-threaded inside the pieces that `Parallel` hands out, so two pools never multiply.
public enum Parallel {
    private static let coreCount = max(1, ProcessInfo.processInfo.activeProcessorCount)
    private static let threads = Mutex(coreCount)
    private static let pools = Mutex<[Int: WorkerPool]>([:])

    /// Threads in use.
    public static var threadCount: Int { threads.withLock { $0 } }

    /// Sets the number of threads; results are reproducible for equal counts.
    public static func use(threads count: Int) {
        precondition(count > 0, "use(threads:): \(count) is not positive")
        threads.withLock { $0 = count }
    }

    private static func pool(for count: Int) -> WorkerPool {
        pools.withLock { pools in
            if let pool = pools[count] { return pool }
            let pool = WorkerPool(count: count - 1)
            pools[count] = pool
            return pool
        }
    }

    /// Splits `count` items in at most `threadCount` contiguous ranges of at least `grain` items,
    /// whose starts are multiples of `alignment`, and runs them at the same time.
    static func ranges(
        _ count: Int, grain: Int, alignment: Int = 1, _ body: @escaping (Range<Int>) -> Void
    ) {
        let threads = threadCount
        let pieces = max(1, min(threads, count / max(1, grain)))
        if pieces == 1 {
            if count > 0 { body(0..<count) }
            return
        }
        let blocks = (count + alignment - 1) / alignment
        pool(for: threads).run(pieces: pieces) { piece in
            let start = min(count, blocks * piece / pieces * alignment)
            let end = min(count, blocks * (piece + 1) / pieces * alignment)
            if start < end { body(start..<end) }
        }
    }

    /// Runs independent items in any order, each on one thread.
    static func items(_ count: Int, _ body: @escaping (Int) -> Void) {
        let threads = threadCount
        if threads == 1 || count <= 1 {
            for index in 0..<count { body(index) }
            return
        }
        let next = Counter()
        pool(for: threads).run(pieces: min(threads, count)) { _ in
            while true {
                let index = next.take()
                if index >= count { return }
                body(index)
            }
        }
    }
}

/// Hands out numbers from 0 on, each once.
private final class Counter: Sendable {
    private let next = Atomic<Int>(0)

    func take() -> Int { next.wrappingAdd(1, ordering: .relaxed).oldValue }
}
