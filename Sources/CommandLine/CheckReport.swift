import Foundation
internal import Results
internal import SweepGrid

/// Verdicts for people and for programs.
struct CheckReport {
    private let run: FrozenRun
    private let verdicts: [Verdict]
    private let mustFail: [String]

    init(_ run: FrozenRun, _ verdicts: [Verdict], mustFail: [String]) {
        self.run = run
        self.verdicts = verdicts
        self.mustFail = mustFail
    }

    /// A paragraph per claim, and the count.
    func text(all: Bool) -> String {
        var text = "\(run.sweep)\(run.preset.map { ", preset \($0)" } ?? "")\n"
        for verdict in verdicts {
            let control = mustFail.contains(verdict.check.name) ? " (must fail: a negative control)" : ""
            text +=
                "\n\(verdict.outcome.rawValue.uppercased())  \(verdict.check.name): \(verdict.check.claim)\(control)\n"
            if all || verdict.findings.count == 1 {
                for finding in verdict.findings { text += "  " + line(finding, of: verdict, isMarked: true) + "\n" }
            } else if let worst = verdict.worst {
                text += "  \(counts(verdict))\n  farthest: " + line(worst, of: verdict, isMarked: false) + "\n"
            }
        }
        let counts = [Outcome.pass, .fail, .undecided].compactMap { outcome -> String? in
            let count = verdicts.count { $0.outcome == outcome }
            return count > 0 ? "\(count) \(outcome.rawValue)" : nil
        }
        return text + "\n" + counts.joined(separator: ", ")
    }

    private func counts(_ verdict: Verdict) -> String {
        [Outcome.pass, .fail, .undecided].compactMap { outcome in
            let count = verdict.findings.count { $0.outcome == outcome }
            return count > 0 ? "\(count) \(outcome.rawValue)" : nil
        }.joined(separator: ", ")
    }

    private func line(_ finding: Finding, of verdict: Verdict, isMarked: Bool) -> String {
        var words = finding.label.isEmpty ? "" : finding.label + ": "
        if finding.value.isNaN {
            words += "not measured"
        } else {
            words += number(finding.value)
            if finding.interval.lower < finding.interval.upper {
                words += " [\(number(finding.interval.lower)), \(number(finding.interval.upper))]"
            }
            words += ", allowed \(allowed(finding))"
        }
        if !finding.note.isEmpty { words += " (\(finding.note))" }
        if isMarked && verdict.findings.count > 1 { words += " " + finding.outcome.rawValue }
        return words
    }

    private func allowed(_ finding: Finding) -> String {
        switch (finding.lower, finding.upper) {
        case (nil, nil): "anything"
        case (let lower?, nil): ">= \(number(lower))"
        case (nil, let upper?): "<= \(number(upper))"
        case (let lower?, let upper?): lower == upper ? number(lower) : "\(number(lower)) to \(number(upper))"
        }
    }

    private func number(_ value: Double) -> String { String(format: "%.4g", value) }

    // MARK: JSON

    private struct Document: Encodable {
        struct Claim: Encodable {
            struct Measured: Encodable {
                var points: String
                var value, lower, upper, allowedLower, allowedUpper: Double?
                var verdict: Outcome
                var note: String?
            }

            var name: String
            var claim: String
            var verdict: Outcome
            var mustFail: Bool
            var measured: [Measured]
        }

        var sweep: String
        var preset: String?
        var design: Digest
        var claims: [Claim]
    }

    /// What `check --json` prints; infinite and missing numbers are left out.
    func json() throws -> String {
        func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
        let document = Document(
            sweep: run.sweep, preset: run.preset, design: run.design.digest,
            claims: verdicts.map { verdict in
                Document.Claim(
                    name: verdict.check.name, claim: verdict.check.claim, verdict: verdict.outcome,
                    mustFail: mustFail.contains(verdict.check.name),
                    measured: verdict.findings.map {
                        Document.Claim.Measured(
                            points: $0.label, value: finite($0.value), lower: finite($0.interval.lower),
                            upper: finite($0.interval.upper), allowedLower: finite($0.lower),
                            allowedUpper: finite($0.upper), verdict: $0.outcome, note: $0.note.isEmpty ? nil : $0.note)
                    })
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
