/// Prepares elements ahead of their use on background tasks, in order and a bounded number at once.
///
/// An error comes where its element would have, and ends the sequence. Whoever stops early, by
/// leaving the loop or being cancelled, cancels what is still being prepared.
public struct BatchPipeline<Element: Sendable>: AsyncSequence, Sendable {
    private let steps: Range<Int>
    private let aheadCount: Int
    private let prepare: @Sendable (Int) async throws -> Element

    /// A pipeline over a range of steps.
    ///
    /// - Parameters:
    ///   - steps: the steps to prepare an element for.
    ///   - aheadCount: how many elements may be under way or waiting at once, at least 1.
    ///   - prepare: makes the element of a step; it may run for several steps at once.
    public init(
        steps: Range<Int>, aheadCount: Int = 2,
        prepare: @escaping @Sendable (_ step: Int) async throws -> Element
    ) {
        precondition(aheadCount > 0, "batch pipeline: 0 ahead, expected at least 1")
        self.steps = steps
        self.aheadCount = aheadCount
        self.prepare = prepare
    }

    /// An iterator from the first step on; preparing begins with its first use.
    public func makeAsyncIterator() -> Iterator {
        Iterator(steps: steps, aheadCount: aheadCount, prepare: prepare)
    }

    /// Holds the tasks under way, the oldest first.
    public final class Iterator: AsyncIteratorProtocol {
        private var remaining: Range<Int>
        private let aheadCount: Int
        private let prepare: @Sendable (Int) async throws -> Element
        private var tasks: [Task<Element, any Error>] = []

        init(
            steps: Range<Int>, aheadCount: Int,
            prepare: @escaping @Sendable (Int) async throws -> Element
        ) {
            remaining = steps
            self.aheadCount = aheadCount
            self.prepare = prepare
        }

        deinit {
            for task in tasks { task.cancel() }
        }

        /// The next element, or nil after the last.
        ///
        /// Throws: what preparing it threw, or `CancellationError` when the waiting task is cancelled
        public func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws -> Element? {
            while tasks.count < aheadCount, let step = remaining.popFirst() {
                tasks.append(Task.detached { [prepare] in try await prepare(step) })
            }
            guard !tasks.isEmpty else { return nil }
            let underWay = tasks
            do {
                let element = try await withTaskCancellationHandler {
                    try await underWay[0].value
                } onCancel: {
                    for task in underWay { task.cancel() }
                }
                try Task.checkCancellation()
                tasks.removeFirst()
                return element
            } catch {
                stop()
                throw error
            }
        }

        private func stop() {
            for task in tasks { task.cancel() }
            tasks = []
            remaining = remaining.upperBound..<remaining.upperBound
        }
    }
}
