import Dispatch
import Kernels
import Synchronization

/// What matrix products reach on this machine, beside what its processor could do.
///
/// Units: 10⁹ floating-point operations a second; a fused multiply-add is two
package struct SpeedMeasurement: Sendable, Codable {
    /// Speeds of one thread, or of several together.
    package struct Speeds: Sendable, Codable {
        package let threadCount: Int
        /// Fused multiply-adds in registers.
        package let peak: Double
        /// The product of two square Float matrices.
        package let matrixProduct: Double

        /// How much of the peak the product reaches.
        package var share: Double { peak > 0 ? matrixProduct / peak : 0 }

        package init(threadCount: Int, peak: Double, matrixProduct: Double) {
            self.threadCount = threadCount
            self.peak = peak
            self.matrixProduct = matrixProduct
        }
    }

    package let oneThread: Speeds
    package let allThreads: Speeds

    package init(oneThread: Speeds, allThreads: Speeds) {
        self.oneThread = oneThread
        self.allThreads = allThreads
    }

    /// Measures for about two seconds; other work on the machine lowers what is found.
    package static func measured() -> SpeedMeasurement {
        let threadCount: Int = Parallel.threadCount
        let one = speeds(threadCount: 1)
        let all = threadCount == 1 ? one : speeds(threadCount: threadCount)
        Parallel.use(threads: threadCount)
        return SpeedMeasurement(oneThread: one, allThreads: all)
    }

    private static func speeds(threadCount: Int) -> Speeds {
        let total = Mutex(0.0)
        DispatchQueue.concurrentPerform(iterations: threadCount) { _ in
            let rate = Machine.measureFMAPeak(seconds: 0.3)
            total.withLock { $0 += rate }
        }
        Parallel.use(threads: threadCount)
        return Speeds(
            threadCount: threadCount, peak: total.withLock { $0 },
            matrixProduct: matrixProduct(seconds: 0.5))
    }

    /// The best of repeated products of [1024, 1024] matrices.
    private static func matrixProduct(seconds: Double) -> Double {
        let size = 1_024
        let matrices = (0..<3).map { _ in
            Matrix(
                Scalars(repeating: 0.5, count: size * size, type: .float32), rows: size,
                columns: size)
        }
        let operationCount = 2 * Double(size * size * size)
        let clock = ContinuousClock()
        let start = clock.now
        var best = 0.0
        repeat {
            let time = clock.measure {
                MatrixProduct.multiply(matrices[0], matrices[1], into: matrices[2])
            }
            best = max(best, operationCount / (time / .seconds(1)) * 1e-9)
        } while (clock.now - start) / .seconds(1) < seconds
        return best
    }
}
