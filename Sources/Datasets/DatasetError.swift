/// Something wrong with an annotation file, a sample, or how samples are to be mixed.
public struct DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What sort of thing went wrong.
    public enum Kind: String, Sendable {
        /// The annotation file cannot be read at all.
        case unreadable
        /// The annotation file is not the JSON that was expected.
        case malformed
        /// Rows are wrong or the media they name do not exist; `problems` and `missingMedia` say which.
        case invalidRows
        /// A sample's tags, media and counts do not fit together.
        case mediaMismatch
        /// A sample has more tokens than the model takes.
        case tooLong
        /// A sample has no token to learn from.
        case nothingSupervised
        /// Quotas, weights or pools from which no batch can be made.
        case invalidSchedule
        /// Ledgers that do not belong together, or a stored one that is broken.
        case invalidLedger
        /// Names that cannot serve as media tags.
        case invalidTags
    }

    /// One row that is wrong, or one missing file and the first row that names it.
    public struct RowProblem: Sendable, Equatable, CustomStringConvertible {
        /// What sort of thing is wrong with a row.
        public enum Kind: String, Sendable {
            /// A field is missing or is not what it should be.
            case field
            /// Media tags and media do not fit together.
            case tags
            /// An answer to be learnt is empty.
            case emptyAnswer
            /// A media file does not exist.
            case missingMedia
        }

        /// What sort of thing is wrong.
        public let kind: Kind
        /// Where the row stands: `row 3` of a JSON array or `line 3` of JSON Lines, counted from 1.
        public let location: String
        /// The row's id, when it could be read.
        public let sampleID: String?
        /// What is wrong and what was expected.
        public let detail: String

        package init(_ kind: Kind, location: String, sampleID: String?, detail: String) {
            self.kind = kind
            self.location = location
            self.sampleID = sampleID
            self.detail = detail
        }

        public var description: String {
            let name: String = sampleID.map { " (id \"\($0)\")" } ?? ""
            return "\(location)\(name): \(detail)"
        }
    }

    /// What sort of thing went wrong.
    public let kind: Kind
    /// The file, sample or modality at fault.
    public let subject: String
    /// What is wrong.
    public let detail: String
    /// What was expected or what to try.
    public let hint: String
    /// The first wrong rows, at most `listLimit` of `problemCount`.
    public let problems: [RowProblem]
    /// How many things are wrong with rows.
    public let problemCount: Int
    /// The first missing media files, at most `listLimit` of `missingMediaCount`.
    public let missingMedia: [RowProblem]
    /// How many media files are missing.
    public let missingMediaCount: Int

    /// How many rows and how many missing files an error lists at most.
    public static let listLimit = 20

    package init(
        _ kind: Kind, _ subject: String, _ detail: String, hint: String,
        problems: [RowProblem] = [], missingMedia: [RowProblem] = []
    ) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint
        self.problems = Array(problems.prefix(Self.listLimit))
        problemCount = problems.count
        self.missingMedia = Array(missingMedia.prefix(Self.listLimit))
        missingMediaCount = missingMedia.count
    }

    public var description: String {
        var lines: [String] = ["\(subject): \(detail); \(hint)"]
        lines += Self.listing(problems, of: problemCount)
        lines += Self.listing(missingMedia, of: missingMediaCount)
        return lines.joined(separator: "\n")
    }

    private static func listing(_ shown: [RowProblem], of count: Int) -> [String] {
        let lines: [String] = shown.map { "  \($0)" }
        return count > shown.count ? lines + ["  and \(count - shown.count) more"] : lines
    }
}
