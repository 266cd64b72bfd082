/// One thing that is wrong with a recipe, and where.
public struct RecipeProblem: Sendable, Equatable, CustomStringConvertible {
    /// `file:line:column`, or `--set key` for a setting given beside the file.
    public let position: String
    /// The key or part that is wrong.
    public let subject: String
    /// What is wrong, what was expected and what to try.
    public let detail: String

    /// The whole message on one line.
    public var description: String { "\(position): \(subject): \(detail)" }
}

/// Everything that is wrong with a recipe, in the order of the file.
public struct RecipeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The problems; there is at least one.
    public let problems: [RecipeProblem]

    init(_ problems: [RecipeProblem]) {
        self.problems = problems
    }

    init(position: String, subject: String, _ detail: String) {
        problems = [RecipeProblem(position: position, subject: subject, detail: detail)]
    }

    /// One line a problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
