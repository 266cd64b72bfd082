/// The ways in which a choice may be written as an answer.
enum Spellings {
    /// The choice as it stands and with a capital, each without and with a full stop.
    static func of(_ choice: String) -> [String] {
        let capitalised: String = choice.prefix(1).uppercased() + choice.dropFirst()
        var spellings: [String] = []
        for text in [choice, capitalised] {
            let isClosed: Bool = text.last.map { ".!?".contains($0) } ?? true
            for spelling in isClosed ? [text] : [text, text + "."]
            where !spellings.contains(spelling) {
                spellings.append(spelling)
            }
        }
        return spellings
    }
}
