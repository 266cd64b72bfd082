internal import CKernels
internal import Dispatch
internal import Foundation
internal import Synchronization

/// Threads that wait for pieces of kernels.
///
/// A training step is thousands of short parallel pieces, one right after another. Workers look out
/// for the next one for some microseconds before they go to sleep, which saves waking them.
final class WorkerPool: Sendable {
    private let workers: [Worker]
    private let isBusy = Atomic<Bool>(false)

    /// Starts `count` threads.
    init(count: Int) {
        workers = (0..<count).map { Worker(piece: $0 + 1) }
        for worker in workers { worker.start() }
    }

    /// Runs `pieces` pieces at the same time, the first on the calling thread, and returns when all
    /// are done; one after another when another thread is using the pool.
    func run(pieces: Int, _ body: @escaping (Int) -> Void) {
        let helpers = workers.prefix(pieces - 1)
        guard helpers.count == pieces - 1,
            !isBusy.exchange(true, ordering: .acquiring)
        else {
            for piece in 0..<pieces { body(piece) }
            return
        }
        withUnsafePointer(to: body) { pointer in
            for worker in helpers { worker.give(pointer) }
            body(0)
            for worker in helpers { worker.awaitEnd() }
        }
        isBusy.store(false, ordering: .releasing)
    }
}

/// One thread and the piece it is given.
///
/// Safety: `body` is written while `isGiven` is false and read while it is true; the atomic orders both.
/// The worker borrows the closure and never owns it: the compiler may count a reference that is stored
/// for another thread only after the atomic that lets that thread run and release it.
private final class Worker: @unchecked Sendable {
    /// Looks for work before going to sleep: some tens of microseconds.
    private static let patience = 4_000

    private let piece: Int
    private let isGiven = Atomic<Bool>(false)
    private let isAsleep = Atomic<Bool>(false)
    private let alarm = DispatchSemaphore(value: 0)
    private let isAwaited = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)
    private var body: UnsafePointer<(Int) -> Void>?

    init(piece: Int) { self.piece = piece }

    func start() {
        let thread = Thread { [self] in
            while true {
                awaitWork()
                perform()
                finish()
            }
        }
        thread.name = "duet kernels \(piece)"
        thread.start()
    }

    /// Not inlined, so that no reference to the body is left when the work is said to be done.
    @inline(never)
    private func perform() { body?.pointee(piece) }

    /// `body` stays where it is until `awaitEnd` has returned.
    func give(_ body: UnsafePointer<(Int) -> Void>) {
        self.body = body
        isGiven.store(true, ordering: .sequentiallyConsistent)
        if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { alarm.signal() }
    }

    func awaitEnd() {
        Self.await(isAwaited, ended) { !isGiven.load(ordering: .sequentiallyConsistent) }
    }

    private func awaitWork() {
        Self.await(isAsleep, alarm) { isGiven.load(ordering: .sequentiallyConsistent) }
    }

    private func finish() {
        isGiven.store(false, ordering: .sequentiallyConsistent)
        if isAwaited.exchange(false, ordering: .sequentiallyConsistent) { ended.signal() }
    }

    /// Looks whether something has come true; after some looks sleeps until the one who makes it
    /// true takes `flag` down and signals. Never yields: on a busy machine that gives the processor
    /// away for much longer than a kernel takes. A signal may be late and belong to an earlier wait,
    /// so only `isTrue` ends this one.
    private static func await(
        _ flag: borrowing Atomic<Bool>, _ signal: DispatchSemaphore, until isTrue: () -> Bool
    ) {
        while true {
            for _ in 0..<patience {
                if isTrue() { return }
                duet_pause()
            }
            flag.store(true, ordering: .sequentiallyConsistent)
            // True in between: whoever takes the flag down decides whether a signal is on its way.
            if isTrue(), flag.exchange(false, ordering: .sequentiallyConsistent) { return }
            signal.wait()
        }
    }
}
