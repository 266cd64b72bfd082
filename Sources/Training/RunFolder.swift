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
            throw TrainingError(
                .storage, subject: path,
                detail: "cannot be prepared: \(error.localizedDescription)",
                hint: "check the folder's permissions")
        }
        try DurableFile.write(recipe, to: recipePath)
    }
}
