/// Reads the keys and values at the start of a GGUF file.
struct GGUFMetadataReader {
    private static let depthLimit = 4
    var reader: ByteReader

    mutating func metadata(count: UInt64) throws -> [String: GGUFValue] {
        // A key's length, a type and one byte are the least that a value takes.
        let count = try reader.requireRoom(for: count, ofAtLeast: 13, "metadata values")
        var metadata: [String: GGUFValue] = [:]
        for index in 0..<count {
            let key = try string("the key of metadata value \(index)")
            let type = try reader.integer(UInt32.self, "the type of '\(key)'")
            let value = try value(type, key)
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw WeightFileError(
                    .malformed, reader.path, "the metadata '\(key)' occurs twice")
            }
        }
        return metadata
    }

    private mutating func string(_ what: @autoclosure () -> String) throws -> String {
        let count = try reader.integer(UInt64.self, what())
        return try reader.string(count, what())
    }

    private mutating func value(_ type: UInt32, _ key: String) throws -> GGUFValue {
        switch type {
        case 0: .integer(try integer(UInt8.self, key))
        case 1: .integer(try integer(Int8.self, key))
        case 2: .integer(try integer(UInt16.self, key))
        case 3: .integer(try integer(Int16.self, key))
        case 4: .integer(try integer(UInt32.self, key))
        case 5: .integer(try integer(Int32.self, key))
        case 6: .float(try float32(key))
        case 7: .boolean(try boolean(key))
        case 8: .string(try string("the metadata '\(key)'"))
        case 9: try array(key, depth: 0)
        case 10: .integer(try integer(UInt64.self, key))
        case 11: .integer(try integer(Int64.self, key))
        case 12: .float(try float64(key))
        default: throw unknownType(type, key)
        }
    }

    private mutating func array(_ key: String, depth: Int) throws -> GGUFValue {
        guard depth < Self.depthLimit else {
            throw WeightFileError(
                .malformed, reader.path,
                "the metadata '\(key)' is nested deeper than \(Self.depthLimit) arrays")
        }
        let type = try reader.integer(UInt32.self, "the element type of '\(key)'")
        let announced = try reader.integer(UInt64.self, "the count of '\(key)'")
        let size = try leastByteCount(type, key)
        let count = try reader.requireRoom(
            for: announced, ofAtLeast: size, "elements of '\(key)'")
        switch type {
        case 0: return .integers(try elements(count) { try $0.integer(UInt8.self, key) })
        case 1: return .integers(try elements(count) { try $0.integer(Int8.self, key) })
        case 2: return .integers(try elements(count) { try $0.integer(UInt16.self, key) })
        case 3: return .integers(try elements(count) { try $0.integer(Int16.self, key) })
        case 4: return .integers(try elements(count) { try $0.integer(UInt32.self, key) })
        case 5: return .integers(try elements(count) { try $0.integer(Int32.self, key) })
        case 6: return .floats(try elements(count) { try $0.float32(key) })
        case 7: return .booleans(try elements(count) { try $0.boolean(key) })
        case 8: return .strings(try elements(count) { try $0.string("the metadata '\(key)'") })
        case 9: return .arrays(try elements(count) { try $0.array(key, depth: depth + 1) })
        case 10: return .integers(try elements(count) { try $0.integer(UInt64.self, key) })
        case 11: return .integers(try elements(count) { try $0.integer(Int64.self, key) })
        case 12: return .floats(try elements(count) { try $0.float64(key) })
        default: throw unknownType(type, key)
        }
    }

    private mutating func elements<Element>(
        _ count: Int, _ element: (inout Self) throws -> Element
    ) throws -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try element(&self)) }
        return elements
    }

    private mutating func integer<Stored: FixedWidthInteger & BitwiseCopyable>(
        _ type: Stored.Type, _ key: String
    ) throws -> Int {
        let stored = try reader.integer(type, "the metadata '\(key)'")
        guard let value = Int(exactly: stored) else {
            throw WeightFileError(
                .unsupported, reader.path,
                "the metadata '\(key)' is \(stored); at most \(Int.max) was expected")
        }
        return value
    }

    private mutating func float32(_ key: String) throws -> Double {
        let bits = try reader.integer(UInt32.self, "the metadata '\(key)'")
        return Double(Float(bitPattern: bits))
    }

    private mutating func float64(_ key: String) throws -> Double {
        Double(bitPattern: try reader.integer(UInt64.self, "the metadata '\(key)'"))
    }

    private mutating func boolean(_ key: String) throws -> Bool {
        let byte = try reader.integer(UInt8.self, "the metadata '\(key)'")
        guard byte <= 1 else {
            throw WeightFileError(
                .malformed, reader.path, "the metadata '\(key)' is \(byte); 0 or 1 was expected")
        }
        return byte == 1
    }

    private func leastByteCount(_ type: UInt32, _ key: String) throws -> Int {
        switch type {
        case 0, 1, 7: 1
        case 2, 3: 2
        case 4, 5, 6: 4
        case 8, 10, 11, 12: 8
        case 9: 12
        default: throw unknownType(type, key)
        }
    }

    private func unknownType(_ type: UInt32, _ key: String) -> WeightFileError {
        WeightFileError(
            .malformed, reader.path,
            "the metadata '\(key)' has the type \(type); 0 to 12 were expected")
    }
}
