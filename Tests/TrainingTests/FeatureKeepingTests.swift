import Checkpointing
import Foundation
import Testing
import Training

/// What is kept of media between runs, and what is told of it.
@Suite struct FeatureKeepingTests {
    @Test func mediaThatChangedAreEncodedAnewAndTold() async throws {
        let run = try TinyRun()
        let settings = ["train.steps=1", TinyRun.screening]
        try await run.train("first", settings)
        try TinyRun.sound(7, seconds: 0.4).write(to: run.url("2.wav"))
        let events = Events()
        try await run.train("second", settings, observe: events.add)
        #expect(events.encodedCount == 2, "the sound and its variant")
        #expect(
            events.notices == [
                "1 media changed since they were encoded and are encoded anew, the first: "
                    + "\(run.folder)/2.wav"
            ])
        let third = Events()
        try await run.train("third", settings, observe: third.add)
        #expect(third.encodedCount == 0 && third.notices.isEmpty)
    }

    /// Features rounded to 11 bits, 2⁻¹² of each at most; the loss is no steeper than they are here.
    private static let halfTolerance = 0x1p-12

    @Test func featuresAreKeptAsTheRecipeSays() async throws {
        let run = try TinyRun()
        let (halved, events) = (Events(), Events())
        let settings = ["train.steps=2", TinyRun.screening]
        let single = settings + ["data.feature_type=float32"]
        try await run.train("half", settings, observe: halved.add)
        let first = try await run.train("single", single, observe: events.add)
        #expect(events.encodedCount == 15, "types do not mix")
        #expect(first.encodedCount == 15 && first.encodingSeconds > 0)
        let again = try await run.train("again", single)
        #expect(again.encodedCount == 0 && again.encodingSeconds == 0)
        #expect(try run.metrics("single") == run.metrics("again"), "computed and kept are equal")
        let (half, full) = (try run.checkpoint("half"), try run.checkpoint("single"))
        #expect(half.tensors != full.tensors)
        let (rounded, exact) = (halved.steps[0].loss, events.steps[0].loss)
        #expect(rounded != exact && abs(rounded - exact) <= Self.halfTolerance * exact)
    }

    @Test func floatsAreKeptToTheBit() async throws {
        let run = try TinyRun()
        let single = ["data.feature_type=float32", TinyRun.screening]
        try await run.train("run", ["train.steps=1"] + single)
        var report = try FeatureCacheReport(folder: "\(run.folder)/features")
        let parts = try InputParts(recipe: try run.recipe("run", single))
        try report.recompute(share: 1, seed: 1, with: parts.features) { _, _ in }
        #expect(report.recomputedCount == 15 && report.largestDeviation == 0)
    }

    @Test func aRunLargerThanTheLimitIsAnError() async throws {
        let run = try TinyRun()
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("run", ["data.feature_cache_gigabytes=1e-7"])
        }
        #expect(error?.subject == "data.feature_cache_gigabytes")
        #expect(error?.detail.hasSuffix(" bytes, more than 100") == true)
    }

    @Test func theFolderIsShownVerifiedAndPruned() async throws {
        let run = try TinyRun()
        try await run.train("run", ["train.steps=1", TinyRun.screening])
        let folder = "\(run.folder)/features"
        var report = try FeatureCacheReport(folder: folder)
        #expect(report.groups.map(\.count).reduce(0, +) == 15)
        #expect(report.groups.map(\.count).sorted() == [5, 5, 5], "pictures, sounds, variants")
        #expect(report.groups.allSatisfy { $0.storage == "float16" && $0.encoder != nil })
        try report.verify()
        do {
            let parts = try InputParts(recipe: try run.recipe("run"))
            try report.recompute(share: 1, seed: 1, with: parts.features) { _, _ in }
        }
        #expect(report.isSound && report.changed.isEmpty && report.gone.isEmpty)
        #expect(report.recomputedCount == 15)
        #expect(report.largestDeviation > 0 && report.largestDeviation < 1e-3)
        try FileManager.default.removeItem(at: run.url("1.wav"))
        try TinyRun.sound(7, seconds: 0.4).write(to: run.url("2.wav"))
        try report.prune(toByteCount: nil)
        #expect(report.gone == ["\(run.folder)/1.wav"])
        #expect(report.changed == ["\(run.folder)/2.wav"])
        #expect(report.groups.map(\.count).reduce(0, +) == 11)
        let bytes = report.bytes
        try report.prune(toByteCount: 0)
        #expect(report.bytes == 0 && report.removedBytes > bytes)
    }

    @Test func featuresThatWereTamperedWithDiffer() async throws {
        let run = try TinyRun()
        try await run.train("run", ["train.steps=1"])
        let folder = "\(run.folder)/features"
        do {
            let cache = try FeatureCache(path: folder)
            let item = try #require(try cache.items().first { $0.origin != nil })
            let origin = try #require(item.origin)
            let features = try #require(try cache.read(item.key))
            try cache.remove([item.key])
            try cache.write(
                StoredArray(shape: features.shape, scalars: features.scalars.map { $0 + 1 }),
                from: origin)
            try cache.flush()
        }
        var report = try FeatureCacheReport(folder: folder)
        let parts = try InputParts(recipe: try run.recipe("run"))
        try report.recompute(share: 1, seed: 1, with: parts.features) { _, _ in }
        #expect(report.differing.count == 1 && !report.isSound)
    }
}
