public import WeightFiles

extension LanguageModelFile {
    /// Every tensor of the model with adapters merged in, planned for a Hugging Face folder in the order of
    /// `configuration.parameterShapes`; `replaced` has new values of whole parameters, by path.
    ///
    /// A tensor that is stored as wanted and has not changed is copied byte by byte.
    /// Throws: `WeightFileError` when the type cannot be written
    public func huggingFaceTensors(
        type: StoredType, updates: [LowRankUpdate], replaced: [String: [Float]] = [:]
    ) throws -> [PlannedTensor] {
        let byPath = Self.byWeight(updates)
        return try configuration.parameterShapes.map { path, shape in
            let (update, new) = (byPath[path], replaced[path])
            if update == nil, new == nil,
                let copy = try copy(
                    of: path, shape: shape, as: path, type: type, isInterleaved: false)
            {
                return copy
            }
            return try PlannedTensor(name: path, shape: shape, type: type) {
                try values(path, shape, update, new)
            }
        }
    }

    /// Every tensor of the model with adapters merged in, planned for a GGUF file in the order of
    /// `configuration.parameterShapes`, behind which the rotary divisors come; `replaced` has new values of
    /// whole parameters, by path.
    ///
    /// Vectors are float32, as llama.cpp wants; a matrix whose rows a quantised type does not divide
    /// is F16; with 4 bits, the embeddings and the output projection have 8.
    /// Throws: `ModelError` for a tensor that GGUF has no name for
    public func ggufTensors(
        type: StoredType, updates: [LowRankUpdate], replaced: [String: [Float]] = [:]
    ) throws -> [PlannedTensor] {
        let byPath = Self.byWeight(updates)
        let names = LanguageModelGGUFNames(configuration)
        var tensors = try configuration.parameterShapes.map { path, shape -> PlannedTensor in
            guard let place = names.location(of: path) else {
                throw ModelError(
                    .weights, subject: path, detail: "has no name in GGUF files",
                    hint: "export merged")
            }
            let stored = Self.storedType(type, of: path, shape: shape)
            let (update, new) = (byPath[path], replaced[path])
            if update == nil, new == nil,
                let copy = try copy(
                    of: path, shape: shape, as: place.name, type: stored,
                    isInterleaved: place.interleavedHeadCount != nil)
            {
                return copy
            }
            return try PlannedTensor(name: place.name, shape: shape, type: stored) {
                let values = try values(path, shape, update, new)
                guard let heads = place.interleavedHeadCount else { return values }
                return RowInterleaving.interleaved(values, headCount: heads, rowCount: shape[0])
            }
        }
        if let divisors = configuration.rotaryDivisors {
            tensors.append(
                try PlannedTensor(
                    name: "rope_freqs.weight", shape: [divisors.count], type: .float32
                ) { divisors })
        }
        return tensors
    }

    /// Tables over the vocabulary keep 8 bits where other matrices have 4: they hold outliers, and as
    /// output projection their errors are those of the scores.
    ///
    /// Source: llama_tensor_get_type in llama-quant.cpp, which keeps the output projection finer
    private static func storedType(
        _ type: StoredType, of path: String, shape: [Int]
    ) -> StoredType {
        if shape.count < 2 { return .float32 }
        let isTable = path == "model.embed_tokens.weight" || path == "lm_head.weight"
        let type = isTable && (type == .q4_0 || type == .q4_1) ? .q8_0 : type
        return (shape.last ?? 1).isMultiple(of: type.valuesPerBlock) ? type : .float16
    }

    private static func byWeight(_ updates: [LowRankUpdate]) -> [String: LowRankUpdate] {
        Dictionary(
            updates.map { ("\($0.module).weight", $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func values(
        _ path: String, _ shape: [Int], _ update: LowRankUpdate?, _ new: [Float]?
    ) throws -> [Float] {
        if let new { return update?.merged(into: new) ?? new }
        let found = try weights.shape(of: path)
        guard found == shape else {
            throw ModelError(
                .weights, subject: file.path,
                detail: "'\(path)' is \(found.map { "\($0)" } ?? "missing"); expected \(shape)",
                hint: "check that configuration and weights belong together")
        }
        let count = shape.reduce(1, *)
        let values = try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            let place = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
            place.initialize(repeating: 0)
            try weights.read(path, into: place)
            initialized = count
        }
        try weights.release(path)
        return update?.merged(into: values) ?? values
    }

    /// A copy of the stored bytes, when the file keeps the tensor as the new one is to.
    private func copy(
        of path: String, shape: [Int], as name: String, type: StoredType, isInterleaved: Bool
    ) throws -> PlannedTensor? {
        guard let stored = try weights.place(of: path), stored.tensor.type == type,
            stored.tensor.shape == shape, stored.location.rows == nil,
            isInterleaved == (stored.location.interleavedHeadCount != nil)
        else { return nil }
        return PlannedTensor(copying: stored.tensor, name: name)
    }
}
