/// One comparison of this program with a reference.
public struct VerificationRow: Sendable, Equatable, Encodable {
    /// The folder or file of the reference.
    public let fixture: String
    /// What was compared.
    public let compared: String
    /// How many numbers, texts or tensors were compared.
    public let count: Int
    /// The largest absolute difference, or of exact comparisons the number of differing cases; nil when
    /// nothing could be compared.
    public let maximumError: Double?
    /// The allowed absolute difference.
    public let absoluteTolerance: Double
    /// What is allowed besides, as a part of the expected number.
    public let relativeTolerance: Double
    /// Whether all differences are allowed ones.
    public let hasPassed: Bool
    /// Why nothing could be compared, or what differs first.
    public let note: String?
}

/// All comparisons of a folder of references.
public struct VerificationReport: Sendable, Encodable {
    /// The comparisons, in the order of the fixtures' names.
    public let rows: [VerificationRow]

    /// Whether there was something to compare, and all of it passed.
    public var hasPassed: Bool { !rows.isEmpty && rows.allSatisfy(\.hasPassed) }
    /// Folders and files of references.
    public var fixtureCount: Int { Set(rows.map(\.fixture)).count }
    /// Comparisons that did not pass.
    public var failures: [VerificationRow] { rows.filter { !$0.hasPassed } }

    private enum CodingKeys: String, CodingKey {
        case rows, passed, fixtures, failed
    }

    /// The rows, and what follows from them.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(rows, forKey: .rows)
        try container.encode(hasPassed, forKey: .passed)
        try container.encode(fixtureCount, forKey: .fixtures)
        try container.encode(failures.count, forKey: .failed)
    }
}

/// The comparisons of one fixture, as they are made.
package struct Checklist {
    private let fixture: String
    package private(set) var rows: [VerificationRow] = []

    package init(fixture: String) {
        self.fixture = fixture
    }

    /// Notes numbers that were compared; none at all is a failure.
    mutating func add(_ compared: String, _ deviation: Deviation) {
        rows.append(
            VerificationRow(
                fixture: fixture, compared: compared, count: deviation.count,
                maximumError: deviation.maximum, absoluteTolerance: deviation.absolute,
                relativeTolerance: deviation.relative,
                hasPassed: deviation.count > 0 && deviation.share <= 1,
                note: deviation.count > 0 ? nil : "holds nothing of this kind"))
    }

    /// Notes cases that must be equal.
    mutating func addExact(_ compared: String, count: Int, differing: [String]) {
        rows.append(
            VerificationRow(
                fixture: fixture, compared: compared, count: count,
                maximumError: Double(differing.count), absoluteTolerance: 0, relativeTolerance: 0,
                hasPassed: count > 0 && differing.isEmpty,
                note: count == 0 ? "holds nothing of this kind" : differing.first))
    }

    /// Notes what can't be compared.
    mutating func addFailure(_ compared: String, _ reason: String) {
        rows.append(
            VerificationRow(
                fixture: fixture, compared: compared, count: 0, maximumError: nil,
                absoluteTolerance: 0, relativeTolerance: 0, hasPassed: false, note: reason))
    }

    /// Notes expected outputs of a file that no comparison has read.
    package mutating func addUnread(of file: GoldenFile) {
        let unread = file.unreadExpectations
        guard let first = unread.first else { return }
        addFailure(
            "other outputs",
            "\(unread.count) expected tensors are not compared, such as \(first)")
    }
}
