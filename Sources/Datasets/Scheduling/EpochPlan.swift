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
        let shares = scheduler.shares
        self.shares = shares
        lanes = scheduler.pools.enumerated().map { index, pool in
            let drawn = pool.draw(shares.lengths[index], epoch: epoch)
            guard let grouping = scheduler.grouping else {
                return Lane(modality: pool.modality, references: drawn)
            }
            var generator = SplitMix64(
                seed: scheduler.seed,
                path: [Purpose.grouping, pool.modality.number, UInt64(epoch)])
            return Lane(
                modality: pool.modality,
                references: grouping.arranged(
                    drawn, passCount: pool.count,
                    steps: (0..<shares.stepCount).lazy.map {
                        shares.places(ofPool: index, atStep: $0)
                    }, with: &generator))
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
