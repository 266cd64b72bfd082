import CHDF5

extension HDF5File {
    /// The library's type for numbers as they lie in memory and in the file.
    static func handle(for type: StoredScalarType) -> HDF5Handle? {
        switch type {
        case .float16: float16()
        case .float32: HDF5Handle(H5Tcopy(CHDF5Float32()))
        case .float64: HDF5Handle(H5Tcopy(CHDF5Float64()))
        case .int64: HDF5Handle(H5Tcopy(CHDF5Int64()))
        case .uint64: HDF5Handle(H5Tcopy(CHDF5UInt64()))
        case .uint8: HDF5Handle(H5Tcopy(CHDF5UInt8()))
        }
    }

    /// The type of the numbers behind a library's type, when it is one of ours.
    static func storedType(of type: hid_t) -> StoredScalarType? {
        StoredScalarType.allCases.first { candidate in
            guard let known = handle(for: candidate) else { return false }
            return H5Tequal(type, known.identifier) > 0
        }
    }

    /// Binary16, which the library knows only from its parts: bit positions, widths and bias.
    ///
    /// Source: IEEE 754-2019, table 3.5.
    private static func float16() -> HDF5Handle? {
        guard let type = HDF5Handle(H5Tcopy(CHDF5Float32())),
            H5Tset_fields(type.identifier, 15, 10, 5, 0, 10) >= 0,
            H5Tset_size(type.identifier, 2) >= 0,
            H5Tset_ebias(type.identifier, 15) >= 0
        else { return nil }
        return type
    }
}
