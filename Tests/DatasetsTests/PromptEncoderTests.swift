import Datasets
import Foundation
import TestKit
import Testing
import Tokenization

@Suite struct PromptEncoderTests {
    static let counts = MediaTokenCounts(visual: 3, audio: 2)

    static func encoder(maximum: Int = 1000, system: String? = nil) throws -> PromptEncoder {
        PromptEncoder(
            tokenizer: try ByteTokenizer.make(), template: ChatTemplate(), systemPrompt: system,
            placeholderID: 9, maximumTokenCount: maximum)
    }

    static let sample = Sample(
        id: "clip", visualPath: "/v", audioPath: "/v",
        turns: [
            Turn(question: "<video>\n<audio>\nWhat?", answer: "Cat."),
            Turn(question: "Sure?", answer: "Yes."),
        ])

    static func bytes(_ text: String) -> [Int32] { text.utf8.map { Int32($0) } }

    @Test func tagsBecomeRunsOfPlaceholdersWhereTheyStand() throws {
        let encoded = try Self.encoder().encode(Self.sample, mediaTokens: Self.counts)
        let start = [ByteTokenizer.startID], end = [ByteTokenizer.endID]
        let head: [Int32] = start + Self.bytes("user\n")
        var expected: [Int32] = head + [9, 9, 9] + Self.bytes("\n") + [9, 9]
        expected += Self.bytes("\nWhat?") + end + Self.bytes("\n") + start
        expected += Self.bytes("assistant\nCat.") + end + Self.bytes("\n") + start
        expected += Self.bytes("user\nSure?") + end + Self.bytes("\n") + start
        expected += Self.bytes("assistant\nYes.") + end + Self.bytes("\n")
        #expect(encoded.tokens == expected)
        let first = head.count
        #expect(
            encoded.slots == [
                MediaSlot(kind: .visual, range: first..<first + 3),
                MediaSlot(kind: .audio, range: first + 4..<first + 6),
            ])
        #expect(encoded.modality == .audioVisual)
    }

    @Test func onlyAnswersAndTheirEndAreSupervised() throws {
        let encoded = try Self.encoder().encode(Self.sample, mediaTokens: Self.counts)
        let learnt = encoded.labels.filter { $0 != EncodedSample.unsupervised }
        let end = [ByteTokenizer.endID]
        #expect(learnt == Self.bytes("Cat.") + end + Self.bytes("Yes.") + end)
        #expect(encoded.supervisedCount == learnt.count)
        for (label, token) in zip(encoded.labels, encoded.tokens)
        where label != EncodedSample.unsupervised {
            #expect(label == token)
        }
    }

    @Test func promptAndContinuationEqualTheTrainingForm() throws {
        let encoder = try Self.encoder(system: "Be brief.")
        let encoded = try encoder.encode(Self.sample, mediaTokens: Self.counts)
        for turn in 0..<2 {
            let prompt = try encoder.prompt(for: Self.sample, turn: turn, mediaTokens: Self.counts)
            let whole = prompt.tokens + encoder.continuation(Self.sample.turns[turn].answer)
            #expect(Array(encoded.tokens.prefix(whole.count)) == whole)
            #expect(prompt.supervisedCount == 0)
            #expect(prompt.slots == encoded.slots)
        }
        let last = try encoder.prompt(for: Self.sample, mediaTokens: Self.counts)
        #expect(last == (try encoder.prompt(for: Self.sample, turn: 1, mediaTokens: Self.counts)))
    }

    @Test func systemPromptOfASampleTakesThePlaceOfTheRuns() throws {
        let own = Sample(
            id: "own", systemPrompt: "Mine.", turns: [Turn(question: "q", answer: "a")])
        let tokenizer = try ByteTokenizer.make()
        let tokens = try Self.encoder(system: "Yours.").encode(own, mediaTokens: Self.counts).tokens
        #expect(tokenizer.decode(tokens).contains("Mine."))
        #expect(!tokenizer.decode(tokens).contains("Yours."))
    }

    @Test func tooLongSampleIsNamedWithItsLength() throws {
        let length = try Self.encoder().encode(Self.sample, mediaTokens: Self.counts).tokens.count
        let exact = try Self.encoder(maximum: length)
        #expect(try exact.encode(Self.sample, mediaTokens: Self.counts).tokens.count == length)
        let short = try Self.encoder(maximum: length - 1)
        let error = #expect(throws: DatasetError.self) {
            try short.encode(Self.sample, mediaTokens: Self.counts)
        }
        #expect(error?.kind == .tooLong)
        #expect(
            error?.description.hasPrefix(
                "sample \"clip\": is \(length) tokens long, 5 of them media; "
                    + "expected at most \(length - 1)") == true)
    }

    @Test func sampleWithNothingToLearnIsRefused() throws {
        let error = #expect(throws: DatasetError.self) {
            try Self.encoder().encode(Sample(id: "x", turns: []), mediaTokens: Self.counts)
        }
        #expect(error?.kind == .nothingSupervised)
    }

    @Test func tagsAndMediaMustAgree() throws {
        let turns = [Turn(question: "<video>q", answer: "a")]
        let wrong = [
            Sample(id: "no file", turns: turns),
            Sample(id: "no tag", visualPath: "/v", audioPath: "/a", turns: turns),
        ]
        for sample in wrong {
            let error = #expect(throws: DatasetError.self) {
                try Self.encoder().encode(sample, mediaTokens: Self.counts)
            }
            #expect(error?.kind == .mediaMismatch)
        }
        let seen = Sample(id: "none", visualPath: "/v", turns: turns)
        #expect(throws: DatasetError.self) {
            try Self.encoder().encode(seen, mediaTokens: MediaTokenCounts(visual: 0, audio: 0))
        }
    }

    /// The pieces of a SentencePiece model of LLaMA's kind, with LLaVA's template.
    private func vicunaEncoder() throws -> (PromptEncoder, Tokenizer) {
        let vocabulary = try Vocabulary(
            sentencePieceModel: try Data(
                contentsOf: Fixtures.url("parity/tokenizer_spm/tokenizer.model")))
        let tokenizer = try Tokenizer(vocabulary: vocabulary)
        let template = ChatTemplate.named(
            .vicuna1, beginning: vocabulary.beginningOfText, ending: vocabulary.endOfText)
        let encoder = PromptEncoder(
            tokenizer: tokenizer, template: template, placeholderID: 9, maximumTokenCount: 1000)
        return (encoder, tokenizer)
    }

    @Test func aTextOfSentencePiecesIsCutAsAWhole() throws {
        let (encoder, tokenizer) = try vicunaEncoder()
        let sample = Sample(
            id: "text",
            turns: [
                Turn(question: "Is it a bell?", answer: "Yes."), Turn(question: "q", answer: "a"),
            ])
        let encoded = try encoder.encode(sample, mediaTokens: Self.counts)
        let written = ChatTemplate.named(.vicuna1, beginning: "<s>", ending: "</s>").segments(
            [
                Message(.user, "Is it a bell?"), Message(.assistant, "Yes."), Message(.user, "q"),
                Message(.assistant, "a"),
            ], addingGenerationPrompt: false
        ).map(\.text).joined()
        #expect(encoded.tokens == [1] + tokenizer.encode(written))
        let learnt = encoded.labels.filter { $0 != EncodedSample.unsupervised }
        #expect(tokenizer.decode(learnt) == "Yes.</s> a</s>")
        for turn in 0..<2 {
            let prompt = try encoder.prompt(for: sample, turn: turn, mediaTokens: Self.counts)
            let whole = prompt.tokens + encoder.continuation(sample.turns[turn].answer)
            #expect(Array(encoded.tokens.prefix(whole.count)) == whole)
        }
    }

    @Test func textAfterAMediumBeginsLikeTextAfterASpecialToken() throws {
        let (encoder, tokenizer) = try vicunaEncoder()
        let sample = Sample(
            id: "seen", visualPath: "/v", turns: [Turn(question: "<video>What?", answer: "A bell.")]
        )
        let encoded = try encoder.encode(sample, mediaTokens: Self.counts)
        let slot = try #require(encoded.slots.first)
        let rest = tokenizer.encode("What? ASSISTANT: A bell.</s>", at: .special)
        #expect(Array(encoded.tokens[slot.range.upperBound...]) == rest)
        #expect(encoded.tokens.first == 1)
    }
}
