/// What a check of a host found: whether it is in order, and what to do when it is not.
package struct Finding: Hashable, Sendable {
    package enum Level: String, Sendable, CaseIterable {
        case ok, warning, problem
    }

    package var level: Level
    /// What was looked at, such as `file system`.
    package var subject: String
    /// What was found.
    package var text: String
    /// What the operator does next; empty when nothing is to be done.
    package var advice: String

    package init(_ level: Level, _ subject: String, _ text: String, advice: String = "") {
        self.level = level
        self.subject = subject
        self.text = text
        self.advice = advice
    }
}
