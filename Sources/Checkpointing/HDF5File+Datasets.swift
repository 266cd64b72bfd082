import CHDF5

extension HDF5File {
    /// Where the numbers of a dataset lie.
    enum Layout {
        /// In chunks that each carry a Fletcher-32 checksum, checked by the library on reading.
        case checksummed
        /// In one piece, so that parts can be read by position; the caller keeps checksums.
        case contiguous
    }

    /// Type, shape and, for contiguous datasets, place of a dataset.
    struct DatasetInformation: Equatable {
        let type: StoredScalarType
        let shape: [Int]
        let byteCount: Int
        let position: Int?
    }

    /// The number of bytes a chunk aims at: the size of the library's cache of one dataset.
    private static var chunkByteCount: Int { 1 << 20 }

    /// Writes numbers as a new dataset with checksums.
    ///
    /// Throws: when the name is taken or not allowed, or the disk is full.
    public func write<Scalar>(
        _ array: StoredArray<Scalar>, to member: String
    ) throws(CheckpointError) {
        try write(array, to: member, layout: .checksummed)
    }

    /// Writes numbers as a new dataset.
    func write<Scalar>(
        _ array: StoredArray<Scalar>, to member: String, layout: Layout
    ) throws(CheckpointError) {
        try checkName(member)
        try HDF5Library.locked { () throws(CheckpointError) in
            guard let type = Self.handle(for: Scalar.storedType),
                let space = Self.space(array.shape),
                let creation = Self.creation(for: array, layout),
                let dataset = HDF5Handle(
                    H5Dcreate2(
                        identifier, member, type.identifier, space.identifier, CHDF5Default(),
                        creation.identifier, CHDF5Default()))
            else { throw failure(.unwritable, member, "cannot create the dataset") }
            let status = array.scalars.withUnsafeBufferPointer { scalars in
                scalars.isEmpty
                    ? 0
                    : H5Dwrite(
                        dataset.identifier, type.identifier, CHDF5WholeSpace(), CHDF5WholeSpace(),
                        CHDF5Default(), scalars.baseAddress)
            }
            guard status >= 0, dataset.isReleased() else {
                throw failure(.unwritable, member, "cannot write the dataset")
            }
        }
    }

    /// Reads a whole dataset.
    ///
    /// Throws: when it is missing, of another type, damaged, or larger than the file could hold.
    public func read<Scalar>(
        _ member: String, as scalar: Scalar.Type
    ) throws(CheckpointError) -> StoredArray<Scalar> {
        try HDF5Library.locked { () throws(CheckpointError) -> StoredArray<Scalar> in
            let dataset = try openObject(member, type: H5I_DATASET)
            let information = try describe(dataset.identifier, member)
            guard information.type == Scalar.storedType,
                let type = Self.handle(for: information.type)
            else {
                throw CheckpointError(
                    .mismatched, subject: "\(path): \(member)",
                    detail: "the numbers are \(information.type.rawValue); "
                        + "\(Scalar.storedType.rawValue) was expected",
                    hint: "check that this is the right file, written by this version")
            }
            var status: herr_t = 0
            let count = information.byteCount / information.type.byteCount
            let scalars = [Scalar](unsafeUninitializedCapacity: count) { buffer, initializedCount in
                guard count > 0 else { return }
                status = H5Dread(
                    dataset.identifier, type.identifier, CHDF5WholeSpace(), CHDF5WholeSpace(),
                    CHDF5Default(), buffer.baseAddress)
                initializedCount = status >= 0 ? count : 0
            }
            guard status >= 0 else {
                throw failure(.damaged, member, "the numbers cannot be read or were changed")
            }
            return StoredArray(shape: information.shape, scalars: scalars)
        }
    }

    /// The shape of a dataset, without reading its numbers.
    ///
    /// Throws: when it is missing or damaged.
    public func shape(of member: String) throws(CheckpointError) -> [Int] {
        try information(of: member).shape
    }

    /// Type, shape and place of a dataset, all checked against the size of the file.
    func information(of member: String) throws(CheckpointError) -> DatasetInformation {
        try HDF5Library.locked { () throws(CheckpointError) -> DatasetInformation in
            let dataset = try openObject(member, type: H5I_DATASET)
            return try describe(dataset.identifier, member)
        }
    }

    /// The bytes of the file that hold the numbers of a contiguous dataset; nil when it is empty.
    func place(of member: String) throws(CheckpointError) -> Range<Int>? {
        try HDF5Library.locked { () throws(CheckpointError) -> Range<Int>? in
            let dataset = try openObject(member, type: H5I_DATASET)
            let length = Int(clamping: H5Dget_storage_size(dataset.identifier))
            guard length > 0 else { return nil }
            guard let start = Int(exactly: H5Dget_offset(dataset.identifier)) else {
                throw failure(.unwritable, member, "cannot place the dataset")
            }
            return start..<start + length
        }
    }

    /// Everything that could make a read go wrong, looked at before anything is allocated.
    private func describe(
        _ dataset: hid_t, _ member: String
    ) throws(CheckpointError) -> DatasetInformation {
        guard let stored = HDF5Handle(H5Dget_type(dataset)),
            let space = HDF5Handle(H5Dget_space(dataset)),
            let creation = HDF5Handle(H5Dget_create_plist(dataset))
        else { throw failure(.damaged, member, "cannot read the description of the dataset") }
        guard let type = Self.storedType(of: stored.identifier) else {
            throw CheckpointError(
                .unsupported, subject: "\(path): \(member)",
                detail: "the numbers have another type than "
                    + StoredScalarType.allCases.map(\.rawValue).joined(separator: ", "),
                hint: "store little-endian numbers of one of these types")
        }
        let shape = try shape(of: space.identifier, scalarByteCount: type.byteCount, member)
        let byteCount = shape.reduce(type.byteCount, *)
        try checkStorage(creation.identifier, member)
        guard H5Dget_storage_size(dataset) >= hsize_t(byteCount) else {
            throw damaged(
                member, "only \(H5Dget_storage_size(dataset)) of \(byteCount) bytes are stored")
        }
        guard H5Pget_layout(creation.identifier) == H5D_CONTIGUOUS, byteCount > 0 else {
            return DatasetInformation(
                type: type, shape: shape, byteCount: byteCount, position: nil)
        }
        let position = H5Dget_offset(dataset)
        guard position <= haddr_t(self.byteCount - byteCount) else {
            throw damaged(member, "the numbers lie beyond the end of the file")
        }
        return DatasetInformation(
            type: type, shape: shape, byteCount: byteCount, position: Int(position))
    }

    private func shape(
        of space: hid_t, scalarByteCount: Int, _ member: String
    ) throws(CheckpointError) -> [Int] {
        let rank = Int(H5Sget_simple_extent_ndims(space))
        guard H5Sget_simple_extent_type(space) != H5S_NULL, (0...32).contains(rank) else {
            throw damaged(member, "the dataset has no shape")
        }
        var lengths = [hsize_t](repeating: 0, count: max(rank, 1))
        guard H5Sget_simple_extent_dims(space, &lengths, nil) >= 0 else {
            throw failure(.damaged, member, "cannot read the shape")
        }
        // Empty axes count as one here, so that a product of the others cannot overflow later.
        var total = hsize_t(scalarByteCount)
        for length in lengths.prefix(rank) {
            let (product, overflows) = total.multipliedReportingOverflow(by: max(length, 1))
            guard !overflows, product <= hsize_t(byteCount) else {
                throw damaged(
                    member,
                    "the shape \(lengths.prefix(rank)) holds more than the file, "
                        + "which has \(byteCount) bytes")
            }
            total = product
        }
        return lengths.prefix(rank).map { Int($0) }
    }

    /// Refuses storage that this program never writes: compressed, virtual or outside the file.
    private func checkStorage(_ creation: hid_t, _ member: String) throws(CheckpointError) {
        let layout = H5Pget_layout(creation)
        guard layout == H5D_CHUNKED || layout == H5D_CONTIGUOUS,
            H5Pget_external_count(creation) == 0
        else { throw damaged(member, "the numbers are stored in an unknown way or elsewhere") }
        let filterCount = H5Pget_nfilters(creation)
        for index in 0..<UInt32(max(filterCount, 0)) {
            var flags: UInt32 = 0
            var valueCount = 0
            var configuration: UInt32 = 0
            let filter = H5Pget_filter2(
                creation, index, &flags, &valueCount, nil, 0, nil, &configuration)
            guard filter == H5Z_FILTER_FLETCHER32 else {
                throw CheckpointError(
                    .unsupported, subject: "\(path): \(member)",
                    detail: "the numbers are compressed or filtered (filter \(filter)); "
                        + "plain numbers with at most a Fletcher-32 checksum were expected",
                    hint: "write the dataset again without compression")
            }
        }
        guard filterCount >= 0 else { throw failure(.damaged, member, "cannot read the filters") }
        guard layout == H5D_CHUNKED else { return }
        var lengths = [hsize_t](repeating: 0, count: 32)
        let rank = H5Pget_chunk(creation, Int32(lengths.count), &lengths)
        var total: hsize_t = 1
        for length in lengths.prefix(Int(max(rank, 0))) {
            let (product, overflows) = total.multipliedReportingOverflow(by: length)
            guard !overflows, product <= hsize_t(byteCount) else {
                throw damaged(member, "one chunk is larger than the file")
            }
            total = product
        }
    }

    private static func space(_ shape: [Int]) -> HDF5Handle? {
        shape.isEmpty
            ? HDF5Handle(H5Screate(H5S_SCALAR))
            : HDF5Handle(H5Screate_simple(Int32(shape.count), shape.map { hsize_t($0) }, nil))
    }

    private static func creation<Scalar>(
        for array: StoredArray<Scalar>, _ layout: Layout
    ) -> HDF5Handle? {
        guard let creation = HDF5Handle(H5Pcreate(CHDF5DatasetCreation())),
            H5Pset_obj_track_times(creation.identifier, false) >= 0
        else { return nil }
        // Chunks cannot be empty, nor a single number be in chunks.
        guard layout == .checksummed, !array.shape.isEmpty, !array.scalars.isEmpty else {
            return creation
        }
        let chunk = chunkShape(array.shape, scalarByteCount: Scalar.storedType.byteCount)
        guard H5Pset_chunk(creation.identifier, Int32(chunk.count), chunk) >= 0,
            H5Pset_fletcher32(creation.identifier) >= 0
        else { return nil }
        return creation
    }

    /// Whole rows of the innermost axes, as many as fit a chunk.
    private static func chunkShape(_ shape: [Int], scalarByteCount: Int) -> [hsize_t] {
        var room = chunkByteCount / scalarByteCount
        var chunk: [hsize_t] = []
        for length in shape.reversed() {
            let taken = min(length, max(room, 1))
            chunk.append(hsize_t(taken))
            room /= taken
        }
        return chunk.reversed()
    }
}
