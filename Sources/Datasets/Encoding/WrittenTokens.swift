import Tokenization

/// The pieces of a written conversation as token ids, with places for media and labels.
struct WrittenTokens {
    private(set) var tokens: [Int32] = []
    private(set) var labels: [Int32] = []
    private(set) var slots: [MediaSlot] = []
    /// How many marks of each kind were found.
    private(set) var tagCounts: [MediaKind: Int] = [:]
    private let tokenizer: Tokenizer
    /// What stands before the text that comes next.
    private var place = TextPlace.start

    /// Text only: marks of media are text like any other.
    init(_ segments: [ChatTemplate.Segment], _ template: ChatTemplate, _ tokenizer: Tokenizer) {
        self.init(template, tokenizer)
        for segment in segments { append(segment.text, isSupervised: segment.isSupervised) }
        finish()
    }

    /// Marks of media, outside of answers, become runs of a placeholder: `media` says which slots a mark
    /// stands for, after those before it, from a place on.
    init(
        _ segments: [ChatTemplate.Segment], _ template: ChatTemplate, _ tokenizer: Tokenizer,
        tags: MediaTags, placeholderID: Int32,
        media: (MediaKind, _ earlier: [MediaSlot], _ start: Int) -> [MediaSlot]
    ) {
        self.init(template, tokenizer)
        for segment in segments {
            if segment.isSupervised {
                append(segment.text, isSupervised: true)
                continue
            }
            for piece in tags.pieces(of: segment.text) {
                switch piece {
                case .text(let text): append(String(text), isSupervised: false)
                case .media(let kind):
                    tagCounts[kind, default: 0] += 1
                    let new = media(kind, slots, tokens.count)
                    slots += new
                    let count: Int = new.reduce(0) { $0 + $1.range.count }
                    add(Array(repeating: placeholderID, count: count), isSupervised: false)
                    if count > 0 { place = .special }
                }
            }
        }
        finish()
    }

    /// The token that stands before the text is no part of it.
    private init(_ template: ChatTemplate, _ tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
        let leading = template.leadingToken.flatMap { tokenizer.id(of: $0) }
        add(leading.map { [$0] } ?? [], isSupervised: false)
    }

    /// Makes nothing learnt.
    mutating func forgetLabels() {
        labels = Array(repeating: EncodedSample.unsupervised, count: tokens.count)
    }

    private mutating func append(_ text: String, isSupervised: Bool) {
        let ids = tokenizer.encode(text, at: place)
        add(ids, isSupervised: isSupervised)
        if let last = ids.last { place = tokenizer.place(after: last) }
    }

    private mutating func add(_ ids: [Int32], isSupervised: Bool) {
        tokens += ids
        labels +=
            isSupervised ? ids : Array(repeating: EncodedSample.unsupervised, count: ids.count)
    }

    /// Nothing predicts the first token.
    private mutating func finish() {
        if !labels.isEmpty { labels[0] = EncodedSample.unsupervised }
    }
}
