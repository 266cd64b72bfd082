internal import Datasets
internal import Files
internal import Media
internal import Recipes

/// The samples that a recipe's annotation files hold, before anything is decided about their order.
struct TrainingSamples {
    private let policy: BadSamplePolicy
    private let limit: Int
    private let trainingFiles: [String]
    /// Samples to learn from, by file.
    private(set) var training: [[Sample]]
    /// The held-out samples whose loss is taken.
    private(set) var validation: [Sample]
    /// The files of these, one for each.
    private var validationFiles: [String]
    /// Audio-visual samples whose loss is taken with parts of their media held back.
    let reliance: [Sample]
    /// Samples that were left out because they cannot be trained on.
    private(set) var skipped: [SkippedSample]
    /// What formats leave out on purpose, by file.
    private(set) var remarks: [String]
    private let fileDigests: [String]
    private let relianceDigest: String?

    /// Reads the files of a recipe.
    ///
    /// Throws: `DatasetError` with every wrong row and every missing medium of a file, unless such
    /// samples are to be skipped
    init(_ recipe: Recipe, tags: MediaTags) throws {
        let reader = AnnotationReader(tags: tags)
        let train = try recipe.data.train.map { try reader.read(.init($0.annotations)) }
        let held = try recipe.data.validation.map { try reader.read(.init($0)) }
        policy = recipe.data.onBadSample
        limit = recipe.data.maximumBadSampleCount
        remarks = (train + held).flatMap { file in file.remarks.map { "\(file.path): \($0)" } }
        fileDigests = try (train + held).map { try SHA256.hexDigest(ofFile: $0.path) }
        trainingFiles = train.map(\.path)
        reliance =
            try recipe.reliance.map {
                try Reliance.samples(
                    $0, trainedOn: recipe.data.train.map(\.annotations.path), reader)
            } ?? []
        relianceDigest = try recipe.reliance.map { try SHA256.hexDigest(ofFile: $0.dataFile) }
        var skipped: [SkippedSample] = []
        func usable(_ file: Annotations) throws -> [Sample] {
            if recipe.data.onBadSample == .stop { return try file.checkedSamples() }
            skipped += file.badRows
            return file.samples.filter { sample in
                guard let path = sample.paths.first(where: file.missingPaths.contains) else {
                    return true
                }
                skipped.append(
                    SkippedSample(
                        file: file.path, row: nil, id: sample.id, reason: "no media file at \(path)"
                    ))
                return false
            }
        }
        training = try train.map(usable)
        let all = try held.flatMap { file in try usable(file).map { ($0, file.path) } }
        let chosen = Self.some(
            all, perModality: recipe.validation.sampleCount, quotas: recipe.data.batch)
        if chosen.isEmpty, !all.isEmpty {
            throw TrainingError(
                .request, subject: "data.validation",
                detail: "holds no samples of a modality that data.batch asks for",
                hint: "name files with such samples, or none")
        }
        validation = chosen.map(\.0)
        validationFiles = chosen.map(\.1)
        self.skipped = skipped
        try checkLimit()
    }

    /// SHA-256 over the annotation files, and over which samples are left out.
    var digest: String {
        let left = skipped.map { "skipped \($0.file) \($0.row ?? "") \($0.id ?? "")" }
        let digest = SHA256.hexDigest(of: (fileDigests + left).joined(separator: "\n").utf8)
        return relianceDigest.map { SHA256.hexDigest(of: "\(digest)\n\($0)".utf8) } ?? digest
    }

    /// Tells of media that were encoded with other content before.
    mutating func noteChanges(_ features: FeatureStore) throws {
        let changed = try features.changedPaths(among: training.flatMap { $0 } + validation)
        guard let first = changed.first else { return }
        remarks.append(
            "\(changed.count) media changed since they were encoded and are encoded anew, the first: "
                + first)
    }

    /// Leaves out samples whose media cannot be decoded and those that make no prompt; the features of
    /// all others are kept afterwards. Stops early once `interruption` is requested.
    ///
    /// Throws: `TrainingError` when too many are bad
    mutating func screen(
        _ bench: Workbench, _ interruption: Interruption, progress: (Int, Int) -> Void
    ) async throws {
        var reasons: [BadMedium: String] = [:]
        let features = bench.features
        for (samples, variants) in [(training.flatMap { $0 }, true), (validation, false)] {
            try await features.prepare(
                samples, variants: variants, interruption: interruption,
                unusable: { path, kind, error in
                    reasons[BadMedium(path: path, kind: kind)] = "\(path): \(error.detail)"
                }, progress: progress)
        }
        if interruption.isRequested { return }
        try screenPrompts(bench, reasons)
    }

    /// Leaves out samples that make no prompt, and those whose media are bad.
    ///
    /// Throws: `TrainingError` when too many are bad
    mutating func screenPrompts(
        _ bench: Workbench, _ reasons: [BadMedium: String] = [:]
    ) throws {
        func reason(_ sample: Sample) -> String? {
            if let path = sample.visualPath, let reason = reasons[.init(path: path, kind: .visual)]
            {
                return reason
            }
            if let path = sample.audioPath, let reason = reasons[.init(path: path, kind: .audio)] {
                return reason
            }
            do throws(DatasetError) {
                _ = try bench.prompts.encode(sample, mediaTokens: bench.features.reader.tokenCounts)
                return nil
            } catch {
                return error.detail
            }
        }
        for (index, file) in trainingFiles.enumerated() {
            let samples = training[index]
            training[index] = samples.filter { keep($0, of: file, unless: reason($0)) }
        }
        let kept = zip(validation, validationFiles).filter {
            keep($0.0, of: $0.1, unless: reason($0.0))
        }
        validation = kept.map(\.0)
        validationFiles = kept.map(\.1)
        try checkLimit()
    }

    /// A file as pictures or as sound.
    struct BadMedium: Hashable {
        let path: String
        let kind: MediaKind
    }

    private mutating func keep(
        _ sample: Sample, of file: String, unless reason: String?
    ) -> Bool {
        guard let reason else { return true }
        skipped.append(SkippedSample(file: file, row: nil, id: sample.id, reason: reason))
        return false
    }

    private func checkLimit() throws {
        guard skipped.count > limit, let first = skipped.first else { return }
        throw TrainingError(
            .data, subject: "data.maximum_bad_samples",
            detail: "\(skipped.count) samples cannot be trained on, more than \(limit); the first: "
                + first.text,
            hint: "duet data check lists what is wrong; correct it, or allow more")
    }

    /// At most `perModality` samples of each modality that is trained on, evenly spread.
    private static func some(
        _ samples: [(Sample, String)], perModality: Int, quotas: Recipe.BatchQuotas
    ) -> [(Sample, String)] {
        Modality.allCases.flatMap { modality -> [(Sample, String)] in
            guard quotas.byModality[modality, default: 0] > 0 else { return [] }
            let all = samples.filter { $0.0.modality == modality }
            guard perModality > 0, all.count > perModality else { return all }
            return (0..<perModality).map { all[$0 * all.count / perModality] }
        }
    }
}

extension Annotations {
    /// Rows that are wrong, each once with all that is wrong with it.
    fileprivate var badRows: [SkippedSample] {
        var order: [String] = []
        var rows: [String: (id: String?, details: [String])] = [:]
        for problem in problems {
            if rows[problem.location] == nil { order.append(problem.location) }
            rows[problem.location, default: (problem.sampleID, [])].details.append(problem.detail)
        }
        return order.map { location in
            SkippedSample(
                file: path, row: location, id: rows[location]?.id,
                reason: rows[location]?.details.joined(separator: "; ") ?? "")
        }
    }
}

extension Sample {
    /// The media, pictures first.
    fileprivate var paths: [String] { [visualPath, audioPath].compactMap(\.self) }
}
