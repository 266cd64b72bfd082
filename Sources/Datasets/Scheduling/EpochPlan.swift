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
    private let firstStep: Int
    private let shares: EpochShares
    private let lanes: [Lane]

    init(scheduler: ModalityScheduler, epoch: Int, firstStep: Int) {
        precondition(epoch >= 0, "epoch plan: epoch \(epoch), expected 0 or more")
        self.epoch = epoch
        self.firstStep = firstStep
        let lanes = scheduler.pools.indices.map { index in
            Lane(
                modality: scheduler.pools[index].modality,
                references: Self.references(ofPool: index, scheduler, epoch: epoch))
        }
        self.lanes = lanes
        shares =
            scheduler.budget.map { EpochShares(scheduler.shares, $0, lanes.map(\.references)) }
            ?? scheduler.shares
    }

    private static func references(
        ofPool index: Int, _ scheduler: ModalityScheduler, epoch: Int
    ) -> [SampleReference] {
        let (pool, shares) = (scheduler.pools[index], scheduler.shares)
        let drawn = pool.draw(shares.lengths[index], epoch: epoch)
        guard let grouping = scheduler.grouping else { return drawn }
        var generator = SplitMix64(
            seed: scheduler.seed, path: [Purpose.grouping, pool.modality.number, UInt64(epoch)])
        // Where a budget ends steps is known only when the order is.
        let steps =
            scheduler.budget == nil
            ? (0..<shares.stepCount).map { shares.places(ofPool: index, atStep: $0) }
            : [0..<drawn.count]
        return grouping.arranged(drawn, passCount: pool.count, steps: steps, with: &generator)
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
            step: firstStep + step, epoch: epoch, stepInEpoch: step, entries: entries)
    }
}
