import Files
import Foundation

extension Checkpoint {
    /// Writes the checkpoint so that a crash or a full disk leaves a previous file at `path` intact.
    ///
    /// Equal checkpoints give equal files, byte for byte.
    /// Throws: when something cannot be stored or not everything could be written.
    public func write(to path: String) throws(CheckpointError) {
        let content = try content(for: path)
        do {
            try DurableFile.write(to: path) { partial in
                let file = try HDF5File.create(partial)
                try content.write(to: file)
                try file.close()
            }
        } catch {
            throw CheckpointError(writing: path, error)
        }
    }

    /// The SHA-256 digest of all that a continued run must reproduce: everything but the recipe's
    /// text, which names the run's folder, the time that was taken, and who wrote it.
    ///
    /// Throws: when something in it could not be stored
    public func stateDigest() throws(CheckpointError) -> String {
        var state = self
        state.recipe = ""
        state.createdBy = ""
        state.wallTimeSeconds = 0
        return try state.content(for: "state").digest()
    }

    /// Takes the checkpoint apart into what the file holds.
    private func content(for path: String) throws(CheckpointError) -> CheckpointContent {
        typealias Attribute = CheckpointLayout.Attribute
        var content = CheckpointContent()
        content.groups[CheckpointLayout.root] = [
            Attribute.format: .text(CheckpointLayout.format),
            Attribute.formatVersion: .integer(Int64(Self.formatVersion)),
            Attribute.createdBy: .text(createdBy),
            Attribute.wallTimeSeconds: .number(wallTimeSeconds),
        ]
        content.groups[CheckpointLayout.optimizer] = [:]
        content.groups[CheckpointLayout.optimizerSteps] = optimizer.steps.mapValues {
            .integer(Int64($0))
        }
        content.groups[CheckpointLayout.progress] = [
            Attribute.step: .integer(Int64(progress.step)),
            Attribute.epoch: .integer(Int64(progress.epoch)),
            Attribute.position: .integer(Int64(progress.position)),
        ]
        content.groups[CheckpointLayout.random] = random.mapValues { .unsigned($0) }
        content.groups[CheckpointLayout.digests] = digests.mapValues { .text($0) }
        content.groups[CheckpointLayout.metrics] = metrics.mapValues { .number($0) }
        content.groups[CheckpointLayout.modalityTokens] = modalityTokens.mapValues { .text($0) }
        try content.add(tensors, under: CheckpointLayout.tensors, of: path)
        try content.add(optimizer.firstMoments, under: CheckpointLayout.firstMoments, of: path)
        try content.add(optimizer.secondMoments, under: CheckpointLayout.secondMoments, of: path)
        if let window = progress.window {
            try content.add(window.gradients, under: CheckpointLayout.window, of: path)
            content.groups[CheckpointLayout.window] = [
                Attribute.batchCount: .integer(Int64(window.batchCount)),
                Attribute.weight: .number(window.weight),
                Attribute.loss: .number(window.loss),
            ]
        }
        content.texts[CheckpointLayout.recipe] = recipe
        try content.add(ledger, of: path)
        let digest = content.digest()
        content.groups[CheckpointLayout.root]?[Attribute.contentDigest] = .text(digest)
        return content
    }
}

extension CheckpointContent {
    /// Writes everything in an order that depends on the content alone.
    fileprivate func write(to file: HDF5File) throws(CheckpointError) {
        for (path, attributes) in Self.sorted(groups) {
            if path != CheckpointLayout.root { try file.createGroup(path) }
            for (name, value) in Self.sorted(attributes) {
                try file.write(value, attribute: name, of: path)
            }
        }
        for (path, array) in Self.sorted(arrays) { try file.write(array, to: path) }
        for (path, text) in Self.sorted(texts) {
            try file.write(StoredArray(Array(text.utf8)), to: path)
        }
        for (path, array) in Self.sorted(counts) { try file.write(array, to: path) }
    }

    fileprivate mutating func add(
        _ members: [String: StoredArray<Float>], under group: String, of path: String
    ) throws(CheckpointError) {
        groups[group] = [:]
        for (name, array) in members {
            guard !name.contains("/") else {
                throw CheckpointError(
                    .invalid, subject: path,
                    detail:
                        "\"\(name)\" cannot name a parameter; a path without \"/\" was expected",
                    hint: "separate its parts with dots")
            }
            arrays["\(group)/\(name)"] = array
        }
    }

    fileprivate mutating func add(
        _ ledger: Checkpoint.Ledger, of path: String
    ) throws(CheckpointError) {
        let width = ledger.modalities.count
        let samples = Self.sorted(ledger.counts)
        if let (sample, counts) = samples.first(where: { $0.value.count != width }) {
            throw CheckpointError(
                .invalid, subject: path,
                detail: "the ledger has \(counts.count) counts for sample \(sample); "
                    + "one for each of \(width) modalities was expected",
                hint: "report this with the recipe")
        }
        groups[CheckpointLayout.ledger] = [:]
        texts[CheckpointLayout.ledgerModalities] = try Self.json(ledger.modalities, of: path)
        texts[CheckpointLayout.ledgerSamples] = try Self.json(samples.map(\.key), of: path)
        counts[CheckpointLayout.ledgerCounts] = StoredArray(
            shape: [samples.count, width],
            scalars: samples.flatMap { $0.value.map { Int64($0) } })
    }

    private static func json(
        _ texts: [String], of path: String
    ) throws(CheckpointError) -> String {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            return String(decoding: try encoder.encode(texts), as: UTF8.self)
        } catch {
            throw CheckpointError(
                .invalid, subject: path, detail: "the ledger's names cannot be stored",
                hint: "report this with the recipe", cause: "\(error)")
        }
    }
}
