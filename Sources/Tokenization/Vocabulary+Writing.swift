public import Foundation

extension Vocabulary {
    /// The vocabulary as a Hugging Face `tokenizer.json`, which has no word for tokens that are not used:
    /// those behind all others are left out.
    ///
    /// Source: the serialisation of huggingface/tokenizers; merges as texts, which all versions read
    public func tokenizerJSON() throws -> Data {
        let added = kinds.enumerated().filter { $0.element.isAdded }.map { id, kind in
            [
                "id": id, "content": tokens[id], "special": kind != .userDefined,
                "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            ] as [String: Any]
        }
        let usedCount = kinds.lastIndex { $0 != .unused }.map { $0 + 1 } ?? 0
        let ids = Dictionary(
            tokens[..<usedCount].enumerated().map { ($0.element, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        let settings = scheme.fields
        let model: [String: Any] = [
            "type": "BPE", "vocab": ids,
            "merges": rankedMerges.map { "\($0.left) \($0.right)" }, "dropout": NSNull(),
            "unk_token": unknownToken.map { $0 as Any } ?? NSNull(),
            "continuing_subword_prefix": NSNull(),
            "end_of_word_suffix": NSNull(), "fuse_unk": settings.fallsBackToBytes,
            "byte_fallback": settings.fallsBackToBytes, "ignore_merges": settings.takesWholeWords,
        ]
        let file: [String: Any] = [
            "version": "1.0", "truncation": NSNull(), "padding": NSNull(),
            "added_tokens": added, "normalizer": settings.normalizer,
            "pre_tokenizer": settings.preTokenizer, "post_processor": NSNull(),
            "decoder": settings.decoder, "model": model,
        ]
        return try JSONSerialization.data(
            withJSONObject: file, options: [.sortedKeys, .withoutEscapingSlashes])
    }

    /// The ids of the tokens after which an answer is complete; the end of a turn comes first.
    public var endIDs: [Int] {
        let named = ChatTemplate.endings.compactMap { name in
            tokens.firstIndex(of: name).flatMap { kinds[$0] == .control ? $0 : nil }
        }
        let own = endOfTextID.map { [Int($0)] } ?? []
        return named + own.filter { !named.contains($0) }
    }
}

extension Vocabulary {
    private var unknownToken: String? { kinds.firstIndex(of: .unknown).map { tokens[$0] } }

    /// The merges; where scores decide, every pair that makes a piece, the best piece first.
    ///
    /// Source: the order of transformers' conversion of SentencePiece models
    var rankedMerges: [Merge] {
        if scores.isEmpty { return merges }
        let ids = Dictionary(
            tokens.enumerated().map { ($0.element, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        let ranks = Self.ranks(scores)
        let order = tokens.indices.filter { kinds[$0] == .normal }
            .sorted { (ranks[$0], $0) < (ranks[$1], $1) }
        return order.flatMap { id -> [Merge] in
            let scalars = tokens[id].unicodeScalars
            let pairs = scalars.indices.dropFirst().compactMap { cut -> (Int, Int)? in
                guard let left = ids[String(scalars[..<cut])],
                    let right = ids[String(scalars[cut...])]
                else { return nil }
                return (left, right)
            }
            return pairs.sorted(by: <).map { Merge(tokens[$0.0], tokens[$0.1]) }
        }
    }

    /// How good each token is to be merged into; where merges decide, the earlier made the better, and
    /// characters last.
    ///
    /// Source: LLaMA's own scores, which count down from 0 in the order of the merges
    public var rankedScores: [Float] {
        if !scores.isEmpty { return scores }
        let ids = Dictionary(
            tokens.enumerated().map { ($0.element, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        var result = kinds.map { $0 == .normal ? -Float(merges.count) : 0 }
        for (rank, merge) in merges.enumerated().reversed() {
            if let id = ids[merge.left + merge.right] { result[id] = -Float(rank) }
        }
        return result
    }
}

extension Vocabulary.TokenKind {
    /// Whether Hugging Face lists the token as added to the vocabulary.
    fileprivate var isAdded: Bool { self == .control || self == .userDefined || self == .unknown }
}
