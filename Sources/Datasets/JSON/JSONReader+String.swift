extension JSONReader {
    /// Reads a text in quotes.
    mutating func string() throws(Failure) -> String {
        index += 1
        let start: Int = index
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            try checkControl(byte)
            index += 1
        }
        if current == UInt8(ascii: "\"") {
            let text = try checked(bytes[start..<index], from: start)
            index += 1
            return text
        }
        return try escapedString(from: start)
    }

    /// Reads on a text from its first escape.
    private mutating func escapedString(from start: Int) throws(Failure) -> String {
        var decoded: [UInt8] = Array(bytes[start..<index])
        while let byte = current {
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                return try checked(decoded[...], from: start)
            case UInt8(ascii: "\\"):
                try appendEscape(to: &decoded)
            default:
                try checkControl(byte)
                decoded.append(byte)
            }
        }
        throw failure("the text ends inside quotes")
    }

    private mutating func appendEscape(to decoded: inout [UInt8]) throws(Failure) {
        guard let letter = current else { throw failure("the text ends inside quotes") }
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(letter)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0C)
        case UInt8(ascii: "n"): decoded.append(0x0A)
        case UInt8(ascii: "r"): decoded.append(0x0D)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "u"): decoded += Array(String(try escapedScalar()).utf8)
        default: throw failure("an escape is unknown; expected one of \\\" \\\\ / b f n r t u")
        }
    }

    /// Reads the digits of one \u escape, or of the two that make a character beyond U+FFFF.
    ///
    /// Formula: scalar = 0x10000 + (high − 0xD800)·0x400 + (low − 0xDC00)
    private mutating func escapedScalar() throws(Failure) -> Unicode.Scalar {
        let high = try codeUnit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        let isPair: Bool = high < 0xDC00 && bytes[index...].starts(with: [0x5C, 0x75])
        if isPair {
            index += 2
            let low = try codeUnit()
            if (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00))
            {
                return scalar
            }
        }
        throw failure("half of a surrogate pair stands alone")
    }

    private mutating func codeUnit() throws(Failure) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Unicode.Scalar(byte).hexadecimalDigit else {
                throw failure("\\u lacks a digit; expected four hexadecimal digits")
            }
            unit = unit * 16 + digit
            index += 1
        }
        return unit
    }

    private func checkControl(_ byte: UInt8) throws(Failure) {
        guard byte >= 0x20 else {
            throw failure("a control character stands inside quotes; expected it as an escape")
        }
    }

    private mutating func checked(
        _ text: ArraySlice<UInt8>, from start: Int
    ) throws(Failure) -> String {
        guard let string = String(validating: text, as: UTF8.self) else {
            index = start
            throw failure("text is not UTF-8")
        }
        return string
    }
}

extension Unicode.Scalar {
    fileprivate var hexadecimalDigit: UInt32? {
        switch self {
        case "0"..."9": value - 0x30
        case "a"..."f": value - 0x57
        case "A"..."F": value - 0x37
        default: nil
        }
    }
}
