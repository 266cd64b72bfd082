import ArgumentParser
import Checkpointing
import Training

/// The checkpoint that a command works with.
struct CheckpointOption: ParsableArguments {
    @Option(
        name: .customLong("checkpoint"),
        help: ArgumentHelp(
            "A checkpoint, or a run's folder: its best checkpoint, else its latest.",
            valueName: "path"),
        completion: .file())
    var path: String

    /// The file that is meant.
    ///
    /// Throws: `TrainingError` when there is none
    func file() throws -> String {
        try RunFolder.checkpoint(at: path)
    }

    /// The checkpoint, checked to be whole.
    ///
    /// Throws: `CheckpointError` when it is not
    func read() throws -> Checkpoint {
        try Checkpoint.read(from: try file())
    }
}
