/// What in a machine's figures makes training slow or impossible.
package enum MachineProblems {
    /// A BLAS with fitting kernels reaches more of the peak than this.
    static let leastShare = 0.5
    /// Several threads together are at least this much faster than one.
    static let leastGain = 1.3
    /// What the built-in recipes need.
    static let neededMemoryBytes = 3_000_000_000

    /// Each problem as one sentence with what to do.
    package static func found(
        features: [String], blasCore: String, isOptimized: Bool, speed: SpeedMeasurement,
        memoryBytes: Int, loadAverage: Double, processorCount: Int
    ) -> [String] {
        var problems: [String] = []
        if !isOptimized {
            problems.append(
                "build: this duet was built for debugging and computes many times slower; "
                    + "build it with swift build -c release")
        }
        let isBusy: Bool = loadAverage > 0.5 * Double(processorCount)
        if isBusy {
            problems.append(
                "load: other programs keep \(Quantity.fixed(loadAverage, digits: 1)) of "
                    + "\(processorCount) processors busy, so the speeds above are too low; "
                    + "measure again when they have ended")
        }
        #if arch(x86_64)
            if features.isEmpty {
                problems.append(
                    "processor: it has no AVX2 and FMA, or the virtual machine hides them; "
                        + "expect a fifth of the speed, or pass the host's processor through")
            }
        #endif
        let widestCores: Set<String> = ["SkylakeX", "Cooperlake", "SapphireRapids"]
        if features.contains("AVX-512"), !widestCores.contains(blasCore) {
            problems.append(
                "BLAS core: \(blasCore) is in use on a processor with AVX-512; "
                    + "unset OPENBLAS_CORETYPE or install Debian's libopenblas0-pthread")
        }
        if isOptimized, speed.oneThread.share < leastShare {
            problems.append(
                "BLAS: one thread reaches \(Quantity.percent(speed.oneThread.share)) of the peak, "
                    + "expected at least \(Quantity.percent(leastShare)); install Debian's "
                    + "libopenblas0-pthread and unset OPENBLAS_CORETYPE")
        }
        let gain: Double =
            speed.allThreads.matrixProduct / max(speed.oneThread.matrixProduct, 1e-9)
        if speed.allThreads.threadCount > 1, gain < leastGain, !isBusy {
            problems.append(
                "threads: \(speed.allThreads.threadCount) threads are "
                    + "\(Quantity.fixed(gain, digits: 2)) times as fast as one; "
                    + "check the processor quota of the container")
        }
        if memoryBytes < neededMemoryBytes {
            problems.append(
                "memory: \(Quantity.bytes(memoryBytes)), and the built-in recipes take up to "
                    + "\(Quantity.bytes(neededMemoryBytes)); give the machine more")
        }
        return problems
    }
}
