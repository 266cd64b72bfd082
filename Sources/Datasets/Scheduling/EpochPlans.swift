internal import Synchronization

/// Where the epochs of a scheduler begin, found as far as they are asked for, and the two plans made last:
/// around the end of an epoch, steps of both are asked for in turn.
///
/// With a token budget epochs differ in their steps, so where one begins follows from all before it.
final class EpochPlans: Sendable {
    private struct State {
        var starts = [0]
        var latest: [EpochPlan] = []

        mutating func plan(_ epoch: Int, of scheduler: ModalityScheduler) -> EpochPlan {
            if let known = latest.first(where: { $0.epoch == epoch }) { return known }
            while starts.count <= epoch { findNextStart(of: scheduler) }
            let plan = EpochPlan(scheduler: scheduler, epoch: epoch, firstStep: starts[epoch])
            latest = latest.suffix(1) + [plan]
            return plan
        }

        mutating func findNextStart(of scheduler: ModalityScheduler) {
            let epoch = starts.count - 1
            let stepCount =
                scheduler.budget == nil
                ? scheduler.shares.stepCount : plan(epoch, of: scheduler).stepCount
            starts.append(starts[epoch] + stepCount)
        }
    }

    private let state = Mutex(State())

    /// The plan of an epoch.
    func plan(_ epoch: Int, of scheduler: ModalityScheduler) -> EpochPlan {
        state.withLock { $0.plan(epoch, of: scheduler) }
    }

    /// The first step of an epoch.
    func start(_ epoch: Int, of scheduler: ModalityScheduler) -> Int {
        state.withLock { state in
            while state.starts.count <= epoch { state.findNextStart(of: scheduler) }
            return state.starts[epoch]
        }
    }

    /// The epoch of a step.
    func epoch(ofStep step: Int, of scheduler: ModalityScheduler) -> Int {
        state.withLock { state in
            while state.starts[state.starts.count - 1] <= step {
                state.findNextStart(of: scheduler)
            }
            return (state.starts.lastIndex { $0 <= step }) ?? 0
        }
    }
}
