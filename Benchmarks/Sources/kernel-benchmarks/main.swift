// Times each kernel of a training step and compares it with what the machine can do at most:
// products with fused multiply-adds of registers, everything else with copies of memory.
//
//     swift run -c release --package-path Benchmarks kernel-benchmarks [THREADS]
import Foundation
import Kernels

if let argument = CommandLine.arguments.dropFirst().first {
    guard let threads = Int(argument), threads > 0 else {
        FileHandle.standardError.write(
            Data("kernel-benchmarks: '\(argument)' is no number of threads\n".utf8))
        exit(64)
    }
    Parallel.use(threads: threads)
}

func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

let peak = Peak.measured()
print(
    String(
        format: "%d threads; multiply-adds %.0f GFLOP/s, copies %.1f GB/s", Parallel.threadCount,
        peak.operations * 1e-9, peak.bytes * 1e-9))
for measurement in StepKernels(rows: 1452).all {
    let seconds = measurement.seconds()
    let (rate, unit, share) =
        switch measurement.work {
        case .operations(let count): (count / seconds, "GFLOP/s", count / seconds / peak.operations)
        case .bytes(let count): (count / seconds, "GB/s", count / seconds / peak.bytes)
        }
    print(
        padded(measurement.name, 44)
            + String(format: "%9.3f ms %8.1f ", seconds * 1e3, rate * 1e-9) + padded(unit, 8)
            + String(format: "%4.0f %%", share * 100))
}
