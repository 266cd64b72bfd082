import Datasets
import Testing
import Tokenization

@Suite struct MediaInterleavingTests {
    private func slots(
        _ frames: Int, _ perFrame: Int, _ segments: Int, _ perSegment: Int
    ) throws -> [MediaSlot] {
        let encoder = PromptEncoder(
            tokenizer: try ByteTokenizer.make(), template: .init(), placeholderID: 9,
            maximumTokenCount: 10_000,
            interleaving: MediaInterleaving(
                frameCount: frames, tokensPerFrame: perFrame, segmentCount: segments,
                tokensPerSegment: perSegment))
        let encoded = try encoder.encode(
            PromptEncoderTests.sample,
            mediaTokens: MediaTokenCounts(
                visual: frames * perFrame, audio: segments * perSegment))
        for slot in encoded.slots {
            #expect(encoded.tokens[slot.range].allSatisfy { $0 == 9 })
        }
        return encoded.slots
    }

    @Test(arguments: [(75, 1, 25, 1), (4, 3, 2, 1), (1, 1, 1, 2), (2, 2, 7, 3), (3, 1, 3, 1)])
    func everyTokenStandsOnceAndInTheOrderOfTime(
        _ frames: Int, _ perFrame: Int, _ segments: Int, _ perSegment: Int
    ) throws {
        let slots = try slots(frames, perFrame, segments, perSegment)
        var (places, times): ([MediaKind: [Int]], [Double]) = ([:], [])
        for (index, slot) in slots.enumerated() {
            if index > 0 { #expect(slots[index - 1].range.upperBound == slot.range.lowerBound) }
            for offset in 0..<slot.range.count {
                let token = slot.firstToken + offset
                places[slot.kind, default: []].append(token)
                times.append(
                    slot.kind == .visual
                        ? (Double(token / perFrame) + 0.5) / Double(frames)
                        : (Double(token / perSegment) + 0.5) / Double(segments))
            }
        }
        #expect(places[.visual] == Array(0..<frames * perFrame))
        #expect(places[.audio] == Array(0..<segments * perSegment))
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 + 1e-12 })
    }

    @Test func aMediumGoesOnInOneBlockOfAPackedBatch() throws {
        let slots = try slots(4, 1, 2, 1)
        let count = slots.last?.range.upperBound ?? 0
        let sample = EncodedSample(
            sampleID: "a", modality: .audioVisual, tokens: Array(repeating: 9, count: count),
            slots: slots, labels: Array(repeating: EncodedSample.unsupervised, count: count))
        let packed = PackedBatch([sample, sample])
        #expect(packed.visual.rowCounts == [4, 4] && packed.audio.rowCounts == [2, 2])
        #expect(packed.visual.owners == [0, 1])
        let rows = slots.filter { $0.kind == .audio }.flatMap { $0.range.map { Int32($0) } }
        #expect(packed.audio.rows == rows + rows.map { $0 + Int32(count) })
    }

    @Test func aSampleWithOneMediumStaysAsItIs() throws {
        let interleaving = MediaInterleaving(
            frameCount: 3, tokensPerFrame: 1, segmentCount: 2, tokensPerSegment: 1)
        let encoder = PromptEncoder(
            tokenizer: try ByteTokenizer.make(), template: .init(), placeholderID: 9,
            maximumTokenCount: 1_000, interleaving: interleaving)
        let sample = Sample(
            id: "seen", visualPath: "/v", turns: [Turn(question: "<video>\nWhat?", answer: "Cat.")])
        let plain = try PromptEncoderTests.encoder().encode(
            sample, mediaTokens: PromptEncoderTests.counts)
        #expect(try encoder.encode(sample, mediaTokens: PromptEncoderTests.counts) == plain)
    }

    @Test func missingAndDoubledTagsAreErrors() throws {
        let interleaving = MediaInterleaving(
            frameCount: 3, tokensPerFrame: 1, segmentCount: 2, tokensPerSegment: 1)
        let encoder = PromptEncoder(
            tokenizer: try ByteTokenizer.make(), template: .init(), placeholderID: 9,
            maximumTokenCount: 1_000, interleaving: interleaving)
        for question in ["<video>What?", "<audio>What?", "<video><video><audio>What?"] {
            let sample = Sample(
                id: "x", visualPath: "/v", audioPath: "/v",
                turns: [Turn(question: question, answer: "Cat.")])
            let error = #expect(throws: DatasetError.self) {
                try encoder.encode(sample, mediaTokens: PromptEncoderTests.counts)
            }
            #expect(error?.kind == .mediaMismatch)
        }
    }
}
