import Datasets
import Evaluation
import Foundation
import Models
import Tensors
import Testing

@Suite struct LikelihoodScorerTests {
    /// Float sums in another order.
    private static let tolerance = 1e-4

    private func scorer(_ tiny: TinyModel) -> LikelihoodScorer {
        LikelihoodScorer(
            model: tiny.model, features: tiny.features, continuation: tiny.prompts.continuation)
    }

    /// Σ −log p of an answer, computed as in training: prompt and answer as one sequence.
    private func loss(_ tiny: TinyModel, _ prompt: Prompt, _ answer: String) throws -> Double {
        let continuation = tiny.prompts.continuation(answer)
        let tokens: [Int32] = prompt.encoded.tokens + continuation
        func rows(_ kind: MediaKind) -> MediaRows? {
            guard let slot = prompt.encoded.slots.first(where: { $0.kind == kind }),
                let reference = kind == .visual ? prompt.visual : prompt.audio
            else { return nil }
            return MediaRows(
                rows: slot.range.map(Int32.init), features: tiny.features(reference, kind))
        }
        let first: Int = prompt.encoded.tokens.count - 1
        let batch = AudioVisualBatch(
            tokens: tokens, layout: SequenceLayout(lengths: [tokens.count]),
            visual: rows(.visual), audio: rows(.audio),
            supervisedRows: continuation.indices.map { Int32(first + $0) }, targets: continuation)
        return tiny.model.loss(of: batch).losses.reduce(0, +)
    }

    @Test func aScoreSumsTheProbabilitiesOfTheSpellings() throws {
        let tiny = try TinyModel()
        let prompt = try tiny.prompt("does it match?", visual: "a", audio: "b")
        let scores = try scorer(tiny).scores(of: [.init(prompt, choices: ["yes", "No."])])
        let yes = log(
            try ["yes", "yes.", "Yes", "Yes."].map { exp(-(try loss(tiny, prompt, $0))) }
                .reduce(0, +))
        let no = -(try loss(tiny, prompt, "No."))
        #expect(abs(scores[0][0] - yes) < Self.tolerance)
        #expect(abs(scores[0][1] - no) < Self.tolerance)
    }

    @Test func questionsThatShareMediaAndWordsScoreAsAlone() throws {
        let tiny = try TinyModel()
        let questions: [LikelihoodScorer.Question] = [
            .init(try tiny.prompt("what is this?", visual: "a"), choices: ["dog", "door", "cat"]),
            .init(try tiny.prompt("what colour?", visual: "a"), choices: ["red", "blue"]),
            .init(try tiny.prompt("what is this?", visual: "b"), choices: ["dog", "cat"]),
            .init(try tiny.prompt("what is this?", audio: "b"), choices: ["dog", "cat"]),
            .init(try tiny.prompt("what is this?"), choices: ["dog"]),
            .init(try tiny.prompt("what is this?", visual: "a"), choices: ["cat", "dog"]),
        ]
        let together = try scorer(tiny).scores(of: questions)
        for (question, scores) in zip(questions, together) {
            let alone = try scorer(tiny).scores(of: [question])[0]
            #expect(zip(scores, alone).allSatisfy { abs($0 - $1) < Self.tolerance })
        }
        #expect(abs(together[0][0] - together[5][1]) < Self.tolerance)
        #expect(abs(together[0][0] - together[2][0]) > 1e-3)
    }

    @Test func noQuestionsHaveNoScores() throws {
        #expect(try scorer(TinyModel()).scores(of: []).isEmpty)
    }
}
