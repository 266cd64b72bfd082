import Foundation
public import Models
import Tensors

/// Finds how likely the model holds each of several answers to a prompt.
///
/// Formula: score(choice) = log Σ over its spellings of Π p(token | prompt, tokens before)
///
/// The end of the turn is one of the tokens, which makes answers complete and so comparable; scores
/// are not divided by length. The spellings are the choice as written and capitalised, each without
/// and with a full stop.
public struct LikelihoodScorer {
    /// A prompt and its choices.
    public struct Question: Sendable {
        let prompt: Prompt
        let choices: [String]

        /// Takes a prompt and at least one choice.
        ///
        /// Traps: when there is no choice
        public init(_ prompt: Prompt, choices: [String]) {
            precondition(!choices.isEmpty, "likelihood: a question without choices")
            self.prompt = prompt
            self.choices = choices
        }
    }

    private let model: AudioVisualModel
    private let features: FeatureLookup
    private let continuation: (String) -> [Int32]

    /// - Parameters:
    ///   - features: the features of the prompts' media.
    ///   - continuation: the tokens that an answer adds to a prompt, up to its end of turn.
    public init(
        model: AudioVisualModel, features: @escaping FeatureLookup,
        continuation: @escaping (String) -> [Int32]
    ) {
        self.model = model
        self.features = features
        self.continuation = continuation
    }

    /// The scores of each question's choices, all in one forward pass.
    ///
    /// Units:  natural logarithms of probabilities
    /// Throws: what looking up features throws
    public func scores(of questions: [Question]) throws -> [[Double]] {
        var steps = AnswerSteps()
        let paths: [[[[Int]]]] = questions.map { question in
            let end = steps.forest.insert(question.prompt)
            return question.choices.map { choice in
                Spellings.of(choice).map { steps.add(continuation($0), after: end) }
            }
        }
        let losses = try losses(of: steps)
        return paths.map { choices in
            choices.map { spellings in
                Self.logarithmOfSum(
                    spellings.map { path in path.reduce(0.0) { $0 - losses[$1] } })
            }
        }
    }

    /// −log p of every step.
    private func losses(of steps: AnswerSteps) throws -> [Double] {
        let packed = try steps.forest.packed(features: features)
        let input = AudioVisualBatch(
            tokens: packed.tokens, layout: packed.layout, visual: packed.visual,
            audio: packed.audio, supervisedRows: steps.list.map { packed.rows[$0.node] },
            targets: steps.list.map(\.token))
        return withoutGradients { model.loss(of: input, dropoutSeed: nil).losses }
    }

    /// log Σ exp(x), also for numbers far below zero.
    static func logarithmOfSum(_ logarithms: [Double]) -> Double {
        guard let greatest = logarithms.max(), greatest.isFinite else { return -.infinity }
        return greatest + log(logarithms.reduce(0.0) { $0 + exp($1 - greatest) })
    }
}

/// Tokens whose probabilities are asked for, each once, and the rows that predict them.
private struct AnswerSteps {
    /// A token after a row.
    struct Step: Hashable {
        let node: Int
        let token: Int32
    }

    var forest = PromptForest()
    private(set) var list: [Step] = []
    private var indices: [Step: Int] = [:]

    /// Adds an answer after a prompt's last row and returns its steps' indices.
    ///
    /// The answer's last token is predicted but has no row, for nothing follows it.
    mutating func add(_ tokens: [Int32], after end: Int) -> [Int] {
        var node = end
        return tokens.enumerated().map { place, token in
            if place > 0 { node = forest.insert(tokens[place - 1], after: node) }
            let step = Step(node: node, token: token)
            if let known = indices[step] { return known }
            indices[step] = list.count
            list.append(step)
            return list.count - 1
        }
    }
}
