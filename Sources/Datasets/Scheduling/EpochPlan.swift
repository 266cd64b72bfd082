/// The samples of one epoch in their order.
public struct EpochPlan: Sendable {
    private struct Lane: Sendable {
        let modality: Modality
        let references: [SampleReference]
    }

    /// The epoch, from 0.
    public let epoch: Int
    /// Its steps.
    public var stepCount: Int { shares.stepCount }
    private let shares: EpochShares
    private let lanes: [Lane]

    init(scheduler: ModalityScheduler, epoch: Int) {
        precondition(epoch >= 0, "epoch plan: epoch \(epoch), expected 0 or more")
        self.epoch = epoch
        shares = scheduler.shares
        lanes = zip(scheduler.pools, scheduler.shares.lengths).map { pool, length in
            Lane(modality: pool.modality, references: pool.draw(length, epoch: epoch))
        }
    }

    /// The batch of a step, counted from the epoch's first.
    ///
    /// Traps: when the epoch has no such step
    public func batch(atStepInEpoch step: Int) -> ScheduledBatch {
        precondition(
            step >= 0 && step < stepCount, "epoch plan: step \(step) of \(stepCount) does not exist"
        )
        var entries: [ScheduledBatch.Entry] = []
        for (index, lane) in lanes.enumerated() {
            for reference in lane.references[shares.places(ofPool: index, atStep: step)] {
                entries.append(.init(modality: lane.modality, reference: reference))
            }
        }
        return ScheduledBatch(
            step: epoch * stepCount + step, epoch: epoch, stepInEpoch: step, entries: entries)
    }
}
