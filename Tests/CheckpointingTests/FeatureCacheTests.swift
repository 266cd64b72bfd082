import Checkpointing
import Foundation
import Testing

@Suite struct FeatureCacheTests {
    fileprivate static func key(_ index: Int) -> FeatureKey {
        FeatureKey(mediaDigest: "\(index)", encoderDigest: "e", preprocessing: "4 frames")
    }

    fileprivate static func features(_ index: Int) -> StoredArray<Float> {
        // An odd number of numbers, so that half-precision entries end inside a word.
        StoredArray(shape: [3, 5], scalars: (0..<15).map { Float(index) + Float($0) / 8 })
    }

    @Test(arguments: FeatureStorage.allCases)
    func anotherCacheReadsWhatOneWrote(_ storage: FeatureStorage) throws {
        let folder = try TemporaryFolder()
        let cache = try FeatureCache(path: folder.file("features"), storage: storage)
        for index in 0..<5 { try cache.write(Self.features(index), for: Self.key(index)) }
        #expect(cache.contains(Self.key(2)))
        #expect(try cache.read(Self.key(2)) == Self.features(2))
        try cache.flush()
        try cache.flush()
        try cache.write(Self.features(5), for: Self.key(5))
        try cache.flush()
        for opened in [cache, try FeatureCache(path: cache.path, storage: storage)] {
            #expect(opened.count == 6)
            #expect(opened.byteCount == 6 * 15 * (storage == .float16 ? 2 : 4))
            for index in 0..<6 { #expect(try opened.read(Self.key(index)) == Self.features(index)) }
            #expect(!opened.contains(Self.key(6)))
            #expect(try opened.read(Self.key(6)) == nil)
            #expect(opened.verify().isEmpty)
        }
    }

    @Test func keysDependOnEveryPart() {
        let keys = [("a", "b", "c"), ("ab", "", "c"), ("a", "bc", ""), ("a", "b", "d")].map {
            FeatureKey(mediaDigest: $0, encoderDigest: $1, preprocessing: $2)
        }
        #expect(Set(keys).count == keys.count)
    }

    @Test func scalarsAndEmptyFeaturesAreKept() throws {
        let folder = try TemporaryFolder()
        let cache = try FeatureCache(path: folder.path)
        let (one, none) = (
            StoredArray<Float>(shape: [], scalars: [2]),
            StoredArray<Float>(shape: [0, 7], scalars: [])
        )
        try cache.write(one, for: Self.key(0))
        try cache.write(none, for: Self.key(1))
        try cache.flush()
        let opened = try FeatureCache(path: folder.path)
        #expect(try opened.read(Self.key(0)) == one)
        #expect(try opened.read(Self.key(1)) == none)
    }

    @Test func writeReturnsWhatReadWillGive() throws {
        let folder = try TemporaryFolder()
        let cache = try FeatureCache(path: folder.path)
        let kept = try cache.write(StoredArray([0.1, 1 / 3]), for: Self.key(0))
        #expect(kept.scalars == [Float(Float16(0.1)), Float(Float16(1) / 3)])
        try cache.flush()
        #expect(try FeatureCache(path: folder.path).read(Self.key(0)) == kept)
    }

    @Test func theFirstFeaturesOfAKeyStay() throws {
        let folder = try TemporaryFolder()
        let cache = try FeatureCache(path: folder.path)
        try cache.write(Self.features(1), for: Self.key(0))
        #expect(try cache.write(Self.features(2), for: Self.key(0)) == Self.features(1))
        try cache.flush()
        #expect(try cache.write(Self.features(3), for: Self.key(0)) == Self.features(1))
        #expect(cache.count == 1)
    }

    @Test func storageTypesDoNotMix() throws {
        let folder = try TemporaryFolder()
        let half = try FeatureCache(path: folder.path, storage: .float16)
        try half.write(Self.features(0), for: Self.key(0))
        try half.flush()
        #expect(try !FeatureCache(path: folder.path, storage: .float32).contains(Self.key(0)))
    }

    @Test func numbersTooLargeForHalfPrecisionAreErrors() throws {
        let folder = try TemporaryFolder()
        let cache = try FeatureCache(path: folder.path)
        let error = #expect(throws: CheckpointError.self) {
            try cache.write(StoredArray([65_520]), for: Self.key(0))
        }
        #expect(error?.kind == .invalid)
        try cache.write(StoredArray([65_519]), for: Self.key(0))
        #expect(try cache.read(Self.key(0))?.scalars == [65_504])
    }

    @Test func twoCachesFillOneFolder() throws {
        let folder = try TemporaryFolder()
        let (one, other) = (
            try FeatureCache(path: folder.path), try FeatureCache(path: folder.path)
        )
        for index in 0..<6 {
            let cache = index.isMultiple(of: 2) ? one : other
            try cache.write(Self.features(index), for: Self.key(index))
        }
        for cache in [one, other] { try cache.write(Self.features(9), for: Self.key(9)) }
        try one.flush()
        try other.flush()
        let opened = try FeatureCache(path: folder.path)
        #expect(opened.count == 7)
        for index in [0, 1, 2, 3, 4, 5, 9] {
            #expect(try opened.read(Self.key(index)) == Self.features(index))
        }
    }

    @Test func aKilledProcessLeavesWhatItFlushed() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let cache = try FeatureCache(path: path)
            try cache.write(FeatureCacheTests.features(0), for: FeatureCacheTests.key(0))
            try cache.flush()
            try cache.write(FeatureCacheTests.features(1), for: FeatureCacheTests.key(1))
            kill(getpid(), SIGKILL)
        }
        let opened = try FeatureCache(path: path)
        #expect(try opened.read(Self.key(0)) == Self.features(0))
        #expect(!opened.contains(Self.key(1)))
    }

    @Test func unfinishedFilesAreIgnoredAndRemovedWhenOld() throws {
        let folder = try TemporaryFolder()
        let names = [".segment-float16-0.h5.partial-1", ".segment-float16-1.h5.partial-2"]
        for name in names { try write([1, 2, 3], to: folder.file(name)) }
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -100_000)],
            ofItemAtPath: folder.file(names[0]))
        #expect(try FeatureCache(path: folder.path).count == 0)
        #expect(try folder.names() == [names[1]])
    }

    @Test func damagedFeaturesAreNeverReturned() throws {
        let folder = try TemporaryFolder()
        let cache = try FeatureCache(path: folder.path)
        for index in 0..<3 { try cache.write(Self.features(index), for: Self.key(index)) }
        try cache.flush()
        let path = folder.file(try #require(try folder.names().first))
        let content = try bytes(of: path)
        for position in stride(from: 0, to: content.count, by: 31) {
            var changed = content
            changed[position] ^= 0x10
            try write(changed, to: path)
            do throws(CheckpointError) {
                let opened = try FeatureCache(path: folder.path)
                for index in 0..<3 {
                    let read = try opened.read(Self.key(index))
                    #expect(read == nil || read == Self.features(index))
                }
            } catch {
                #expect(error.subject.hasPrefix(path))
            }
        }
    }

    @Test func aCutOrRemovedFileIsAnError() throws {
        let folder = try TemporaryFolder()
        let cache = try FeatureCache(path: folder.path)
        try cache.write(Self.features(0), for: Self.key(0))
        try cache.flush()
        let path = folder.file(try #require(try folder.names().first))
        try write(Array(try bytes(of: path).prefix(600)), to: path)
        #expect(throws: CheckpointError.self) { try cache.read(Self.key(0)) }
        #expect(throws: CheckpointError.self) { try FeatureCache(path: folder.path) }
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: CheckpointError.self) { try cache.read(Self.key(0)) }
        #expect(cache.verify().count == 1)
    }

    @Test func everyHalfPrecisionNumberIsWidenedExactly() throws {
        let folder = try TemporaryFolder()
        let cache = try FeatureCache(path: folder.path)
        let halves = (UInt16.min...UInt16.max).map { Float16(bitPattern: $0) }
        let numbers = halves.map { Float($0) }
        let kept = try cache.write(StoredArray(numbers), for: Self.key(0))
        let matches = zip(kept.scalars, numbers).allSatisfy {
            $0.isNaN ? $1.isNaN : $0.bitPattern == $1.bitPattern
        }
        #expect(matches)
    }
}
