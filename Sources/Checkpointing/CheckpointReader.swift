import Foundation

/// An open checkpoint file whose parts are read one by one, all kept for the digest.
struct CheckpointReader {
    /// The path of the file.
    let path: String
    /// What was read so far.
    private(set) var content = CheckpointContent()

    private let file: HDF5File

    /// Opens a file and makes sure that it is a checkpoint this version reads.
    init(path: String) throws(CheckpointError) {
        self.path = path
        file = try HDF5File.open(path)
        let root = try attributes(of: CheckpointLayout.root)
        guard root[CheckpointLayout.Attribute.format] == .text(CheckpointLayout.format) else {
            throw CheckpointError(
                .unsupported, subject: path,
                detail: "this HDF5 file is not a checkpoint; "
                    + "the attribute format should be \(CheckpointLayout.format)",
                hint: "check the path")
        }
        let version = try integer(CheckpointLayout.Attribute.formatVersion, of: "/")
        guard version == Checkpoint.formatVersion else {
            throw CheckpointError(
                .unsupported, subject: path,
                detail: "the checkpoint has format version \(version); "
                    + "\(Checkpoint.formatVersion) was expected",
                hint: "use the version of the program that wrote it")
        }
    }

    /// The size of the file.
    var byteCount: Int { file.byteCount }

    /// Whether a group has a member of that name.
    func has(_ name: String, in group: String) throws(CheckpointError) -> Bool {
        try file.members(of: group).contains(name)
    }

    /// All attributes of a group.
    @discardableResult
    mutating func attributes(
        of group: String
    ) throws(CheckpointError) -> [String: StoredAttribute] {
        if let known = content.groups[group] { return known }
        let attributes = try file.attributes(of: group)
        content.groups[group] = attributes
        return attributes
    }

    /// A whole number, not negative.
    mutating func integer(_ name: String, of group: String) throws(CheckpointError) -> Int {
        guard case .integer(let number)? = try attributes(of: group)[name], number >= 0 else {
            throw unexpected(name, group, "a whole number, 0 or more")
        }
        return Int(number)
    }

    /// A number.
    mutating func number(_ name: String, of group: String) throws(CheckpointError) -> Double {
        guard case .number(let number)? = try attributes(of: group)[name] else {
            throw unexpected(name, group, "a float64 number")
        }
        return number
    }

    /// A text.
    mutating func text(_ name: String, of group: String) throws(CheckpointError) -> String {
        guard case .text(let text)? = try attributes(of: group)[name] else {
            throw unexpected(name, group, "a text")
        }
        return text
    }

    /// All attributes of a group, each turned into a value; nil when one is of the wrong kind.
    mutating func values<Value>(
        of group: String, _ kind: String, _ value: (StoredAttribute) -> Value?
    ) throws(CheckpointError) -> [String: Value] {
        var values: [String: Value] = [:]
        for (name, attribute) in try attributes(of: group) {
            guard let value = value(attribute) else { throw unexpected(name, group, kind) }
            values[name] = value
        }
        return values
    }

    /// The shapes of all arrays of a group.
    func shapes(in group: String) throws(CheckpointError) -> [String: [Int]] {
        var shapes: [String: [Int]] = [:]
        for name in try file.members(of: group) {
            shapes[name] = try file.shape(of: "\(group)/\(name)")
        }
        return shapes
    }

    /// All arrays of a group.
    mutating func arrays(
        in group: String
    ) throws(CheckpointError) -> [String: StoredArray<Float>] {
        try attributes(of: group)
        var arrays: [String: StoredArray<Float>] = [:]
        for name in try file.members(of: group) {
            let member = "\(group)/\(name)"
            let array = try file.read(member, as: Float.self)
            arrays[name] = array
            content.arrays[member] = array
        }
        return arrays
    }

    /// A text that is stored as a dataset.
    mutating func text(at member: String) throws(CheckpointError) -> String {
        let bytes = try file.read(member, as: UInt8.self)
        guard let text = String(validating: bytes.scalars, as: UTF8.self) else {
            throw file.damaged(member, "the text is not UTF-8")
        }
        content.texts[member] = text
        return text
    }

    /// The ledger.
    mutating func ledger() throws(CheckpointError) -> Checkpoint.Ledger {
        try attributes(of: CheckpointLayout.ledger)
        let modalities = try list(at: CheckpointLayout.ledgerModalities)
        let samples = try list(at: CheckpointLayout.ledgerSamples)
        let counts = try file.read(CheckpointLayout.ledgerCounts, as: Int64.self)
        content.counts[CheckpointLayout.ledgerCounts] = counts
        let width = modalities.count
        guard counts.shape == [samples.count, width], Set(samples).count == samples.count else {
            throw file.damaged(
                CheckpointLayout.ledgerCounts,
                "the shape is \(counts.shape); [\(samples.count), \(width)] was expected, "
                    + "one row for each of different samples")
        }
        var rows: [String: [Int]] = [:]
        for (row, sample) in samples.enumerated() {
            rows[sample] = counts.scalars[row * width..<(row + 1) * width].map { Int($0) }
        }
        return Checkpoint.Ledger(modalities: modalities, counts: rows)
    }

    /// Compares what was read with the digest that was written beside it.
    mutating func verify() throws(CheckpointError) {
        let written = try text(CheckpointLayout.Attribute.contentDigest, of: CheckpointLayout.root)
        let found = content.digest()
        guard written == found else {
            throw CheckpointError(
                .damaged, subject: path,
                detail: "the content was changed after it was written: its SHA-256 is "
                    + "\(found.prefix(12))…, \(written.prefix(12))… was expected",
                hint: "go on from the checkpoint before it, or use another copy of this file")
        }
    }

    private mutating func list(at member: String) throws(CheckpointError) -> [String] {
        let text = try text(at: member)
        do {
            return try JSONDecoder().decode([String].self, from: Data(text.utf8))
        } catch {
            throw file.damaged(member, "this is not a JSON array of texts")
        }
    }

    private func unexpected(_ name: String, _ group: String, _ kind: String) -> CheckpointError {
        CheckpointError(
            .mismatched, subject: "\(path): \(group)",
            detail: "attribute \(name) is missing or of another kind; \(kind) was expected",
            hint: "use another copy of this file, written by this program")
    }
}
