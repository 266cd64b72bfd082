/// Reads the part of Python's pickle protocol 2 that torch.save uses for tensors.
///
/// Nothing is executed: of all callables only `PickleGlobal`'s are known, each as a few lines here.
/// Source: Lib/pickletools.py of CPython.
struct PickleMachine {
    /// Longer descriptions are refused; 4 MB describe about 25,000 tensors.
    private static let byteLimit = 4_000_000
    /// Longer keys of storages are refused; torch writes numbers of about 15 digits.
    private static let keyByteLimit = 256

    var reader: ByteReader
    private(set) var objects = PickleObjects()
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    init(reader: ByteReader) {
        self.reader = reader
    }

    /// Reads one pickle and gives what it describes.
    ///
    /// Throws: `WeightFileError` when the pickle is broken or asks for more than tensors.
    mutating func run() throws -> PickleValue {
        (stack, marks, memo) = ([], [], [:])
        let start = reader.position
        while true {
            let opcode = try reader.integer(UInt8.self, "a pickle instruction")
            if opcode == UInt8(ascii: ".") { return try pop() }
            guard
                try pushConstant(opcode) || useMemo(opcode) || build(opcode) || call(opcode)
            else {
                throw WeightFileError(
                    .unsupported, reader.path,
                    "the pickle instruction \(opcode) at byte \(reader.position - 1) is not one "
                        + "that torch.save uses for tensors")
            }
            guard reader.position - start <= Self.byteLimit else {
                throw WeightFileError(
                    .malformed, reader.path,
                    "the description of the tensors is longer than \(Self.byteLimit) bytes")
            }
        }
    }

    private func error(_ detail: String) -> WeightFileError {
        WeightFileError(
            .malformed, reader.path, "\(detail) before byte \(reader.position), in the pickle")
    }

    private mutating func pop() throws -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
            throw error("a value is missing")
        }
        return value
    }

    private mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast() else { throw error("a mark is missing") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func pushConstant(_ opcode: UInt8) throws -> Bool {
        switch Unicode.Scalar(opcode) {
        case "\u{80}":
            let version = try reader.integer(UInt8.self, "the pickle's version")
            guard version == 2 else {
                throw WeightFileError(
                    .unsupported, reader.path, "the pickle's version is \(version); 2 was expected")
            }
        case "N": stack.append(.none)
        case "\u{88}": stack.append(.boolean(true))
        case "\u{89}": stack.append(.boolean(false))
        case "K": stack.append(.integer(Int(try reader.integer(UInt8.self, "an integer"))))
        case "M": stack.append(.integer(Int(try reader.integer(UInt16.self, "an integer"))))
        case "J": stack.append(.integer(Int(try reader.integer(Int32.self, "an integer"))))
        case "\u{8a}": stack.append(.integer(try longInteger()))
        case "G":
            let bits = try reader.integer(UInt64.self, "a float").byteSwapped
            stack.append(.float(Double(bitPattern: bits)))
        case "X": stack.append(try string(try reader.integer(UInt32.self, "a string")))
        case "U": stack.append(try string(UInt32(try reader.integer(UInt8.self, "a string"))))
        case "T": stack.append(try string(try reader.integer(UInt32.self, "a string")))
        default: return false
        }
        return true
    }

    private mutating func string(_ count: UInt32) throws -> PickleValue {
        .string(try reader.string(count, "a string"))
    }

    private mutating func longInteger() throws -> Int {
        let count = try reader.integer(UInt8.self, "an integer")
        let bytes = try reader.take(count, "an integer")
        guard count <= 8 else { throw error("an integer of \(count) bytes is too large") }
        let isNegative = (bytes.last ?? 0) & 0x80 != 0
        return bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }
    }

    private mutating func useMemo(_ opcode: UInt8) throws -> Bool {
        switch Unicode.Scalar(opcode) {
        case "q": try remember(Int(try reader.integer(UInt8.self, "a memo")))
        case "r": try remember(Int(try reader.integer(UInt32.self, "a memo")))
        case "h": try recall(Int(try reader.integer(UInt8.self, "a memo")))
        case "j": try recall(Int(try reader.integer(UInt32.self, "a memo")))
        default: return false
        }
        return true
    }

    private mutating func remember(_ index: Int) throws {
        guard let value = stack.last else { throw error("a value is missing") }
        memo[index] = value
    }

    private mutating func recall(_ index: Int) throws {
        guard let value = memo[index] else { throw error("memo \(index) is missing") }
        stack.append(value)
    }

    private mutating func build(_ opcode: UInt8) throws -> Bool {
        switch Unicode.Scalar(opcode) {
        case "(": marks.append(stack.count)
        case ")": stack.append(objects.tuple([]))
        case "]": stack.append(objects.list())
        case "}": stack.append(objects.dictionary())
        case "t": stack.append(objects.tuple(try popToMark()))
        case "\u{85}", "\u{86}", "\u{87}":
            var elements: [PickleValue] = []
            for _ in 0...(opcode - 0x85) { elements.insert(try pop(), at: 0) }
            stack.append(objects.tuple(elements))
        case "a": try append([try pop()])
        case "e": try append(try popToMark())
        case "s":
            let value = try pop()
            try set([try pop(), value])
        case "u": try set(try popToMark())
        default: return false
        }
        return true
    }

    private mutating func append(_ elements: [PickleValue]) throws {
        guard case .list(let index) = stack.last else { throw error("a list is missing") }
        objects.lists[index] += elements
    }

    private mutating func set(_ pairs: [PickleValue]) throws {
        guard case .dictionary(let index) = stack.last, pairs.count % 2 == 0 else {
            throw error("a dictionary is missing")
        }
        for start in stride(from: 0, to: pairs.count, by: 2) {
            objects.dictionaries[index].append((pairs[start], pairs[start + 1]))
        }
    }
}

extension PickleMachine {
    private mutating func call(_ opcode: UInt8) throws -> Bool {
        switch Unicode.Scalar(opcode) {
        case "c": stack.append(try global())
        case "R":
            let arguments = try pop()
            let callable = try pop()
            stack.append(try result(of: callable, arguments))
        case "Q": stack.append(try storage(try pop()))
        case "b":
            // The attributes of a state dictionary are versions of its modules: not weights.
            _ = try pop()
            guard case .dictionary = stack.last else { throw error("a dictionary is missing") }
        default: return false
        }
        return true
    }

    private mutating func global() throws -> PickleValue {
        let module = try reader.line(limit: 256, "the name of a Python module")
        let name = try reader.line(limit: 256, "the name of a Python object")
        guard let global = PickleGlobal(module: module, name: name) else {
            throw WeightFileError(
                .unsafe, reader.path,
                "the pickle asks for '\(module).\(name)'; only tensors in dictionaries are read")
        }
        return .global(global)
    }

    private mutating func result(
        of callable: PickleValue, _ arguments: PickleValue
    ) throws -> PickleValue {
        guard case .global(let global) = callable, case .tuple(let index) = arguments else {
            throw error("a callable or its arguments are missing")
        }
        let arguments = objects.tuples[index]
        switch global {
        case .orderedDictionary:
            guard arguments.isEmpty else { throw error("a dictionary has odd contents") }
            return objects.dictionary()
        case .rebuildTensor: return try tensor(arguments)
        case .rebuildParameter:
            guard let first = arguments.first, case .tensor = first else {
                throw error("a parameter without a tensor")
            }
            return first
        case .storage: throw error("a storage type is called")
        }
    }

    private mutating func tensor(_ arguments: [PickleValue]) throws -> PickleValue {
        guard arguments.count >= 4, case .storage(let key) = arguments[0],
            let offset = arguments[1].integer, offset >= 0,
            let shape = objects.axes(arguments[2]),
            let strides = objects.axes(arguments[3]), strides.count == shape.count
        else { throw error("a tensor has odd contents") }
        objects.tensors.append(
            PickleObjects.Tensor(
                storageKey: key, offset: offset, shape: shape, strides: strides))
        return .tensor(objects.tensors.count - 1)
    }

    /// The persistent id ('storage', type, key, location, count, view).
    private mutating func storage(_ id: PickleValue) throws -> PickleValue {
        guard let parts = objects.elements(id), parts.count == 5 || parts.count == 6,
            parts[0].text == "storage", case .global(.storage(let type)) = parts[1],
            let key = parts[2].text, key.utf8.count <= Self.keyByteLimit,
            let count = parts[4].integer, count >= 0
        else { throw error("a storage has odd contents") }
        if parts.count == 6 {
            guard case .none = parts[5] else {
                throw WeightFileError(
                    .unsupported, reader.path, "storage '\(key)' is a view of another one")
            }
        }
        if let known = objects.storages[key], known.type != type || known.count != count {
            throw error("storage '\(key)' is described in two ways")
        }
        objects.storages[key] = PickleObjects.Storage(type: type, count: count)
        return .storage(key)
    }
}
