import CHDF5
import Checkpointing
import Foundation
import Testing

/// Files with a good seal and a content this program never writes, made through the C library.
@Suite struct SealedHostileFileTests {
    /// One way to spoil a file, and a part of the message it must give.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let message: String
        let make: @Sendable (_ file: hid_t) -> Bool

        init(_ name: String, _ message: String, _ make: @escaping @Sendable (hid_t) -> Bool) {
            (testDescription, self.message, self.make) = (name, message, make)
        }
    }

    @Test(arguments: [
        Case("shape far larger than the file", "holds more than the file") {
            dataset($0, shape: [1 << 40])
        },
        Case("shape whose size overflows", "holds more than the file") {
            dataset($0, shape: [1 << 40, 1 << 40])
        },
        Case("numbers never stored", "only 0 of 40 bytes are stored") {
            dataset($0, shape: [10])
        },
        Case("chunk far larger than the file", "one chunk is larger than the file") {
            dataset($0, shape: [0], isGrowing: true) { H5Pset_chunk($0, 1, [1 << 29]) }
        },
        Case("compressed", "compressed or filtered (filter 1)") {
            dataset($0, shape: [10]) { min(H5Pset_chunk($0, 1, [10]), H5Pset_deflate($0, 6)) }
        },
        Case("numbers in another file", "stored in an unknown way or elsewhere") {
            dataset($0, shape: [1]) { H5Pset_external($0, "/etc/passwd", 0, 4) }
        },
        Case("numbers inside the description", "stored in an unknown way or elsewhere") {
            dataset($0, shape: [1]) { H5Pset_layout($0, H5D_COMPACT) }
        },
        Case("big-endian numbers", "another type than float16") {
            let type = H5Tcopy(CHDF5Float32())
            return H5Tset_order(type, H5T_ORDER_BE) >= 0 && dataset($0, shape: [1], type: type)
        },
        Case("no shape", "the dataset has no shape") {
            H5Dcreate2($0, "x", CHDF5Float32(), H5Screate(H5S_NULL), 0, 0, 0) >= 0
        },
        Case("link to another file", "x is a link to something else") {
            H5Lcreate_external("/etc/passwd", "/x", $0, "x", 0, 0) >= 0
        },
        Case("link to itself", "x is a link to something else") {
            H5Lcreate_soft("/x", $0, "x", 0, 0) >= 0
        },
        Case("group instead of numbers", "this is not a dataset") {
            H5Gcreate2($0, "x", 0, 0, 0) >= 0
        },
        Case("nothing", "the file has no x") { _ in true },
    ]) func datasetIsRefused(_ hostile: Case) throws {
        let folder = try TemporaryFolder()
        let file = try open(hostile, in: folder)
        let error = #expect(throws: CheckpointError.self) { try file.read("x", as: Float.self) }
        let message = error?.description ?? ""
        #expect(message.contains(hostile.message), "\(message)")
        #expect(throws: CheckpointError.self) { try file.shape(of: "x") }
    }

    @Test(arguments: [
        Case("long text", "claims 64000 bytes of text") { text($0, byteCount: 64_000) },
        Case("text of variable length", "another type than int64") { text($0, byteCount: -1) },
        Case("several values", "is not a single value") {
            attribute($0, type: CHDF5Int64(), space: H5Screate_simple(1, [1_000], nil))
        },
        Case("short number", "another type than int64") {
            attribute($0, type: CHDF5UInt8(), space: H5Screate(H5S_SCALAR))
        },
    ]) func attributeIsRefused(_ hostile: Case) throws {
        let folder = try TemporaryFolder()
        let file = try open(hostile, in: folder)
        let error = #expect(throws: CheckpointError.self) { try file.attributes(of: "/") }
        let message = error?.description ?? ""
        #expect(message.contains(hostile.message), "\(message)")
    }

    private func open(_ hostile: Case, in folder: TemporaryFolder) throws -> HDF5File {
        let path = folder.file("a.h5")
        let isMade = HDF5Library.locked {
            let creation = H5Pcreate(CHDF5FileCreation())
            H5Pset_userblock(creation, hsize_t(Seal.byteCount))
            let file = H5Fcreate(path, CHDF5Truncating(), creation, 0)
            return file >= 0 && hostile.make(file) && closesAll(file)
        }
        #expect(isMade)
        try Seal.write(to: path, leaving: nil)
        return try HDF5File.open(path)
    }
}

/// Closes a file with everything in it that is still open.
private func closesAll(_ file: hid_t) -> Bool {
    let kinds = UInt32(H5F_OBJ_DATASET | H5F_OBJ_GROUP | H5F_OBJ_ATTR)
    var open = [hid_t](repeating: 0, count: 8)
    let count = H5Fget_obj_ids(file, kinds, open.count, &open)
    for object in open.prefix(max(count, 0)) { H5Idec_ref(object) }
    return H5Fclose(file) >= 0
}

private func dataset(
    _ file: hid_t, shape: [hsize_t], type: hid_t = CHDF5Float32(), isGrowing: Bool = false,
    _ prepare: (hid_t) -> herr_t = { _ in 0 }
) -> Bool {
    let creation = H5Pcreate(CHDF5DatasetCreation())
    let largest = isGrowing ? shape.map { _ in hsize_t.max } : shape
    let space = H5Screate_simple(Int32(shape.count), shape, largest)
    return prepare(creation) >= 0 && H5Dcreate2(file, "x", type, space, 0, creation, 0) >= 0
}

private func text(_ file: hid_t, byteCount: Int) -> Bool {
    let type = H5Tcopy(CHDF5String())
    return H5Tset_size(type, byteCount) >= 0
        && attribute(file, type: type, space: H5Screate(H5S_SCALAR))
}

private func attribute(_ file: hid_t, type: hid_t, space: hid_t) -> Bool {
    H5Acreate2(file, "a", type, space, 0, 0) >= 0
}
