import Foundation
import Testing

/// Compares a text with the recorded one; RECORD_GOLDENS=1 records it anew and fails, so that nobody blesses by accident.
func expectGolden(_ name: String, _ text: String, source: SourceLocation = #_sourceLocation) throws {
    let recorded = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(name)")
    if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil {
        try Data(text.utf8).write(to: recorded)
        Issue.record(
            "\(name) was recorded anew; read the difference, then run without RECORD_GOLDENS", sourceLocation: source)
        return
    }
    let expected = try String(contentsOf: recorded, encoding: .utf8)
    #expect(text == expected, "\(name) differs from the recorded one", sourceLocation: source)
}
