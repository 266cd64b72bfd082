/// How a byte-level tokenizer treats text.
public struct ByteLevelRules: Sendable, Equatable {
    /// How text is cut into words.
    public var preTokenizer: PreTokenizer
    /// Whether a word that is a token as it stands is that token, whatever the merges make of it.
    public var takesWholeWords: Bool
    /// Whether characters are composed first (Unicode's normalisation form C).
    public var composesCharacters: Bool

    /// The rules that a model with this pre-tokenizer was published with, unless others are given.
    public init(
        _ preTokenizer: PreTokenizer, takesWholeWords: Bool? = nil, composesCharacters: Bool? = nil
    ) {
        self.preTokenizer = preTokenizer
        self.takesWholeWords = takesWholeWords ?? (preTokenizer == .llama3)
        self.composesCharacters = composesCharacters ?? (preTokenizer == .qwen2)
    }
}
