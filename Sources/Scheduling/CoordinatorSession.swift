/// The coordinator's side of the protocol for all its workers: registration, links, uploads, commits, the end of the run.
public struct CoordinatorSession: Sendable {
}
