extension DecodingError {
    /// What is wrong with a JSON text, in a few words: the field, and what was expected there.
    var problem: String {
        func name(_ path: [any CodingKey]) -> String {
            path.map(\.stringValue).joined(separator: ".")
        }
        switch self {
        case .keyNotFound(let key, let context):
            return "lacks \(name(context.codingPath + [key]))"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            let field = name(context.codingPath)
            return field.isEmpty ? "is no JSON object" : "\(field) is no \(type)"
        case .dataCorrupted(let context):
            let field = name(context.codingPath)
            return field.isEmpty ? "is no valid JSON" : "\(field) can't be read"
        @unknown default:
            return "can't be decoded"
        }
    }
}
