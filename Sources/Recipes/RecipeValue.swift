/// A value of a recipe after it was checked.
package enum RecipeValue: Sendable, Equatable {
    case null
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([RecipeValue])
    case section([String: RecipeValue])
}

extension RecipeValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(arrayLiteral elements: RecipeValue...) { self = .list(elements) }
}

extension RecipeValue {
    /// The value as YAML on one line.
    package var yaml: String {
        switch self {
        case .null: "null"
        case .flag(let value): String(value)
        case .integer(let value): String(value)
        case .number(let value):
            value.magnitude < 1e15 && value == value.rounded()
                ? String(Int(value)) : String(value)
        case .text(let value): Self.quoted(value)
        case .list(let values): "[" + values.map(\.yaml).joined(separator: ", ") + "]"
        case .section(let values):
            "{"
                + values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.yaml)" }
                .joined(separator: ", ") + "}"
        }
    }

    /// Text as a plain scalar where that cannot be misread, else in double quotes.
    private static func quoted(_ text: String) -> String {
        func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "_-./".utf8.contains(byte)
            }
        }
        let misread: Set = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        if let first = text.utf8.first, (0x41...0x7A).contains(first), first != 0x5F,
            text.utf8.allSatisfy(isPlain), !misread.contains(text.lowercased())
        {
            return text
        }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                let isPrintable =
                    scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                    && ![0x2028, 0x2029, 0xFEFF].contains(scalar.value)
                result += isPrintable ? String(scalar) : escaped(scalar)
            }
        }
        return result + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
