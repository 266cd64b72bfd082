/// Cuts UTF-8 text into words as a pre-tokenizer's pattern does.
///
/// GPT-2's pattern is
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`; patterns are scanned by
/// hand. A text of well-formed UTF-8 is expected, as `String` guarantees.
package struct WordScanner {
    /// The character classes the pattern tells apart.
    enum CharacterClass: UInt8 {
        case letter, number, space, other, end
    }

    package let text: UnsafeBufferPointer<UInt8>
    package let preTokenizer: PreTokenizer

    package init(text: UnsafeBufferPointer<UInt8>, preTokenizer: PreTokenizer) {
        self.text = text
        self.preTokenizer = preTokenizer
    }

    /// The end of the word that starts at `start`, which lies before the end of the text.
    package func endOfWord(from start: Int) -> Int {
        switch preTokenizer {
        case .gpt2, .smolLM: endOfGPT2Word(from: start)
        case .llama3: endOfLlama3Word(from: start, longestNumber: 3)
        case .qwen2: endOfLlama3Word(from: start, longestNumber: 1)
        }
    }

    /// Whether a number character is always a word of its own.
    private var isolatesDigits: Bool { preTokenizer == .smolLM }

    private func endOfGPT2Word(from start: Int) -> Int {
        let (first, firstEnd) = character(at: start)
        if first == .number && isolatesDigits { return firstEnd }
        if text[start] == UInt8(ascii: "'"), let end = endOfContraction(from: start) { return end }
        if first != .space { return endOfRun(of: first, from: firstEnd) }
        if text[start] == UInt8(ascii: " ") {
            let (second, secondEnd) = inner(at: firstEnd)
            if second != .space && second != .end { return endOfRun(of: second, from: secondEnd) }
        }
        return endOfSpaces(from: start)
    }

    /// White space up to the last character before a word, which may belong to that word.
    private func endOfSpaces(from start: Int) -> Int {
        var last = start
        var end = start
        var next = character(at: start)
        while next.0 == .space {
            last = end
            end = next.1
            next = inner(at: end)
        }
        return next.0 == .end || last == start ? end : last
    }

    private func endOfRun(of kind: CharacterClass, from start: Int) -> Int {
        var end = start
        while true {
            let (next, nextEnd) = inner(at: end)
            if next != kind { return end }
            end = nextEnd
        }
    }

    private func endOfContraction(from start: Int) -> Int? {
        guard start + 1 < text.count else { return nil }
        let first = text[start + 1]
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
            let second = first == UInt8(ascii: "l") ? first : UInt8(ascii: "e")
            return start + 2 < text.count && text[start + 2] == second ? start + 3 : nil
        default: return nil
        }
    }

    /// The class of a character inside a word: isolated digits end it like the end of the text.
    private func inner(at index: Int) -> (CharacterClass, end: Int) {
        let found = character(at: index)
        return found.0 == .number && isolatesDigits ? (.end, index) : found
    }

    func character(at index: Int) -> (CharacterClass, end: Int) {
        guard index < text.count else { return (.end, index) }
        let lead = text[index]
        if lead < 0x80 { return (Self.asciiClass(lead), index + 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for next in text[(index + 1)..<(index + length)] {
            value = value << 6 | UInt32(next & 0x3F)
        }
        return (Self.unicodeClass(value), index + length)
    }

    private static func asciiClass(_ byte: UInt8) -> CharacterClass {
        switch byte {
        case 0x61...0x7A, 0x41...0x5A: .letter
        case 0x30...0x39: .number
        case 0x20, 0x09...0x0D: .space
        default: .other
        }
    }

    private static func unicodeClass(_ value: UInt32) -> CharacterClass {
        guard let scalar = Unicode.Scalar(value) else { return .other }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return .letter
        case .decimalNumber, .letterNumber, .otherNumber:
            return .number
        default:
            return scalar.properties.isWhitespace ? .space : .other
        }
    }
}
