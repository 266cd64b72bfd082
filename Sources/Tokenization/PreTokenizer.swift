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
    /// Contractions in either case; letters with at most one other character before them; up to three
    /// number characters; other characters with the line breaks after them; white space.
    ///
    /// Source: the tokenizer of Llama 3 (Hugging Face), `llama-bpe` in GGUF.
    case llama3 = "llama-bpe"
    /// Llama 3's pattern with every number character alone.
    ///
    /// Source: the tokenizer of Qwen2 and Qwen2.5 (Hugging Face), `qwen2` in GGUF.
    case qwen2 = "qwen2"

    /// The pattern of Llama 3 or Qwen2 as their files spell it, nil for the others, which follow from
    /// other settings.
    var regularExpression: String? {
        let count: String
        switch self {
        case .gpt2, .smolLM: return nil
        case .llama3: count = "{1,3}"
        case .qwen2: count = ""
        }
        return #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + count
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

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
