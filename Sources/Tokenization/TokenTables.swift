/// The look-up tables of a vocabulary, checked while they are built.
///
/// A byte-level tokenizer has tokens for bytes and merges; of any other there are the tokens only.
struct TokenTables {
    private(set) var bytesOfToken: [[UInt8]] = []
    private(set) var ids: [[UInt8]: Int32] = [:]
    private(set) var tokenOfByte = [Int32](repeating: -1, count: 256)
    private(set) var merges: [UInt64: UInt64] = [:]

    init(_ vocabulary: Vocabulary) throws(TokenizationError) {
        try addTokens(vocabulary)
        guard case .byteLevel = vocabulary.scheme else { return }
        let alphabet = ByteAlphabet()
        for byte in UInt8.min...UInt8.max {
            let token = ids[Array(alphabet.character(byte).utf8)]
            tokenOfByte[Int(byte)] = token ?? -1
        }
        merges = try Self.merges(vocabulary.merges, ids: ids)
    }

    private mutating func addTokens(_ vocabulary: Vocabulary) throws(TokenizationError) {
        let alphabet = ByteAlphabet()
        bytesOfToken.reserveCapacity(vocabulary.tokens.count)
        ids.reserveCapacity(vocabulary.tokens.count)
        for (id, (token, kind)) in zip(vocabulary.tokens, vocabulary.kinds).enumerated() {
            let name = Array(token.utf8)
            if let other = ids.updateValue(Int32(id), forKey: name) {
                throw TokenizationError(
                    .malformed, "token \(id)",
                    "'\(token)' is also token \(other); expected each token once")
            }
            if case .sentencePiece = vocabulary.scheme {
                bytesOfToken.append(SentencePieceRules.bytes(token, kind))
            } else if kind != .normal && kind != .byte {
                bytesOfToken.append(name)
            } else if let bytes = alphabet.bytes(token) {
                bytesOfToken.append(bytes)
            } else {
                throw TokenizationError(
                    .malformed, "token \(id)",
                    "'\(token)' has a character that stands for no byte; "
                        + "expected the byte alphabet of GPT-2",
                    hint: "choose a model whose tokenizer is byte-level BPE")
            }
        }
    }

    /// The rank (high half) and the resulting token (low half) of each pair of tokens.
    static func merges(
        _ list: [Vocabulary.Merge], ids: [[UInt8]: Int32]
    ) throws(TokenizationError) -> [UInt64: UInt64] {
        var merges: [UInt64: UInt64] = [:]
        merges.reserveCapacity(list.count)
        for (rank, merge) in list.enumerated() {
            let parts = (Array(merge.left.utf8), Array(merge.right.utf8))
            guard let left = ids[parts.0], let right = ids[parts.1],
                let result = ids[parts.0 + parts.1]
            else {
                throw TokenizationError(
                    .malformed, "merge \(rank)",
                    "'\(merge.left)' and '\(merge.right)' or what they make is no token; "
                        + "expected all three in the vocabulary")
            }
            let key = BytePairMerger.key(left, right)
            guard merges[key] == nil else { continue }
            merges[key] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: result))
        }
        return merges
    }
}
