/// Decides who computes what when.
public struct Scheduler: Sendable {
}
