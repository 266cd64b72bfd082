public import Datasets

/// One row with what was answered.
public struct ScoredRow: Sendable, Equatable, Encodable {
    /// How the answer was found.
    public enum Method: String, Sendable, Codable {
        /// The choice of the greatest likelihood.
        case likelihood
        /// The text that the model wrote.
        case generation
    }

    /// The row's id.
    public let id: String
    /// What the row shows.
    public let modality: Modality
    /// The row's task, if it has one.
    public let task: String?
    /// The annotated answer.
    public let expected: String
    /// What was answered.
    public let given: String
    /// How it was found.
    public let method: Method
    /// Whether it is right.
    public let isRight: Bool

    /// Takes the parts as they are.
    public init(
        id: String, modality: Modality, task: String?, expected: String, given: String,
        method: Method, isRight: Bool
    ) {
        self.id = id
        self.modality = modality
        self.task = task
        self.expected = expected
        self.given = given
        self.method = method
        self.isRight = isRight
    }

    /// Judges an answer to a sample.
    ///
    /// A choice is right when it has the words of `answer` or of one of `accept`; a written text is
    /// right when it gives one of them.
    init(_ sample: Sample, answer: String, given: String, method: Method) {
        let accepted: [String] = [answer] + sample.accept
        self.init(
            id: sample.id, modality: sample.modality, task: sample.task, expected: answer,
            given: given, method: method,
            isRight: method == .likelihood
                ? accepted.contains { AnswerMatcher.areEqual($0, given) }
                : AnswerMatcher.gives(given, anyOf: accepted))
    }

    private enum CodingKeys: String, CodingKey {
        case id, modality, task, expected, given, method
        case isRight = "right"
    }

    /// Writes `{"id", "modality", "task", "expected", "given", "method", "right"}`.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(modality.rawValue, forKey: .modality)
        try values.encodeIfPresent(task, forKey: .task)
        try values.encode(expected, forKey: .expected)
        try values.encode(given, forKey: .given)
        try values.encode(method, forKey: .method)
        try values.encode(isRight, forKey: .isRight)
    }
}
