internal import Dispatch
internal import Foundation
internal import Synchronization

/// Whether somebody asked the program to stop; a trainer finishes its step, saves and ends.
///
/// Safety: `sources` is set once, when the value is made, and only keeps its sources alive.
public final class Interruption: @unchecked Sendable {
    private let flag = Atomic<Bool>(false)
    private var sources: [any DispatchSourceSignal] = []

    /// Not interrupted; with `listeningToSignals`, SIGINT and SIGTERM ask for a stop, and a second
    /// one ends the process at once.
    public init(listeningToSignals: Bool = false) {
        guard listeningToSignals else { return }
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in
                guard let self else { return }
                if isRequested {
                    signal(number, SIG_DFL)
                    kill(getpid(), number)
                }
                request()
            }
            source.resume()
            return source
        }
    }

    /// Whether a stop was asked for.
    public var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// Asks for a stop.
    public func request() { flag.store(true, ordering: .relaxed) }
}
