/// Something wrong with annotated data.
public struct DataFinding: Sendable, Equatable, Encodable {
    /// What sort of thing is wrong.
    public enum Kind: String, Sendable, CaseIterable, Encodable {
        /// A row that cannot be read, or names its media or answers wrongly.
        case row
        /// Media tags and media do not fit together.
        case tags
        /// An answer to be learnt is empty.
        case emptyAnswer = "empty-answer"
        /// A medium does not exist.
        case missing
        /// A medium holds nothing.
        case empty
        /// A medium cannot be decoded to its end.
        case undecodable
        /// A medium that is to be heard has no sound.
        case noSound = "no-sound"
        /// A medium that is to be seen has no pictures.
        case noPictures = "no-pictures"
        /// A sound is digital silence.
        case silent
        /// All pictures are black.
        case black
        /// The pictures of a video last longer than its sound, or the other way round.
        case lengths
        /// The same content is in two splits or files.
        case duplicate
        /// A video goes with a sound file of another length, which may be meant.
        case pairedLengths = "paired-lengths"

        /// Whether it is wrong for certain.
        public var isFault: Bool { self != .pairedLengths }
    }

    /// What sort of thing is wrong.
    public let kind: Kind
    /// The annotation file.
    public let file: String
    /// The row of it, where that is known.
    public let row: String?
    /// The sample, where that is known.
    public let sample: String?
    /// The medium at fault.
    public let medium: String?
    /// What is wrong.
    public let detail: String

    /// The finding on one line.
    public var text: String {
        let place = [file, row, sample.map { "(id \"\($0)\")" }].compactMap { $0 }
        return "\(place.joined(separator: " ")): \(detail)"
    }
}

/// What was found out about annotated data.
public struct DataReport: Sendable, Encodable {
    /// What an annotation file holds.
    public struct File: Sendable, Encodable {
        /// The file.
        public let path: String
        /// The name of its format.
        public let format: String
        /// Rows, wrong ones included.
        public let rows: Int
        /// Samples of each modality.
        public let samples: [String: Int]
        /// What the format leaves out on purpose.
        public let remarks: [String]
    }

    /// The files.
    public let files: [File]
    /// Media that the samples name, each counted once.
    public let mediaCount: Int
    /// How many of them were looked at; fewer than all when somebody stopped the check.
    public let examinedCount: Int
    /// What is wrong, by kind and then in the order of the files.
    public let findings: [DataFinding]

    /// How many things are wrong.
    public var faultCount: Int { findings.count { $0.kind.isFault } }

    /// Whether everything was looked at and nothing is wrong.
    public var isSound: Bool { faultCount == 0 && examinedCount == mediaCount }
}
