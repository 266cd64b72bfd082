public import Foundation

extension Vocabulary {
    /// Reads a SentencePiece model of the BPE kind: the `tokenizer.model` of LLaMA and Vicuna.
    ///
    /// `added` are tokens that follow the model's own, as Hugging Face's `added_tokens.json` lists them.
    /// Source: sentencepiece_model.proto of google/sentencepiece
    /// Throws: when the file is no such model, breaks off, or asks for another algorithm or normalisation
    public init(
        sentencePieceModel data: Data, added: [String] = [], subject: String = "tokenizer.model"
    ) throws(TokenizationError) {
        let model = try PieceModel(data, subject: subject)
        try model.check()
        let pieces = model.pieces + added.map { token -> PieceModel.Piece in (token, 0, .control) }
        func id(_ id: Int) -> Int? { model.pieces.indices.contains(id) ? id : nil }
        try self.init(
            tokens: pieces.map(\.piece), kinds: pieces.map(\.kind), merges: [],
            scores: pieces.map(\.score), scheme: .sentencePiece(model.rules),
            beginningOfTextID: id(model.beginningID), endOfTextID: id(model.endID))
    }
}

/// The parts of a SentencePiece model that are read.
private struct PieceModel {
    typealias Piece = (piece: String, score: Float, kind: Vocabulary.TokenKind)

    private let subject: String
    private(set) var pieces: [Piece] = []
    private(set) var beginningID = 1
    private(set) var endID = 2
    private(set) var rules = SentencePieceRules(
        collapsesSpaces: true, fallsBackToBytes: false)
    private var algorithm: UInt64 = 1
    private var hasCharacterMap = false
    private var normalization = ""
    private var isUnusual = false

    init(_ data: Data, subject: String) throws(TokenizationError) {
        self.subject = subject
        var reader = ProtobufReader([UInt8](data)[...], subject: subject)
        while let (field, value) = try reader.next() {
            guard case .bytes(let message) = value else { continue }
            switch field {
            case 1: try addPiece(message)
            case 2: try readTraining(message)
            case 3: try readNormalization(message)
            default: break
            }
        }
        guard !pieces.isEmpty else {
            throw TokenizationError(
                .malformed, subject, "holds no pieces; expected a SentencePiece model",
                hint: "download the file again")
        }
    }

    /// Refuses what this reader would get wrong.
    func check() throws(TokenizationError) {
        let refused: [(String, Bool)] = [
            ("an algorithm other than BPE (type \(algorithm))", algorithm != 2),
            ("the normalisation '\(normalization)'", hasCharacterMap),
            ("unescaped white space, or white space after words", isUnusual),
        ]
        for (name, isAsked) in refused where isAsked {
            throw TokenizationError(
                .unsupported, subject,
                "asks for \(name); expected BPE with spaces before words and no normalisation",
                hint: "choose a model with LLaMA's kind of tokenizer")
        }
    }

    private mutating func addPiece(_ message: ArraySlice<UInt8>) throws(TokenizationError) {
        var reader = ProtobufReader(message, subject: subject)
        var (piece, score, kind) = ("", Float(0), Vocabulary.TokenKind.normal)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .bytes(let text)): piece = String(decoding: text, as: UTF8.self)
            case (2, .number(let bits)): score = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
            case (3, .number(let type)):
                guard let known = Int32(exactly: type).flatMap(Vocabulary.TokenKind.init) else {
                    throw TokenizationError(
                        .malformed, subject,
                        "piece \(pieces.count) '\(piece)' has the type \(type); expected 1 to 6")
                }
                kind = known
            default: break
            }
        }
        pieces.append((piece, score, kind))
    }

    private mutating func readTraining(_ message: ArraySlice<UInt8>) throws(TokenizationError) {
        var reader = ProtobufReader(message, subject: subject)
        while let (field, value) = try reader.next() {
            guard case .number(let number) = value else { continue }
            switch field {
            case 3: algorithm = number
            case 24: isUnusual = isUnusual || number != 0
            case 35: rules.fallsBackToBytes = number != 0
            // Negative numbers, for tokens that are not there, fill all 64 bits.
            case 41: beginningID = Int(Int64(bitPattern: number))
            case 42: endID = Int(Int64(bitPattern: number))
            default: break
            }
        }
    }

    private mutating func readNormalization(
        _ message: ArraySlice<UInt8>
    ) throws(TokenizationError) {
        var (hasPrefix, collapses) = (true, true)
        var reader = ProtobufReader(message, subject: subject)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .bytes(let text)): normalization = String(decoding: text, as: UTF8.self)
            case (2, .bytes(let map)): hasCharacterMap = !map.isEmpty
            case (3, .number(let number)): hasPrefix = number != 0
            case (4, .number(let number)): collapses = number != 0
            case (5, .number(let number)): isUnusual = isUnusual || number == 0
            default: break
            }
        }
        rules.prefix = hasPrefix ? .afterControl : .none
        rules.collapsesSpaces = collapses
    }
}
