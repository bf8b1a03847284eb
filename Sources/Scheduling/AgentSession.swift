/// The worker's side of the protocol: registration, slots, leases, shards, uploads.
public struct AgentSession: Sendable {
}
