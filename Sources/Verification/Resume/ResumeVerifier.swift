public import Checkpointing
internal import Files
internal import Foundation
public import Recipes
internal import Training

/// Trains a recipe for some steps straight through, and again with stops, and compares the ends.
///
/// The runs go to a temporary folder. They are those of the recipe, only shorter: `train.steps` is
/// the number of steps asked for.
public struct ResumeVerifier {
    /// The recipe with further settings, `key=value`.
    public typealias RecipeReading = (_ settings: [String]) throws -> Recipe

    /// Steps of each run.
    public let stepCount: Int
    private let read: RecipeReading
    private let folder: String

    /// A verifier for at most `stepCount` steps of a recipe.
    ///
    /// Throws: what reading the recipe throws
    public init(stepCount: Int, read: @escaping RecipeReading) throws {
        let recipe = try read([])
        if case .steps(let count) = recipe.train.length {
            self.stepCount = min(count, stepCount)
        } else {
            self.stepCount = stepCount
        }
        self.read = read
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("duet-resume-\(UUID().uuidString)").path
    }

    /// Steps at equal distances between the first and the last.
    public func stops(count: Int) -> [Int] {
        guard stepCount > 1, count > 0 else { return [] }
        let count = min(count, stepCount - 1)
        return (1...max(1, count)).map { max(1, $0 * stepCount / (count + 1)) }
    }

    /// Settings of a run of this length in a folder of its own.
    ///
    /// Throws: what reading the recipe throws
    public func settings(_ run: String) throws -> [String] {
        var settings = [
            "output=\(folder)/\(run)", "train.epochs=null", "train.steps=\(stepCount)",
        ]
        if case .steps(let count) = try read([]).schedule.warmup, count > stepCount {
            settings.append("schedule.warmup_steps=\(stepCount)")
        }
        return settings
    }

    /// Trains without a stop.
    public func straight() async throws -> Checkpoint {
        try await train("straight", stoppingAfter: nil, isResumed: false)
        return try state(of: "straight")
    }

    /// Trains with stops after some steps, each followed by a new start from the checkpoint.
    public func stopped(after stops: [Int], straight: Checkpoint) async throws -> ResumeReport.Row {
        let name = "stopped-" + stops.map(String.init).joined(separator: "-")
        for (index, step) in (stops.map(Optional.some) + [nil]).enumerated() {
            try await train(name, stoppingAfter: step, isResumed: index > 0)
        }
        return try ResumeReport.Row(
            "stopped after " + stops.map(String.init).joined(separator: ", "),
            try state(of: name), straight: straight)
    }

    /// The last state of a run.
    ///
    /// Throws: when the run has saved none
    public func state(of run: String) throws -> Checkpoint {
        guard let latest = try CheckpointFolder(path: "\(folder)/\(run)").latest() else {
            throw VerificationError(
                subject: "\(folder)/\(run)", detail: "holds no checkpoint",
                hint: "train the recipe first to see what stops it")
        }
        return try Checkpoint.read(from: latest.path)
    }

    /// Removes the runs.
    public func removeRuns() throws {
        guard FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            throw VerificationError(
                subject: folder, detail: "cannot be removed: \(error.systemReason)",
                hint: "remove it by hand")
        }
    }

    private func train(_ run: String, stoppingAfter last: Int?, isResumed: Bool) async throws {
        let recipe = try read(try settings(run))
        let checkpoint = isResumed ? try state(of: run) : nil
        let interruption = Interruption()
        guard
            let trainer = try await Trainer.prepared(
                bench: try Workbench(recipe: recipe, checkpoint: checkpoint), resuming: checkpoint)
        else { return }
        _ = try await trainer.run(interruption: interruption) { event in
            if case .stepped(let report) = event, report.step == last { interruption.request() }
        }
    }
}
