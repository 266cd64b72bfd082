/// The samples of one modality, from all data sets, and how an epoch draws from them.
struct ModalityPool: Sendable {
    /// The samples one data set gives, in a fixed random order, and how many places they fill.
    private struct Part: Sendable {
        let dataset: Int
        let samples: [Int32]
        let count: Int
    }

    let modality: Modality
    let quota: Int
    /// Places all parts fill in an epoch.
    let count: Int
    private let parts: [Part]
    /// The order in which places are picked when not all can be.
    private let rotation: [Int32]
    private let seed: UInt64

    /// Steps after which every place has been filled; the last may be filled in part.
    var stepCount: Int { (count + quota - 1) / quota }

    init(
        modality: Modality, quota: Int, sources: [ModalityScheduler.Source], seed: UInt64
    ) throws(DatasetError) {
        var parts: [Part] = []
        for (dataset, source) in sources.enumerated() {
            let part = try Self.part(of: source, dataset: dataset, modality: modality, seed: seed)
            if let part { parts.append(part) }
        }
        self.modality = modality
        self.quota = quota
        self.seed = seed
        self.parts = parts
        count = parts.reduce(0) { $0 + $1.count }
        guard count > 0 else {
            throw DatasetError(
                .invalidSchedule, modality.rawValue,
                "has no samples for a quota of \(quota) a step",
                hint: "set its quota to 0 or add samples")
        }
        guard count <= Int(Int32.max) else {
            throw DatasetError(
                .invalidSchedule, modality.rawValue, "has \(count) samples an epoch by its weights",
                hint: "expected at most \(Int32.max)")
        }
        rotation = Self.order(count, seed: seed, path: [Purpose.rotation, modality.number])
    }

    private static func part(
        of source: ModalityScheduler.Source, dataset: Int, modality: Modality, seed: UInt64
    ) throws(DatasetError) -> Part? {
        let subject = "data set \(dataset + 1)"
        guard source.weight > 0, source.weight <= maximumWeight else {
            throw DatasetError(
                .invalidSchedule, subject, "has the weight \(source.weight)",
                hint: "expected more than 0 and at most \(maximumWeight)")
        }
        var samples: [Int32] = []
        for (index, other) in source.modalities.enumerated() where other == modality {
            samples.append(Int32(index))
        }
        guard !samples.isEmpty else { return nil }
        let count = Int((Double(samples.count) * source.weight).rounded())
        guard count > 0 else {
            throw DatasetError(
                .invalidSchedule, subject,
                "has the weight \(source.weight), which takes none of its \(samples.count) "
                    + "\(modality.rawValue) samples",
                hint: "raise the weight or leave the data set out")
        }
        var generator = SplitMix64(
            seed: seed, path: [Purpose.part, modality.number, UInt64(dataset)])
        generator.shuffle(&samples)
        return Part(dataset: dataset, samples: samples, count: count)
    }

    /// The first `length` places of an epoch: whole passes over the pool, each in its own order,
    /// then a part of a pass that goes on, epoch after epoch, where the one before left off.
    func draw(_ length: Int, epoch: Int) -> [SampleReference] {
        let places = places(epoch: epoch)
        var drawn: [SampleReference] = []
        drawn.reserveCapacity(length)
        let path: [UInt64] = [Purpose.pass, modality.number, UInt64(epoch)]
        for pass in 0..<length / count {
            let order = Self.order(count, seed: seed, path: path + [UInt64(pass)])
            for place in order { drawn.append(places[Int(place)]) }
        }
        let restCount: Int = length % count
        let start: Int = Self.product(epoch, restCount, modulo: count)
        var rest: [Int32] = (0..<restCount).map { rotation[(start + $0) % count] }
        var generator = SplitMix64(seed: seed, path: path + [UInt64(length / count)])
        generator.shuffle(&rest)
        for place in rest { drawn.append(places[Int(place)]) }
        return drawn
    }

    /// Which sample fills each place: a window over each part's samples that moves on every epoch.
    private func places(epoch: Int) -> [SampleReference] {
        var places: [SampleReference] = []
        places.reserveCapacity(count)
        for part in parts {
            let start: Int = Self.product(epoch, part.count, modulo: part.samples.count)
            for index in 0..<part.count {
                let sample: Int32 = part.samples[(start + index) % part.samples.count]
                places.append(SampleReference(dataset: part.dataset, sample: Int(sample)))
            }
        }
        return places
    }

    private static func product(_ a: Int, _ b: Int, modulo n: Int) -> Int {
        (a % n) * (b % n) % n
    }

    private static func order(_ count: Int, seed: UInt64, path: [UInt64]) -> [Int32] {
        var order: [Int32] = Array(0..<Int32(count))
        var generator = SplitMix64(seed: seed, path: path)
        generator.shuffle(&order)
        return order
    }

    private static let maximumWeight: Double = 1000
}

/// What a stream of random numbers is for, so that no two uses share one.
enum Purpose {
    static let part: UInt64 = 1
    static let rotation: UInt64 = 2
    static let pass: UInt64 = 3
    static let augmentation: UInt64 = 4
    static let grouping: UInt64 = 5
}

extension Modality {
    /// A number that stays the same from version to version.
    var number: UInt64 {
        switch self {
        case .visual: 0
        case .audio: 1
        case .audioVisual: 2
        case .text: 3
        }
    }
}
