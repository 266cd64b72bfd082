import Files
import Foundation

/// Starts this program again and again, and kills it at random moments, until it has been killed
/// often enough and then comes to its end.
package struct ProcessKiller {
    private let arguments: [String]
    private let longestSeconds: Double

    /// - Parameters:
    ///   - arguments: with which the program goes on where it left off.
    ///   - longestSeconds: what it is given at most before it is killed.
    init(arguments: [String], longestSeconds: Double) {
        self.arguments = arguments
        self.longestSeconds = longestSeconds
    }

    /// The longest time for which, killed `kills` times after times between 0 and it, a program that
    /// needs some seconds to start and some to work gets half of its work done.
    ///
    /// Formula: E[max(0, u − s)] = (S − s)² / 2S = w / 2k for u uniform in 0...S, solved for S
    package static func longestSeconds(starting: Double, working: Double, kills: Int) -> Double {
        let share = working / Double(2 * kills)
        let middle = starting + share
        return middle + max(0, middle * middle - starting * starting).squareRoot()
    }

    /// Kills it; returns how often. A program that comes to its end first was killed less often.
    ///
    /// Throws: `CommandFailure` when it cannot be started or ends with an error
    func run(kills: Int) async throws -> Int {
        var killedCount = 0
        while killedCount < kills {
            let process = try start()
            let end = Date().addingTimeInterval(Double.random(in: 0...longestSeconds))
            while process.isRunning, Date() < end {
                try await Task.sleep(nanoseconds: 2_000_000)
            }
            guard process.isRunning else {
                try requireSuccess(process)
                return killedCount
            }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            killedCount += 1
        }
        let process = try start()
        while process.isRunning { try await Task.sleep(nanoseconds: 20_000_000) }
        try requireSuccess(process)
        return killedCount
    }

    private func start() throws -> Process {
        let process = Process()
        process.executableURL =
            Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw CommandFailure(
                .fault, process.executableURL?.path ?? "duet",
                "cannot be started: \(error.systemReason)",
                hint: "run it by its whole path")
        }
        return process
    }

    private func requireSuccess(_ process: Process) throws {
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw CommandFailure(
                .fault, "duet " + arguments.prefix(2).joined(separator: " "),
                "ended with exit code \(process.terminationStatus) after it was killed",
                hint: "run it by itself to see why")
        }
    }
}
