public import Checkpointing
internal import Files
internal import Foundation

/// A run's folder: checkpoints, `metrics.jsonl`, the recipe as run, and a summary.
public struct RunFolder: Sendable {
    /// The folder.
    public let path: String

    /// The name under which checkpoints keep the loss that decides which is best.
    public static let bestMetric = "validation_loss"

    /// The name under which checkpoints keep the digest of the annotation files; all other digests are
    /// of frozen parts.
    public static let dataDigest = "data"

    /// A folder, which need not exist.
    public init(path: String) { self.path = path }

    var metricsPath: String { "\(path)/metrics.jsonl" }
    var recipePath: String { "\(path)/recipe.yaml" }
    var summaryPath: String { "\(path)/summary.json" }
    private var lockPath: String { "\(path)/.lock" }

    /// Its checkpoints.
    public var checkpoints: CheckpointFolder { CheckpointFolder(path: path) }

    /// The checkpoint that a user means by a file, or by a run folder: its best, else its latest.
    ///
    /// Throws: `TrainingError` when there is none
    public static func checkpoint(at path: String) throws -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw TrainingError(
                .storage, subject: path, detail: "does not exist",
                hint: "name a checkpoint file or a run's folder, e.g. Checkpoints/<name>")
        }
        if !isFolder.boolValue { return path }
        let folder = CheckpointFolder(path: path)
        if let best = try folder.best(by: bestMetric) { return best.path }
        if let latest = try folder.latest() { return latest.path }
        throw TrainingError(
            .storage, subject: path, detail: "holds no checkpoint",
            hint: "train first: duet train RECIPE")
    }

    /// Refuses a folder that holds another run's checkpoints.
    func requireNoRun() throws {
        guard let latest = try checkpoints.latest() else { return }
        throw TrainingError(
            .storage, subject: path, detail: "holds a run of \(latest.step) steps already",
            hint: "--resume continues it, --overwrite removes it")
    }

    /// Makes sure that no other process trains in the folder for as long as the lock lives.
    ///
    /// Throws: `TrainingError` that names the process
    func lock() throws -> FileLock {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw unprepared(error)
        }
        if let lock = try FileLock(path: lockPath) { return lock }
        let holder = FileLock.holder(of: lockPath).map { " (process \($0))" } ?? ""
        throw TrainingError(
            .storage, subject: path, detail: "is in use: another run\(holder) trains there",
            hint: "wait for it to end, or give this run another folder: --set output=FOLDER")
    }

    /// Refuses to go on from another step than the latest.
    func requireLatest(step: Int) throws {
        guard let latest = try checkpoints.latest(), latest.step != step else { return }
        throw TrainingError(
            .storage, subject: path,
            detail: "came to step \(latest.step) meanwhile; this run goes on from step \(step)",
            hint: "start again with --resume")
    }

    /// Removes a folder in which nothing was written.
    public func removeIfEmpty() {
        rmdir(path)  // fails, as it should, where something is in it
    }

    /// Makes the folder for a fresh run; removes an earlier one.
    func begin(recipe: String) throws {
        let files = FileManager.default
        let existing = try checkpoints.entries()
        do {
            try files.createDirectory(atPath: path, withIntermediateDirectories: true)
            for entry in existing { try files.removeItem(atPath: entry.path) }
            for old in [metricsPath, summaryPath] where files.fileExists(atPath: old) {
                try files.removeItem(atPath: old)
            }
        } catch {
            throw unprepared(error)
        }
        try DurableFile.write(recipe, to: recipePath)
    }

    private func unprepared(_ error: any Error) -> TrainingError {
        TrainingError(
            .storage, subject: path,
            detail: "cannot be prepared: \(error.systemReason)",
            hint: "check the folder's permissions")
    }
}
