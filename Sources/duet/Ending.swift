import Checkpointing
import Datasets
import Downloads
import Files
import Interchange
import Layers
import Media
import Models
import Optimization
import Recipes
import Tokenization
import Training
import Verification
import WeightFiles

/// How an error ends the process: a message for people and a code for scripts.
package struct Ending: Sendable, Equatable {
    /// The exit code.
    package let kind: CommandFailure.Kind
    /// `subject: what is wrong; what to try`.
    package let message: String

    /// The ending for an error of this project; nil for one of the command-line parser.
    package init?(_ error: any Error) {
        switch error {
        case let error as CommandFailure: self.init(error.kind, error)
        case let error as RecipeError: self.init(.usage, error)
        case let error as FileError: self.init(.inputOutput, error)
        case let error as DatasetError: self.init(Self.kind(error), error)
        case let error as MediaError:
            self.init([.missing, .notAFile].contains(error.kind) ? .inputOutput : .data, error)
        case let error as WeightFileError:
            self.init(error.kind == .unreadable ? .inputOutput : .data, error)
        case let error as CheckpointError:
            let isFile = error.kind == .unreadable || error.kind == .unwritable
            self.init(isFile ? .inputOutput : .data, error)
        case let error as LayerError: self.init(error.kind == .plan ? .usage : .data, error)
        case let error as OptimizationError:
            self.init(error.kind == .settings ? .usage : .data, error)
        case let error as TrainingError: self.init(Self.kind(error), error)
        case let error as InterchangeError: self.init(Self.kind(error), error)
        case let error as HubError: self.init(Self.kind(error), error)
        case let error as ModelError: self.init(.data, error)
        case let error as TokenizationError: self.init(.data, error)
        case let error as VerificationError: self.init(.inputOutput, error)
        default: return nil
        }
    }

    private init(_ kind: CommandFailure.Kind, _ error: some CustomStringConvertible) {
        self.kind = kind
        message = error.description
    }

    private static func kind(_ error: TrainingError) -> CommandFailure.Kind {
        switch error.kind {
        case .request: .usage
        case .data, .notFinite: .data
        case .asset, .storage: .inputOutput
        }
    }

    private static func kind(_ error: InterchangeError) -> CommandFailure.Kind {
        switch error.kind {
        case .request: .usage
        case .data: .data
        case .storage: .inputOutput
        case .proof: .fault
        case .stopped: .stopped
        }
    }

    private static func kind(_ error: HubError) -> CommandFailure.Kind {
        switch error.kind {
        case .request: .usage
        case .damaged: .data
        case .missing, .denied, .network: .inputOutput
        }
    }

    private static func kind(_ error: DatasetError) -> CommandFailure.Kind {
        switch error.kind {
        case .unreadable: .inputOutput
        case .invalidSchedule, .invalidTags: .usage
        default: .data
        }
    }
}
