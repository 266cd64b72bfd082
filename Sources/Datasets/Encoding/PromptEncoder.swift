public import Tokenization

/// Writes samples as the token ids a model is trained on or asked with.
///
/// Media tags are replaced, where they stand, by runs of a placeholder token. Every segment of the
/// chat template is tokenized by itself, so a prompt and its answer have the same ids in training,
/// in generation and when answers are compared by likelihood.
public struct PromptEncoder: Sendable {
    private let tokenizer: Tokenizer
    private let template: ChatTemplate
    private let systemPrompt: String?
    private let tags: MediaTags
    private let placeholderID: Int32
    private let maximumTokenCount: Int
    private let interleaving: MediaInterleaving?

    /// An encoder for one model.
    ///
    /// - Parameters:
    ///   - systemPrompt: what stands before samples that bring no system prompt of their own; nil
    ///     leaves it to the template.
    ///   - placeholderID: any id of the vocabulary; its embedding is replaced by features.
    ///   - maximumTokenCount: the longest sample the model takes.
    ///   - interleaving: the order of the tokens of pictures and sound, which then stand at the first of
    ///     their tags; nil when each medium stands at its own.
    public init(
        tokenizer: Tokenizer, template: ChatTemplate, systemPrompt: String? = nil,
        tags: MediaTags = .standard, placeholderID: Int32 = 0, maximumTokenCount: Int,
        interleaving: MediaInterleaving? = nil
    ) {
        self.tokenizer = tokenizer
        self.template = template
        self.systemPrompt = systemPrompt
        self.tags = tags
        self.placeholderID = placeholderID
        self.maximumTokenCount = maximumTokenCount
        self.interleaving = interleaving
    }

    /// The same encoder, which takes samples of any length.
    package var withoutLimit: PromptEncoder {
        PromptEncoder(
            tokenizer: tokenizer, template: template, systemPrompt: systemPrompt, tags: tags,
            placeholderID: placeholderID, maximumTokenCount: .max, interleaving: interleaving)
    }

    /// The whole conversation, with the answers as labels.
    ///
    /// Throws: `DatasetError` when tags and media disagree, the sample is too long, or nothing in
    /// it is supervised
    public func encode(
        _ sample: Sample, mediaTokens: MediaTokenCounts
    ) throws(DatasetError) -> EncodedSample {
        let messages = messages(of: sample, turnCount: sample.turns.count, isPrompt: false)
        let segments = template.segments(messages, addingGenerationPrompt: false)
        let encoded = try encode(segments, of: sample, mediaTokens, isSupervised: true)
        guard encoded.supervisedCount > 0 else {
            throw DatasetError(
                .nothingSupervised, "sample \"\(sample.id)\"", "has no supervised token",
                hint: "expected at least one answer")
        }
        return encoded
    }

    /// The conversation up to where the answer to a turn begins; nothing is supervised.
    ///
    /// - Parameter turn: the index of the turn to be answered; nil for the last one.
    /// Throws: `DatasetError` when tags and media disagree or the prompt is too long
    /// Traps: when the sample has no such turn
    public func prompt(
        for sample: Sample, turn: Int? = nil, mediaTokens: MediaTokenCounts
    ) throws(DatasetError) -> EncodedSample {
        let turn: Int = turn ?? sample.turns.count - 1
        precondition(
            sample.turns.indices.contains(turn),
            "prompt: turn \(turn) of \(sample.turns.count) does not exist")
        let messages = messages(of: sample, turnCount: turn + 1, isPrompt: true)
        let segments = template.segments(messages, addingGenerationPrompt: true)
        return try encode(segments, of: sample, mediaTokens, isSupervised: false)
    }

    /// The ids that an answer adds to a prompt, up to and with its end of turn.
    public func continuation(_ answer: String) -> [Int32] {
        let messages = [
            Message(.user, ""), Message(.assistant, answer),
        ]
        let written = WrittenTokens(
            template.segments(messages, addingGenerationPrompt: false), template, tokenizer)
        return zip(written.tokens, written.labels).filter { $1 != EncodedSample.unsupervised }
            .map { $0.0 }
    }

    private func messages(of sample: Sample, turnCount: Int, isPrompt: Bool) -> [Message] {
        var messages: [Message] = []
        if let system = sample.systemPrompt ?? systemPrompt {
            messages.append(Message(.system, system))
        }
        for (index, turn) in sample.turns.prefix(turnCount).enumerated() {
            messages.append(Message(.user, turn.question))
            if !isPrompt || index < turnCount - 1 {
                messages.append(Message(.assistant, turn.answer))
            }
        }
        return messages
    }

    private func encode(
        _ segments: [ChatTemplate.Segment], of sample: Sample, _ mediaTokens: MediaTokenCounts,
        isSupervised: Bool
    ) throws(DatasetError) -> EncodedSample {
        var written = WrittenTokens(
            segments, template, tokenizer, tags: tags, placeholderID: placeholderID
        ) { kind, slots, start in
            self.slots(of: kind, in: sample, mediaTokens, after: slots, at: start)
        }
        if !isSupervised { written.forgetLabels() }
        let encoded = EncodedSample(
            sampleID: sample.id, modality: sample.modality, tokens: written.tokens,
            slots: written.slots, labels: written.labels)
        try check(encoded, written.tagCounts, mediaTokens)
        return encoded
    }

    /// The slots that a tag stands for: its medium's, or with the first tag of two media whose tokens are
    /// interleaved, those of both.
    private func slots(
        of kind: MediaKind, in sample: Sample, _ mediaTokens: MediaTokenCounts,
        after slots: [MediaSlot], at start: Int
    ) -> [MediaSlot] {
        if let interleaving, sample.modality.hasVisual, sample.modality.hasAudio {
            return slots.isEmpty ? interleaving.slots(from: start) : []
        }
        return [MediaSlot(kind: kind, range: start..<start + mediaTokens[kind])]
    }

    private func check(
        _ encoded: EncodedSample, _ tagCounts: [MediaKind: Int], _ mediaTokens: MediaTokenCounts
    ) throws(DatasetError) {
        let subject = "sample \"\(encoded.sampleID)\""
        for kind in MediaKind.allCases {
            let hasMedium: Bool =
                kind == .visual ? encoded.modality.hasVisual : encoded.modality.hasAudio
            let tagCount: Int = tagCounts[kind, default: 0]
            guard tagCount == (hasMedium ? 1 : 0) else {
                throw DatasetError(
                    .mediaMismatch, subject,
                    "has \(tagCount) \(kind.rawValue) tags (\(tags.names(of: kind))) "
                        + "and \(hasMedium ? "a" : "no") \(kind.rawValue) file",
                    hint: "expected one tag for each file")
            }
            guard !hasMedium || mediaTokens[kind] > 0 else {
                throw DatasetError(
                    .mediaMismatch, subject, "has no tokens for its \(kind.rawValue) features",
                    hint: "expected at least one")
            }
        }
        guard encoded.tokens.count <= maximumTokenCount else {
            throw DatasetError(
                .tooLong, subject,
                "is \(encoded.tokens.count) tokens long, "
                    + "\(encoded.slots.reduce(0) { $0 + $1.range.count }) of them media",
                hint: "expected at most \(maximumTokenCount); shorten its text or take fewer frames"
            )
        }
    }
}
