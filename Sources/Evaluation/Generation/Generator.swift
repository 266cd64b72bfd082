import Datasets
public import Models
import Tensors
public import Tokenization

/// Lets the model write answers, several prompts at a time, token by token.
public struct Generator {
    /// How tokens are chosen.
    public struct Settings: Sendable, Equatable {
        /// The longest answer in tokens.
        public let maximumTokenCount: Int
        /// 0 takes the likeliest token; above, tokens are drawn, the more freely the higher.
        public let temperature: Double
        /// Draws only from this many of the likeliest tokens; 0 for no limit.
        public let topK: Int
        /// Draws only from the likeliest tokens that have this much probability together.
        public let topP: Double
        /// Decides the draws.
        public let seed: UInt64

        /// Takes the likeliest tokens unless told otherwise.
        ///
        /// Traps: when a value is out of range
        public init(
            maximumTokenCount: Int = 64, temperature: Double = 0, topK: Int = 0,
            topP: Double = 1, seed: UInt64 = 0
        ) {
            precondition(
                maximumTokenCount > 0 && temperature >= 0 && topK >= 0 && topP > 0 && topP <= 1,
                "generation: \(maximumTokenCount) tokens, temperature \(temperature), "
                    + "top-k \(topK), top-p \(topP)")
            self.maximumTokenCount = maximumTokenCount
            self.temperature = temperature
            self.topK = topK
            self.topP = topP
            self.seed = seed
        }
    }

    /// What the model wrote.
    public struct Answer: Sendable, Equatable {
        /// The text, without special tokens.
        public let text: String
        /// The tokens, without the one that ended the turn.
        public let tokens: [Int32]
        /// Whether the model ended its turn; otherwise the answer was cut off.
        public let isComplete: Bool
    }

    private let model: AudioVisualModel
    private let tokenizer: Tokenizer
    private let features: FeatureLookup
    private let settings: Settings

    /// - Parameter features: the features of the prompts' media.
    public init(
        model: AudioVisualModel, tokenizer: Tokenizer, features: @escaping FeatureLookup,
        settings: Settings = Settings()
    ) {
        self.model = model
        self.tokenizer = tokenizer
        self.features = features
        self.settings = settings
    }

    /// Answers all prompts; `onText` gets each prompt's index and text as it is written.
    ///
    /// An answer ends with the turn, at the greatest count of tokens, or when the model's positions
    /// are used up.
    /// Throws: what looking up features throws
    public func answers(
        to prompts: [Prompt], onText: (Int, String) throws -> Void = { _, _ in }
    ) throws -> [Answer] {
        guard !prompts.isEmpty else { return [] }
        let input = try PackedPrompts.input(prompts, features: features)
        return try withoutGradients {
            let (hidden, cache) = model.language.prefill(
                model.embeddings(of: input), lengths: prompts.map(\.encoded.tokens.count))
            return try write(after: hidden, cache, onText)
        }
    }

    private func write(
        after hidden: Tensor, _ cache: KeyValueCache, _ onText: (Int, String) throws -> Void
    ) throws -> [Answer] {
        var (hidden, cache) = (hidden, cache)
        let language = model.language
        let ends: Set<Int32> = tokenizer.endOfTurnIDs
        var drafts = cache.lengths.indices.map { Draft(tokenizer, settings, sequence: $0) }
        var active = Array(drafts.indices)
        while true {
            let scores = language.logits(hidden).floats
            let width: Int = scores.count / active.count
            var going: [Int] = []
            for (row, index) in active.enumerated() {
                let token = drafts[index].sampler.token(
                    from: scores[row * width..<(row + 1) * width])
                if ends.contains(token) {
                    drafts[index].isComplete = true
                    continue
                }
                try onText(index, drafts[index].append(token))
                if drafts[index].tokens.count < settings.maximumTokenCount,
                    cache.lengths[row] < language.configuration.positionCount
                {
                    going.append(row)
                }
            }
            if going.isEmpty { break }
            if going.count < active.count { cache = cache.keeping(going) }
            active = going.map { active[$0] }
            let tokens: [Int32] = active.map { drafts[$0].tokens.last ?? 0 }
            hidden = language.decode(language.embeddings(of: tokens), cache: &cache)
        }
        return try drafts.indices.map { index in
            let rest = drafts[index].finish()
            if !rest.isEmpty { try onText(index, rest) }
            return Answer(
                text: drafts[index].text, tokens: drafts[index].tokens,
                isComplete: drafts[index].isComplete)
        }
    }
}

/// An answer as it is being written.
private struct Draft {
    var sampler: TokenSampler
    var isComplete = false
    private(set) var tokens: [Int32] = []
    private(set) var text = ""
    private var decoder: StreamingDecoder

    init(_ tokenizer: Tokenizer, _ settings: Generator.Settings, sequence: Int) {
        sampler = TokenSampler(settings, sequence: sequence)
        decoder = StreamingDecoder(tokenizer)
    }

    /// Adds a token and returns the text that it completes.
    mutating func append(_ token: Int32) -> String {
        tokens.append(token)
        let piece = decoder.append(token)
        text += piece
        return piece
    }

    /// The text that no further token can complete.
    mutating func finish() -> String {
        let rest = decoder.finish()
        text += rest
        return rest
    }
}
