/// The samples of one epoch in their order.
public struct EpochPlan: Sendable {
    private struct Lane: Sendable {
        let modality: Modality
        let quota: Int
        let references: [SampleReference]
    }

    /// The epoch, from 0.
    public let epoch: Int
    /// Its steps.
    public let stepCount: Int
    private let lanes: [Lane]

    init(scheduler: ModalityScheduler, epoch: Int) {
        precondition(epoch >= 0, "epoch plan: epoch \(epoch), expected 0 or more")
        self.epoch = epoch
        let stepCount: Int = scheduler.stepsPerEpoch
        self.stepCount = stepCount
        lanes = scheduler.pools.map { pool in
            let lastsExactly: Bool = scheduler.policy == .cycle && pool.stepCount == stepCount
            let length: Int = lastsExactly ? pool.count : stepCount * pool.quota
            return Lane(
                modality: pool.modality, quota: pool.quota,
                references: pool.draw(length, epoch: epoch))
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
        for lane in lanes {
            let start: Int = step * lane.quota
            for reference in lane.references[start..<min(start + lane.quota, lane.references.count)]
            {
                entries.append(.init(modality: lane.modality, reference: reference))
            }
        }
        return ScheduledBatch(
            step: epoch * stepCount + step, epoch: epoch, stepInEpoch: step, entries: entries)
    }
}
