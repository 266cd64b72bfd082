import Foundation
import Kernels
import Training

/// Everything `duet doctor` says, and what of it is wrong.
package struct MachineReport: Sendable, Codable {
    package let duetVersion: String
    package let system: String
    package let cpuFeatures: [String]
    package let processorCount: Int
    package let threadCount: Int
    package let memoryBytes: Int
    package let loadAverage: Double
    package let blasLibrary: String
    package let blasCore: String
    package let blasCoreChosenByLibrary: String
    package let blasRemark: String?
    package let keepsFreedMemory: Bool
    package let speed: SpeedMeasurement
    package let libraries: [String: String]
    /// What is wrong and what to do about it; empty on a sound machine.
    package let problems: [String]

    /// Looks at the machine and measures it.
    package static func made() -> MachineReport {
        let machine = Machine.current
        let load = Self.currentLoad()
        let speed = SpeedMeasurement.measured()
        let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let versions = LibraryVersions().list
        return MachineReport(
            duetVersion: DuetVersion.current,
            system: ProcessInfo.processInfo.operatingSystemVersionString,
            cpuFeatures: machine.features,
            processorCount: ProcessInfo.processInfo.activeProcessorCount,
            threadCount: Parallel.threadCount, memoryBytes: memory, loadAverage: load,
            blasLibrary: machine.library, blasCore: machine.core,
            blasCoreChosenByLibrary: machine.coreChosenByLibrary, blasRemark: machine.remark,
            keepsFreedMemory: machine.keepsFreedMemory, speed: speed,
            libraries: Dictionary(versions.map { ($0.name, $0.version) }) { first, _ in first },
            problems: MachineProblems.found(
                features: machine.features, blasCore: machine.core, isOptimized: isOptimized,
                speed: speed, memoryBytes: memory, loadAverage: load,
                processorCount: ProcessInfo.processInfo.activeProcessorCount))
    }

    /// The report as aligned lines.
    package var text: String {
        var facts: [(name: String, value: String)] = [
            ("duet", duetVersion),
            ("system", system),
            ("processor", cpuFeatures.isEmpty ? "no AVX2" : cpuFeatures.joined(separator: ", ")),
            ("threads", "\(threadCount) of \(processorCount) processors"),
            ("memory", Quantity.bytes(memoryBytes)),
            ("load", "\(Quantity.fixed(loadAverage, digits: 2)) over the last minute"),
            ("BLAS", blasLibrary),
            ("BLAS core", blasCore),
        ]
        if let blasRemark { facts.append(("", blasRemark)) }
        for speeds in [speed.oneThread, speed.allThreads] {
            facts.append((speeds.threadCount == 1 ? "one thread" : "all threads", line(speeds)))
        }
        for library in LibraryVersions().list {
            facts.append((library.name, libraries[library.name] ?? "unknown"))
        }
        let verdict: [String] =
            problems.isEmpty
            ? ["nothing is wrong"] : ["what is wrong:"] + problems.map { "- \($0)" }
        return Table(facts: facts).text + "\n\n" + verdict.joined(separator: "\n")
    }

    private func line(_ speeds: SpeedMeasurement.Speeds) -> String {
        "\(Quantity.fixed(speeds.matrixProduct, digits: 0)) GFLOP/s in matrix products, "
            + "\(Quantity.percent(speeds.share)) of the "
            + "\(Quantity.fixed(speeds.peak, digits: 0)) that fused multiply-adds reach"
    }

    private static var isOptimized: Bool {
        #if DEBUG
            false
        #else
            true
        #endif
    }

    private static func currentLoad() -> Double {
        var load = [0.0]
        return getloadavg(&load, 1) == 1 ? load[0] : 0
    }
}
