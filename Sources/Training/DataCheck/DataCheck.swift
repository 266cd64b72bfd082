public import Datasets
internal import Foundation

/// Looks for everything that is wrong with annotated data before anything is trained on it.
public struct DataCheck: Sendable {
    private let files: [Annotations]
    private let media: [MediumUse]

    /// The least difference of the lengths of sound and pictures that is told, in seconds and as a part
    /// of the longer one.
    private static let lengthSlack = (seconds: 0.5, part: 0.1)

    /// Reads the annotation files.
    ///
    /// Throws: `DatasetError` when one of them cannot be read as a whole
    public init(_ sources: [AnnotationSource], tags: MediaTags) throws {
        files = try sources.map { try AnnotationReader(tags: tags).read($0) }
        var uses: [String: MediumUse] = [:]
        var order: [String] = []
        for file in files {
            for sample in file.samples {
                let asked = [(sample.visualPath, MediaKind.visual), (sample.audioPath, .audio)]
                for (path, kind) in asked {
                    guard let path, !file.missingPaths.contains(path) else { continue }
                    if uses[path] == nil { order.append(path) }
                    var use = uses[path] ?? MediumUse(path: path)
                    if kind == .visual { use.isSeen = true } else { use.isHeard = true }
                    uses[path] = use
                }
            }
        }
        media = order.compactMap { uses[$0] }
    }

    /// Decodes every medium on all cores; stops early, with what it has, once `interruption` is
    /// requested.
    public func run(
        interruption: Interruption = Interruption(),
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> DataReport {
        var examinations: [String: MediumExamination] = [:]
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let media = media
        let pipeline = BatchPipeline(steps: 0..<media.count, aheadCount: 2 * cores) {
            MediumExamination(media[$0])
        }
        progress(0, media.count)
        for try await examination in pipeline {
            examinations[media[examinations.count].path] = examination
            progress(examinations.count, media.count)
            if interruption.isRequested { break }
        }
        let found =
            files.flatMap { Self.findings(ofRows: $0) + Self.findings(ofMedia: $0, examinations) }
            + duplicates(examinations)
        return DataReport(
            files: files.map(DataReport.File.init), mediaCount: media.count,
            examinedCount: examinations.count,
            findings: DataFinding.Kind.allCases.flatMap { kind in found.filter { $0.kind == kind } }
        )
    }

    private static func findings(ofRows file: Annotations) -> [DataFinding] {
        (file.problems + file.missingMedia).map { problem in
            let kind: DataFinding.Kind =
                switch problem.kind {
                case .field: .row
                case .tags: .tags
                case .emptyAnswer: .emptyAnswer
                case .missingMedia: .missing
                }
            return DataFinding(
                kind: kind, file: file.path, row: problem.location, sample: problem.sampleID,
                medium: nil, detail: problem.detail)
        }
    }

    /// What is wrong with the media of a file, each told of the first sample that has it.
    private static func findings(
        ofMedia file: Annotations, _ examinations: [String: MediumExamination]
    ) -> [DataFinding] {
        var findings: [DataFinding] = []
        var told: Set<String> = []
        var compared: Set<[String]> = []
        for sample in file.samples {
            let paths = Set([sample.visualPath, sample.audioPath].compactMap(\.self)).sorted()
            for path in paths {
                for problem in examinations[path]?.problems ?? []
                where sample.asks(path, for: problem.kind)
                    && told.insert("\(problem.kind) \(path)").inserted
                {
                    findings.append(
                        DataFinding(
                            kind: problem.kind, file: file.path, row: nil, sample: sample.id,
                            medium: path, detail: "\(path): \(problem.detail)"))
                }
            }
            guard compared.insert(paths).inserted, let visualPath = sample.visualPath,
                let audioPath = sample.audioPath,
                let seen = examinations[visualPath]?.picturesEndSeconds,
                let heard = examinations[audioPath]?.soundEndSeconds,
                abs(seen - heard) > max(lengthSlack.seconds, lengthSlack.part * max(seen, heard))
            else { continue }
            findings.append(
                DataFinding(
                    kind: visualPath == audioPath ? .lengths : .pairedLengths, file: file.path,
                    row: nil, sample: sample.id, medium: visualPath,
                    detail: "pictures of \(twoDigits(seen)) s (\(visualPath)) with a sound of "
                        + "\(twoDigits(heard)) s (\(audioPath))"))
        }
        return findings
    }

    private static func twoDigits(_ value: Double) -> String { String(format: "%.2f", value) }

    /// Content that is in several splits, or, where rows name no split, in several files.
    private func duplicates(_ examinations: [String: MediumExamination]) -> [DataFinding] {
        struct Place {
            let group: String
            let file: String
            let sample: String
            let path: String
        }
        var places: [String: [Place]] = [:]
        var order: [String] = []
        for file in files {
            for sample in file.samples {
                for path in Set([sample.visualPath, sample.audioPath].compactMap(\.self)).sorted() {
                    guard let digest = examinations[path]?.digest else { continue }
                    let group: String = sample.split.map { "split \($0)" } ?? file.path
                    if places[digest] == nil { order.append(digest) }
                    if places[digest, default: []].contains(where: { $0.group == group }) {
                        continue
                    }
                    places[digest, default: []].append(
                        Place(group: group, file: file.path, sample: sample.id, path: path))
                }
            }
        }
        return order.compactMap { digest in
            guard let all = places[digest], let first = all.first, all.count > 1 else { return nil }
            let others = all.dropFirst().map {
                "\($0.group) (\($0.file), id \"\($0.sample)\", \($0.path))"
            }
            return DataFinding(
                kind: .duplicate, file: first.file, row: nil, sample: first.sample,
                medium: first.path,
                detail: "\(first.path) of \(first.group) is also in "
                    + others.joined(separator: " and "))
        }
    }
}

extension DataReport.File {
    init(_ file: Annotations) {
        self.init(
            path: file.path, format: file.format.rawValue, rows: file.rowCount,
            samples: file.samples.reduce(into: [:]) { $0[$1.modality.rawValue, default: 0] += 1 },
            remarks: file.remarks)
    }
}

extension Sample {
    /// Whether a finding about a medium concerns what the sample takes of it.
    fileprivate func asks(_ path: String, for kind: DataFinding.Kind) -> Bool {
        switch kind {
        case .noPictures, .black: visualPath == path
        case .noSound, .silent: audioPath == path
        default: true
        }
    }
}
