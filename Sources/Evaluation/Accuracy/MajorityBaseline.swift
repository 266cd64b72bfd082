public import Datasets

/// Answers every row of a task with the answer that is most frequent in it, without looking.
///
/// A model has learnt something about its media only where it does better.
public struct MajorityBaseline: Sendable {
    private let answers: [String: String]

    /// Finds the most frequent answer of each task in some samples; of equals, the first in the
    /// alphabet.
    ///
    /// Taken from the evaluated rows themselves it is the best that a constant answer can do.
    public init(learntFrom samples: some Sequence<Sample>) {
        var counts: [String: [String: Int]] = [:]
        for sample in samples {
            guard let answer = sample.answer else { continue }
            let key: String = AnswerMatcher.words(of: answer).joined(separator: " ")
            counts[sample.task ?? AccuracyReport.withoutTask, default: [:]][key, default: 0] += 1
        }
        answers = counts.mapValues { counts in
            counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
        }
    }

    /// The baseline's answers to the rows that have an answer.
    public func rows(for samples: some Sequence<Sample>) -> [ScoredRow] {
        samples.compactMap { sample in
            sample.answer.map { answer in
                ScoredRow(
                    sample, answer: answer,
                    given: answers[sample.task ?? AccuracyReport.withoutTask] ?? "",
                    method: .likelihood)
            }
        }
    }
}
