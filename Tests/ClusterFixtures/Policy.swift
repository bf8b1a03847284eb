package import Scheduling

/// The policy with shorter waits, so that tests of losses take seconds.
package var fixturePolicy: Policy {
    var policy = Policy()
    policy.heartbeatInterval = .milliseconds(250)
    policy.registrationDelay = .milliseconds(100)
    policy.retries.setPauses(.milliseconds(50))
    policy.resendDelay = .milliseconds(500)
    policy.taskGrace = .milliseconds(300)
    policy.otherHostPatience = .seconds(1)
    policy.checkpointInterval = .milliseconds(100)
    policy.checkpointWindow = 512 << 10
    return policy
}
