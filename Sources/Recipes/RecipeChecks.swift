/// The rules that hold between keys.
struct RecipeChecks {
    private let values: [String: RecipeValue]
    private let positions: [String: String]
    private let start: String
    private(set) var problems: [RecipeProblem] = []

    /// Runs every rule whose keys could be read; `start` is the place of what is not written
    /// anywhere.
    init(_ values: [String: RecipeValue], positions: [String: String], start: String) {
        self.values = values
        self.positions = positions
        self.start = start
        checkLength()
        checkWarmup()
        checkModalities()
        checkMarks()
        checkTraining()
        checkAudio()
        checkInterleaving()
        checkValidation()
        checkTemperature()
        checkTokenBudget()
        checkModalityAugmentation()
        checkReliance()
    }

    /// The value at a path of keys; nil when it had a problem or a section on the way is null.
    private func value(_ path: String) -> RecipeValue? {
        var found: RecipeValue? = .section(values)
        for name in path.split(separator: ".") {
            guard case .section(let section)? = found else { return nil }
            found = section[String(name)]
        }
        return found
    }

    private func isSet(_ path: String) -> Bool {
        value(path).map { $0 != .null } ?? false
    }

    private func number(_ path: String) -> Double? {
        switch value(path) {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    private mutating func report(_ path: String, _ detail: String) {
        var place = path
        while positions[place] == nil, let dot = place.lastIndex(of: ".") {
            place = String(place[..<dot])
        }
        problems.append(
            RecipeProblem(position: positions[place] ?? start, subject: path, detail: detail))
    }

    private mutating func checkLength() {
        guard let steps = value("train.steps"), let epochs = value("train.epochs") else { return }
        if steps == .null && epochs == .null {
            report("train", "neither steps nor epochs; expected one of them")
        } else if steps != .null && epochs != .null {
            report("train.epochs", "given beside steps; expected one of them")
        }
    }

    private mutating func checkWarmup() {
        if isSet("schedule.warmup_steps") && isSet("schedule.warmup_ratio") {
            report("schedule.warmup_ratio", "given beside warmup_steps; expected one of them")
        }
        if let warmup = number("schedule.warmup_steps"), let steps = number("train.steps"),
            warmup > steps
        {
            report("schedule.warmup_steps", "more than train.steps; expected at most as many")
        }
    }

    private mutating func checkModalities() {
        guard let visual = number("data.batch.visual"), let audio = number("data.batch.audio"),
            let both = number("data.batch.audio_visual")
        else { return }
        if visual + audio + both == 0 {
            report("data.batch", "no samples; expected a count above 0 for some modality")
        }
        for (part, needs) in [("visual", visual + both), ("audio", audio + both)] {
            if needs > 0 && value("model.\(part)") == .null {
                report(
                    "model.\(part)",
                    "missing; expected a section, as data.batch asks for such samples")
            }
        }
    }

    private mutating func checkMarks() {
        if let visual = value("model.visual_token"), visual == value("model.audio_token") {
            report("model.audio_token", "the same as visual_token; expected another")
        }
    }

    private mutating func checkTraining() {
        if value("train.projectors") == false && value("train.lora") == .null
            && value("train.parameters") == .list([])
        {
            report(
                "train",
                "nothing to train; expected projectors: true, a lora section or parameters")
        }
    }

    private mutating func checkAudio() {
        if let segment = number("model.audio.segment_seconds"),
            let seconds = number("model.audio.seconds"), segment > seconds
        {
            report("model.audio.segment_seconds", "longer than seconds; expected at most as long")
        }
        if isSet("model.audio.stride_seconds"), value("model.audio.output") == .text("states") {
            report(
                "model.audio.stride_seconds",
                "given beside output: states; expected output: pooled or embedding, or null")
        }
        if let bands = number("model.audio.bands"), bands > 1,
            let output = value("model.audio.output"), output != .text("states")
        {
            report("model.audio.bands", "more than 1 of one vector; expected output: states, or 1")
        }
        if let variants = number("data.audio_variants"), variants > 0,
            value("data.augmentation") == .null
        {
            report(
                "data.audio_variants", "set without data.augmentation; expected that section too")
        }
        if value("data.audio_variants") == .integer(0), isSet("data.augmentation") {
            report(
                "data.augmentation",
                "without data.audio_variants; expected 1 or more of them, or no such section")
        }
    }

    /// Tokens can be put in the order of time when there is one list of each kind, and each token of it
    /// has a time.
    private mutating func checkInterleaving() {
        guard value("model.interleave") == true else { return }
        for (part, timed) in [
            ("visual", ["frame", "frame-pooled"]), ("audio", ["segment", "segment-pooled"]),
        ] {
            guard isSet("model.\(part)") else {
                report("model.interleave", "without model.\(part); expected both parts, or false")
                continue
            }
            if value("model.\(part).boundary_tokens") == true {
                report(
                    "model.\(part).boundary_tokens",
                    "given beside model.interleave; expected one of them")
            }
            guard case .list(let builders)? = value("model.\(part).tokens") else { continue }
            let isTimed = timed.contains { builders == [.text($0)] }
            if !isTimed {
                report(
                    "model.\(part).tokens",
                    "not in the order of time; expected [\(timed.joined(separator: "] or ["))] with "
                        + "model.interleave")
            }
        }
    }

    private mutating func checkValidation() {
        if let interval = number("validation.every_steps"), interval > 0,
            value("data.validation") == .list([])
        {
            report(
                "validation.every_steps",
                "set without data.validation; expected files there, or 0")
        }
    }

    private mutating func checkTemperature() {
        guard let temperature = value("data.temperature"), let policy = value("data.exhausted")
        else { return }
        if policy == .text("temperature"), temperature == .null {
            report("data.temperature", "missing; expected one, as data.exhausted is temperature")
        } else if policy != .text("temperature"), temperature != .null {
            report(
                "data.temperature", "set without data.exhausted: temperature; expected that too")
        }
    }

    private mutating func checkTokenBudget() {
        if let budget = number("data.batch.tokens"), let longest = number("data.maximum_tokens"),
            budget < longest
        {
            report(
                "data.batch.tokens",
                "less than data.maximum_tokens; expected at least as many, so that every sample fits"
            )
        }
    }

    private mutating func checkModalityAugmentation() {
        guard let muted = number("data.modality_augmentation.muted"),
            let blanked = number("data.modality_augmentation.blanked")
        else { return }
        if muted + blanked > 1 {
            report(
                "data.modality_augmentation",
                "muted and blanked come to more than 1; expected at most 1, as a showing is one "
                    + "of them")
        }
        if value("data.batch.audio_visual") == .integer(0) {
            report(
                "data.modality_augmentation",
                "set without audio-visual samples; expected data.batch to ask for some")
        }
    }

    private mutating func checkReliance() {
        guard isSet("reliance") else { return }
        for part in ["visual", "audio"] where value("model.\(part)") == .null {
            report(
                "reliance", "set without model.\(part); expected a model that sees and hears")
        }
    }
}
