import WeightFiles

/// What a weight file holds.
package struct WeightInspection: Sendable, Encodable {
    /// A tensor of the file.
    package struct TensorLine: Sendable, Encodable {
        package let name: String
        package let type: String
        package let shape: [Int]
        package let byteCount: Int
    }

    package let kind = "weights"
    package let path: String
    package let format: String
    package let metadata: [String: String]
    package let tensors: [TensorLine]
    package let scalarCount: Int
    package let byteCount: Int

    private enum CodingKeys: String, CodingKey {
        case kind, path, format, metadata, tensors, scalarCount, byteCount
    }

    /// Opens the weights at a path and reads names, types and shapes, not values.
    ///
    /// Throws: `WeightFileError`
    package init(_ path: String) throws {
        let file = try WeightFiles.open(path)
        self.path = path
        var scalarCount = 0
        var tensors: [TensorLine] = []
        for name in file.tensorNames {
            let tensor = try file.tensor(name)
            scalarCount += tensor.scalarCount
            tensors.append(
                TensorLine(
                    name: name, type: tensor.type.rawValue, shape: tensor.shape,
                    byteCount: tensor.byteCount))
        }
        self.tensors = tensors
        self.scalarCount = scalarCount
        byteCount = tensors.reduce(0) { $0 + $1.byteCount }
        (format, metadata) = Self.description(of: file)
    }

    private static func description(
        of file: any WeightFile
    ) -> (format: String, metadata: [String: String]) {
        switch file {
        case let file as GGUF: ("GGUF", file.metadata.mapValues(text))
        case let file as Safetensors: ("safetensors", file.metadata)
        case is ShardedSafetensors: ("safetensors in several files", [:])
        case let file as CTranslate2File:
            (
                "CTranslate2",
                ["specification": file.specification, "revision": String(file.revision)]
            )
        case is LegacyTorchFile: ("torch before 1.6", [:])
        default: ("weights", [:])
        }
    }

    private static func text(_ value: GGUFValue) -> String {
        switch value {
        case .integer(let value): String(value)
        case .float(let value): Quantity.number(value)
        case .boolean(let value): String(value)
        case .string(let value): value
        case .integers(let values): "\(Quantity.count(values.count)) integers"
        case .floats(let values): "\(Quantity.count(values.count)) numbers"
        case .booleans(let values): "\(Quantity.count(values.count)) truth values"
        case .strings(let values): "\(Quantity.count(values.count)) texts"
        case .arrays(let values): "\(Quantity.count(values.count)) arrays"
        }
    }

    /// The file as aligned lines.
    package var text: String {
        var facts: [(name: String, value: String)] = [
            ("file", path), ("format", format),
            ("tensors", Quantity.count(tensors.count)),
            ("scalars", Quantity.count(scalarCount)), ("bytes", Quantity.bytes(byteCount)),
        ]
        facts += metadata.sorted { $0.key < $1.key }.map { ($0.key, Self.shortened($0.value)) }
        return Table(facts: facts).text + "\n\n"
            + TensorTable.text(
                tensors.map { ($0.name, $0.type, $0.shape, $0.byteCount) })
    }

    /// One line of at most 100 characters.
    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 100 ? line.prefix(97) + "..." : line
    }
}

/// Names, types, shapes and sizes of tensors as a table.
enum TensorTable {
    static func text(
        _ tensors: [(name: String, type: String, shape: [Int], byteCount: Int)]
    ) -> String {
        var table = Table([
            ("tensor", .leading), ("type", .leading), ("shape", .leading), ("bytes", .trailing),
        ])
        for tensor in tensors {
            let shape = "[" + tensor.shape.map(String.init).joined(separator: ", ") + "]"
            table.add([tensor.name, tensor.type, shape, Quantity.bytes(tensor.byteCount)])
        }
        return table.text
    }
}
