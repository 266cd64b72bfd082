import Datasets
import Synchronization
import Testing

@Suite struct BatchPipelineTests {
    struct Broken: Error {}

    /// What the preparing closures of a test have done so far.
    final class Log: Sendable {
        private let started = Mutex<Set<Int>>([])
        private let cancelled = Mutex<Set<Int>>([])

        func start(_ step: Int) { started.withLock { _ = $0.insert(step) } }
        func cancel(_ step: Int) { cancelled.withLock { _ = $0.insert(step) } }
        var startedSteps: Set<Int> { started.withLock { $0 } }
        var cancelledSteps: Set<Int> { cancelled.withLock { $0 } }
    }

    @Test(arguments: [1, 2, 7, 100]) func elementsComeInOrder(_ aheadCount: Int) async throws {
        let pipeline = BatchPipeline(steps: 5..<45, aheadCount: aheadCount) { step in
            for _ in 0..<(step % 3) { await Task.yield() }
            return step
        }
        var seen: [Int] = []
        for try await step in pipeline { seen.append(step) }
        #expect(seen == Array(5..<45))
    }

    @Test func emptyRangeGivesNothing() async throws {
        for try await step in BatchPipeline(steps: 3..<3, prepare: { $0 }) {
            Issue.record("step \(step)")
        }
    }

    @Test func noMoreThanTheBoundIsPreparedAhead() async throws {
        let log = Log()
        let pipeline = BatchPipeline(steps: 0..<20, aheadCount: 3) { step in
            log.start(step)
            return step
        }
        for try await step in pipeline {
            #expect(log.startedSteps.allSatisfy { $0 < step + 3 })
            #expect(log.startedSteps.contains(step))
        }
    }

    @Test func errorComesAtItsPlaceAndEndsTheSequence() async throws {
        let pipeline = BatchPipeline(steps: 0..<10, aheadCount: 4) { step in
            if step == 3 { throw Broken() }
            return step
        }
        let iterator = pipeline.makeAsyncIterator()
        for expected in 0..<3 { #expect(try await iterator.next() == expected) }
        await #expect(throws: Broken.self) { try await iterator.next() }
        #expect(try await iterator.next() == nil)
    }

    @Test func leavingTheLoopCancelsWhatIsUnderWay() async throws {
        let log = Log()
        let (ended, endedContinuation) = AsyncStream.makeStream(of: Int.self)
        let pipeline = BatchPipeline(steps: 0..<10, aheadCount: 3) { step in
            if step > 0 { await untilCancelled() }
            if Task.isCancelled { log.cancel(step) }
            if step > 0 { endedContinuation.yield(step) }
            return step
        }
        for try await step in pipeline {
            #expect(step == 0)
            break
        }
        var endedSteps = ended.makeAsyncIterator()
        for _ in 0..<2 { _ = await endedSteps.next() }
        #expect(log.cancelledSteps == [1, 2])
    }

    @Test func cancellingTheConsumerEndsItsWait() async throws {
        let (waiting, waitingContinuation) = AsyncStream.makeStream(of: Void.self)
        let pipeline = BatchPipeline(steps: 0..<2, aheadCount: 1) { step in
            waitingContinuation.yield()
            await untilCancelled()
            try Task.checkCancellation()
            return step
        }
        let consumer = Task {
            for try await _ in pipeline {}
        }
        var waits = waiting.makeAsyncIterator()
        _ = await waits.next()
        consumer.cancel()
        await #expect(throws: CancellationError.self) { try await consumer.value }
    }
}

/// Returns when the task is cancelled.
private func untilCancelled() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    await withTaskCancellationHandler {
        for await _ in stream {}
    } onCancel: {
        continuation.finish()
    }
}
