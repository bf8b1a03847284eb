import Foundation
import Testing

/// Verdicts by the real program, on runs of one method that takes no time.
@Suite struct CheckCommandTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func run(_ preset: String, into name: String) throws {
        let finished = try scratch.run(
            "run", "molrg-k1", "--preset", preset, "--set", "method=pca", "--workers", "1", "--quiet", "--into", name)
        #expect(finished.status == 0, "\(finished.errors)")
    }

    private struct Document: Decodable {
        struct Claim: Decodable {
            struct Measured: Decodable {
                var value: Double?
                var verdict: String
            }
            var name, verdict: String
            var mustFail: Bool
            var measured: [Measured]
        }
        var sweep: String
        var claims: [Claim]
    }

    @Test func aRightRunPassesAndAShuffledOneFails() throws {
        try run("small", into: "right")
        let checked = try scratch.run("check", "right")
        #expect(checked.status == 0)
        #expect(checked.output.contains("PASS  pca: Principal components recover the subspace if and only if N >= d."))
        #expect(checked.output.contains("UNDECIDED  threshold"))
        let all = try scratch.run("check", "right", "--all").output
        #expect(
            all.contains("noise = 0.0, intrinsicDimension = 3, sampleCount = 2: 0 [0, 0.528], allowed 0 (0 of 8) pass"))

        let shuffled = try scratch.run("check", "right", "--shuffled")
        #expect(shuffled.status == 1 && shuffled.output.contains("FAIL  pca"))
        let json = try scratch.run("check", "right/phase-diagram.h5", "--rules-from", "molrg-k1", "--json")
        let document = try JSONDecoder().decode(Document.self, from: Data(json.output.utf8))
        #expect(json.status == 0 && document.sweep == "molrg-k1")
        #expect(document.claims.map(\.name) == ["pca", "exact", "threshold", "margin", "cells"])
        #expect(document.claims[0].verdict == "pass" && document.claims[0].measured.count == 18)
        #expect(document.claims[1].measured.map(\.value) == [nil])
    }

    @Test func aNegativeControlFailsAndSaysSo() throws {
        try run("noise", into: "control")
        let checked = try scratch.run("check", "control")
        #expect(checked.status == 1 && checked.output.contains("FAIL  pca"))
        #expect(checked.output.contains("(must fail: a negative control)"))
        // With one method the claims about the others are undecided, and a control that fails nothing is an error.
        let control = try scratch.run("check", "control", "--control")
        #expect(control.status == 1)
        #expect(control.errors.contains("does not fail 'exact', 'threshold', 'margin', 'cells'"))
        let document = try JSONDecoder().decode(
            Document.self, from: Data(try scratch.run("check", "control", "--json").output.utf8))
        #expect(document.claims.map(\.mustFail) == Array(repeating: true, count: 5))
    }

    @Test func runsWithoutRulesAreToldWhatToDo() throws {
        _ = try scratch.run("run", "noop", "--set", "index=1...3", "--workers", "1", "--quiet", "--into", "plain")
        let checked = try scratch.run("check", "plain")
        #expect(checked.status == 1 && checked.errors.contains("has no rules to decide"))
        let absent = try scratch.run("check", "absent")
        #expect(absent.status == 1 && absent.errors.contains("there is no"))
        let turned = try scratch.run("check", "plain", "--must-fail", "pca")
        #expect(turned.status == 64 && turned.errors.contains("add --control"))
    }
}
