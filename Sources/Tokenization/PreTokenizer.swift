/// How text is cut into words before bytes are merged within each word.
public enum PreTokenizer: String, Sendable, CaseIterable {
    /// GPT-2's pattern: English contractions; runs of letters, of numbers or of other characters,
    /// each with at most one space before it; white space.
    ///
    /// Source: Radford et al. 2019 (GPT-2), its published encoder.
    case gpt2 = "gpt-2"
    /// Every number character alone, then GPT-2's pattern between them.
    ///
    /// Source: the tokenizer of SmolLM and SmolLM2 (Hugging Face), `smollm` in GGUF.
    case smolLM = "smollm"

    /// Whether a number character is always a word of its own.
    var isolatesDigits: Bool { self == .smolLM }

    /// The pre-tokenizer a GGUF file names in `tokenizer.ggml.pre`.
    ///
    /// Throws: for a name that is not known here.
    public init(ggufName name: String) throws(TokenizationError) {
        guard let known = PreTokenizer(rawValue: name) else {
            throw TokenizationError(
                .unsupported, "tokenizer.ggml.pre",
                "'\(name)' is not known; expected one of "
                    + PreTokenizer.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", "),
                hint: "choose a model with one of these")
        }
        self = known
    }
}
