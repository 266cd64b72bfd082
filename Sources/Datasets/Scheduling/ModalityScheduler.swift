/// Decides which samples make up each step: a function of the seed and the step alone.
///
/// Every step holds the quota of each modality. An epoch ends as the policy says; in it, all
/// samples of a modality are seen equally often, or some once more than the others, and those
/// change from epoch to epoch so that over the epochs, too, no sample is seen more than once more
/// than another (data sets of equal weight).
public struct ModalityScheduler: Sendable {
    /// What happens when a modality runs out before another.
    public enum ExhaustionPolicy: Sendable, Hashable {
        /// The epoch ends before the first step in which a modality cannot fill its quota. Some
        /// samples of the longer modalities wait for a later epoch; none is seen twice in one.
        case stop
        /// The epoch ends when the longest modality, relative to its quota, has been seen; the
        /// shorter ones begin again in a new order. A modality that lasts for the whole epoch is
        /// seen exactly once, so in the last step it gives what it has left, at most its quota.
        case cycle
        /// Quotas say how many samples a step has and which modalities take part; a modality's share
        /// follows from its pool's count n and the temperature T. An epoch has as many places as all
        /// pools together: with T = 1 each sample comes once, above it the smaller modalities come
        /// again and the larger ones in part.
        ///
        /// Formula: share = n^(1/T) / Σ n^(1/T)
        /// Source: Arivazhagan et al. 2019 (arXiv:1907.05019)
        case temperature(Double)
    }

    /// The modalities of one data set's samples, and how often they come.
    public struct Source: Sendable {
        /// The modality of each sample.
        public let modalities: [Modality]
        /// How often a sample comes in an epoch on average; 0.5 takes another half each epoch.
        public let weight: Double

        /// A data set by its samples' modalities.
        public init(modalities: [Modality], weight: Double = 1) {
            self.modalities = modalities
            self.weight = weight
        }
    }

    /// Samples of each modality in a step; with a temperature only their sum counts.
    public let quotas: [Modality: Int]
    /// When an epoch ends.
    public let policy: ExhaustionPolicy
    /// What all orders follow from.
    public let seed: UInt64
    /// Places each modality fills in an epoch when nothing is left out or repeated.
    public let poolCounts: [Modality: Int]
    /// Brings samples about one clip together; nil where they come in any order.
    let grouping: ClipGrouping?
    /// Ends steps by their tokens; nil where quotas end them.
    let budget: TokenBudget?
    let pools: [ModalityPool]
    let shares: EpochShares
    private let plans = EpochPlans()

    /// A scheduler over data sets.
    ///
    /// With a budget, quotas say in which proportions modalities come: an epoch has as many places of each
    /// as without it.
    /// Throws: `DatasetError.Kind.invalidSchedule` naming the modality or data set at fault
    public init(
        sources: [Source], quotas: [Modality: Int], policy: ExhaustionPolicy,
        grouping: ClipGrouping? = nil, budget: TokenBudget? = nil, seed: UInt64
    ) throws(DatasetError) {
        for (modality, quota) in quotas where quota < 0 || quota > Int(Int32.max) {
            throw DatasetError(
                .invalidSchedule, modality.rawValue, "quota is \(quota)",
                hint: "expected 0 or more samples a step")
        }
        var pools: [ModalityPool] = []
        for modality in Modality.allCases {
            guard let quota = quotas[modality], quota > 0 else { continue }
            pools.append(
                try ModalityPool(modality: modality, quota: quota, sources: sources, seed: seed))
        }
        guard !pools.isEmpty else {
            throw DatasetError(
                .invalidSchedule, "quotas", "are all 0",
                hint: "expected a modality with at least one sample a step")
        }
        if policy == .stop, let short = pools.first(where: { $0.count < $0.quota }) {
            throw DatasetError(
                .invalidSchedule, short.modality.rawValue,
                "has \(short.count) samples for a quota of \(short.quota) a step",
                hint: "lower the quota, add samples, or let modalities cycle")
        }
        self.quotas = quotas
        self.policy = policy
        self.seed = seed
        self.grouping = grouping
        self.budget = budget
        self.pools = pools
        poolCounts = Dictionary(uniqueKeysWithValues: pools.map { ($0.modality, $0.count) })
        shares = try EpochShares(pools: pools, policy: policy)
    }

    /// Steps of every epoch; of the first where there is a token budget.
    public var stepsPerEpoch: Int { firstStep(ofEpoch: 1) }

    /// The first step of an epoch.
    public func firstStep(ofEpoch epoch: Int) -> Int { plans.start(epoch, of: self) }

    /// The epoch that a step belongs to.
    public func epoch(ofStep step: Int) -> Int { plans.epoch(ofStep: step, of: self) }

    /// Modalities that sources hold samples of but no quota asks for, with their sample counts.
    public static func unusedCounts(
        sources: [Source], quotas: [Modality: Int]
    ) -> [Modality: Int] {
        var counts: [Modality: Int] = [:]
        for modality in sources.lazy.flatMap(\.modalities) where quotas[modality, default: 0] == 0 {
            counts[modality, default: 0] += 1
        }
        return counts
    }

    /// The order of one epoch; each of its batches is then found in constant time.
    public func plan(forEpoch epoch: Int) -> EpochPlan { plans.plan(epoch, of: self) }

    /// The batch of a step.
    public func batch(atStep step: Int) -> ScheduledBatch {
        let epoch = epoch(ofStep: step)
        return plan(forEpoch: epoch).batch(atStepInEpoch: step - firstStep(ofEpoch: epoch))
    }

    /// All batches from a step on, without end.
    public func batches(from step: Int = 0) -> ScheduledBatches {
        ScheduledBatches(scheduler: self, start: step)
    }
}

/// The batches of a scheduler from a step on, without end.
public struct ScheduledBatches: Sequence, Sendable {
    let scheduler: ModalityScheduler
    let start: Int

    /// An iterator from the first step on.
    public func makeIterator() -> Iterator {
        Iterator(scheduler: scheduler, step: start)
    }

    /// Goes from step to step.
    public struct Iterator: IteratorProtocol, Sendable {
        let scheduler: ModalityScheduler
        var step: Int

        /// The next step's batch; there always is one.
        public mutating func next() -> ScheduledBatch? {
            defer { step += 1 }
            return scheduler.batch(atStep: step)
        }
    }
}
