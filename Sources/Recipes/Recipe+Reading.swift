import Files
import Foundation

extension Recipe {
    /// The longest recipe that is read.
    private static let maximumByteCount = 1 << 20

    /// Reads a recipe file.
    ///
    /// `settings` are `key=value` pairs that count instead of the file's, such as
    /// `optimizer.learning_rate=1e-4`; the value is YAML.
    /// Throws: all problems at once, each with its place.
    public init(contentsOf path: String, settings: [String] = []) throws(RecipeError) {
        let data: Data
        do {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
            let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
            guard attributes[.type] as? FileAttributeType == .typeRegular,
                size <= Self.maximumByteCount
            else {
                throw RecipeError(
                    position: path, subject: "recipe",
                    "not a file of at most \(Self.maximumByteCount) bytes; expected a YAML file")
            }
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch let error as RecipeError {
            throw error
        } catch {
            throw RecipeError(
                position: path, subject: "recipe",
                "cannot be read: \(error.systemReason)")
        }
        guard let yaml = String(data: data, encoding: .utf8) else {
            throw RecipeError(
                position: path, subject: "recipe", "not UTF-8 text; expected a YAML file")
        }
        try self.init(yaml: yaml, file: path, settings: settings)
    }

    /// Reads a recipe from YAML text; `file` is what the messages and the default name say.
    ///
    /// Throws: all problems at once, each with its place.
    public init(yaml: String, file: String, settings: [String] = []) throws(RecipeError) {
        var problems: [RecipeProblem] = []
        var root = try DocumentParser.parse(yaml, problems: &problems) { line, column in
            "\(file):\(line):\(column)"
        }
        for setting in settings { Self.apply(setting, to: &root, &problems) }
        try TokenPreset.complete(&root)
        var reader = RecipeReader(problems: problems)
        var values = reader.section(root, RecipeKey.all, path: "")
        let checks = RecipeChecks(values, positions: reader.positions, start: root.position)
        let found = reader.problems + checks.problems
        guard found.isEmpty else { throw RecipeError(found) }
        if values["name"] == .null {
            let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
            values["name"] = .text(stem)
        }
        if values["output"] == .null, case .text(let name)? = values["name"] {
            values["output"] = .text("Checkpoints/\(name)")
        }
        try self.init(RecipeFields(values: values))
    }

    private static func apply(
        _ setting: String, to root: inout DocumentNode, _ problems: inout [RecipeProblem]
    ) {
        let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let position = "--set \(parts[0])"
        guard parts.count == 2, path.allSatisfy({ !$0.isEmpty }) else {
            problems.append(
                RecipeProblem(
                    position: position, subject: "setting",
                    detail: "'\(setting)' is no setting; expected key.key=value"))
            return
        }
        do {
            let value = try DocumentParser.parse(String(parts[1]), problems: &problems) { _, _ in
                position
            }
            root.set(path[...], to: value)
        } catch {
            problems += error.problems
        }
    }
}
