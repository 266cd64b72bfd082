import Checkpointing
import Foundation
import Testing

@Suite struct FeatureCacheMaintenanceTests {
    private static func origin(_ index: Int) -> FeatureOrigin {
        FeatureOrigin(
            path: "/media/\(index)", mediaDigest: "\(index)", encoderDigest: "e",
            preprocessing: "4 frames")
    }

    private static func features(_ index: Int) -> StoredArray<Float> {
        StoredArray(shape: [3, 5], scalars: (0..<15).map { Float(index) + Float($0) / 8 })
    }

    /// The bytes of one entry as float16.
    private static let entryBytes = 30

    /// A cache of three files with two entries each, `2 n` and `2 n + 1`, used in that order.
    private static func filled(_ folder: TemporaryFolder) throws -> FeatureCache {
        let cache = try FeatureCache(path: folder.path)
        for file in 0..<3 {
            for index in [2 * file, 2 * file + 1] {
                try cache.write(features(index), from: origin(index))
            }
            try cache.flush()
        }
        for (age, file) in [0, 1, 2].enumerated() {
            let path = try #require(
                try cache.items().first { $0.key == origin(2 * file).key }?.path)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: Double(age * 100 - 10_000))],
                ofItemAtPath: path)
        }
        return cache
    }

    @Test func originsAreKeptBesideTheirFeatures() throws {
        let folder = try TemporaryFolder()
        let cache = try Self.filled(folder)
        try cache.write(
            Self.features(9),
            for: FeatureKey(
                mediaDigest: "9", encoderDigest: "e", preprocessing: ""))
        try cache.flush()
        let items = try FeatureCache(path: folder.path).items()
        #expect(items.count == 7)
        #expect(Set(items.compactMap(\.origin)) == Set((0..<6).map(Self.origin)))
        #expect(items.allSatisfy { $0.origin.map(\.key) ?? $0.key == $0.key })
        #expect(items.allSatisfy { $0.byteCount == Self.entryBytes })
    }

    @Test func theLeastRecentlyUsedFilesLeaveFirst() throws {
        let folder = try TemporaryFolder()
        let cache = try Self.filled(folder)
        cache.touch([Self.origin(1).key])
        #expect(try cache.evict(toByteCount: 5 * Self.entryBytes, keeping: []) == 60)
        #expect(
            (0..<6).map { cache.contains(Self.origin($0).key) } == [
                true, true, false, false, true, true,
            ])
        #expect(cache.byteCount == 4 * Self.entryBytes)
        #expect(try FeatureCache(path: folder.path).count == 4)
    }

    @Test func whatIsNeededStays() throws {
        let folder = try TemporaryFolder()
        let cache = try Self.filled(folder)
        let needed: Set = [Self.origin(0).key]
        #expect(try cache.evict(toByteCount: 0, keeping: needed) == 4 * Self.entryBytes)
        #expect(try cache.read(Self.origin(0).key) == Self.features(0))
        #expect(!cache.contains(Self.origin(2).key))
    }

    @Test func nothingIsRemovedWhileSomebodyElseUsesTheCache() throws {
        let folder = try TemporaryFolder()
        let cache = try Self.filled(folder)
        do {
            let other = try FeatureCache(path: folder.path)
            #expect(try cache.evict(toByteCount: 0, keeping: []) == nil)
            #expect(try cache.remove([Self.origin(0).key]) == nil)
            #expect(try FeatureCache.removeDamagedFiles(in: folder.path) == nil)
            #expect(other.count == 6)
        }
        #expect(try cache.evict(toByteCount: 0, keeping: []) == 6 * Self.entryBytes)
        #expect(cache.count == 0 && cache.byteCount == 0)
    }

    @Test func removedKeysLeaveTheOthersOfTheirFile() throws {
        let folder = try TemporaryFolder()
        let cache = try Self.filled(folder)
        let keys: Set = [Self.origin(0).key, Self.origin(2).key, Self.origin(3).key]
        #expect(try cache.remove(keys) == 3 * Self.entryBytes)
        for opened in [cache, try FeatureCache(path: folder.path)] {
            #expect(opened.count == 3)
            for index in [1, 4, 5] {
                #expect(try opened.read(Self.origin(index).key) == Self.features(index))
            }
        }
        let kept = try cache.items().compactMap(\.origin)
        #expect(Set(kept) == Set([1, 4, 5].map(Self.origin)))
        #expect(try cache.remove([Self.origin(7).key]) == 0)
    }

    @Test func damagedFilesAreFoundAndRemoved() throws {
        let folder = try TemporaryFolder()
        let path = try #require(try Self.filled(folder).items().first?.path)
        var content = try bytes(of: path)
        content[600] ^= 1
        try write(content, to: path)
        let found = try FeatureCache.damagedFiles(in: folder.path)
        #expect(found.map(\.subject) == [path])
        #expect(try FeatureCache.removeDamagedFiles(in: folder.path) == 1)
        #expect(try FeatureCache(path: folder.path).count == 4)
        #expect(try FeatureCache.damagedFiles(in: folder.path).isEmpty)
    }
}
