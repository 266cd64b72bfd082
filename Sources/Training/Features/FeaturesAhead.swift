internal import Checkpointing

/// Encodes the media of coming steps beside the steps that are computed.
///
/// One task encodes in the order in which the steps show the media. Who prepares a step waits until its
/// media are kept. Whoever made this calls `end` when no further step is wanted.
package actor FeaturesAhead {
    /// Steps beyond the latest asked for whose media may be encoded: enough to even out steps with many
    /// new media and steps with few. More would only take the processors from the steps at hand and, when
    /// the run is stopped, leave features that nobody has used.
    package static let stepLimit = 8

    private let store: FeatureStore
    private let stepCount: Int
    private let interruption: Interruption
    private let media: @Sendable (Int) throws -> [MediaUse]
    /// Steps before this one have their media.
    private var readyEnd: Int
    /// The latest step that was asked for.
    private var latest: Int
    private var isEnding = false
    /// How the encoding ended, once it has.
    private var outcome: Result<Void, any Error>?
    private var task: Task<Void, Never>?
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Encodes the media of some steps, as `media` tells them, until `interruption` is requested.
    package init(
        _ store: FeatureStore, steps: Range<Int>, interruption: Interruption,
        media: @escaping @Sendable (_ step: Int) throws -> [MediaUse]
    ) {
        self.store = store
        self.interruption = interruption
        self.media = media
        stepCount = steps.upperBound
        readyEnd = steps.lowerBound
        latest = steps.lowerBound
    }

    /// Waits until the features of a step's media are kept; false when the encoding was stopped before.
    ///
    /// Throws: what kept a medium of the step, or of one before it, from being encoded
    package func hasMedia(ofStep step: Int) async throws -> Bool {
        if task == nil { task = Task.detached { await self.encode() } }
        latest = max(latest, step)
        wake()
        while step >= readyEnd && outcome == nil { await change() }
        if step < readyEnd { return true }
        try outcome?.get()
        return false
    }

    /// Stops after the medium that is being encoded, and returns when what was encoded is on disk.
    package func end() async {
        isEnding = true
        wake()
        await task?.value
    }

    private nonisolated func encode() async {
        var outcome = Result<Void, any Error>.success(())
        do {
            while let steps = await nextSteps() {
                guard try await encode(steps) else { break }
            }
        } catch {
            outcome = .failure(error)
        }
        do {
            try store.reader.cache.flush()
        } catch {
            if case .success = outcome { outcome = .failure(error) }
        }
        await finish(outcome)
    }

    /// Encodes what is not kept yet of some steps' media; false when stopped meanwhile.
    private nonisolated func encode(_ steps: Range<Int>) async throws -> Bool {
        var firstSteps: [MediaUse: Int] = [:]
        var media: [MediaUse] = []
        for step in steps {
            for medium in try self.media(step) where firstSteps[medium] == nil {
                firstSteps[medium] = step
                media.append(medium)
            }
        }
        let missing = try store.missing(media)
        /// Steps before this one are done when so many media are.
        func end(_ doneCount: Int) -> Int {
            doneCount < missing.count
                ? firstSteps[missing[doneCount]] ?? steps.lowerBound : steps.upperBound
        }
        guard await advance(to: end(0)) else { return false }
        var isStopped = false
        try await store.encode(missing) { doneCount in
            isStopped = await !advance(to: end(doneCount))
            return !isStopped
        }
        try store.settle()
        return !isStopped
    }

    /// The steps to encode for next, once they may be; nil when there are none or the run is stopped.
    private func nextSteps() async -> Range<Int>? {
        while !isStopped && readyEnd < stepCount {
            let end = min(stepCount, latest + 1 + Self.stepLimit)
            if readyEnd < end { return readyEnd..<end }
            await change()
        }
        return nil
    }

    private var isStopped: Bool { isEnding || interruption.isRequested }

    /// Notes that the steps before `end` have their media; false when no more are wanted.
    private func advance(to end: Int) -> Bool {
        readyEnd = end
        wake()
        return !isStopped
    }

    private func finish(_ outcome: Result<Void, any Error>) {
        self.outcome = outcome
        wake()
    }

    /// Waits until something has changed; whoever waits looks for himself what it was.
    private func change() async { await withCheckedContinuation { waiting.append($0) } }

    private func wake() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
