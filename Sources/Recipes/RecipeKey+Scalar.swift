extension RecipeKey.Kind {
    /// The value a scalar stands for, or nil when it is of another type or out of range.
    func scalar(_ text: String, isPlain: Bool) -> RecipeValue? {
        switch self {
        case .text(let rule): return rule.accepts(text) ? .text(text) : nil
        case .choice(let names): return names.contains(text) ? .text(text) : nil
        case .flag where isPlain: return text == "true" ? true : text == "false" ? false : nil
        case .integer(let range) where isPlain:
            guard let value = Int(text), range.contains(value) else { return nil }
            return .integer(value)
        case .number(let range) where isPlain:
            guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
                let value = Double(text), range.contains(value)
            else { return nil }
            return .number(value)
        default: return nil
        }
    }
}

extension RecipeKey.TextRule {
    fileprivate func accepts(_ text: String) -> Bool {
        switch self {
        case .text: return true
        case .path, .asset: return !text.isEmpty && !text.unicodeScalars.contains("\0")
        case .mark: return !text.isEmpty && !text.contains(where: \.isWhitespace)
        case .folderName:
            return !text.isEmpty && text.utf8.count <= 200 && !text.hasPrefix(".")
                && !text.contains { $0.isWhitespace || $0 == "/" || $0 == "\\" || $0 == "\0" }
        case .pattern:
            do {
                _ = try Regex(text)
                return true
            } catch {
                return false
            }
        }
    }
}
