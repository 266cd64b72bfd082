import Datasets
import Synchronization
import Training

/// Tells on the standard error how a run comes on.
final class TrainingDisplay: Sendable {
    private struct State {
        var progress: ProgressDisplay?
        var losses: [Double] = []
        var validationLosses: [Double] = []
    }

    private let console: Console
    private let state = Mutex(State())

    init(_ console: Console) {
        self.console = console
    }

    /// Takes in what happened, from any task.
    @Sendable func observe(_ event: TrainingEvent) {
        state.withLock { state in
            switch event {
            case .started(let run):
                console.note(Self.text(of: run))
            case .encoding(let done, let total):
                if done == 0 || state.progress == nil {
                    state.progress?.finish()
                    state.progress = ProgressDisplay(
                        "encode media", totalCount: total, on: console)
                }
                state.progress?.update(doneCount: done)
                if done == total { Self.finish(&state) }
            case .notice(let text):
                note(text, &state)
            case .stepped(let step):
                state.losses.append(step.loss)
                if state.progress == nil {
                    state.progress = ProgressDisplay(
                        "train", totalCount: step.stepCount, firstCount: step.step - 1,
                        on: console)
                }
                state.progress?.update(doneCount: step.step, note: Self.text(of: step))
            case .validated(let report):
                state.validationLosses.append(report.loss)
                note(Self.text(of: report), &state)
            case .measuredReliance(let report):
                note(
                    "step \(Quantity.count(report.step)): reliance \(Self.text(of: report))", &state
                )
            case .saved: break
            case .ended: Self.finish(&state)
            }
        }
    }

    private func note(_ text: String, _ state: inout State) {
        if state.progress == nil { console.note(text) } else { state.progress?.note(text) }
    }

    private static func finish(_ state: inout State) {
        state.progress?.finish()
        state.progress = nil
    }

    /// What the run came to, as aligned lines.
    func text(of summary: RunSummary) -> String {
        let (losses, validationLosses) = state.withLock { ($0.losses, $0.validationLosses) }
        var facts: [(name: String, value: String)] = [
            ("steps", "\(Quantity.count(summary.step)) of \(Quantity.count(summary.stepCount))")
        ]
        facts += LossPlot.facts("loss", losses)
        facts += LossPlot.facts("validation loss", validationLosses)
        if let best = summary.bestValidationLoss {
            facts.append(("best", "validation loss \(Quantity.fixed(best, digits: 4))"))
        }
        if !summary.skipped.isEmpty {
            let count = Quantity.count(summary.skipped.count)
            facts.append(("skipped", "\(count) bad samples, listed in summary.json"))
        }
        facts.append(("rows", Self.text(of: summary.packing)))
        if summary.encodedCount > 0 {
            facts.append(
                (
                    "encoding",
                    "\(Quantity.count(summary.encodedCount)) media in "
                        + Quantity.duration(seconds: summary.encodingSeconds)
                ))
        }
        if let reliance = summary.reliance {
            facts.append(("reliance", Self.text(of: reliance)))
        }
        facts += [
            (
                "time",
                Quantity.duration(seconds: summary.seconds)
                    + Self.planned(summary.seconds, summary.prediction?.seconds) {
                        Quantity.duration(seconds: $0)
                    }
            ),
            (
                "peak memory",
                Quantity.bytes(summary.peakMemoryBytes)
                    + Self.planned(
                        Double(summary.peakMemoryBytes),
                        summary.prediction.map { Double($0.peakMemoryByteCount) }
                    ) { Quantity.bytes(Int($0)) }
            ),
            ("checkpoint", summary.checkpointPath),
        ]
        return Table(facts: facts).text
    }

    /// How close a plan came: `, 4.2 % more than the planned 12 min 05 s`.
    private static func planned(
        _ found: Double, _ plan: Double?, _ text: (Double) -> String
    ) -> String {
        guard let plan, plan > 0 else { return "" }
        let share = found / plan - 1
        return ", \(Quantity.percent(abs(share))) \(share < 0 ? "less" : "more") than the planned "
            + text(plan)
    }

    private static func text(of run: RunDescription) -> String {
        let samples: [String] = Modality.allCases.compactMap { modality in
            run.sampleCounts[modality].map { "\(Quantity.count($0)) \(modality.rawValue)" }
        }
        let trained: [String] = run.trainedCounts.sorted { $0.key < $1.key }
            .map { "\(Quantity.count($0.value)) in \($0.key)" }
        let steps: String =
            run.firstStep == 0
            ? "\(Quantity.count(run.stepCount)) steps"
            : "steps \(Quantity.count(run.firstStep + 1)) to \(Quantity.count(run.stepCount))"
        return Table(facts: [
            ("run", "\(run.name), in \(run.folder)"),
            ("length", "\(steps), \(Quantity.count(run.stepsPerEpoch)) an epoch"),
            ("samples", samples.joined(separator: ", ")),
            ("trained", trained.joined(separator: ", ")),
            ("frozen", Quantity.count(run.frozenCount)),
        ]).text
    }

    private static func text(of step: StepReport) -> String {
        let packing = step.packing
        let saved = 1 - Double(packing.rowCount) / Double(max(1, packing.tokenCount))
        return "loss \(Quantity.fixed(step.loss, digits: 3)) (\(byModality(step.modalities)))  "
            + "\(Quantity.count(Int(step.tokensPerSecond.rounded()))) tokens/s"
            + (saved > 0 ? ", \(Quantity.percent(saved)) of them without a row" : "")
    }

    private static func text(of packing: PackingCounts) -> String {
        "\(Quantity.count(packing.rowCount)) computed for \(Quantity.count(packing.tokenCount)) "
            + "tokens; \(Quantity.count(packing.paddedCount)) if padded to the longest"
    }

    private static func text(of report: ValidationReport) -> String {
        "step \(Quantity.count(report.step)): validation loss "
            + "\(Quantity.fixed(report.loss, digits: 4)) (\(byModality(report.modalities)))"
            + (report.isBest ? ", the lowest so far" : "")
    }

    private static func text(of report: RelianceReport) -> String {
        func signed(_ value: Double) -> String {
            (value < 0 ? "" : "+") + Quantity.fixed(value, digits: 4)
        }
        return "muted \(signed(report.audio)), blanked \(signed(report.visual)), sounds swapped "
            + "\(signed(report.match)) on a loss of \(Quantity.fixed(report.loss, digits: 4))"
    }

    private static func byModality(_ reports: [Modality: ModalityReport]) -> String {
        Modality.allCases.compactMap { modality in
            reports[modality]?.loss.map {
                "\(modality.rawValue) \(Quantity.fixed($0, digits: 3))"
            }
        }.joined(separator: ", ")
    }
}
