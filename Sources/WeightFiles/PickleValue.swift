/// A value on the stack of `PickleMachine`; containers are numbers of `PickleObjects`.
///
/// Containers refer to each other by number, so that cycles and deep nesting in a hostile file
/// neither leak nor exhaust the stack.
enum PickleValue: Sendable {
    case none
    case boolean(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case global(PickleGlobal)
    case tuple(Int)
    case list(Int)
    case dictionary(Int)
    case storage(String)
    case tensor(Int)

    var integer: Int? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

/// The only names that a pickle may call or mention.
enum PickleGlobal: Sendable {
    case orderedDictionary
    case rebuildTensor
    case rebuildParameter
    case storage(StoredType)

    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", _):
            guard let type = Self.storageTypes[name] else { return nil }
            self = .storage(type)
        default: return nil
        }
    }

    private static let storageTypes: [String: StoredType] = [
        "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16,
        "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
        "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
    ]
}

/// What a pickle has built so far.
struct PickleObjects {
    struct Storage {
        let type: StoredType
        let count: Int
    }

    struct Tensor {
        let storageKey: String
        let offset: Int
        let shape: [Int]
        let strides: [Int]
    }

    var tuples: [[PickleValue]] = []
    var lists: [[PickleValue]] = []
    var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
    var storages: [String: Storage] = [:]
    var tensors: [Tensor] = []

    mutating func tuple(_ elements: [PickleValue]) -> PickleValue {
        tuples.append(elements)
        return .tuple(tuples.count - 1)
    }

    mutating func list() -> PickleValue {
        lists.append([])
        return .list(lists.count - 1)
    }

    mutating func dictionary() -> PickleValue {
        dictionaries.append([])
        return .dictionary(dictionaries.count - 1)
    }

    /// The elements of a tuple.
    func elements(_ value: PickleValue) -> [PickleValue]? {
        guard case .tuple(let index) = value else { return nil }
        return tuples[index]
    }

    /// The lengths or strides in a tuple; torch has at most 64 axes.
    func axes(_ value: PickleValue) -> [Int]? {
        guard let elements = elements(value), elements.count <= 64 else { return nil }
        let integers = elements.compactMap(\.integer)
        return integers.count == elements.count ? integers : nil
    }
}
