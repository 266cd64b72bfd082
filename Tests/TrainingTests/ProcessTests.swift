import Checkpointing
import Foundation
import TestKit
import Testing
import Training

/// The program itself, killed, interrupted and out of space.
@Suite(.serialized) struct ProcessTests {
    /// `duet` as a process of its own.
    private struct Duet {
        let process = Process()
        private let errors = Pipe()

        /// Starts `duet train`; `limit` is the size in kilobytes that no file may exceed.
        init(
            training run: TinyRun, _ output: String, _ settings: [String], isResumed: Bool,
            limit: Int? = nil
        ) throws {
            let all = ["output=\(run.folder)/\(output)"] + settings
            try self.init(
                ["train", "\(run.folder)/recipe.yaml"] + all.flatMap { ["--set", $0] }
                    + (isResumed ? ["--resume"] : []), limit: limit)
        }

        /// Starts it with arguments.
        init(_ arguments: [String], limit: Int? = nil) throws {
            let tests = URL(fileURLWithPath: CommandLine.arguments[0])
            let program = tests.deletingLastPathComponent().appendingPathComponent("duet").path
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments =
                ["-c", "trap '' XFSZ; \(limit.map { "ulimit -f \($0);" } ?? "") exec \"$@\"", "-"]
                + [program] + arguments
            process.currentDirectoryURL = Fixtures.projectRoot
            process.standardError = errors
            process.standardOutput = FileHandle.nullDevice
            try process.run()
        }

        /// Sends a signal after that many validations were told, or at the end; returns what was told.
        func signal(_ number: Int32, afterValidations count: Int) -> String {
            var text = Data()
            while case let part = errors.fileHandleForReading.availableData, !part.isEmpty {
                text += part
                let told = String(decoding: text, as: UTF8.self)
                if told.components(separatedBy: "validation").count > count {
                    kill(process.processIdentifier, number)
                    break
                }
            }
            text += errors.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: text, as: UTF8.self)
        }

        /// Waits for the end; returns what was told.
        func end() -> String {
            let text = errors.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: text, as: UTF8.self)
        }
    }

    private let settings = [
        "train.steps=20", "validation.every_steps=1", "checkpoint.every_steps=1",
    ]

    @Test func killedAndResumedEqualsStraightRun() async throws {
        let run = try TinyRun()
        try await run.train("straight", settings)
        // With a cache of its own the first process dies while it encodes.
        let settings = settings + ["data.feature_cache=\(run.folder)/killed-features"]
        var killedCount = 0
        for count in [0, 1, 3, 2] {
            let training = try Duet(training: run, "killed", settings, isResumed: true)
            _ = training.signal(SIGKILL, afterValidations: count)
            if training.process.terminationReason == .uncaughtSignal { killedCount += 1 }
        }
        #expect(killedCount >= 2, "on a busy machine a process may end before it is killed")
        let last = try Duet(training: run, "killed", settings, isResumed: true)
        let text = last.end()
        #expect(last.process.terminationStatus == 0, "\(text)")
        try expectEqual(run, "straight", "killed")
    }

    /// One sound a step is encoded ahead within a bound, so at the second step some are left to encode.
    @Test func killedWhileMediaAreEncodedEqualsStraightRun() async throws {
        let run = try await FeaturesAheadTests.run()
        let settings = FeaturesAheadTests.settings(
            run, "data.validation=[{file: \(run.folder)/sounds.json}]", "validation.every_steps=1",
            "validation.samples=1", "checkpoint.every_steps=1")
        try await run.train("straight", settings)
        let killed = settings + ["data.feature_cache=\(run.folder)/killed-features"]
        let training = try Duet(training: run, "killed", killed, isResumed: false)
        _ = training.signal(SIGKILL, afterValidations: 2)
        #expect(training.process.terminationReason == .uncaughtSignal)
        let last = try Duet(training: run, "killed", killed, isResumed: true)
        let text = last.end()
        #expect(last.process.terminationStatus == 0, "\(text)")
        try expectEqual(run, "straight", "killed")
    }

    @Test func twoProcessesFillOneFeatureCache() async throws {
        let run = try TinyRun()
        let folder = "\(run.folder)/shared-features"
        let settings = [
            "train.steps=3", "data.feature_cache=\(folder)", "data.audio_variants=0",
            "data.augmentation=null",
        ]
        let both = try ["one", "other"].map {
            try Duet(training: run, $0, settings, isResumed: false)
        }
        for training in both {
            let text = training.end()
            #expect(training.process.terminationStatus == 0, "\(text)")
        }
        var report = try FeatureCacheReport(folder: folder)
        #expect(report.groups.map(\.count) == [5, 5], "pictures and sounds")
        try report.verify()
        let parts = try InputParts(recipe: try run.recipe("one", settings))
        try report.recompute(share: 1, seed: 1, with: parts.features) { _, _ in }
        #expect(report.isSound && report.recomputedCount == 10)
        let events = Events()
        try await run.train("third", settings, observe: events.add)
        #expect(events.encodedCount == 0)
        for output in ["other", "third"] { try expectEqual(run, "one", output) }
    }

    @Test func interruptionSavesAndSaysHowToContinue() async throws {
        let run = try TinyRun()
        let many = settings + ["train.steps=5000"]
        let training = try Duet(training: run, "stopped", many, isResumed: false)
        let text = training.signal(SIGINT, afterValidations: 2)
        #expect(training.process.terminationReason == .exit)
        #expect(training.process.terminationStatus == 130)
        let step = try run.checkpoint("stopped").progress.step
        #expect(step >= 2)
        #expect(text.contains("was stopped after step \(step) of 5000 and saved; continue with: "))
        #expect(text.contains("duet train \(run.folder)/recipe.yaml --resume"))
    }

    @Test func fullDiskKeepsThePreviousCheckpointAndSaysSo() async throws {
        let run = try TinyRun()
        try await run.train("full", settings, stoppingAfter: 2)
        let previous = CheckpointFolder(path: "\(run.folder)/full").path(forStep: 2)
        let size = try FileManager.default.attributesOfItem(atPath: previous)[.size] as? Int
        let kilobytes = try #require(size) / 2048
        let training = try Duet(training: run, "full", settings, isResumed: true, limit: kilobytes)
        let text = training.end()
        #expect(training.process.terminationStatus == 74)
        #expect(text.contains("\(previous) is kept; continue with --resume"), "\(text)")
        #expect(try run.checkpoint("full").progress.step == 2)
        let again = try Duet(training: run, "full", settings, isResumed: true)
        _ = again.end()
        #expect(again.process.terminationStatus == 0)
        try await run.train("straight", settings)
        try expectEqual(run, "straight", "full")
    }

    @Test func fullDiskLeavesNoExportAndSaysSo() async throws {
        let run = try TinyRun()
        try await run.train("run", ["train.steps=1"])
        let arguments = ["export", "--checkpoint", "\(run.folder)/run", "--to"]
        for (format, file) in [("gguf", "model.gguf"), ("hdf5", "trained.h5")] {
            let target = "\(run.folder)/export"
            let export = try Duet(arguments + [target, "--format", format], limit: 8)
            let text = export.end()
            #expect(export.process.terminationStatus == 74)
            #expect(text.contains("duet: \(target)/\(file): "), "\(text)")
            #expect(text.contains("file too large") || text.contains("File too large"), "\(text)")
            let names = try FileManager.default.contentsOfDirectory(atPath: run.folder)
            #expect(names.allSatisfy { !$0.contains("export") }, "\(names)")
        }
    }

    /// Twenty kills at random moments: while it starts, computes and saves.
    @Test func twentyKillsAtRandomMomentsChangeNothing() async throws {
        let run = try TinyRun()
        let tests = URL(fileURLWithPath: CommandLine.arguments[0])
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("duet")
        process.arguments = [
            "verify-resume", "\(run.folder)/recipe.yaml", "--set", "train.steps=300", "--set",
            "validation.every_steps=40", "--steps", "300", "--stops", "0", "--kills", "20",
            "--json",
        ]
        process.currentDirectoryURL = Fixtures.projectRoot
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        let told = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(told)")
        let report = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let rows = try #require(report?["rows"] as? [[String: Any]])
        #expect(rows.map { $0["run"] as? String } == ["killed 20 times"])
        #expect(rows.first?["digest"] as? String == report?["digest"] as? String)
        #expect(report?["passed"] as? Bool == true)
    }
}
