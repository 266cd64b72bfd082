import CHDF5

/// A named value beside a group.
public enum StoredAttribute: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
}

extension HDF5File {
    /// The longest text an attribute may hold, in bytes: what fits one header message.
    static var longestText: Int { 60_000 }

    /// Writes a new attribute of a group.
    ///
    /// Throws: when the name is taken, or a text is too long or holds NUL.
    public func write(
        _ value: StoredAttribute, attribute name: String, of member: String
    ) throws(CheckpointError) {
        guard !name.isEmpty, !name.contains("\0"), name.utf8.count <= Self.longestName else {
            throw invalid(member, "\"\(name.prefix(80))\" cannot name an attribute")
        }
        switch value {
        case .integer(let number):
            try write(number, .int64, name, member)
        case .unsigned(let number):
            try write(number, .uint64, name, member)
        case .number(let number):
            try write(number, .float64, name, member)
        case .text(let text):
            guard text.utf8.count <= Self.longestText, !text.contains("\0") else {
                throw invalid(
                    member,
                    "attribute \(name) holds \(text.utf8.count) bytes of text; "
                        + "at most \(Self.longestText) without NUL were expected")
            }
            // A text of length 0 has no type; one NUL stands for it.
            let bytes = text.isEmpty ? [0] : Array(text.utf8)
            try HDF5Library.locked { () throws(CheckpointError) in
                guard let type = HDF5Handle(H5Tcopy(CHDF5String())),
                    H5Tset_size(type.identifier, bytes.count) >= 0,
                    H5Tset_strpad(type.identifier, H5T_STR_NULLPAD) >= 0,
                    H5Tset_cset(type.identifier, H5T_CSET_UTF8) >= 0
                else { throw failure(.unwritable, member, "cannot describe attribute \(name)") }
                try write(bytes, type.identifier, name, member)
            }
        }
    }

    /// All attributes of a group.
    ///
    /// Throws: when one is damaged, too long, or neither a single number nor a fixed-length text.
    public func attributes(
        of member: String
    ) throws(CheckpointError) -> [String: StoredAttribute] {
        try HDF5Library.locked { () throws(CheckpointError) -> [String: StoredAttribute] in
            let handle = try openObject(member, type: H5I_GROUP)
            var information = H5O_info_t()
            guard H5Oget_info2(handle.identifier, &information, UInt32(H5O_INFO_NUM_ATTRS)) >= 0,
                information.num_attrs <= hsize_t(byteCount)
            else { throw failure(.damaged, member, "cannot count the attributes") }
            var values: [String: StoredAttribute] = [:]
            for position in 0..<information.num_attrs {
                guard
                    let attribute = HDF5Handle(
                        H5Aopen_by_idx(
                            handle.identifier, ".", H5_INDEX_NAME, H5_ITER_INC, position,
                            CHDF5Default(), CHDF5Default()))
                else { throw failure(.damaged, member, "cannot open attribute \(position)") }
                let name = try name(of: attribute.identifier, member)
                values[name] = try value(of: attribute.identifier, name, member)
            }
            return values
        }
    }

    private func write(
        _ number: some BitwiseCopyable, _ type: StoredScalarType, _ name: String, _ member: String
    ) throws(CheckpointError) {
        let bytes = withUnsafeBytes(of: number) { Array($0) }
        try HDF5Library.locked { () throws(CheckpointError) in
            guard let type = Self.handle(for: type) else {
                throw failure(.unwritable, member, "cannot describe attribute \(name)")
            }
            try write(bytes, type.identifier, name, member)
        }
    }

    private func write(
        _ bytes: [UInt8], _ type: hid_t, _ name: String, _ member: String
    ) throws(CheckpointError) {
        guard let object = HDF5Handle(H5Oopen(identifier, member, CHDF5Default())),
            let space = HDF5Handle(H5Screate(H5S_SCALAR)),
            let attribute = HDF5Handle(
                H5Acreate2(
                    object.identifier, name, type, space.identifier, CHDF5Default(), CHDF5Default())
            ),
            bytes.withUnsafeBytes({ H5Awrite(attribute.identifier, type, $0.baseAddress) }) >= 0,
            attribute.isReleased()
        else { throw failure(.unwritable, member, "cannot write attribute \(name)") }
    }

    private func name(of attribute: hid_t, _ member: String) throws(CheckpointError) -> String {
        let length = H5Aget_name(attribute, 0, nil)
        guard length > 0, length <= Self.longestName else {
            throw damaged(member, "the name of an attribute is unreadable")
        }
        var bytes = [CChar](repeating: 0, count: length + 1)
        guard H5Aget_name(attribute, bytes.count, &bytes) == length,
            let name = String(
                validating: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        else { throw damaged(member, "the name of an attribute is unreadable") }
        return name
    }

    private func value(
        of attribute: hid_t, _ name: String, _ member: String
    ) throws(CheckpointError) -> StoredAttribute {
        guard let type = HDF5Handle(H5Aget_type(attribute)),
            let space = HDF5Handle(H5Aget_space(attribute)),
            H5Sget_simple_extent_type(space.identifier) == H5S_SCALAR
        else { throw damaged(member, "attribute \(name) is not a single value") }
        if H5Tget_class(type.identifier) == H5T_STRING, H5Tis_variable_str(type.identifier) == 0 {
            return .text(try text(of: attribute, type.identifier, name, member))
        }
        var word: UInt64 = 0
        let known = Self.storedType(of: type.identifier)
        guard known == .int64 || known == .uint64 || known == .float64 else {
            throw CheckpointError(
                .unsupported, subject: "\(path): \(member)",
                detail: "attribute \(name) has another type than int64, uint64, float64 "
                    + "or fixed-length text",
                hint: "write it again as one of these")
        }
        guard H5Aread(attribute, type.identifier, &word) >= 0 else {
            throw failure(.damaged, member, "cannot read attribute \(name)")
        }
        return switch known {
        case .int64: .integer(Int64(bitPattern: word))
        case .float64: .number(Double(bitPattern: word))
        default: .unsigned(word)
        }
    }

    private func text(
        of attribute: hid_t, _ type: hid_t, _ name: String, _ member: String
    ) throws(CheckpointError) -> String {
        let length = H5Tget_size(type)
        guard length > 0, length <= Self.longestText else {
            throw damaged(
                member,
                "attribute \(name) claims \(length) bytes of text; "
                    + "at most \(Self.longestText) were expected")
        }
        var bytes = [UInt8](repeating: 0, count: length)
        guard H5Aread(attribute, type, &bytes) >= 0 else {
            throw failure(.damaged, member, "cannot read attribute \(name)")
        }
        guard let text = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self) else {
            throw damaged(member, "attribute \(name) is not UTF-8")
        }
        return text
    }

    private func invalid(_ member: String, _ detail: String) -> CheckpointError {
        CheckpointError(
            .invalid, subject: "\(path): \(member)", detail: detail,
            hint: "shorten or rename it")
    }
}
