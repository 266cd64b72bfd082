extension WordScanner {
    /// The end of a word of the pattern of Llama 3 and, with numbers of one character, of Qwen2.
    ///
    /// Pattern: `PreTokenizer.regularExpression`, whose alternatives are tried in this order
    func endOfLlama3Word(from start: Int, longestNumber: Int) -> Int {
        let (first, firstEnd) = character(at: start)
        let isApostrophe = text[start] == UInt8(ascii: "'")
        if isApostrophe, let end = endOfCasedContraction(from: start) { return end }
        if first == .letter { return end(of: .letter, from: firstEnd) }
        if first == .number { return endOfNumber(from: firstEnd, room: longestNumber - 1) }
        let second = character(at: firstEnd)
        if second.0 == .letter && !isLineBreak(start) { return end(of: .letter, from: second.end) }
        if first == .other { return endOfLineBreaks(from: end(of: .other, from: firstEnd)) }
        if text[start] == UInt8(ascii: " "), second.0 == .other {
            return endOfLineBreaks(from: end(of: .other, from: second.end))
        }
        return endOfSpacesAndLineBreaks(from: start)
    }

    /// White space up to its last line break; without one, up to the character before what follows.
    private func endOfSpacesAndLineBreaks(from start: Int) -> Int {
        var (last, end, lineEnd) = (start, start, start)
        while case let (kind, next) = character(at: end), kind == .space {
            if isLineBreak(end) { lineEnd = next }
            (last, end) = (end, next)
        }
        if lineEnd > start { return lineEnd }
        return end == text.count || last == start ? end : last
    }

    private func end(of kind: CharacterClass, from start: Int) -> Int {
        var end = start
        while case let (next, nextEnd) = character(at: end), next == kind { end = nextEnd }
        return end
    }

    private func endOfNumber(from start: Int, room: Int) -> Int {
        var end = start
        for _ in 0..<room {
            let (next, nextEnd) = character(at: end)
            if next != .number { break }
            end = nextEnd
        }
        return end
    }

    private func endOfLineBreaks(from start: Int) -> Int {
        var end = start
        while end < text.count, isLineBreak(end) { end += 1 }
        return end
    }

    private func isLineBreak(_ index: Int) -> Bool {
        text[index] == UInt8(ascii: "\n") || text[index] == UInt8(ascii: "\r")
    }

    /// `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` in either case; the long s (U+017F) is an s.
    private func endOfCasedContraction(from start: Int) -> Int? {
        func letter(_ index: Int) -> UInt8 { index < text.count ? text[index] | 0x20 : 0 }
        if start + 2 < text.count, text[start + 1] == 0xC5, text[start + 2] == 0xBF {
            return start + 3
        }
        switch letter(start + 1) {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return letter(start + 2) == UInt8(ascii: "e") ? start + 3 : nil
        case UInt8(ascii: "l"):
            return letter(start + 2) == UInt8(ascii: "l") ? start + 3 : nil
        default: return nil
        }
    }
}
