/// A piece of a GGUF file's metadata; integers and floats of all widths are one case each.
public enum GGUFValue: Sendable, Equatable {
    /// An integer.
    case integer(Int)
    /// A float.
    case float(Double)
    /// A truth value.
    case boolean(Bool)
    /// A text.
    case string(String)
    /// Integers.
    case integers([Int])
    /// Floats.
    case floats([Double])
    /// Truth values.
    case booleans([Bool])
    /// Texts.
    case strings([String])
    /// Arrays.
    case arrays([GGUFValue])

    /// What it is, for messages.
    var kindName: String {
        switch self {
        case .integer: "an integer"
        case .float: "a float"
        case .boolean: "a truth value"
        case .string: "a string"
        case .integers: "an array of integers"
        case .floats: "an array of floats"
        case .booleans: "an array of truth values"
        case .strings: "an array of strings"
        case .arrays: "an array of arrays"
        }
    }
}

extension GGUF {
    /// The integer under `key`.
    ///
    /// Throws: `WeightFileError` when it is absent or something else.
    public func integer(_ key: String) throws -> Int {
        guard case .integer(let value) = try value(key) else {
            throw mismatch(key, expected: "an integer")
        }
        return value
    }

    /// The number under `key`, whether stored as a float or an integer.
    ///
    /// Throws: `WeightFileError` when it is absent or something else.
    public func number(_ key: String) throws -> Double {
        switch try value(key) {
        case .float(let value): return value
        case .integer(let value): return Double(value)
        default: throw mismatch(key, expected: "a number")
        }
    }

    /// The truth value under `key`.
    ///
    /// Throws: `WeightFileError` when it is absent or something else.
    public func boolean(_ key: String) throws -> Bool {
        guard case .boolean(let value) = try value(key) else {
            throw mismatch(key, expected: "a truth value")
        }
        return value
    }

    /// The text under `key`.
    ///
    /// Throws: `WeightFileError` when it is absent or something else.
    public func string(_ key: String) throws -> String {
        guard case .string(let value) = try value(key) else {
            throw mismatch(key, expected: "a string")
        }
        return value
    }

    /// The texts under `key`.
    ///
    /// Throws: `WeightFileError` when they are absent or something else.
    public func strings(_ key: String) throws -> [String] {
        guard case .strings(let value) = try value(key) else {
            throw mismatch(key, expected: "an array of strings")
        }
        return value
    }

    /// The integers under `key`.
    ///
    /// Throws: `WeightFileError` when they are absent or something else.
    public func integers(_ key: String) throws -> [Int] {
        guard case .integers(let value) = try value(key) else {
            throw mismatch(key, expected: "an array of integers")
        }
        return value
    }

    /// The floats under `key`.
    ///
    /// Throws: `WeightFileError` when they are absent or something else.
    public func floats(_ key: String) throws -> [Double] {
        guard case .floats(let value) = try value(key) else {
            throw mismatch(key, expected: "an array of floats")
        }
        return value
    }

    private func value(_ key: String) throws -> GGUFValue {
        guard let value = metadata[key] else {
            throw WeightFileError(.missingMetadata, path, "there is no metadata '\(key)'")
        }
        return value
    }

    private func mismatch(_ key: String, expected: String) -> WeightFileError {
        let found = metadata[key]?.kindName ?? "absent"
        return WeightFileError(
            .missingMetadata, path, "the metadata '\(key)' is \(found); \(expected) was expected")
    }
}
