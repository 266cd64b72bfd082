import Tokenization

/// A tokenizer whose tokens are the 256 bytes (id = byte) and ChatML's special tokens.
enum ByteTokenizer {
    static let startID: Int32 = 256
    static let endID: Int32 = 257

    static func make() throws -> Tokenizer {
        var next: UInt32 = 256
        var tokens: [String] = []
        for byte in UInt32(0)..<256 {
            let isPrintable =
                (33...126).contains(byte) || (161...172).contains(byte)
                || (174...255).contains(byte)
            let scalar = Unicode.Scalar(isPrintable ? byte : next)
            if !isPrintable { next += 1 }
            tokens.append(scalar.map(String.init) ?? "")
        }
        let special = [
            ChatTemplate.startOfTurn, ChatTemplate.endOfTurn, ChatTemplate.endOfDocument,
        ]
        let kinds: [Vocabulary.TokenKind] =
            Array(repeating: .normal, count: 256) + Array(repeating: .control, count: 3)
        return try Tokenizer(
            vocabulary: Vocabulary(
                tokens: tokens + special, kinds: kinds, merges: [], preTokenizer: .gpt2))
    }
}
