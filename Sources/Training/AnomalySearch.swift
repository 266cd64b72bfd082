internal import Datasets
internal import Models
internal import Tensors

/// Finds where in a batch the first number that is not finite arose.
struct AnomalySearch {
    let model: AudioVisualModel
    let data: TrainingData
    /// Whether the way back is searched, too.
    let withGradients: Bool

    /// The operation, its layer, and the sample with its modality; nil when it does not arise again.
    ///
    /// Samples are computed one by one, which they do not notice; only where the fault needs several of
    /// them is the whole batch searched, and no sample named.
    /// Throws: errors of reading features
    func place(in batches: [PreparedBatch]) throws -> String? {
        for batch in batches {
            for sample in batch.samples {
                let single = try data.batch(ofOne: sample, like: batch)
                guard let anomaly = anomaly(in: single) else { continue }
                return "\(anomaly.place) is the first, of sample \(sample.sample.id) "
                    + "(\(sample.sample.modality.rawValue))"
            }
        }
        for batch in batches {
            guard let anomaly = anomaly(in: batch) else { continue }
            return "\(anomaly.place) is the first, of samples "
                + batch.packed.sampleIDs.joined(separator: ", ")
        }
        return nil
    }

    private func anomaly(in batch: PreparedBatch) -> Anomaly? {
        let seed = withGradients ? batch.dropoutSeed : nil
        return watchingForAnomalies { () -> Void in
            if withGradients {
                _ = gradients(of: model.loss(of: batch.input, dropoutSeed: seed).loss)
            } else {
                _ = withoutGradients { model.loss(of: batch.input, dropoutSeed: seed) }
            }
        }.anomaly
    }
}
