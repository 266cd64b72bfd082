import Datasets
import Evaluation
import Models
import Tensors
import Testing

@Suite struct GeneratorTests {
    private func generator(
        _ tiny: TinyModel, _ settings: Generator.Settings
    ) -> Generator {
        Generator(
            model: tiny.model, tokenizer: tiny.tokenizer, features: tiny.features,
            settings: settings)
    }

    @Test func greedyAnswersTakeTheLikeliestTokenOfTheWholeSequence() throws {
        let tiny = try TinyModel()
        let prompt = try tiny.prompt("hello")
        let answer = try generator(tiny, .init(maximumTokenCount: 12)).answers(to: [prompt])[0]
        var tokens: [Int32] = prompt.encoded.tokens
        for token in answer.tokens {
            let hidden = tiny.model.hidden(
                of: AudioVisualBatch(
                    tokens: tokens, layout: SequenceLayout(lengths: [tokens.count])))
            let scores = tiny.model.language.logits(hidden).floats.suffix(259)
            let best = try #require(scores.indices.max { scores[$0] < scores[$1] })
            #expect(token == Int32(best - scores.startIndex))
            tokens.append(token)
        }
        #expect(!answer.tokens.isEmpty)
    }

    @Test func promptsAnsweredTogetherAreAnsweredAsAlone() throws {
        let tiny = try TinyModel()
        let prompts = [
            try tiny.prompt("what is this?", visual: "a"), try tiny.prompt("what?", audio: "b"),
            try tiny.prompt("and both of them?", visual: "c", audio: "d"), try tiny.prompt("no"),
        ]
        for settings in [
            Generator.Settings(maximumTokenCount: 9),
            Generator.Settings(maximumTokenCount: 9, temperature: 2, topP: 0.9, seed: 3),
        ] {
            let together = try generator(tiny, settings).answers(to: prompts)
            #expect(together[0] == (try generator(tiny, settings).answers(to: [prompts[0]])[0]))
            if settings.temperature == 0 {
                let alone = try prompts.map { try generator(tiny, settings).answers(to: [$0])[0] }
                #expect(together == alone)
            }
            #expect(together == (try generator(tiny, settings).answers(to: prompts)))
        }
    }

    @Test func theStreamIsTheAnswer() throws {
        let tiny = try TinyModel()
        var streamed = ["", ""]
        let answers = try generator(tiny, .init(maximumTokenCount: 20, temperature: 3)).answers(
            to: [try tiny.prompt("one"), try tiny.prompt("two", visual: "a")]
        ) { streamed[$0] += $1 }
        #expect(streamed == answers.map(\.text))
    }

    @Test func answersEndAtTheGreatestCountOrAtTheLastPosition() throws {
        let tiny = try TinyModel()
        let long = try tiny.prompt(String(repeating: "x", count: 340))
        let answer = try generator(tiny, .init(maximumTokenCount: 500, temperature: 4)).answers(
            to: [long])[0]
        #expect(answer.isComplete || long.encoded.tokens.count + answer.tokens.count == 401)
        let short = try generator(tiny, .init(maximumTokenCount: 1)).answers(
            to: [try tiny.prompt("x")])
        #expect(short[0].tokens.count <= 1)
        #expect(try generator(tiny, .init()).answers(to: []).isEmpty)
    }

    @Test func firstDrawsAreAmongTheTopK() throws {
        let tiny = try TinyModel()
        let prompt = try tiny.prompt("hello")
        let tokens = prompt.encoded.tokens
        let hidden = tiny.model.hidden(
            of: AudioVisualBatch(
                tokens: tokens, layout: SequenceLayout(lengths: [tokens.count])))
        let scores = tiny.model.language.logits(hidden).floats.suffix(259)
        let best = Set(
            scores.indices.sorted { scores[$0] > scores[$1] }.prefix(3)
                .map { Int32($0 - scores.startIndex) })
        let drawn = try (0..<24).compactMap { seed in
            try generator(
                tiny, .init(maximumTokenCount: 1, temperature: 9, topK: 3, seed: UInt64(seed))
            ).answers(to: [prompt])[0].tokens.first
        }
        #expect(Set(drawn).isSubset(of: best.union([TinyModel.endID])))
        #expect(Set(drawn).count > 1)
    }

    @Test func highTemperatureDrawsDifferAndTinyTopPIsGreedy() throws {
        let tiny = try TinyModel()
        let prompt = try tiny.prompt("hello")
        func tokens(_ settings: Generator.Settings) throws -> [Int32] {
            try generator(tiny, settings).answers(to: [prompt])[0].tokens
        }
        let greedy = try tokens(.init(maximumTokenCount: 8))
        #expect(
            try tokens(.init(maximumTokenCount: 8, temperature: 1, topP: 1e-6)) == greedy)
        #expect(try tokens(.init(maximumTokenCount: 8, temperature: 1, topK: 1)) == greedy)
        let drawn = try (0..<4).map {
            try tokens(.init(maximumTokenCount: 8, temperature: 5, seed: $0))
        }
        #expect(Set(drawn).count > 1)
    }
}
